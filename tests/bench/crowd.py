"""Figure 6: two hundred candidates ask for their page every five seconds while a class builds."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from flask import Flask
from flask.sessions import SecureCookieSessionInterface

from labmgr.domain.credential import make_code
from labmgr.domain.exam import Candidate, ExamSession
from labmgr.domain.lab import Lab
from labmgr.domain.ports import Tools
from labmgr.domain.work import ENDED
from labmgr.panel.portal.views import SEAT
from labmgr.services.instance import accounts
from labmgr.services.lab import labs
from labmgr.wiring import panel_key
from tests.bench.classroom import BY, SESSION, Classroom

CROWD = 200
EVERY = 5.0  # seconds
AT_LEAST, AT_MOST = 30.0, 300.0  # seconds of polling, whatever the build takes
FIRST_NUMBER = 10_000  # lab numbers that stay on paper: no address is ever made of them
PATIENCE = 30.0
UNCHANGED = "204"


@dataclass
class Polling:
    """What the crowd saw: seconds of each answer, and answers that were none."""

    port: int
    took: list[float] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def percentile(self, share: float) -> float:
        return sorted(self.took)[int(share * (len(self.took) - 1))]


def seats(room: Classroom) -> list[str]:
    """A cookie each, of candidates with a lab on paper, let in by the portal's own verb."""
    tools = room.tools
    model = tools.store.session(SESSION)
    crowd = ExamSession("crowd", "Crowd", model.template, model.option, tools.now())
    tools.store.add_session(crowd, by=BY)
    people = [Candidate(crowd.name, f"9{number:03d}", "Foule") for number in range(CROWD)]
    tools.store.keep_candidates(people, by=BY)
    return [_cookie(room, _seated(tools, crowd, one, rank)) for rank, one in enumerate(people)]


def _seated(tools: Tools, crowd: ExamSession, one: Candidate, rank: int) -> accounts.Seat:
    digest = tools.library.read(crowd.template).hash
    lab_id = f"{crowd.name}-{one.number}-1"
    number = FIRST_NUMBER + rank
    lab = Lab(lab_id, crowd.name, one.number, 1, number, crowd.template, digest)
    tools.store.add_lab(lab, by=BY)
    code = make_code()
    tools.store.keep_code(crowd.name, one.number, code, by=BY)
    return accounts.enter_portal(tools, one.number, code)


def _cookie(room: Classroom, seat: accounts.Seat) -> str:
    """As the portal's door signs it; the door itself would let 30 a minute in from one address."""
    app = Flask(__name__)
    app.secret_key = panel_key(room.home)
    signer = SecureCookieSessionInterface().get_signing_serializer(app)
    assert signer
    held = [seat.candidate.session, seat.candidate.number, seat.token]
    return f"labmgr={signer.dumps({SEAT: held})}"


def polls(room: Classroom, port: int, cookies: list[str]) -> Polling:
    """Order the class at the panel's worker, poll until it is built."""
    found = Polling(port)
    jobs = labs.order_build(room.tools, [lab.id for lab in room.labs], by=BY)
    start = time.monotonic()

    def over() -> bool:
        found.seconds = time.monotonic() - start
        built = all(room.tools.store.job(job.id).state in ENDED for job in jobs)
        return found.seconds > AT_MOST or (built and found.seconds > AT_LEAST)

    asyncio.run(_poll_until(over, found, cookies))
    room.follow(jobs)
    return found


async def _poll_until(over: Callable[[], bool], found: Polling, cookies: list[str]) -> None:
    crowd = [asyncio.create_task(_candidate(found, cookie)) for cookie in cookies]
    await asyncio.to_thread(_wait, over)
    for one in crowd:
        one.cancel()
    await asyncio.gather(*crowd, return_exceptions=True)


def _wait(over: Callable[[], bool]) -> None:
    while not over():
        time.sleep(0.5)


async def _candidate(found: Polling, cookie: str) -> None:
    """Comes at any moment of the five seconds, then asks on."""
    await asyncio.sleep(random.uniform(0, EVERY))
    while True:
        start = time.monotonic()
        try:
            status = await asyncio.wait_for(_ask(found.port, cookie), PATIENCE)
        except (OSError, TimeoutError, asyncio.IncompleteReadError) as trouble:
            found.failed.append(repr(trouble))
        else:
            found.took.append(time.monotonic() - start)
            if status != UNCHANGED:
                found.failed.append(status)
        await asyncio.sleep(max(0.0, EVERY - (time.monotonic() - start)))


async def _ask(port: int, cookie: str) -> str:
    """One request on a connection of its own: a browser's has been let go after five seconds."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        lines = ["GET /portail/_live?vu=closed HTTP/1.1", "Host: 127.0.0.1", "HX-Request: true"]
        lines += [f"Cookie: {cookie}", "Connection: close", "", ""]
        writer.write("\r\n".join(lines).encode())
        return (await reader.readuntil(b"\r\n\r\n")).split()[1].decode()
    finally:
        writer.close()
