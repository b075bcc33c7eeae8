"""One device: what is known of it, its key, its configurations, and what staff does to it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from labmgr.domain.devices import Backup
from labmgr.domain.dialects import masked
from labmgr.domain.equipment import KeptConfig
from labmgr.domain.inventory import Device
from labmgr.errors import BadFile, BadInput, LabmgrError
from labmgr.panel.equipment.equipment_marks import anchor_of
from labmgr.panel.equipment.equipment_rows import candidate_at, errands, recent, row_of, talked_to
from labmgr.panel.errors import status_of
from labmgr.panel.filters import tell
from labmgr.panel.gate import operator, tools
from labmgr.services.equipment import by_hand, configs, keyring, places, states
from labmgr.services.equipment.baselines import is_server
from labmgr.services.equipment.errands import Errand
from labmgr.services.equipment.places import Equipped
from labmgr.services.equipment.servers import BASELINE, COLLECTED, kept_as

bp = Blueprint("devices", __name__, url_prefix="/equipements/<device>")

MOST_KEPT = 60  # shown at once
EVENTS = 20


@dataclass(frozen=True)
class Kept:
    """One configuration of the history, with the instant of a lab's life that it belongs to."""

    backup: Backup
    of: KeptConfig | None


@bp.get("")
def show(device: str) -> ResponseReturnValue:
    try:
        return render_template("device.html", **_seen(_device(device)))
    except BadFile:
        return redirect(url_for("equipment.show"))  # which shows every fault


@bp.get("/_live")
def live(device: str) -> ResponseReturnValue:
    return render_template("_device.html", **_seen(_device(device)))


@bp.get("/configurations/<name>")
def config(device: str, name: str) -> ResponseReturnValue:
    """Read, never downloaded: what it holds opens the device."""
    one = _device(device)
    text = masked(tools().configs.text(one.name, name))
    return render_template("device_config.html", device=one, name=name, lines=text.splitlines())


@bp.get("/sorties/<what>/<name>")
def output(device: str, what: str, name: str) -> ResponseReturnValue:
    """What a server's script has printed."""
    one = _device(device)
    text = masked(tools().configs.text(kept_as(one, what), name))
    return render_template("device_config.html", device=one, name=name, lines=text.splitlines())


@bp.post("/apercu")
def preview(device: str) -> ResponseReturnValue:
    """Of the baseline for who comes next, or of a kept configuration."""
    kept = request.form.get("backup", "")

    def begin(one: Device) -> Errand:
        if kept:
            return by_hand.preview_kept(errands(), one, kept, by=operator())
        return by_hand.preview_baseline(errands(), one, by=operator())

    return _followed(device, begin)


@bp.post("/envoi")
def push(device: str) -> ResponseReturnValue:
    def begin(one: Device) -> Errand:
        _sure()
        seen = errands().find(request.form.get("talk", ""))
        return by_hand.push(errands(), seen, one, by=operator(), why=request.form.get("why", ""))

    return _followed(device, begin)


@bp.post("/cle")
def key(device: str) -> ResponseReturnValue:
    return _followed(device, lambda one: by_hand.show_key(errands(), one, by=operator()))


@bp.post("/approbation")
def trust(device: str) -> ResponseReturnValue:
    def begin(one: Device) -> Errand:
        _sure()
        seen = errands().find(request.form.get("talk", ""))
        return by_hand.trust(errands(), seen, one, by=operator(), why=request.form.get("why", ""))

    return _followed(device, begin)


@bp.post("/de-cote")
def aside(device: str) -> ResponseReturnValue:
    why = request.form.get("why", "")
    return _done(
        device,
        lambda one: states.set_aside(tools(), one, by=operator(), why=why),
        _("Mis de côté : sa place va sans lui."),
    )


@bp.post("/reprise")
def back(device: str) -> ResponseReturnValue:
    return _done(
        device,
        lambda one: states.take_back(tools(), one, by=operator()),
        _("Repris : interrogez-le, puis préparez sa place."),
    )


def _device(name: str) -> Device:
    return tools().inventory.read().device(name)


def _sure() -> None:
    if request.form.get("sure") != "yes":
        raise BadInput(_("La confirmation manque."), hint=_("Cochez la case, puis recommencez."))


def _followed(device: str, begin: Callable[[Device], Errand]) -> ResponseReturnValue:
    """To the page of the talk; a refusal is told where it was asked."""
    one = _device(device)
    try:
        made = begin(one)
    except LabmgrError as refusal:
        flash(tell(refusal), "error")
        talk = request.form.get("talk", "")
        if talk and status_of(refusal) == 400:  # noqa: PLR2004 - something was not filled in
            return redirect(url_for("equipment.talk", id_=talk))
        return redirect(url_for("devices.show", device=device))
    return redirect(url_for("equipment.talk", id_=made.id))


def _done(device: str, verb: Callable[[Device], None], said: str) -> ResponseReturnValue:
    try:
        verb(_device(device))
    except LabmgrError as refusal:
        flash(tell(refusal), "error")
    else:
        flash(said, "done")
    return redirect(url_for("devices.show", device=device))


def _seen(device: Device) -> dict[str, object]:
    """Everything that a device's page shows; asks nobody."""
    store = tools().store
    state = store.device_state(device.name)
    pinned = store.secret(f"device-key:{device.name}")
    standing = places.place(tools(), device.place) if device.place else None
    session, person = candidate_at(tools(), standing) if standing else (None, None)
    talks = [one for one in recent(tools().now()) if device in one.devices]
    old, new = request.args.get("de", ""), request.args.get("a", "")
    lines, trouble = _difference(device, old, new)
    return {
        "device": device,
        "row": row_of(tools(), Equipped(device, state), talked_to()),
        "fingerprint": keyring.fingerprint(pinned) if pinned else "",
        "standing": standing,
        "anchor": anchor_of(device.place),
        "session": session,
        "candidate": person,
        "server": is_server(device),
        "talks": talks,
        "busy": any(one.ended is None for one in talks),
        "history": _history(device),
        "outputs": _outputs(device) if is_server(device) else {},
        "old": old,
        "new": new,
        "lines": lines,
        "trouble": trouble,
        "events": store.entries(f"device:{device.name}", limit=EVENTS)[::-1],
    }


def _history(device: Device) -> list[Kept]:
    of = {one.backup: one for one in tools().store.kept_configs(device=device.name) if one.backup}
    return [Kept(one, of.get(one.name)) for one in tools().configs.backups(device.name)][:MOST_KEPT]


def _outputs(device: Device) -> dict[str, list[Backup]]:
    kept = {what: tools().configs.backups(kept_as(device, what)) for what in (BASELINE, COLLECTED)}
    return {what: found[:MOST_KEPT] for what, found in kept.items() if found}


def _difference(device: Device, old: str, new: str) -> tuple[list[str] | None, LabmgrError | None]:
    """Between the two that were chosen; None when none were."""
    if not old or not new:
        return None, None
    try:
        return configs.difference(tools(), device, old, new), None
    except LabmgrError as trouble:
        return None, trouble
