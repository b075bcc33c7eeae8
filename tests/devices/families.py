"""How the command lines of several vendors differ: what each expects, says and asks."""

from __future__ import annotations

from dataclasses import dataclass, field

WIDTH = "terminal width 511"


@dataclass(frozen=True)
class Family:
    opening: str = ""  # before the first prompt; a key is waited for when it asks for one
    quiet: dict[str, str] = field(default_factory=dict)  # commands without effect, and their answer
    version: str = "show version"
    running: str = "show running-config"
    configure: str = "configure terminal"
    end: str = "end"
    save: tuple[str, ...] = ("write mem", "write memory")
    saved: str = "Building configuration...\n[OK]"
    prompt: str = "{name}{mark}"  # mark: > or #
    within: str = "{name}({mode})#"
    codes: tuple[str, str] = ("", "")  # that a terminal gets around each prompt
    says: dict[str, str] = field(default_factory=dict)  # what a line of configuration is answered
    asks: dict[str, str] = field(default_factory=dict)  # what is asked before a line is done


IOS = Family(
    quiet={WIDTH: "", "terminal length 0": ""},
    asks={
        "no username ": "This operation will remove all username related configurations with same "
        "name.Do you want to continue? [confirm]"
    },
    says={"switchport access vlan 77": "% Access VLAN does not exist. Creating vlan 77"},
)
EOS = Family(
    quiet={
        WIDTH: "Width set to 511 columns.",
        "terminal length 0": "Pagination disabled.",
    },
    save=("copy running-config startup-config",),
    saved="Copy completed successfully.",
)
VTYSH = Family(
    opening="\nHello, this is FRRouting (version 8.4.4).\nCopyright 1996-2005 Kunihiro Ishiguro.\n",
    quiet={"terminal length 0": ""},
    save=("write mem", "write memory"),
    saved="Note: this version of vtysh never writes vtysh.conf\nBuilding Configuration...\n"
    "Integrated configuration saved to /etc/frr/frr.conf\n[OK]",
    prompt="{name}# ",
    within="{name}({mode})# ",
    codes=("\x1b[?2004h", "\x1b[?2004l\r"),
)
PROCURVE = Family(
    opening="ProCurve J9280A Switch 2510G-48\nCopyright (C) 1991-2012 Hewlett-Packard\n\n"
    "Press any key to continue",
    quiet={"no page": "", WIDTH: ""},
    version="show system",
    saved="",
    prompt="\x1b[24;1H\x1b[?25h{name}{mark} ",
    within="\x1b[24;1H\x1b[?25h{name}({mode})# ",
    asks={
        "no vlan 10": "The following ports will be moved to the default VLAN:\n5\n"
        "Do you want to continue? [y/n] "
    },
)
COMWARE = Family(
    quiet={"screen-length disable": ""},
    version="display version",
    running="display current-configuration",
    configure="system-view",
    end="return",
    save=("save force",),
    saved="Validating file. Please wait...\nSaved the current configuration to mainboard device "
    "successfully.",
    prompt="<{name}>",
    within="[{name}{mode}]",
)
