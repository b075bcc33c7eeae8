"""What a fresh instance begins with: first accounts and a demonstration session."""

from __future__ import annotations

from pathlib import Path

from labmgr.domain.ports import Tools
from labmgr.domain.words import Role
from labmgr.errors import NotFound
from labmgr.services.instance import accounts
from labmgr.services.session import rosters

BY = "setup"
FIRST_ACCOUNTS = {"admin": Role.ADMIN, "enseignant": Role.TEACHER, "technicien": Role.TECHNICIAN}
DEMO = "demo"
DEMO_TEMPLATE = "sisr-core"


def first_accounts(tools: Tools) -> dict[str, str]:
    """Make those that are not there yet; login to password, to be printed this once."""
    there = {account.login for account in tools.store.accounts()}
    return {
        login: accounts.add_account(tools, login, role, by=BY)
        for login, role in FIRST_ACCOUNTS.items()
        if login not in there
    }


def demo_session(tools: Tools, roster: Path) -> bool:
    """A session of three people to try labmgr with; True when it was made now.

    Made once in an instance's life: when it was removed it stays away.
    """
    if any(entry.what == _MADE for entry in tools.store.entries("setup")):
        return False
    try:
        tools.store.session(DEMO)
    except NotFound:
        rosters.create_session(tools, DEMO, DEMO_TEMPLATE, by=BY)
    rosters.import_file(tools, DEMO, roster.name, roster.read_bytes(), by=BY)
    tools.store.write("setup", _MADE, by=BY)
    return True


_MADE = "demonstration session made"
