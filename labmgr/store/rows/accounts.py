"""Staff accounts, candidates' codes and seats, failed logins."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Table, delete, func, insert, select, update

from labmgr.domain.people import Account
from labmgr.domain.words import Role
from labmgr.errors import NotFound, Refused
from labmgr.store.rows.database import columns, every, first, put
from labmgr.store.rows.journal import Book
from labmgr.store.rows.tables import accounts, codes, failed_logins, seats

FORGOTTEN = timedelta(days=7)  # older failed logins count for nobody


class Accounts(Book):
    """Staff: argon2 hashes, never passwords."""

    def accounts(self) -> list[Account]:
        with self._db.read() as tx:
            return every(tx, columns(accounts, Account).order_by(accounts.c.login), Account)

    def account(self, login: str) -> Account:
        query = columns(accounts, Account).where(accounts.c.login == login)
        with self._db.read() as tx:
            if found := first(tx, query, Account):
                return found
        raise _unknown(login)

    def add_account(self, login: str, role: Role, hashed: str, *, by: str) -> None:
        taken = select(accounts.c.login).where(accounts.c.login == login)
        row = {"login": login, "role": role, "hashed": hashed, "disabled": False}
        with self._db.write() as tx:
            if tx.scalar(taken):
                raise Refused(
                    f"There is already an account {login}",
                    hint=f"`labmgr account passwd {login}` gives it a new password.",
                )
            tx.execute(insert(accounts).values(**row))
            self._note(tx, f"account:{login}", f"added as {role}", by=by)

    def set_password(self, login: str, hashed: str, *, by: str) -> None:
        self._change(login, "password set", by=by, hashed=hashed)

    def disable_account(self, login: str, *, by: str) -> None:
        if not self.account(login).disabled:
            self._change(login, "disabled", by=by, disabled=True)

    def _change(self, login: str, what: str, *, by: str, **values: object) -> None:
        change = update(accounts).where(accounts.c.login == login).values(**values)
        with self._db.write() as tx:
            if tx.execute(change).rowcount != 1:
                raise _unknown(login)
            self._note(tx, f"account:{login}", what, by=by)


class Codes(Book):
    """Candidates: a code each, and the one browser that holds the portal."""

    def code(self, session: str, candidate: str) -> str | None:
        return self._unsealed(codes, session, candidate)

    def keep_code(self, session: str, candidate: str, code: str, *, by: str) -> None:
        """A new code also sends away the browser that came in with the old one."""
        if self.code(session, candidate) == code:
            return
        key = {"session": session, "candidate": candidate}
        with self._db.write() as tx:
            put(tx, codes, key, {"sealed": self._vault.seal(code)})
            tx.execute(delete(seats).filter_by(**key))
            self._note(tx, f"candidate:{session}/{candidate}", "code issued", by=by)

    def seat(self, session: str, candidate: str) -> str | None:
        return self._unsealed(seats, session, candidate)

    def take_seat(self, session: str, candidate: str, token: str | None) -> None:
        """The last one to sit down holds it; None empties it."""
        key = {"session": session, "candidate": candidate}
        with self._db.write() as tx:
            if token is None:
                tx.execute(delete(seats).filter_by(**key))
            else:
                put(tx, seats, key, {"sealed": self._vault.seal(token)})

    def _unsealed(self, table: Table, session: str, candidate: str) -> str | None:
        mine = (table.c.session == session) & (table.c.candidate == candidate)
        with self._db.read() as tx:
            sealed = tx.scalar(select(table.c.sealed).where(mine))
        return None if sealed is None else self._vault.unseal(sealed)


class FailedLogins(Book):
    """For lockout; *who* is whatever the door counts by, and all that begin with it and a blank."""

    def failed_logins(self, who: str, since: datetime) -> int:
        mine = _those(who) & (failed_logins.c.at >= since)
        with self._db.read() as tx:
            return tx.scalar(select(func.count()).select_from(failed_logins).where(mine)) or 0

    def note_failed_login(self, who: str) -> None:
        now = self._now()
        with self._db.write() as tx:
            tx.execute(delete(failed_logins).where(failed_logins.c.at < now - FORGOTTEN))
            tx.execute(insert(failed_logins).values(who=who, at=now))

    def forgive_failed_logins(self, who: str) -> None:
        with self._db.write() as tx:
            tx.execute(delete(failed_logins).where(_those(who)))


def _those(who: str) -> ColumnElement[bool]:
    return (failed_logins.c.who == who) | failed_logins.c.who.startswith(f"{who} ", autoescape=True)


def _unknown(login: str) -> NotFound:
    return NotFound(f"There is no account {login}", hint="`labmgr account list` shows them.")
