"""Who gets in: staff by login and password, candidates by number and code; lockout for both."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar

from labmgr.domain.credential import STAFF_LENGTH, make_password
from labmgr.domain.exam import Candidate, SessionState
from labmgr.domain.people import Account
from labmgr.domain.ports import Tools
from labmgr.domain.words import Role, slug
from labmgr.errors import BadInput, NotAllowed, NotFound, Refused

MOST_FAILURES = 5  # from one address: a neighbour's wrong tries shut nobody else out
MOST_FROM_ALL = 30  # from all together: many addresses are no way to go on guessing
LOCK = timedelta(minutes=10)
T = TypeVar("T")

LEAST_CHOSEN = 16  # USERS §3: at least 16 characters for staff


@dataclass(frozen=True)
class Seat:
    """A candidate's place in the portal: one browser at a time holds its token."""

    candidate: Candidate
    token: str


def add_account(tools: Tools, login: str, role: Role, *, by: str) -> str:
    """Make a staff account; returns its generated password, which is nowhere kept in clear."""
    if login != slug(login, 32):
        raise BadInput(
            f"{login!r} cannot be a login", hint="Use small letters, digits and hyphens."
        )
    password = make_password(STAFF_LENGTH)
    tools.store.add_account(login, role, tools.vault.hash_password(password), by=by)
    return password


def new_password(tools: Tools, login: str, *, by: str, chosen: str | None = None) -> str:
    """Set a generated password, or a *chosen* one of at least 16 characters."""
    if chosen is not None and len(chosen) < LEAST_CHOSEN:
        raise BadInput(
            f"The password has {len(chosen)} characters",
            hint=f"Staff passwords have at least {LEAST_CHOSEN}.",
        )
    account = tools.store.account(login)
    if account.disabled:
        raise Refused(f"Account {login} is closed", hint="Add another account.")
    password = chosen or make_password(STAFF_LENGTH)
    tools.store.set_password(account.login, tools.vault.hash_password(password), by=by)
    tools.store.forgive_failed_logins(staff_door(account.login))
    return password


def change_password(tools: Tools, login: str, old: str, chosen: str, *, origin: str = "") -> None:
    """One's own, by whoever knows the present one; wrong tries count like failed logins."""
    log_in(tools, login, old, origin=origin)
    if not chosen:
        raise BadInput("The new password is empty", hint="Choose one, and type it twice.")
    new_password(tools, login, by=login, chosen=chosen)


def disable_account(tools: Tools, login: str, *, by: str) -> None:
    """Shut an account out; the last administrator stays, or nobody could add another."""
    account = tools.store.account(login)
    admins = [one for one in tools.store.accounts() if one.role is Role.ADMIN and not one.disabled]
    if [one.login for one in admins] == [account.login]:
        raise Refused(
            f"{login} is the last administrator", hint="Give another account that role first."
        )
    tools.store.disable_account(account.login, by=by)


def log_in(tools: Tools, login: str, password: str, *, origin: str = "") -> Account:
    """The account, or NotAllowed without a word on what was wrong.

    Locked for the address *origin* after five failures there; Refused says so.
    """

    def find() -> Account | None:
        try:
            account = tools.store.account(login)
        except NotFound:
            tools.vault.check_password(_DECOY, password)  # as slow as for a known login
            return None
        good = tools.vault.check_password(account.hashed, password)
        return account if good and not account.disabled else None

    return _guarded(tools, staff_door(login), origin, find)


def enter_portal(tools: Tools, number: str, code: str, *, origin: str = "") -> Seat:
    """A candidate's seat; whoever held it before is out, and the journal says so.

    Wrong tries lock as those of `log_in` do.
    """

    def find() -> Candidate | None:
        for session in tools.store.sessions():
            if session.state is SessionState.CLOSED:
                continue
            kept = tools.store.code(session.name, number.strip())
            if kept and hmac.compare_digest(_bare(kept), _bare(code)):
                return tools.store.candidate(session.name, number.strip())
        return None

    candidate = _guarded(tools, candidate_door(number), origin, find)
    token = secrets.token_urlsafe(24)
    held = tools.store.seat(candidate.session, candidate.number)
    tools.store.take_seat(candidate.session, candidate.number, token)
    what = "portal entered" if held is None else "portal entered, the browser before is out"
    subject = f"candidate:{candidate.session}/{candidate.number}"
    tools.store.write(subject, what, by=f"candidate {candidate.number}")
    return Seat(candidate, token)


def seated(tools: Tools, session: str, number: str, token: str) -> Candidate:
    """The candidate whose portal this browser holds now, or NotAllowed."""
    held = tools.store.seat(session, number)
    if held is None or not hmac.compare_digest(held, token):
        raise NotAllowed(
            "This place is now used in another browser",
            hint="Enter again with the number and the code of the slip.",
        )
    return tools.store.candidate(session, number)


def staff_door(login: str) -> str:
    """Under which failed logins are counted; a new password opens it again."""
    return f"account:{slug(login, 32)}"


def candidate_door(number: str) -> str:
    """The same for the portal; a new code opens it again."""
    return f"candidate:{slug(number, 32)}"


def _guarded(tools: Tools, door: str, origin: str, find: Callable[[], T | None]) -> T:
    """One door for both: count failures, lock, forgive on success."""
    here, since = f"{door} {origin}", tools.now() - LOCK
    tried, by_all = tools.store.failed_logins(here, since), tools.store.failed_logins(door, since)
    if tried >= MOST_FAILURES or by_all >= MOST_FROM_ALL:
        raise Refused(
            "Too many failed attempts",
            hint=f"Wait {LOCK.seconds // 60} minutes, or ask the staff to reissue the access.",
        )
    found = find()
    if found is None:
        tools.store.note_failed_login(here)
        raise NotAllowed("Wrong name or password", hint="Check the capitals and try again.")
    tools.store.forgive_failed_logins(here)
    return found


def _bare(code: str) -> bytes:
    """A code as typed: hyphens, blanks and case don't count."""
    return "".join(code.split()).replace("-", "").upper().encode()


_DECOY = (
    "$argon2id$v=19$m=65536,t=3,p=4$c2FsdHNhbHRzYWx0c2FsdA"
    "$Uj1qmKPZ0gQxg5eVbXe3m3r2hUQ0o3r8Q8bYyvJ4a0A"
)
