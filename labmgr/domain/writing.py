"""How each vendor's configuration is entered, and which of its lines are the device's own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

_CISCO_PROMPT: Final = r"(?:^|[\r\n])[^\s()]{1,64}\([^)\s]{1,64}\)# ?$"


@dataclass(frozen=True)
class Writing:
    """Patterns are matched from the start of a line, its indentation left out.

    `own` are lines and sections that a push neither adds nor takes away, since the device could
    not be reached without them or has them by itself; `{user}` there is labmgr's account.
    """

    grammar: str  # hier_config's name, or one of labmgr.consoles.grammars
    own: tuple[str, ...]
    stands: str  # sections that cannot be taken away: they are emptied instead
    unsaid: str = r"!|end$|exit(-\S+)?$|no shutdown$"  # lines that say nothing, or are never shown
    out: str = "exit"  # leaves a section
    prompt: str = _CISCO_PROMPT  # of the configuration mode
    agrees: tuple[tuple[str, str], ...] = ()  # questions to a line, and what is answered
    quotes: bool = True  # whether ^V goes before a question mark


_LOGICAL: Final = r"Vlan|Loopback|Port-channel|Tunnel|BVI|BDI|Dialer|Vxlan|\S+\.\d"
_LOGIN: Final = (
    r"version ",
    r"boot[ -]",
    r"username {user}( |$)",
    r"enable (secret|password|algorithm-type) ",
    r"(no )?aaa (new-model|authentication (login|enable)|authorization (exec|console|commands))",
    r"(no )?aaa (root|session-id)",
    r"crypto (key|pki|ca) ",
    r"(no )?ip ssh ",
    r"ip domain[- ]name ",
    r"ip default-gateway ",
)
IOS: Final = Writing(
    "CISCO_IOS",
    (
        *_LOGIN,
        r"(no )?ip scp ",
        r"line (con|aux|vty) ",
        r"license ",
        r"switch \d+ provision ",
        r"(no )?(platform|diagnostic) ",
    ),
    rf"interface (?!{_LOGICAL})|interface Vlan1$",
    agrees=((r"remove all username related configurations[^\n]*\n?[^\n]*\[confirm\]", ""),),
)
EOS: Final = Writing(
    "ARISTA_EOS",
    (
        *_LOGIN,
        r"management (ssh|api|security|telnet|console)",
        r"interface Management\d",
        r"(no )?(transceiver|service routing protocols) ",
    ),
    rf"(?i:interface (?!{_LOGICAL}))",
)
FRR: Final = Writing(
    "FRR",
    (
        r"frr (version|defaults) ",
        r"(no )?hostname( |$)",  # the machine's own, whatever is entered
        r"(no )?service integrated-vtysh-config",
        r"username ",
        r"line ",
    ),
    r"(interface|vrf) \S+$",
)
PROCURVE: Final = Writing(
    "HP_PROCURVE",
    (
        r"(module|flexible-module|oobm|include-credentials|encrypt-credentials|stacking|boot)( |$)",
        r"password ",
        r"aaa authentication (ssh|console|telnet|web|login|local-user)",
        r"(no )?ip ssh( |$)",
        r"crypto ",
        r"ip (default-gateway|authorized-managers) ",
        r"(no )?(console|telnet-server|web-management|autorun)( |$)",
        r"(no )?dhcp (config|image)-file-update",
    ),
    r"interface |vlan 1$",
    unsaid=r"[!;]|end$|exit$|Running configuration:",
    quotes=False,
    agrees=((r"will be moved to the default VLAN[\s\S]*continue\?[^\n]*\[y/n\]\??\s*$", "y"),),
)
COMWARE: Final = Writing(
    "COMWARE",
    (
        r"version ",
        r"(irf|irf-port|domain|role|user-group|super)( |$)",
        r"local-user {user}( |$)",
        r"(undo )?(ssh|telnet|ftp|sftp|netconf|public-key|pki|password-control) ",
        r"(undo )?ip https? ",
        r"(line|user-interface) ",
        r"interface (M-GigabitEthernet|MEth)",
    ),
    r"(?i:interface (?!Vlan-interface|LoopBack|Bridge-Agg|Route-Agg|NULL[1-9]|Tunnel|\S+\.\d))"
    r"|vlan 1$",
    unsaid=r"#|return$|quit$|end$|undo shutdown$",
    out="quit",
    quotes=False,
    prompt=r"(?:^|[\r\n])\[[^\]\s]{1,80}\] ?$",
)
