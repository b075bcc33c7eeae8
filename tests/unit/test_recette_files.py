"""recette.yaml: what it may say, and every fault with its line and mend."""

import json
from pathlib import Path

import pytest

from labmgr.domain.probe import Expect, ProbeKind
from labmgr.domain.recette import Expected
from labmgr.errors import BadFile
from labmgr.store.files.file_library import FileLibrary
from labmgr.store.files.template_reference import recette as reference
from labmgr.store.files.template_schema import RECETTE
from tests import recette
from tests.services.world import write_templates


@pytest.fixture
def templates(tmp_path):
    return write_templates(tmp_path)


@pytest.fixture
def read(templates):
    def read(*lines, head=""):
        rows = "".join(f"  - {line}\n" for line in lines)
        recette.write(templates, f"{head}lines:\n{rows}")
        return FileLibrary(templates).recette("mini")

    return read


def problem(read, *lines, **more):
    with pytest.raises(BadFile) as trouble:
        read(*lines, **more)
    (one,) = trouble.value.problems
    assert one.file == "mini/recette.yaml"
    assert one.mend
    return one


def only(found):
    (line,) = found.lines
    return line


def test_a_template_without_one_has_none(templates):
    assert FileLibrary(templates).recette("mini") is None


def test_the_sheet_is_read_whole(templates):
    recette.write(templates)
    found = FileLibrary(templates).recette("mini")
    assert [line.no for line in found.lines] == [1, 2, 3, 4, 5]
    assert [line.expected for line in found.lines][2:] == ["success", "refused", "blocked"]
    assert str(found.lines[0].title) == "Le site joint la base"
    assert str(found.lines[0].group) == "Réseau"
    assert found.lines[1].title is None


def test_a_changed_recette_leaves_the_templates_hash_alone(templates):
    library = FileLibrary(templates)
    before = library.read("mini").hash
    recette.write(templates)
    first = library.recette("mini").hash
    recette.write(templates, recette.SHEET + "  - {from: web, to: db, ping: yes}\n")
    assert library.recette("mini").hash != first
    assert library.read("mini").hash == before


@pytest.mark.parametrize(
    ("row", "kind", "args"),
    [
        ("ping: yes", "ping", {}),
        ("ping: true", "ping", {}),
        ("ping: {}", "ping", {}),
        ("service: TCP/22", "tcp", {"port": 22}),
        ("service: udp/161", "udp", {"port": 161}),
        ("tcp: 22", "tcp", {"port": 22}),
        ("tcp: {port: 22}", "tcp", {"port": 22}),
        (
            "dns: yes",
            "dns",
            {"name": "db.${LAB_DOMAIN}", "answer": "${LAB_NET}.10.20", "resolver": True},
        ),
        (
            "dns: base.lab.lan",
            "dns",
            {"name": "base.lab.lan", "answer": "${LAB_NET}.10.20", "resolver": True},
        ),
        ("dns: {name: a.lab.lan, answer: x}", "dns", {"name": "a.lab.lan", "answer": "x"}),
        ("http: {path: /a, status: 404}", "http", {"path": "/a", "status": 404}),
    ],
)
def test_the_short_forms_of_a_teachers_sheet(read, row, kind, args):
    spec = only(read(f"{{from: web, to: db, {row}}}")).probe
    assert (spec.kind, spec.args) == (kind, args)


def test_a_wrong_password_takes_its_refusal_from_the_line(read):
    line = only(read("{from: web, to: db, ssh: {as: etudiant, password: wrong}, expect: refused}"))
    assert line.probe.wrong_password
    assert line.probe.expect is Expect.REFUSED
    assert line.expected is Expected.REFUSED


@pytest.mark.parametrize(
    ("row", "where", "what"),
    [
        ("from: wb, to: db, ping: yes", "lines.2.from", "wb is not a node"),
        ("from: web, to: dc, ping: yes", "lines.2.to", "dc is neither a node nor an address"),
        ("from: web, to: 10.1.2.300, ping: yes", "lines.2.to", "neither a node nor an address"),
        ("from: web, to: db", "lines.2", "exactly one kind"),
        ("from: web, to: db, ping: yes, tcp: 22", "lines.2", "exactly one kind"),
        ("from: web, to: db, ping: no", "lines.2.ping", "keys with values"),
        ("to: db, ping: yes", "lines.2.from", "from is missing"),
        ("from: web, to: db, pong: yes", "lines.2.pong", "the key pong is not known"),
        (
            "from: web, to: db, tcp: {port: 1, prot: 1}",
            "lines.2.tcp.prot",
            "the key prot is not known",
        ),
        ("from: web, to: db, service: TCP22", "lines.2.service", "is not a service"),
        ("from: web, to: db, service: TCP/70000", "lines.2", "TCP/70000 is no port"),
        ("from: web, to: db, ping: yes, expect: non", "lines.2.expect", "'non' is not known"),
        ("from: web, to: db, tcp: {port: 2, expect: refused}", "lines.2", "expect stands inside"),
        ("from: web, to: db, tcp: {port: 2, from: db}", "lines.2", "from stands inside tcp"),
        ("from: web, to: db, ssh: {as: admin}", "lines.2.ssh.as", "db has no account admin"),
        ("from: web, to: db, ssh: {as: web.x}", "lines.2.ssh.as", "web has no account x"),
        (
            'from: web, to: "${LAB_NET}.10.20", ssh: {as: etudiant}',
            "lines.2.ssh.as",
            "has no account etudiant",
        ),
        ("from: web, to: db, ssh: {as: etudiant, password: wrong}", "lines.2.ssh", "to succeed"),
        ('from: web, to: "${VLAN}.1", ping: yes', "lines.2.to", "the variable VLAN is unknown"),
        ("from: web, to: db, http: {contains: $X}", "lines.2.http.contains", "the dollar at"),
        ("from: web, to: gateway, dns: yes", "lines.2.dns", "gateway has no host name"),
        (
            'from: web, to: db, ping: yes, title: "${CANDIDATE_NO}"',
            "lines.2.title",
            "one for all of them",
        ),
    ],
)
def test_a_fault_names_file_line_key_and_mend(read, row, where, what):
    one = problem(read, "{from: web, to: db, ping: yes}", f"{{{row}}}")
    assert (one.where, what in one.what) == (where, True), one
    assert one.line == 3


def test_a_near_miss_is_named(read):
    assert "Did you mean expect?" in problem(read, "{from: web, to: db, ping: yes, expct: x}").mend


def test_an_unknown_key_of_the_file_and_an_empty_table(templates):
    for text, where in (("line: []\n", ("line", "lines")), ("lines: []\n", ("lines",))):
        recette.write(templates, text)
        with pytest.raises(BadFile) as trouble:
            FileLibrary(templates).recette("mini")
        assert {one.where for one in trouble.value.problems} == set(where)


def test_every_fault_of_the_table_is_said_at_once(read):
    with pytest.raises(BadFile) as trouble:
        read("{from: wb, to: db, ping: yes}", "{from: web, to: dc, ping: yes}")
    assert [one.line for one in trouble.value.problems] == [2, 3]
    assert all(one.what.fr != one.what for one in trouble.value.problems)


def test_the_schema_is_json_and_knows_every_kind():
    made = json.loads(json.dumps(RECETTE.schema))
    line = made["$defs"]["LineEntry"]
    assert {kind.value for kind in ProbeKind} | {"service", "from", "to"} <= set(line["properties"])
    assert dict(RECETTE.keys)["lines[].expect"]


def test_the_reference_page_is_up_to_date():
    page = Path(__file__).parents[2] / "docs" / "reference" / "recette.md"
    assert page.read_text(encoding="utf-8") == reference(), (
        "python -m labmgr.store.files.template_reference recette > that file"
    )
