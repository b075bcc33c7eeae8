"""Two operating systems: what was read on the machines, and what that proves."""

from __future__ import annotations

import pytest

from labmgr.domain.passage import Passage
from labmgr.services.equipment import asking
from labmgr.services.equipment.systems import Proof, systems
from tests.devices.test_switches import trusted
from tests.devices.windows import WindowsLike
from tests.services.world import MINI

SERVERS = MINI.replace("{fr: Site, en: Site}", "{fr: Site, en: Site}\n      provides: [IIE-1.1-e]")


@pytest.fixture
def lab(room):
    """One container among the two servers, and a seat for its candidate."""
    folder = room.world.templates / "systems"
    folder.mkdir(exist_ok=True)
    (folder / "compose.yaml").write_text(SERVERS, encoding="utf-8")
    [lab] = room.world.session("Systèmes", 1, "systems")
    room.tools.store.keep_passages([Passage(lab.session, lab.candidate, place="P1")], by="prof")
    return lab


@pytest.fixture
def windows(room):
    made = WindowsLike()
    room.world.env["WINDOWS_PASSWORD"] = made.password
    told = {"driver": "ssh", "password": "env:WINDOWS_PASSWORD", "nature": "virtual"}
    room.declare("win", made.port, **told)
    trusted(room)
    yield made
    made.close()


def asked(room):
    return list(asking.check(room.tools, room.devices()))


def test_a_second_system_is_what_was_read_and_not_what_was_declared(room, lab, windows):
    found = systems(room.tools, lab)
    assert (found.proof, found.said) == (Proof.NOT_READ, "Not read yet: win")
    asked(room)
    found = systems(room.tools, lab)
    assert (found.proof, found.said) == (Proof.READ, "Two different systems: Linux, Windows")
    web, win = found.servers
    assert (web.name, web.image, web.nature, web.read) == ("web", "node", None, None)
    assert win.os.startswith("Microsoft Windows")
    assert win.read == room.tools.store.device_state("win").answered
    windows.close()
    asked(room)
    assert systems(room.tools, lab).proof is Proof.NOT_READ


def test_one_kernel_under_all_servers_is_for_the_commission(room, lab, server):
    declared = room.world.home / "inventory" / "devices.yaml"
    declared.write_text(declared.read_text().replace("nature: simulated", "nature: physical"))
    trusted(room)
    asked(room)
    found = systems(room.tools, lab)
    assert found.proof is Proof.TO_VALIDATE
    assert found.said.fr.endswith("(Linux) : à valider par la commission")


def test_a_simulated_server_proves_nothing(room, lab, server):
    trusted(room)
    asked(room)
    assert systems(room.tools, lab).proof is Proof.MISSING


@pytest.mark.parametrize(
    ("told", "proof"),
    [
        (("FreeBSD 14.2-RELEASE", "FreeBSD 14.2-RELEASE amd64"), Proof.READ),
        (("OpenBSD", "OpenBSD 7.6 amd64"), Proof.READ),
        (("Debian GNU/Linux 12 (bookworm)", "Linux 6.1.0-28-amd64 x86_64"), Proof.TO_VALIDATE),
        (("something", ""), Proof.NOT_READ),
    ],
)
def test_the_kernel_counts_and_not_the_distribution(room, lab, windows, told, proof):
    asked(room)
    room.tools.store.change_device_state("win", {"os": told[0], "version": told[1]})
    assert systems(room.tools, lab).proof is proof


def test_a_lab_without_a_seat_has_its_containers_alone(room, windows):
    folder = room.world.templates / "systems"
    folder.mkdir(exist_ok=True)
    (folder / "compose.yaml").write_text(SERVERS, encoding="utf-8")
    [lab] = room.world.session("Sans place", 1, "systems")
    found = systems(room.tools, lab)
    assert [one.name for one in found.servers] == ["web"]
    assert found.proof is Proof.MISSING
