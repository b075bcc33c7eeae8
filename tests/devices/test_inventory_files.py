"""hosts.yaml and devices.yaml: values from groups, and every fault with its line and mend."""

from __future__ import annotations

from pathlib import Path

import pytest

from labmgr.domain.dialects import DIALECTS
from labmgr.domain.inventory import SSH, DeviceKind, Nature, Piece, TerminalKind
from labmgr.errors import BadFile, BadInput, NotFound
from labmgr.store.files.file_inventory import FileInventory
from labmgr.store.files.inventory_reference import reference

ROOT = Path(__file__).resolve().parents[2]
GOOD = """\
groups:
  room: {user: labmgr, password: "store:room", declared_by: technicien, site: Lycée}
  switches: {group: room, driver: cisco_ios, nature: physical, deadline: 30}
devices:
  sw1: {kind: switch, group: switches, address: 192.0.2.1, place: P1}
  sw2: {kind: switch, group: switches, address: sw2.lan, port: 2222, nature: simulated}
  srv:
    kind: server
    group: room
    driver: ssh
    nature: virtual
    address: 2001:db8::1
    keep: {interfaces: {file: /etc/network/interfaces}, packages: {command: dpkg -l}}
terminals:
  tab: {kind: tablet, group: switches, place: P1}
"""


@pytest.fixture
def folder(tmp_path):
    return tmp_path


def read(folder, devices="", hosts=""):
    for name, text in (("devices.yaml", devices), ("hosts.yaml", hosts)):
        if text:
            (folder / name).write_text(text, encoding="utf-8")
    return FileInventory(folder, {}).read()


def faults(folder, devices):
    with pytest.raises(BadFile) as refused:
        read(folder, devices)
    return {f"{one.line} {one.where}": f"{one.what} {one.mend}" for one in refused.value.problems}


def test_the_examples_can_be_read_and_say_who_declared_what():
    found = FileInventory(ROOT / "inventory", {}).read()
    assert {one.kind for one in found.devices} >= {DeviceKind.SWITCH, DeviceKind.FIREWALL}
    assert {one.kind for one in found.terminals} == {TerminalKind.PC, TerminalKind.TABLET}
    assert all(one.declared_by for one in (*found.devices, *found.terminals))
    assert found.hosts


def test_a_missing_folder_is_an_empty_inventory(folder):
    assert FileInventory(folder / "none", {}).read().devices == ()


def test_values_come_from_groups_and_their_groups_unless_said(folder):
    found = read(folder, GOOD)
    one, two, srv = found.devices
    assert (one.user, one.driver, one.nature, one.deadline, one.port) == (
        "labmgr", "cisco_ios", Nature.PHYSICAL, 30, 22,
    )  # fmt: skip
    assert (two.nature, two.port, two.password) == (Nature.SIMULATED, 2222, "store:room")
    assert srv.keep[0] == Piece("interfaces", file="/etc/network/interfaces")
    assert (found.terminals[0].nature, found.terminals[0].site) == (Nature.PHYSICAL, "Lycée")
    assert [device.name for device in found.chosen("P1")] == ["sw1"]
    with pytest.raises(NotFound, match="No device belongs to place P9"):
        found.chosen("P9")
    with pytest.raises(NotFound) as refused:
        found.device("sw3")
    assert "sw1, sw2, srv" in refused.value.hint


@pytest.mark.parametrize("key", ["password", "key", "enable"])
@pytest.mark.parametrize(
    "literal", ["hunter2-literal", '"0123456789-literal"', "[hunter2-literal]"]
)
def test_a_secret_in_the_file_is_refused_and_not_repeated(folder, key, literal):
    text = GOOD.replace("place: P1}", f"place: P1,\n    {key}: {literal}}}", 1)
    found = faults(folder, text)
    assert list(found) == [f"6 devices.sw1.{key}"]
    assert "a secret stands in the file itself" in found[f"6 devices.sw1.{key}"]
    assert "literal" not in str(found)
    with pytest.raises(BadFile) as refused:
        read(folder, text)
    assert "literal" not in f"{refused.value}{refused.value.__cause__}{refused.value.__context__}"


@pytest.mark.parametrize(
    ("old", "new", "where", "words"),
    [
        ("place: P1}", "palce: P1}", "5 devices.sw1.palce", "Did you mean place?"),
        ("driver: cisco_ios", "driver: cisco_oss", "5 devices.sw1.driver", "Known are: ssh, cisco"),
        ("group: room, driver", "group: rom, driver", "3 groups.switches.group", "no group rom"),
        ("kind: server", "kind: serveur", "8 devices.srv.kind", "'serveur' is not known here"),
        ("address: 192.0.2.1,", "address: 192.0.2.300,", "5 devices.sw1.address", "no address"),
        ("port: 2222", "port: 70000", "6 devices.sw2.port", "65535"),
        ("{file: /etc/network/interfaces}", "{}", "13 devices.srv.keep.interfaces", "a file or a"),
        (", nature: physical", "", "5 devices.sw1.nature", "neither here nor by a group"),
        ("kind: tablet", "kind: slate", "15 terminals.tab.kind", "'slate' is not known here"),
        ('password: "store:room", ', "", "5 devices.sw1.password", "nothing says how to log in"),
        (
            "192.0.2.1, place: P1}",
            "192.0.2.1, keep: {a: {file: /b}}}",
            "5 devices.sw1.keep",
            "keep is for servers",
        ),
        ("group: switches, place", "group: switchs, place", "15 terminals.tab.group", "no group"),
    ],
)
def test_each_fault_has_its_line_and_its_mend(folder, old, new, where, words):
    assert old in GOOD
    found = faults(folder, GOOD.replace(old, new))
    assert where in found, found
    assert words in found[where]


def test_groups_in_a_ring_are_refused(folder):
    found = faults(folder, "groups:\n  a: {group: b}\n  b: {group: a}\n")
    assert all("belongs to itself" in words for words in found.values())
    assert len(found) == 2


def test_both_files_are_looked_at_together(folder):
    with pytest.raises(BadFile) as refused:
        read(folder, "devices: {a: {}}\n", "hosts: {b: {}}\n")
    assert {one.file for one in refused.value.problems} == {"hosts.yaml", "devices.yaml"}


def test_secrets_by_reference_come_from_the_environment_or_a_closed_file(folder):
    files = FileInventory(folder, {"SWITCH": "from-the-environment"})
    assert files.secret("env:SWITCH") == "from-the-environment"
    with pytest.raises(BadInput, match="The environment has no OTHER"):
        files.secret("env:OTHER")
    secret = folder / "secret"
    secret.write_text("from-a-file\n", encoding="utf-8")
    secret.chmod(0o644)
    with pytest.raises(BadInput, match="can be read by others"):
        files.secret(f"file:{secret}")
    secret.chmod(0o600)
    assert files.secret(f"file:{secret}") == "from-a-file"
    with pytest.raises(BadInput, match="cannot be read"):
        files.secret(f"file:{folder}/none")


def test_every_driver_that_may_be_named_is_one_of_netmikos():
    from netmiko.ssh_dispatcher import CLASS_MAPPER  # noqa: PLC0415 - only its list

    assert {one.netmiko or name for name, one in DIALECTS.items()} <= set(CLASS_MAPPER)
    assert SSH not in DIALECTS


def test_the_reference_page_is_what_the_code_accepts():
    page = (ROOT / "docs" / "reference" / "inventory.md").read_text(encoding="utf-8")
    assert page == reference(), "python -m labmgr.store.files.inventory_reference > that file"
