"""`${…}` means in a template what it means to Compose."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labmgr.domain.variables import fill, fill_all, names_in
from labmgr.errors import BadInput


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("plain", "plain"),
        ("${LAB_NET}.10.30", "10.101.10.30"),
        ("${VLAN:-10}", "10"),
        ("${LAB_NET:-192.168}", "10.101"),
        ("${EMPTY:-10}", "10"),
        ("${EMPTY}", ""),
        ("${VLAN:-}", ""),
        ("$$HOME", "$HOME"),
        ("$${LAB_NET}", "${LAB_NET}"),
        ("$$$${LAB_NET}${LAB_NET}", "$${LAB_NET}10.101"),
    ],
)
def test_values_and_defaults_go_in(text, filled):
    assert fill(text, {"LAB_NET": "10.101", "EMPTY": ""}) == filled


@pytest.mark.parametrize(
    "text",
    ["$HOME", "5$", "${}", "${A-b}", "${A:?b}", "${A", "${1A}", "${A:-${B}}", "$(date)", "${É}"],
)
def test_any_other_dollar_is_refused_with_its_place(text):
    with pytest.raises(BadInput, match=r"\$") as trouble:
        fill(text, {"HOME": "x", "A": "x"})
    assert "$$" in trouble.value.hint


def test_a_variable_without_value_and_default_is_named():
    with pytest.raises(BadInput, match="VLAN has no value"):
        fill("${VLAN}", {})


def test_names_come_in_order_and_dollars_have_none():
    assert names_in("${B} $${C} ${A:-x}${B}") == ("B", "A", "B")


def test_lists_and_mappings_are_filled_inside():
    thing = {"a": ["${X}", 1, None], "${X}": {"b": "$$"}, "c": True}
    assert fill_all(thing, {"X": "v"}) == {"a": ["v", 1, None], "${X}": {"b": "$"}, "c": True}


@given(st.text())
def test_a_text_with_doubled_dollars_comes_out_as_it_was(text):
    assert fill(text.replace("$", "$$"), {}) == text


@given(st.text(alphabet="${}:-AB ", max_size=12))
def test_what_names_are_found_in_can_be_filled(text):
    try:
        names = names_in(text)
    except BadInput:
        return
    filled = fill(text, dict.fromkeys(names, "v"))
    assert "${" not in filled or "$$" in text


@given(st.dictionaries(st.from_regex(r"[A-Z_]{1,6}", fullmatch=True), st.text(), min_size=1))
def test_values_are_never_read_again(values):
    """A candidate's own value may hold dollars: it is a value, not a template."""
    text = "|".join(f"${{{name}}}" for name in values)
    assert fill(text, values) == "|".join(values.values())
