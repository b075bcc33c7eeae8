"""What each vendor's command line is asked, and how its answers are read."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from labmgr.domain import writing
from labmgr.domain.devices import Answer
from labmgr.domain.writing import Writing

MASK: Final = "***"


@dataclass(frozen=True)
class Dialect:
    """Commands and patterns of one family; group 1 of a pattern is the value."""

    version: str
    running: str
    os: str
    patterns: Mapping[str, str]  # field of an Answer -> pattern
    volatile: tuple[str, ...] = ()  # lines that differ without anybody's doing
    enable: bool = False  # whether the running configuration needs the second password
    writes: Writing | None = None  # None: labmgr only reads it
    netmiko: str = ""  # netmiko's name of the command line, where ours is another

    def read(self, said: str) -> Answer:
        found = {name: re.search(text, said, re.MULTILINE) for name, text in self.patterns.items()}
        values = {name: match[1].strip() for name, match in found.items() if match}
        return Answer(**{"os": self.os, **values})


_IOS: Final = Dialect(
    "show version",
    "show running-config",
    "Cisco IOS",
    {
        "version": r"\bVersion ([^,\s]+)",
        "model": r"^[Cc]isco (\S+).*(?:processor|memory)",
        "hostname": r"^(\S+) uptime is",
    },
    (
        r"Building configuration",
        r"Current configuration\s*:",
        r"! (Last configuration change|NVRAM config last updated|No configuration change)",
        r"ntp clock-period ",
    ),
    enable=True,
    writes=writing.IOS,
)
_PROCURVE: Final = Dialect(
    "show system",
    "show running-config",
    "HP/Aruba switch",
    {
        "version": r"Software revision\s*:\s*(\S+)",
        "model": r"(?:Product|Chassis)[^:\n]*:\s*(\S+)",
        "hostname": r"System Name\s*:\s*(\S+)",
    },
    (r"Running configuration:", r"; .* Configuration Editor; Created on release"),
    enable=True,
    writes=writing.PROCURVE,
)
_FRR: Final = Dialect(
    "show version",
    "show running-config",
    "FRRouting",
    {"version": r"^FRRouting (\S+)", "hostname": r"^FRRouting \S+ \(([^)]+)\)"},
    (r"Building configuration", r"Current configuration\s*:", r"frr version "),
    writes=writing.FRR,
    netmiko="cisco_ios",  # vtysh as the account's shell
)
# By netmiko's name of the driver, or our own. Others are refused when the inventory is read: a
# device that can be opened and not understood would be a promise half kept.
DIALECTS: Final[Mapping[str, Dialect]] = {
    "cisco_ios": _IOS,
    "cisco_xe": _IOS,
    "frr": _FRR,
    "arista_eos": Dialect(
        "show version",
        "show running-config",
        "Arista EOS",
        {"version": r"Software image version:\s*(\S+)", "model": r"^Arista (\S+)"},
        (r"! Command: ", r"! device: ", r"! boot system "),
        enable=True,
        writes=writing.EOS,
    ),
    "hp_procurve": _PROCURVE,
    "aruba_osswitch": _PROCURVE,
    "hp_comware": Dialect(
        "display version",
        "display current-configuration",
        "HPE Comware",
        {"version": r"Version ([^,\s]+)", "model": r"^(?:HPE?|H3C) (\S+).*uptime"},
        writes=writing.COMWARE,
    ),
    "mikrotik_routeros": Dialect(
        "/system resource print without-paging",
        "/export",
        "MikroTik RouterOS",
        {"version": r"version:\s*(\S+)", "model": r"board-name:\s*(.+)"},
        (r"# .* by RouterOS",),
    ),
    "fortinet": Dialect(
        "get system status",
        "show full-configuration",
        "FortiOS",
        {
            "version": r"^Version:\s*\S+\s+(\S+)",
            "model": r"^Version:\s*(\S+)",
            "hostname": r"^Hostname:\s*(\S+)",
        },
        (r"#conf_file_ver=", r"\s*set (password|passwd|psksecret|private-key) ENC "),
    ),
    "vyos": Dialect(
        "show version",
        "show configuration commands",
        "VyOS",
        {"version": r"^Version:\s*(.+)", "model": r"^Hardware model:\s*(.+)"},
    ),
}

_UPTIME: Final = r"\s*up \d+ (day|hour|minute|week|year)|.*\buptime is\b"
_EMPTY: Final = r"\s*!?\s*$"  # a mark between sections, written or not
_REFUSED: Final = re.compile(
    r"^\s*(% ?(Invalid|Unknown|Incomplete|Ambiguous|Permission|Authorization)"
    r"|Invalid input|bad command name|Unrecognized command)",
    re.MULTILINE,
)
# What a line of configuration may be answered; warnings, and things made on the way, are none.
_REFUSED_STEP: Final = re.compile(
    r"^[^\S\n]*"  # of this line alone: a device may answer with nothing but blank ones
    r"(?:%.*\b(?:invalid|unknown|unrecognized|incomplete|ambiguous|bad|error|fail(?:s|ed|ure)"
    r"|cannot|can't|can not|unable|illegal|malformed|removal|rejected|denied|duplicate|overlaps"
    r"|already|exceed(?:s|ed)?|too|wrong|only|must|not (?:permitted|allowed|supported|valid|found)"
    r"|no such|does not exist(?!\. Creating))\b.*"
    r"|(?:Command rejected|Invalid input|Incomplete input|Ambiguous input|Error|Permission denied)"
    r"\b.*|Can't turn .*)$",
    re.MULTILINE | re.IGNORECASE,
)
_HARMLESS: Final = re.compile(r"\s*%?\s*(?:Warning|Info|Note)\b", re.IGNORECASE)
_UNSAVED: Final = re.compile(
    r"^.*(?:no space|(?:not enough|insufficient) |full\b|fail|\berror|denied|read-only|protected"
    r"|can't|cannot|unable|abort|% ?Invalid|Invalid input|% ?Unknown).*$",
    re.MULTILINE | re.IGNORECASE,
)
_SECRET: Final = re.compile(
    r"(?i)(\b(?:secret|password|passwd|passphrase|community|psk|psksecret|pre-shared-key|"
    r"key-string|md5|auth|priv|isakmp key|wpa-psk|(?:standby|vrrp) \d+ authentication(?: text)?|"
    r"snmp-server host \S+(?: (?:traps|informs|version \S+(?: (?:auth|noauth|priv)\b)?))*|"
    r"tacacs-server key|radius-server key|server-key|"
    r"key(?= (?:\d+ )?\S+$))\b"
    r"(?:[\"']?\s*[=:]\s*|\s+)(?:(?:ENC|ciphertext|plaintext|cipher|simple|sha\d*|md5|aes|des|read"
    r"|write|ascii|hex|hash|\d{1,3})\s+)*)"
    r"(\"[^\"]*\"|\S+)"
)
_KEY_BLOCK: Final = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(-----END[^\n]*|\Z)", re.DOTALL
)
_CRYPT: Final = re.compile(r"\$(?:\d|2[aby]|y|gy)\$[^\s:\"]+")  # as in /etc/shadow


def declined(said: str) -> bool:
    """Whether the command line did not take the command (its first lines say so)."""
    return bool(_REFUSED.search(said[:500]))


def refused_step(said: str) -> str:
    """The line that says why a line of configuration is not taken; empty when it is."""
    found = (one[0].strip() for one in _REFUSED_STEP.finditer(said))
    return next((one for one in found if not _HARMLESS.match(one)), "")


def unsaved(said: str) -> str:
    """The line that says why the configuration is not kept; empty when it is."""
    found = _UNSAVED.search(said)
    return found[0].strip() if found else ""


def steady(driver: str, lines: Iterable[str]) -> list[str]:
    """The lines that differ only when somebody changed something."""
    own = DIALECTS[driver].volatile if driver in DIALECTS else ()
    volatile = re.compile("|".join((*own, _UPTIME, _EMPTY)))
    return [line for line in lines if not volatile.match(line)]


def masked(text: str) -> str:
    """What may be shown of a configuration: passwords, keys and communities are covered."""
    text = _KEY_BLOCK.sub(MASK, text)
    text = _CRYPT.sub(MASK, text)
    return "\n".join(_SECRET.sub(rf"\1{MASK}", line) for line in text.split("\n"))
