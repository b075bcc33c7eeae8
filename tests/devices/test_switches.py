"""Vendors' command lines over real SSH, by the real netmiko: what each trouble is called."""

from __future__ import annotations

import socket
import time

import pytest

from labmgr.domain.devices import Outcome
from labmgr.errors import Refused
from labmgr.services.equipment import asking, configs, keyring
from tests.devices.vendor import LONG


def trusted(room, *names):
    for one in room.devices(*names):
        keyring.trust(room.tools, one, by="technicien")


def checked(room, *names):
    return {one.device.name: one for one in asking.check(room.tools, room.devices(*names))}


def test_a_switch_says_who_it_is(room):
    room.switch("sw1")
    trusted(room)
    report = checked(room)["sw1"]
    assert report.said == ""
    assert report.outcome is Outcome.ANSWERS
    told = report.answer
    assert (told.model, told.version, told.hostname) == ("WS-C2960-24TT-L", "15.0(2)SE11", "sw1")
    assert not report.real  # it answers, and is declared as simulated


def test_only_a_physical_device_that_answered_is_real(room):
    room.switch("sw1", told={"nature": "physical"})
    trusted(room)
    assert checked(room)["sw1"].real
    room.switches["sw1"].close()
    assert not checked(room)["sw1"].real


@pytest.mark.parametrize(
    ("manner", "outcome", "words"),
    [
        ("mute", Outcome.SILENT, "does not answer at 127.0.0.1"),
        ("hangs", Outcome.HUNG, "stopped answering in the middle"),
        ("drops", Outcome.LOST, "ended the connection in the middle"),
        ("asks", Outcome.UNEXPECTED, "[confirm]"),
        ("licence", Outcome.UNEXPECTED, "Accept the licence agreement? [y/n]:"),
    ],
)
def test_each_trouble_has_its_name_and_a_mend(room, manner, outcome, words):
    switch = room.switch("sw1", told={"deadline": 120})
    trusted(room)
    room.hurry()
    switch.manner = manner
    begun = time.monotonic()
    report = checked(room)["sw1"]
    assert (report.outcome, report.said) == (outcome, report.said)
    assert words in report.said
    assert report.mend
    assert time.monotonic() - begun < LONG / 5, "given up, not waited for"


def test_a_refused_password_is_said_and_never_shown(room, caplog):
    caplog.set_level("DEBUG")
    room.switch("sw1", password="another-one")
    trusted(room)
    report = checked(room)["sw1"]
    assert report.outcome is Outcome.REFUSED
    assert "refuses labmgr" in report.said
    assert room.world.env["SWITCH_PASSWORD"] not in repr(report) + caplog.text


def test_nothing_is_sent_before_the_key_is_trusted(room):
    switch = room.switch("sw1")
    report = checked(room)["sw1"]
    assert report.outcome is Outcome.NOT_TRUSTED
    assert "labmgr device trust sw1" in report.mend
    assert switch.logins == []


def test_a_changed_key_gets_no_password_until_somebody_says_why(room):
    import paramiko  # noqa: PLC0415 - a key for the impostor

    switch = room.switch("sw1")
    trusted(room)
    for key in (paramiko.RSAKey.generate(2048), paramiko.ECDSAKey.generate()):
        switch.key = key
        assert checked(room)["sw1"].outcome is Outcome.WRONG_KEY
    assert switch.logins == []
    [one] = room.devices("sw1")
    with pytest.raises(Refused, match="is pinned"):
        keyring.trust(room.tools, one, by="technicien")
    keyring.trust(room.tools, one, replace=True, why="switch replaced", by="technicien")
    assert checked(room)["sw1"].outcome is Outcome.ANSWERS
    rows = room.tools.store.entries("device:sw1")
    assert [row.why for row in rows] == ["", "switch replaced"]


def test_a_second_password_opens_the_configuration_and_a_wrong_one_is_named(room):
    room.world.env["ENABLE"] = "le-second-mot-de-passe"
    room.switch("sw1", enable="le-second-mot-de-passe", told={"more": "    enable: env:ENABLE\n"})
    trusted(room)
    [kept] = configs.back_up(room.tools, room.devices(), by="technicien")
    assert kept.outcome is Outcome.ANSWERS, kept.said
    room.world.env["ENABLE"] = "faux"
    [kept] = configs.back_up(room.tools, room.devices(), by="technicien")
    assert kept.outcome is Outcome.REFUSED
    assert "(enable)" in kept.said


def test_forty_devices_of_which_eight_are_in_trouble(room):
    """Nobody waits for those that are silent: the one that hangs is the last to be given up."""
    manners = dict.fromkeys(range(5), "mute") | {7: "hangs"}
    deadlines = {"mute": 11, "hangs": 16, "": 120}
    for number in range(40):
        room.switch(f"sw{number}", told={"deadline": deadlines[manners.get(number, "")]})
    trusted(room)
    for number, manner in manners.items():
        room.switches[f"sw{number}"].manner = manner
    for number in (5, 6):
        room.switches[f"sw{number}"].password = "changed"
    reports = list(asking.check(room.tools, room.devices()))
    assert len(reports) == 40
    count = {one: [r.outcome for r in reports].count(one) for one in Outcome}
    assert count[Outcome.ANSWERS] == 32, [r.said for r in reports if not r.good]
    assert (count[Outcome.SILENT], count[Outcome.REFUSED], count[Outcome.HUNG]) == (5, 2, 1)
    assert reports[-1].outcome is Outcome.HUNG  # it alone may use all of its time
    assert all(one.mend for one in reports if not one.good)


def test_a_port_where_nobody_listens_is_silent_at_once(room):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    room.switch("sw1")
    trusted(room)
    room.switches["sw1"].close()
    room.declare("gone", port)
    room.tools.store.keep_secret("device-key:gone", "ssh-rsa AAAA")
    reports = checked(room)
    assert {one.outcome for one in reports.values()} == {Outcome.SILENT}
    assert "Connection refused" in reports["gone"].said
