"""Replays of recettes and the commission's remarks: rows are added and answered, never changed."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import asdict, replace
from datetime import datetime

from sqlalchemy import insert, select, update

from labmgr.domain.recette import Remark, Result, Run
from labmgr.errors import Refused
from labmgr.store.rows.database import columns, every
from labmgr.store.rows.journal import Book
from labmgr.store.rows.recette_tables import recette_remarks, recette_results, recette_runs


class Recettes(Book):
    """What was seen, when, by whom, with which parameters."""

    def begin_recette(self, run: Run) -> Run:
        row = asdict(replace(run, results=()))
        del row["id"], row["results"]
        with self._db.write() as tx:
            made = tx.execute(insert(recette_runs).values(**row)).inserted_primary_key
            number = made[0] if made else 0
            if run.results:
                rows = [{"run": number, **asdict(one)} for one in run.results]
                tx.execute(insert(recette_results), rows)
        return replace(run, id=number)

    def keep_result(self, run: int, result: Result) -> None:
        row = asdict(result)
        line = row.pop("line")
        table = recette_results
        unanswered = (table.c.run == run) & (table.c.line == line) & table.c.green.is_(None)
        with self._db.write() as tx:
            if tx.execute(update(table).where(unanswered).values(**row)).rowcount != 1:
                raise Refused(
                    f"Line {line} of replay {run} is answered already, or was never asked",
                    hint="Replay the line: each replay is kept beside the others.",
                )

    def end_recette(self, run: int, at: datetime) -> None:
        going = (recette_runs.c.id == run) & recette_runs.c.ended.is_(None)
        with self._db.write() as tx:
            tx.execute(update(recette_runs).where(going).values(ended=at))

    def recettes(self, lab: str) -> list[Run]:
        mine = recette_runs.c.lab == lab
        wanted = select(recette_results).where(
            recette_results.c.run.in_(select(recette_runs.c.id).where(mine))
        )
        results: dict[int, list[Result]] = defaultdict(list)
        with self._db.read() as tx:
            for row in tx.execute(wanted.order_by(recette_results.c.line)):
                fields = row._asdict()
                results[fields.pop("run")].append(Result(**fields))
            runs = tx.execute(select(recette_runs).where(mine).order_by(recette_runs.c.id.desc()))
            return [Run(**row._asdict(), results=tuple(results[row.id])) for row in runs]

    def add_remark(self, remark: Remark) -> None:
        with self._db.write() as tx:
            tx.execute(insert(recette_remarks).values(**asdict(remark)))
            self._note(tx, f"lab:{remark.lab}", "remark added", by=remark.by, why=remark.about)

    def remarks(self, lab: str) -> list[Remark]:
        query = columns(recette_remarks, Remark).where(recette_remarks.c.lab == lab)
        with self._db.read() as tx:
            return every(tx, query.order_by(recette_remarks.c.id), Remark)
