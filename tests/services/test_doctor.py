"""Go or no-go: each sign seen, and each with its mend."""

from __future__ import annotations

from datetime import timedelta

import pytest

from labmgr.consoles.fake_devices import KEY as DEVICE_KEY
from labmgr.domain.devices import Outcome
from labmgr.errors import EngineUnreachable, StoreError
from labmgr.services.day.doctor import Verdict, examine, go
from labmgr.services.lab import reconcile


def signs(world):
    return {sign.what: sign for sign in examine(world.tools)}


def test_a_machine_in_order_is_a_go(world):
    world.ready()
    reconcile.look_round(world.tools)
    world.tools.store.beat("worker", world.tools.clock())
    found = signs(world)
    assert {sign.verdict for sign in found.values()} == {Verdict.GOOD}
    assert set(found) >= {"database", "clock", "worker", "engine", "guard", "images", "addresses"}
    assert go(list(found.values()))
    assert "room for" in found["room"].seen


GIB = 1 << 30


@pytest.mark.parametrize(
    ("facts", "what", "verdict", "words"),
    [
        ({"disk_free": GIB}, "room", Verdict.BAD, ("1024 MiB disk free", "remove labs")),
        ({"guard": "not laid"}, "guard", Verdict.WARNING, ("not laid", "laid when a lab")),
        ({"inotify_instances": 128}, "inotify", Verdict.WARNING, ("=128", "sysctl -w")),
        (
            {"systemd_nodes": "", "systemd_refusal": "rootless engine"},
            "systemd nodes",
            Verdict.BAD,
            ("rootless engine", "docs"),
        ),
        (
            {"used_ranges": {"10.101.0.0/16": "route via vpn"}},
            "addresses",
            Verdict.BAD,
            ("route via vpn", "LABMGR_NET_BASE"),
        ),
        (
            {"used_ports": {20003: "a web server"}},
            "addresses",
            Verdict.BAD,
            ("20003 is taken by a web server", "LABMGR_PORT_BASE"),
        ),
    ],
)
def test_what_is_wrong_is_said_with_its_mend(world, facts, what, verdict, words):
    world.facts(**facts)
    sign = signs(world)[what]
    assert sign.verdict is verdict
    assert words[0] in sign.seen
    assert words[1] in sign.mend


def test_labs_that_stand_are_not_in_their_own_way(world):
    world.ready()
    world.facts(used_ranges={"10.101.10.0/24": "lab e6-1-1"}, used_ports={20000: "lab e6-1-1"})
    assert signs(world)["addresses"].verdict is Verdict.GOOD


def test_an_engine_that_is_down_is_a_no_go_and_the_rest_is_still_said(world):
    world.engine.fails_with["facts"] = EngineUnreachable("local")
    found = signs(world)
    assert found["engine"].verdict is Verdict.BAD
    assert "systemctl status docker" in found["engine"].mend
    assert found["database"].verdict is Verdict.GOOD
    assert not go(list(found.values()))


def test_missing_images_are_named(world):
    tag = next(iter(world.stock.present))
    world.stock.present.remove(tag)
    assert tag in signs(world)["images"].seen
    assert "labmgr image build" in signs(world)["images"].mend


def test_a_worker_that_is_silent_is_said(world):
    assert signs(world)["worker"].seen == "never started"
    world.tools.store.beat("worker", world.tools.clock())
    world.clock.passes(60)
    assert "silent since" in signs(world)["worker"].seen


@pytest.mark.parametrize("jump", [timedelta(days=-365 * 20), timedelta(hours=-2)])
def test_a_clock_that_cannot_be_right_is_a_no_go(world, jump):
    world.session()
    world.clock.at += jump
    sign = signs(world)["clock"]
    assert sign.verdict is Verdict.BAD
    assert "timedatectl" in sign.mend


def test_a_database_in_trouble_is_a_sign_and_no_exception(world, monkeypatch):
    def broken(*_words, **_more):
        raise StoreError("The database is damaged", hint="Restore the backup.")

    monkeypatch.setattr(world.tools.store, "sessions", broken)
    assert signs(world)["database"].mend == "Restore the backup."


def test_containers_that_no_row_knows_are_a_sign(world):
    world.ready()
    world.engine.labs["lost-1-1"] = world.engine.labs["e6-1-1"]
    sign = signs(world)["strays"]
    assert "lost-1-1" in sign.seen
    assert "labmgr.lab=lost-1-1" in sign.mend


def test_devices_that_cannot_be_asked_or_are_red_are_named_before_the_day(world):
    assert not [one for one in examine(world.tools) if one.what == "devices"]
    folder = world.home / "inventory"
    folder.mkdir()
    switch = (
        "{kind: switch, driver: cisco_ios, address: 127.0.0.1, user: labmgr, nature: simulated, "
        "declared_by: technicien, password: env:SWITCH}"
    )
    text = f"devices:\n  sw1: {switch}\n  sw2: {switch}\n"
    (folder / "devices.yaml").write_text(text, encoding="utf-8")
    world.env["SWITCH"] = "secret"
    world.tools.store.keep_secret("device-key:sw1", DEVICE_KEY)
    (sign,) = (one for one in examine(world.tools) if one.what == "devices")
    assert sign.seen == "1 of 2 cannot be asked: sw2"
    assert "labmgr device trust sw2" in sign.mend
    world.tools.store.keep_secret("device-key:sw2", DEVICE_KEY)
    world.tools.store.change_device_state("sw1", {"outcome": Outcome.SILENT})
    (sign,) = (one for one in examine(world.tools) if one.what == "devices")
    assert (sign.verdict, sign.seen) == (Verdict.WARNING, "red: sw1")
    world.tools.store.change_device_state("sw1", {"outcome": Outcome.ANSWERS})
    (sign,) = (one for one in examine(world.tools) if one.what == "devices")
    assert sign.verdict is Verdict.GOOD
    named = text.replace("env:SWITCH}", "env:SWITCH, baseline: acces}")
    (folder / "devices.yaml").write_text(named, encoding="utf-8")
    (sign,) = (one for one in examine(world.tools) if one.what == "devices")
    assert sign.seen == "The inventory has no baselines/acces, which devices.yaml names"
    assert sign.verdict is Verdict.BAD
    (folder / "baselines").mkdir()
    (folder / "baselines" / "acces").write_text("hostname ${HOSTNAME}\n", encoding="utf-8")
    (sign,) = (one for one in examine(world.tools) if one.what == "devices")
    assert sign.verdict is Verdict.GOOD
