"""What is no template at all is said in plain words, with the line where there is one."""

import pytest

from labmgr.errors import BadFile, NotFound
from labmgr.store.files.file_library import FileLibrary
from labmgr.store.files.yaml_lines import MAX_BYTES, read_yaml


def slip(raw):
    with pytest.raises(BadFile) as trouble:
        read_yaml("compose.yaml", raw if isinstance(raw, bytes) else raw.encode())
    [problem] = trouble.value.problems
    assert problem.mend
    return problem


@pytest.mark.parametrize(
    ("raw", "line", "what"),
    [
        ("", 0, "empty"),
        ("# nothing but a remark\n", 0, "empty"),
        (b"PK\x03\x04\0\0", 0, "binary"),
        ("accents: é\nname: café\n".encode("latin-1"), 1, "not UTF-8"),
        (b"a: 1\nname: caf\xe9\n", 2, "not UTF-8"),
        ("#" * (MAX_BYTES + 1), 0, "256 is the limit"),
        ("a:\n\tb: 1\n", 2, "a tab"),
        ("a: 1\ntitle: one: two\n", 2, "a colon"),
        ("a: 1\nlist: [1, 2\n", 2, "brackets"),
        ("a: 1\nmap: {x: 1\nb: 2\n", 2, "braces"),
        ("a: 'open\nb: 2\n", 1, "never closed"),
        ("a: 1\nb: *other\n", 2, "no anchor"),
        ("a: 1\nb: @home\n", 2, "keeps for itself"),
        ("- a\nb: 1\n", 2, "does not fit"),
        ("a: 1\n---\nb: 2\n", 2, "second document"),
        ("a: &a [*a]\n", 0, "without end"),
        ("a: " + "[" * 5000, 0, "without end"),
        ("a: &a [1]\n" + "".join(f"{x}: &{x} [*{y}, *{y}, *{y}]\n" for x, y in
         zip("bcdefghijklm", "abcdefghijkl", strict=True)), 0, "unfolds"),
    ],
)  # fmt: skip
def test_a_slip_is_explained(raw, line, what):
    problem = slip(raw)
    assert (problem.line, what in problem.what) == (line, True), problem


def test_a_colon_in_a_value_between_braces_is_among_the_mends():
    problem = slip("a: 1\nkeep: {accounts: {command: cut -d: -f1 /etc/passwd}}\n")
    assert problem.line == 2
    assert "in quotes" in problem.mend


def test_a_key_written_twice_and_a_foreign_tag_are_named():
    _, found = read_yaml("c.yaml", b"a: 1\nb: {c: 1, c: 2}\na: !tag x\nd: !tag y\n")
    assert [(one.line, one.where) for one in found] == [(2, "b.c"), (3, "a"), (4, "d")]
    assert "already on line 1" in found[1].what
    assert "tag" in found[2].what


def test_values_are_as_yaml_means_them_and_each_has_its_line():
    document, found = read_yaml(
        "c.yaml",
        b"n: 010\nx: 0x10\nf: .5\nt: true\nno: no\nd: 2025-01-02\ne: ~\nl:\n - a\n - {k: 1}\n",
    )
    assert not found
    assert document.data == {
        "n": 10,
        "x": 16,
        "f": 0.5,
        "t": True,
        "no": "no",
        "d": "2025-01-02",
        "e": None,
        "l": ["a", {"k": 1}],
    }
    assert document.line(("l", 1, "k")) == 10
    assert document.line(("l", 7)) == 8


def test_anchors_and_merges_work_as_in_compose():
    document, found = read_yaml(
        "c.yaml", b"base: &base {a: 1, b: 2}\none: {<<: *base, b: 3}\ntwo: {c: 4, <<: [*base]}\n"
    )
    assert not found
    assert isinstance(document.data, dict)
    assert document.data["one"] == {"a": 1, "b": 3}
    assert document.data["two"] == {"a": 1, "b": 2, "c": 4}


@pytest.mark.parametrize("text", ["- a\n- b\n", "42\n", "services: []\n", "a: 1\n", "services:\n"])
def test_yaml_that_is_no_compose_file_is_refused(tmp_path, text):
    (tmp_path / "lab").mkdir()
    (tmp_path / "lab" / "compose.yaml").write_text(text)
    with pytest.raises(BadFile) as trouble:
        FileLibrary(tmp_path).read("lab")
    assert all(problem.mend for problem in trouble.value.problems)


@pytest.mark.parametrize("name", ["none", "", "..", "../lab", "_images", "lab/../lab"])
def test_a_template_that_is_not_there_is_not_found(tmp_path, name):
    (tmp_path / "lab").mkdir()
    (tmp_path / "lab" / "compose.yaml").write_text("")
    with pytest.raises(NotFound) as trouble:
        FileLibrary(tmp_path).read(name)
    assert "lab" in trouble.value.hint
