"""Kept configurations: closed files, hashes in the journal, differences without secrets."""

from __future__ import annotations

import hashlib
import stat
import time

import pytest

from labmgr.consoles import talk
from labmgr.domain.devices import Outcome
from labmgr.domain.dialects import masked, refused_step, steady
from labmgr.errors import NotFound
from labmgr.services.equipment import configs
from tests.devices.test_switches import trusted


def back_up(room, *names):
    made = list(configs.back_up(room.tools, room.devices(*names), by="technicien"))
    assert [one.said for one in made if not one.good] == []
    return made


def test_a_backup_is_a_closed_file_and_its_hash_is_in_the_journal(room):
    room.switch("sw1")
    trusted(room)
    [made] = back_up(room)
    file = room.world.home / "devices" / "sw1" / f"{made.backup.name}.cfg"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert "hostname sw1" in file.read_text()
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    assert digest in room.tools.store.entries("device:sw1")[-1].what


def test_a_difference_shows_what_somebody_changed_and_no_more(room):
    switch = room.switch("sw1")
    trusted(room)
    back_up(room)
    [device] = room.devices()
    with pytest.raises(NotFound, match="has 1 backup"):
        configs.difference(room.tools, device)
    switch.config = switch.config.replace("10:11:12 UTC Mon", "12:00:00 UTC Tue").replace(
        "clock-period 36028797", "clock-period 36028801"
    )
    back_up(room)
    assert configs.difference(room.tools, device) == []
    switch.config = switch.config.replace("10.0.10.1", "10.0.10.2").replace(
        "tresSecrete", "changeeDepuis"
    )
    back_up(room)
    lines = configs.difference(room.tools, device)
    assert "- ip address 10.0.10.1 255.255.255.0" in lines
    assert "+ ip address 10.0.10.2 255.255.255.0" in lines
    assert "-snmp-server community *** RO" in lines
    assert "+snmp-server community *** RO" in lines
    assert not [line for line in lines if "Secrete" in line or "changee" in line]
    first, last = (room.tools.configs.backups("sw1")[rank].name for rank in (-1, 0))
    assert len(configs.difference(room.tools, device, first, last)) == len(lines)
    with pytest.raises(NotFound, match="has no backup 2019"):
        configs.difference(room.tools, device, "2019")


def test_an_enormous_configuration_is_kept_whole(room):
    lines = [
        f"ip route 10.{n % 250}.{n % 199}.0 255.255.255.0 Null0 name r{n}" for n in range(99000)
    ]
    switch = room.switch("sw1", config="\n".join(lines), told={"deadline": 240})
    trusted(room)
    assert len(switch.config) > 5_000_000
    [made] = back_up(room)
    assert room.tools.configs.text("sw1", made.backup.name).splitlines() == lines
    switch.config = switch.config.replace("name r45000", "name changed", 1)
    back_up(room)
    [device] = room.devices()
    changed = [line for line in configs.difference(room.tools, device) if line[0] in "+-"][2:]
    assert [line[-8:] for line in changed] == ["e r45000", " changed"]


def test_a_device_that_speaks_without_end_is_cut_off_and_named(room, monkeypatch):
    """Somebody may have made it do so, and labmgr's memory serves every other lab."""
    monkeypatch.setattr(talk, "_MOST_HEARD", 1 << 20)
    room.switch("sw1", config="!\n" * (1 << 20))
    trusted(room)
    [made] = configs.back_up(room.tools, room.devices(), by="technicien")
    assert made.said == "sw1 says more than 1 MiB"


def test_a_line_answered_by_blank_lines_alone_is_read_at_once():
    begun = time.monotonic()
    assert refused_step("\n" * 100_000 + "% Invalid input") == "% Invalid input"
    assert time.monotonic() - begun < 30  # minutes where the work is quadratic


def test_a_command_that_the_device_does_not_know_keeps_nothing(room):
    room.switch("sw1", told={"driver": "vyos"})
    trusted(room)
    [made] = configs.back_up(room.tools, room.devices(), by="technicien")
    assert made.outcome is Outcome.FAILED
    assert "sw1 does not take `show configuration commands`" in made.said
    assert "Is vyos the right driver" in made.mend
    assert room.tools.configs.backups("sw1") == []


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("enable secret 5 $1$mERr$hx5rVt7rPNoS4wqbXKX7m0", "enable secret 5 ***"),
        ("username x privilege 15 password 7 0822455D0A16",
         "username x privilege 15 password 7 ***"),
        ("snmp-server community public RO", "snmp-server community *** RO"),
        (" key-string 7 094F471A1A0A", " key-string 7 ***"),
        ("tacacs-server key 7 0102", "tacacs-server key 7 ***"),
        ("    set psksecret ENC kQ2b==", "    set psksecret ENC ***"),
        ("root:$6$salt$abcdefghijk:19000:0:::::", "root:***:19000:0:::::"),
        ("crypto isakmp key vpnSecret address 10.0.0.2",
         "crypto isakmp key *** address 10.0.0.2"),
        ("snmp-agent community read simple public", "snmp-agent community read simple ***"),
        ("snmp-server user u g v3 auth md5 one priv aes 128 two",
         "snmp-server user u g v3 auth md5 *** priv aes 128 ***"),
        ("snmp-server host 10.0.0.5 version 2c tres", "snmp-server host 10.0.0.5 version 2c ***"),
        ("snmp-server host 10.0.0.5 tres", "snmp-server host 10.0.0.5 ***"),
        ("no snmp-server community tres RO", "no snmp-server community *** RO"),
        ("wpa-psk ascii 0 phrase", "wpa-psk ascii 0 ***"),
        (" standby 1 authentication text mot", " standby 1 authentication text ***"),
        ("crypto key generate rsa", "crypto key generate rsa"),
        ("password=hunter2", "password=***"),
        ('    "password": "hunter2",', '    "password": ***,'),
        ("interface GigabitEthernet0/1", "interface GigabitEthernet0/1"),
        ("service password-encryption", "service password-encryption"),
    ],
)  # fmt: skip
def test_what_opens_something_is_covered(line, shown):
    assert masked(line) == shown


def test_a_private_key_is_covered_whole():
    block = "-----BEGIN OPENSSH PRIVATE KEY-----\nabc\ndef\n-----END OPENSSH PRIVATE KEY-----"
    assert masked(f"a\n{block}\nb") == "a\n***\nb"


def test_lines_that_change_by_themselves_are_left_out_by_driver():
    lines = ["Building configuration...", "hostname a", "sw1 uptime is 3 days"]
    assert steady("cisco_ios", lines) == ["hostname a"]
    assert steady("fortinet", lines) == ["Building configuration...", "hostname a"]
