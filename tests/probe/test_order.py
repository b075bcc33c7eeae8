"""What the prober accepts, and how it says no."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from labmgr_probe.order import KINDS, BadOrder, read

from labmgr.store.files.probe_model import COMMON, ProbeEntry

CHECK = {"id": "db/1", "host": "10.0.0.1", "kind": "tcp", "args": {"port": 22}}


def order(**changes):
    return json.dumps({"deadline": 5, "checks": [{**CHECK, **changes}]})


def test_a_plain_order_is_read_with_its_usual_values():
    seen = read(order())
    assert (seen.deadline, seen.retry, seen.checks[0].number("port")) == (5, 0.5, 22)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("{", "not JSON"),
        ("[]", '"checks" is needed'),
        (order(kind="gopher"), "unknown kind 'gopher'"),
        (order(host=""), r"checks\[0\].host is missing"),
        (order(args={}), "port is missing"),
        (order(args={"port": "22"}), "port must be of type int"),
        (order(args={"port": True}), "port must be of type int"),
        (order(args={"port": 22, "colour": "red"}), "unknown colour"),
        (order(expect="maybe"), "expect must be one of"),
        (order(password=3), "password must be a text"),
        (json.dumps({"checks": [CHECK, CHECK]}), "two checks have one id"),
        (json.dumps({"deadline": -1, "checks": []}), "deadline must be a number from 0 up"),
        (order(kind="mail", args={"protocol": "x400"}), "protocol must be one of"),
    ],
)
def test_a_bad_order_is_refused_with_its_place(text, why):
    with pytest.raises(BadOrder, match=why):
        read(text)


def test_liveness_needs_no_content():
    assert read(order(kind="git", args={"over": "http"}, liveness=True)).checks[0].liveness


def test_the_prober_takes_what_templates_may_say():
    for kind, model in ProbeEntry.model_fields.items():
        entry = next(part for part in model.annotation.__args__ if part is not type(None))
        said = {field.alias or name for name, field in entry.model_fields.items()} - COMMON
        assert said == KINDS[kind].takes, kind
    assert KINDS.keys() == ProbeEntry.model_fields.keys()


def test_wrong_usage_exits_2_and_says_why():
    folder = Path(sys.modules["labmgr_probe"].__file__).parents[1]
    done = subprocess.run(
        [sys.executable, "-B", "-m", "labmgr_probe"],
        input="{}\n",
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr.startswith("labmgr-probe: an object")
