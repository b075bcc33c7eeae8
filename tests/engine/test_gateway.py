"""The gateway's image on a real engine: who gets in where, and how fast everyone is out."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import docker
import pytest

from tests.engine.trial import PASSWORDS, TrialLab, ask_pass
from tests.engine.visitor import WAYS, Visitor, get, page
from tests.lab.clients import wait_for

pytestmark = pytest.mark.docker


@pytest.fixture(scope="module")
def lab(tmp_path_factory) -> Iterator[TrialLab]:
    engine = docker.from_env()
    trial = TrialLab(engine, tmp_path_factory.mktemp("lab"))
    trial.ready()
    yield trial
    trial.remove()
    engine.close()


@pytest.fixture(autouse=True)
def closed(lab: TrialLab) -> None:
    lab.gate("close", "candidate")
    lab.gate("close", "examiner")


def jump(lab: TrialLab, tmp_path: Path, *options: str, who: str = "candidate", login: str = ""):
    return subprocess.run(
        lab.jump(who, *options, login=login),
        check=False,
        env=ask_pass(tmp_path, PASSWORDS[who]),
        input=b"hello",
        capture_output=True,
        timeout=90,
    )


@pytest.fixture
def visitors(lab: TrialLab, tmp_path: Path) -> Iterator[dict[str, Visitor]]:
    for who in PASSWORDS:
        assert lab.gate("open", who)[0] == 0
    here = {who: Visitor(lab, tmp_path, who) for who in PASSWORDS}
    yield here
    for visitor in here.values():
        visitor.leave()


def test_it_starts_closed_and_says_so(lab):
    code, text = lab.gate("status")
    assert code == 0
    assert [door["listening"] for door in json.loads(text).values()] == [[], []]


@pytest.mark.parametrize("name", ["srv", "srv.lab.lan", "address"])
def test_a_candidate_reaches_a_listed_endpoint_by_any_of_its_names(lab, tmp_path, name):
    lab.gate("open", "candidate")
    target = f"{lab.lan}.30" if name == "address" else name
    assert jump(lab, tmp_path, "-W", f"{target}:7").stdout == b"hello"


@pytest.mark.parametrize(
    "options",
    [
        ("-W", "srv:80"),
        ("-W", "127.0.0.1:2222"),
        ("-W", "FRONT.1:22"),
        ("-N", "-R", "9000:127.0.0.1:80"),
        ("-N", "-R", "/tmp/x.sock:127.0.0.1:80"),
        ("-N", "-w", "any:any"),
        ("-tt",),
        ("-T",),
        ("-s", "sftp"),
    ],
    ids=" ".join,
)
def test_anything_else_is_refused(lab, tmp_path, options):
    lab.gate("open", "candidate")
    options = [option.replace("FRONT", lab.front_net) for option in options]
    done = jump(lab, tmp_path, "-o", "ExitOnForwardFailure=yes", *options)
    assert done.returncode == 255
    assert done.stdout == b""


def test_each_audience_has_its_own_door(lab, tmp_path):
    lab.gate("open", "candidate")
    done = jump(lab, tmp_path, "-W", "srv:7", login="examinateur")
    assert b"Permission denied" in done.stderr
    assert jump(lab, tmp_path, "-W", "srv:7", who="examiner").returncode == 255


def test_pages_come_by_tls_and_the_node_is_told_of_it(lab):
    lab.gate("open", "candidate")
    with closing(page(lab, 8000)) as connection:
        response, seen = get(connection, X_Forwarded_Proto="http", X_Forwarded_User="root")
        redirect, _ = get(connection, "/dir")
    lines = set(seen.lower().split("\n"))
    assert {"x-forwarded-proto: https", "x-forwarded-host: lab:4443"} <= lines
    assert "x-forwarded-port: 4443" in lines
    assert not {line for line in lines if line.startswith("x-forwarded-user")}
    assert response.headers["Set-Cookie"] == "session=1; Path=/; Secure"
    assert redirect.headers["Location"] == "https://lab:4443/dir/"


def test_a_node_that_is_down_gets_a_page_in_french(lab):
    lab.gate("open", "candidate")
    lab.node.stop(timeout=0)
    try:
        with closing(page(lab, 8000)) as connection:
            response, text = get(connection)
    finally:
        lab.node.start()
    assert response.status == 503
    assert "Le nœud <strong>srv</strong>" in text


def test_a_signal_cuts_live_candidates_within_half_a_second_and_examiners_stay(
    lab, visitors, tmp_path
):
    seconds = []
    for turn in range(3):  # a busy machine may be late once, not each time
        asked = time.monotonic()
        lab.node.exec_run(["true"])
        allowed = max(0.5, 4 * (time.monotonic() - asked))  # by how fast the engine is just now
        lab.gateway.kill("SIGUSR1")
        dead = visitors["candidate"].seconds_to_die(time.monotonic())
        assert dead.keys() == WAYS
        seconds.append(max(dead.values()))
        assert visitors["examiner"].answers()
        assert not json.loads(lab.gate("status")[1])["candidate"]["listening"]
        if seconds[turn] < allowed:
            return
        visitors["candidate"].leave()
        lab.gate("open", "candidate")
        visitors["candidate"] = Visitor(lab, tmp_path, "candidate")
    pytest.fail(f"cut after {seconds} s")


def test_the_gateway_closes_by_itself_at_the_instant_it_was_given(lab, visitors):
    assert lab.gate("open", "candidate", "--for", "1.5", "--until", "2000-01-01T00:00:00Z")[0] == 0
    dead = visitors["candidate"].seconds_to_die(time.monotonic(), 60)
    assert dead.keys() == WAYS
    assert max(dead.values()) < 1.5 + 30, dead
    assert visitors["examiner"].answers()


def test_the_instant_can_be_moved_and_orders_repeated(lab):
    for order in (("open", "candidate", "--for", "60"), ("open", "candidate", "--for", "3600")):
        assert lab.gate(*order)[0] == 0
    assert json.loads(lab.gate("status")[1])["candidate"]["left"] > 3500
    assert [lab.gate("close", "candidate")[0] for _ in range(2)] == [0, 0]
    code, text = lab.gate("open", "candidate", "--until", "2000-01-01T00:00:00Z")
    assert code == 1
    assert "past" in text


def test_a_restarted_gateway_goes_on_until_the_same_instant(lab, tmp_path):
    lab.gate("open", "candidate", "--for", "600")
    lab.gateway.kill("SIGKILL")
    lab.gateway.start()
    lab.ready()
    assert wait_for(lambda: json.loads(lab.gate("status")[1])["candidate"]["listening"])
    candidate = json.loads(lab.gate("status")[1])["candidate"]
    assert 500 < candidate["left"] < 600
    assert jump(lab, tmp_path, "-W", "srv:7").stdout == b"hello"


def test_a_closed_gateway_restarts_closed(lab):
    lab.gateway.restart(timeout=5)
    lab.ready()
    assert not json.loads(lab.gate("status")[1])["candidate"]["open"]


def test_names_are_answered_at_once_and_strangers_do_not_exist(lab):
    ask = (
        "import socket, sys, time; t = time.time()\n"
        "try: found = socket.gethostbyname(sys.argv[1])\n"
        "except socket.gaierror: found = 'nobody'\n"
        "print(found, time.time() - t < 4)"  # a resolver that waits waits 5 s
    )
    for name, found in (("srv.lab.lan", f"{lab.lan}.30"), ("srv", f"{lab.lan}.30")):
        assert lab.node.exec_run(["python3", "-c", ask, name]).output.split() == [
            found.encode(),
            b"True",
        ]
    assert lab.node.exec_run(["python3", "-c", ask, "example.com"]).output == b"nobody True\n"


def test_no_process_and_no_zombie_is_left_by_visitors(lab, visitors):
    lab.gate("close", "candidate")
    lab.gate("close", "examiner")

    def programs():
        return sorted(row[-1].split()[0] for row in lab.gateway.top()["Processes"])

    alone = ["/usr/bin/python3", "/usr/sbin/dnsmasq"]
    assert wait_for(lambda: programs() == alone), programs()
