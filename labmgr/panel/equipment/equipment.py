"""Real equipment by place: ready or why not, asked, backed up, prepared for who comes next."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from labmgr.domain.inventory import Device
from labmgr.errors import BadInput, LabmgrError
from labmgr.panel.equipment.equipment_marks import anchor_of
from labmgr.panel.equipment.equipment_rows import errands, read_room
from labmgr.panel.filters import tell
from labmgr.panel.gate import operator, tools
from labmgr.services.equipment import by_hand, orders, places
from labmgr.services.equipment.baselines import is_server
from labmgr.services.equipment.errands import Errand, Kind

bp = Blueprint("equipment", __name__, url_prefix="/equipements")


@bp.get("")
def show() -> ResponseReturnValue:
    room = read_room(tools())
    page = "equipment_faulty.html" if room.faulty else "equipment.html"
    return render_template(page, room=room)


@bp.get("/_live")
def live() -> ResponseReturnValue:
    room = read_room(tools())
    return render_template("_equipment.html", room=room)


@bp.post("/interrogation")
def ask() -> ResponseReturnValue:
    return _begun(Kind.ASK)


@bp.post("/sauvegarde")
def back_up() -> ResponseReturnValue:
    return _begun(Kind.BACK_UP)


@bp.post("/places/<path:place>/apercu")
def preview(place: str) -> ResponseReturnValue:
    """What preparing it would change, device by device; the page of the talk asks to confirm."""
    try:
        made = by_hand.preview_place(errands(), place, by=operator())
    except LabmgrError as refusal:
        flash(tell(refusal), "error")
        return redirect(url_for("equipment.show", _anchor=anchor_of(place)))
    return redirect(url_for("equipment.talk", id_=made.id))


@bp.post("/places/<path:place>/preparation")
def prepare(place: str) -> ResponseReturnValue:
    """The order itself, as it was looked at: for the same lab."""
    try:
        lab = places.next_lab(places.place(tools(), place))
        if request.form.get("sure") != "yes":
            raise BadInput(_("La confirmation manque."), hint=_("Cochez la case, puis préparez."))
        if request.form.get("lab") != lab.id:
            raise BadInput(
                _("Quelqu'un d'autre est prévu à cette place maintenant."),
                hint=_("Demandez de nouveau l'aperçu."),
            )
        orders.order_prepare(tools(), lab.id, by=operator())
    except LabmgrError as refusal:
        flash(tell(refusal), "error")
    else:
        flash(_("Préparation de la place %(place)s demandée.", place=place), "done")
    return redirect(url_for("equipment.show", _anchor=anchor_of(place)))


@bp.get("/echanges/<id_>")
def talk(id_: str) -> ResponseReturnValue:
    return render_template("talk.html", **_talk(errands().find(id_)))


@bp.get("/echanges/<id_>/_live")
def talk_live(id_: str) -> ResponseReturnValue:
    return render_template("_talk.html", **_talk(errands().find(id_)))


def _begun(kind: Kind) -> ResponseReturnValue:
    """Of a place, of one device, or of all; back to the page that asked, where it is followed."""
    place, name = request.form.get("place", ""), request.form.get("device", "")
    back = url_for("equipment.show", _anchor=anchor_of(place) if place else None)
    try:
        chosen = tools().inventory.read().chosen(place or None, [name] if name else [])
        if kind is Kind.ASK:
            errands().ask(chosen, by=operator())
        else:
            chosen = tuple(one for one in chosen if one.keep or not is_server(one))
            _refuse_none(chosen)
            errands().back_up(chosen, by=operator())
    except LabmgrError as refusal:
        flash(tell(refusal), "error")
        return redirect(back)
    flash(_told(kind, chosen), "done")
    return redirect(url_for("devices.show", device=name) if name else back)


def _refuse_none(chosen: Sequence[Device]) -> None:
    """Of a server only what the inventory names is kept."""
    if not chosen:
        raise BadInput(
            _("L'inventaire ne nomme rien à garder ici."),
            hint=_("Ajoutez `keep:` aux serveurs, avec des fichiers ou des commandes."),
        )


def _told(kind: Kind, chosen: Sequence[Device]) -> str:
    most = round(max(one.deadline for one in chosen))
    if kind is Kind.ASK:
        said = ngettext(
            "%(num)d équipement interrogé ; au pire, sa réponse arrive dans %(most)d s.",
            "%(num)d équipements interrogés ; au pire, la dernière réponse arrive dans %(most)d s.",
            len(chosen),
            most=most,
        )
    else:
        said = ngettext(
            "Sauvegarde de %(num)d configuration demandée ; au pire, elle dure %(most)d s.",
            "Sauvegarde de %(num)d configurations demandée ; au pire, elle dure %(most)d s.",
            len(chosen),
            most=most,
        )
    return str(said)


def _talk(errand: Errand) -> dict[str, object]:
    """Everything that a talk's page shows."""
    room = tools().inventory.read()
    place = room.place(errand.place)
    asked = {one.name for one in errand.devices}
    return {
        "talk": errand,
        "place": place,
        "as_they_are": [
            one for one in place.devices if one.name not in asked and not one.has_baseline
        ],
        "aside": [one for one in place.devices if tools().store.device_state(one.name).aside],
        "servers": {one.name for one in errand.devices if is_server(one)},
        "pinned": {
            one.name: tools().store.secret(f"device-key:{one.name}") is not None
            for one in errand.devices
        },
        "longest": round(max((one.deadline for one in errand.devices), default=0)),
    }
