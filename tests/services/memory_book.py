"""The exam's rows in a dictionary, for thousands of days; sits the store's exam beside it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from labmgr.domain.exam import Candidate, ExamSession
from labmgr.domain.passage import Incident, Noticed
from labmgr.errors import LostRace


@dataclass
class MemoryBook:
    """What bells, passages and outages ask of a store. Dies with nothing, like rows on a disk."""

    the_session: ExamSession
    people: dict[str, Candidate]
    now: object
    rows: dict[tuple[str, str], object] = field(default_factory=dict)
    answered: set = field(default_factory=set)
    told: list[tuple[str, str]] = field(default_factory=list)
    happened: list[Incident] = field(default_factory=list)
    latest: object = None

    def session(self, _name):
        return self.the_session

    def candidate(self, _session, number):
        return self.people[number]

    def passages(self, session=None, *, states=None):
        return [
            one
            for one in self.rows.values()
            if session in {None, one.session} and (states is None or one.state in states)
        ]

    def passage(self, session, candidate):
        return self.rows[session, candidate]

    def change_passage(
        self, before, after, *, what, orders=(), bell=None, forget=(), news=(), **who
    ):
        key = before.session, before.candidate
        if bell in self.answered:
            return None
        if self.rows[key].revision != before.revision:
            raise LostRace("changed meanwhile")
        assert not orders, "these passages have no lab"
        if bell:
            self.answered.add(bell)
        self.answered.difference_update(forget)
        self.rows[key] = replace(after, revision=before.revision + 1)
        self.told.append((before.candidate, what))
        for one in news:
            if isinstance(one, Noticed):
                self.open_incident(*key, one.what, by=who["by"])
            else:
                self.end_incident(one.incident, seconds=one.seconds, by=who["by"])
        return self.rows[key]

    def bells(self, _session=None):
        return set(self.answered)

    def incidents(self, _session, candidate=None):
        return [one for one in self.happened if candidate in {None, one.candidate}]

    def open_incident(self, session, candidate, what, *, by):
        one = Incident(len(self.happened), session, candidate, what, self.now(), by=by)
        self.happened.append(one)
        return one

    def end_incident(self, number, *, seconds, by):
        one = self.happened[number]
        self.happened[number] = replace(one, ended=self.now(), seconds=seconds, by=by)

    def beat(self, _worker, moment):
        self.latest = moment

    def last_beat(self):
        return self.latest
