"""A day that went wrong in every way, lived through the services with time handed in.

Four candidates, planned from 8:00 in Paris (6:00 UTC): 1 is late, 2 has extra time and a power
cut in the hour, 3 has an incident and an extension, 4 does not come.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from fractions import Fraction

from labmgr.domain.exam import Form, Member, Phase, Realisation
from labmgr.domain.passage import Passage
from labmgr.domain.repair import Seen
from labmgr.domain.snapshot import SnapshotKind
from labmgr.domain.words import Option, Role
from labmgr.services.instance.accounts import add_account
from labmgr.services.lab import access, labs, snapshots
from labmgr.services.passage import (
    attendance,
    choices,
    hours,
    interruptions,
    outages,
    passages,
    recette,
)
from labmgr.services.session import forms, rosters
from tests import recette as sheets
from tests.services.world import World, write_templates

EIGHT = datetime(2026, 5, 27, 6, 0, tzinfo=UTC)
LISTED = """numéro;nom;prénom;majoration;place
1;Lefèvre;Zoé;;A1
2;Nguyên;Anh;1/3;A2
3;O'Brien;Maël;;A3
4;Absente;Inès;;A4
"""
LONG = (
    "Le commutateur de la salle a été débranché par erreur pendant le nettoyage ; le câble a été "
    "remis à 9 h 12 par la technicienne, en présence des deux membres de la commission, et le "
    "candidat a confirmé que ses machines répondaient de nouveau toutes les trois."
)


class Day:
    """Says what happens and lets time pass; the clock stands at a known instant at each step."""

    def __init__(self, world):
        self.world, self.tools, self.clock = world, world.tools, world.clock
        world.clock.at = EIGHT - timedelta(hours=1)

    def prepare(self):
        made = rosters.create_session(self.tools, "E6", "mini", by="prof")
        rosters.import_file(self.tools, made.name, "liste.csv", LISTED.encode(), by="prof")
        for login in ("jury", "autre"):
            add_account(self.tools, login, Role.COMMISSION, by="t")
        labels = {"epreuve": "E6", "unit": "U6", "year": "2026"}
        forms.set_form(self.tools, "e6", form=Form.PONCTUELLE, labels=labels, by="chef")
        members = [Member("jury", Option.SISR), Member("autre", Option.SLAM)]
        forms.keep_commission(self.tools, "e6", "A", members, by="chef")
        for number in "1234":
            for rank in (1, 2):
                one = Realisation("e6", number, rank, "mini", f"Projet {rank}")
                forms.keep_realisation(self.tools, one, by="chef")
        labs.order_build(self.tools, [one.id for one in self.tools.store.labs("e6")], by="prof")
        self.world.work()
        planned = [self._planned(number, 25 * rank) for rank, number in enumerate("1234")]
        self.tools.store.keep_passages(planned, by="chef")
        return self

    def _planned(self, number, minutes):
        starts = dict(zip(Phase, (0, 30, 50, 110), strict=True))
        first = EIGHT + timedelta(minutes=minutes)
        planned = {phase: first + timedelta(minutes=after) for phase, after in starts.items()}
        return Passage("e6", number, commission="a", place=f"A{number}", planned=planned)

    def at(self, hours, minutes, seconds=0):
        """Let time pass until this hour of Paris."""
        local = EIGHT.replace(hour=hours - 2, minute=minutes, second=seconds)
        self.clock.passes((local - self.clock.at).total_seconds())

    def work(self):
        hours.answer(self.tools)
        self.world.work()

    def come(self, number):
        choices.choose(self.tools, "e6", number, 2, by="jury")
        attendance.arrive(self.tools, "e6", number, by="surveillante")
        attendance.acknowledge(self.tools, "e6", number)

    def begin(self, number, phase):
        passages.start(self.tools, "e6", number, phase, by="jury")
        self.work()

    def saved(self, number):
        lab = self.tools.store.passage("e6", number).lab
        snapshots.take(
            self.tools, self.tools.store.lab(lab), SnapshotKind.OWN, by=f"candidate {number}"
        )

    def late(self):
        """Candidate 1: arrives at 8:12, waits for the commission, saves once."""
        self.at(8, 12)
        self.come("1")
        self.at(8, 15)
        self.begin("1", Phase.PHASE_1)
        self.at(8, 45, 30)
        self.work()
        self.at(8, 50)
        self.begin("1", Phase.INTERVIEW_1)
        passages.note_adjustment(self.tools, "e6", "1", "Ajouter une règle de filtrage", by="jury")
        self.at(9, 5)
        self.begin("1", Phase.HOUR)
        self.at(9, 30)
        self.saved("1")
        access.for_staff(self.tools, self.tools.store.lab("e6-1-2"), by="prof")
        self.at(10, 6)
        self.work()
        self.at(10, 20)
        self.begin("1", Phase.INTERVIEW_2)
        self.world.engine.red |= {"line/2": "port 22 closed", "line/5": "port 80 does not answer"}
        recette.order_recette(self.tools, "e6-1-2", by="jury")
        self.world.work()
        recette.remark(self.tools, "e6-1-2", "Le port 22 a été fermé exprès", by="jury", line=2)
        recette.remark(self.tools, "e6-1-2", "Présentation claire du plan", by="jury")
        self.world.engine.red.clear()
        self.at(10, 38)
        passages.close(self.tools, "e6", "1", by="jury")
        self.work()

    def power_cut(self):
        """Candidate 2: 80 minutes, and the server off for seven of them."""
        self.at(10, 40)
        self.come("2")
        self.begin("2", Phase.PHASE_1)
        self.begin("2", Phase.INTERVIEW_1)
        self.at(11, 0)
        self.begin("2", Phase.HOUR)
        self.at(11, 20)
        self.tools.store.beat("worker", self.tools.clock())
        self.clock.passes(2)
        self.clock.reboots(418)
        for node in self.world.engine.labs["e6-2-2"].nodes.values():
            node.seen = Seen.STOPPED
        outages.recover_clocks(self.tools)
        labs.carry_out_wake(self.tools, "e6-2-2", by="reconcile")
        self.work()
        self.at(11, 35)
        interruptions.resume(self.tools, "e6", "2", by="chef", why="courant revenu")
        self.work()
        self.at(12, 36)
        self.work()
        self.begin("2", Phase.INTERVIEW_2)
        passages.close(self.tools, "e6", "2", by="jury")
        self.work()

    def incident(self):
        """Candidate 3: suspended for five minutes with a long reason, then given five more."""
        self.at(13, 0)
        self.come("3")
        self.begin("3", Phase.PHASE_1)
        self.begin("3", Phase.INTERVIEW_1)
        self.at(13, 10)
        self.begin("3", Phase.HOUR)
        self.at(13, 30)
        interruptions.suspend(self.tools, "e6", "3", by="surveillante", why=LONG)
        self.work()
        self.at(13, 35)
        interruptions.resume(self.tools, "e6", "3", by="chef")
        self.work()
        interruptions.extend(self.tools, "e6", "3", 323, by="chef", why="clavier en panne")
        self.work()
        (one,) = self.tools.store.incidents("e6", "3")
        self.tools.store.decide_incident(
            one.id, "5 min 23 s given back: clavier en panne", by="chef"
        )

    def absent(self):
        """Candidate 4: two people say so."""
        self.at(13, 50)
        attendance.say_absent(self.tools, "e6", "4", by="surveillante")
        self.at(13, 55)
        attendance.say_absent(self.tools, "e6", "4", by="chef")


def a_world(folder):
    """With a recette beside its template."""
    templates = write_templates(folder / "templates")
    sheets.write(templates)
    (folder / "home").mkdir()
    return World(folder / "home", templates)


def lived(world):
    """The whole day up to 14:00; candidate 3 is in the hour."""
    day = Day(world).prepare()
    forms.set_extra_time(
        world.tools, "e6", "2", {Phase.HOUR: Fraction(1, 3)}, by="chef", why="décision du rectorat"
    )
    day.late()
    day.power_cut()
    day.incident()
    day.absent()
    day.at(14, 0)
    return day
