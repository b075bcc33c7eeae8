"""A recette filled for one candidate, and how a line is judged."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from labmgr.domain.addressing import Ranges
from labmgr.domain.checks import CheckMaker
from labmgr.domain.exam import Candidate
from labmgr.domain.lab import Lab
from labmgr.domain.probe import Expect, Finding
from labmgr.domain.recette import Filling, Run, judged, latest
from labmgr.domain.site import Site
from labmgr.domain.values import values_of
from labmgr.errors import BadInput
from labmgr.store.files.file_library import FileLibrary
from tests import recette
from tests.services.world import MINI, write_templates

NOW = datetime(2026, 5, 27, 12, tzinfo=UTC)
SITE = Site("tests", Ranges.read("10.100", 20000))
HOST = '  - {from: web, to: "${LAB_NET}.10.${HOST_NO}", service: TCP/22}\n'


@pytest.fixture
def library(tmp_path):
    folder = write_templates(tmp_path)
    own = MINI.replace("option: SISR", 'option: SISR\n  variables: {HOST_NO: {default: "20"}}')
    (folder / "mini" / "compose.yaml").write_text(own, encoding="utf-8")
    recette.write(folder, recette.SHEET + HOST)
    return FileLibrary(folder)


def asked(library, number="1", **variables):
    template = library.read("mini")
    lab = Lab(f"e6-{number}-1", "e6", number, 1, int(number), "mini", template.hash)
    values = values_of(template, lab, Candidate("e6", number, "X", variables=variables), SITE)
    filling = Filling(template, CheckMaker.of(template, [], values), values)
    return filling.asked(library.recette("mini"))


def test_two_candidates_get_their_own_addresses_and_expected_values(library):
    one, two = asked(library), asked(library, "2", HOST_NO="99")
    assert [line.check.host for line in (one[0], two[0])] == ["10.101.10.20", "10.102.10.20"]
    assert one[2].check.args["contains"] == "candidat 1"
    assert two[2].check.args["contains"] == "candidat 2"
    assert [line.row.address for line in (one[5], two[5])] == ["10.101.10.20", "10.102.10.99"]


def test_a_variable_that_makes_no_address_is_refused_in_words(library):
    with pytest.raises(BadInput, match=r"Line 6 of the recette: 10.101.10.900 is not an address"):
        asked(library, HOST_NO="900")


def test_a_line_is_looked_at_from_its_source(library):
    lines = asked(library)
    assert [line.check.vantage for line in lines[:4]] == ["web", "web", "", "db"]
    assert lines[3].check.expect is Expect.REFUSED
    assert lines[0].row.title == "Le site joint la base"
    assert lines[1].row.title == "TCP/22 web → db"
    assert lines[1].row.asked == "TCP/22"
    assert lines[3].row.title == "TCP/23 db → 10.101.10.10"


def finding(check, *, green, tries=1):
    return Finding(check.id, check.node, check.kind, green, "said", "run", tries, 0.1, True, NOW)


@pytest.mark.parametrize(
    ("passed", "tries", "alive", "green"),
    [
        (False, 1, True, True),  # nothing gets through, and the service lives
        (True, 1, True, False),  # it gets through
        (False, 1, False, False),  # the service is dead: no proof that anything is blocked
        (False, 0, True, False),  # nobody could look from there
    ],
)
def test_blocked_needs_a_look_and_a_living_service(library, passed, tries, alive, green):
    line = asked(library)[4]
    assert line.witness.vantage == ""
    seen = {
        line.check.id: finding(line.check, green=passed, tries=tries),
        line.witness.id: finding(line.witness, green=alive),
    }
    assert judged(line, seen).green is green


def test_the_latest_answer_of_each_line_is_of_the_same_recette(library):
    line = asked(library)[0]
    red = judged(line, {line.check.id: finding(line.check, green=False)})
    good = replace(red, green=True)
    run = Run(3, "e6-1-1", "h", "mini@0", {}, "prof", NOW, NOW, (line.row,))
    runs = [
        run,  # asked and never answered
        replace(run, id=2, recette="other", results=(red,)),
        replace(run, id=1, results=(good,)),
    ]
    assert latest(runs, "h") == {1: (runs[2], good)}
