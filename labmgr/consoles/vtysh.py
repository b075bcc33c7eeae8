"""FRRouting's command line for netmiko, which has none of that name."""

from __future__ import annotations

from netmiko.cisco.cisco_ios import CiscoIosSSH


class Vtysh(CiscoIosSSH):
    """Cisco's in almost all; it knows no width, and readline puts codes around its prompt."""

    def session_preparation(self) -> None:
        self.ansi_escape_codes = True
        self._test_channel_read(pattern=r"[>#]")
        self.disable_paging()
        self.set_base_prompt()
