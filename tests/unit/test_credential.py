"""Passwords and codes: long enough, of all classes, readable from paper, never twice the same."""

from __future__ import annotations

import re
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labmgr.domain.credential import (
    CANDIDATE_LENGTH,
    STAFF_LENGTH,
    Credential,
    make_code,
    make_password,
)
from labmgr.domain.template import CredentialKind
from labmgr.domain.words import Audience

MISREAD = set("0O1lI")


def test_the_rules_lengths_are_kept():
    assert CANDIDATE_LENGTH >= 12
    assert STAFF_LENGTH >= 16
    assert len(make_password()) == CANDIDATE_LENGTH


@given(st.integers(12, 60))
def test_a_password_has_every_class_and_can_be_typed_from_paper(length):
    made = make_password(length)
    assert len(made) == length
    assert made[0] in string.ascii_lowercase
    for group in (string.ascii_lowercase, string.ascii_uppercase, string.digits):
        assert set(made) & set(group)
    assert set(made) - set(string.ascii_letters + string.digits)
    assert not set(made) & MISREAD
    assert not set(made) & set("'\"\\$`:/@ #%&!")  # safe in shells, URLs and `user:password`


@pytest.mark.parametrize("length", [-1, 0, 11])
def test_a_short_password_is_never_made(length):
    with pytest.raises(ValueError, match="at least 12"):
        make_password(length)


def test_passwords_and_codes_do_not_repeat():
    assert len({make_password() for _ in range(2000)}) == 2000
    assert len({make_code() for _ in range(2000)}) == 2000


def test_every_place_but_the_first_varies_freely():
    made = [make_password() for _ in range(1500)]
    for place in range(1, CANDIDATE_LENGTH):
        assert len({one[place] for one in made}) > 40


def test_a_code_reads_aloud():
    for _ in range(200):
        code = make_code()
        assert re.fullmatch(r"([A-Z2-9]{4}-){2}[A-Z2-9]{4}", code)
        assert not set(code) & MISREAD


def test_a_secret_is_not_printed():
    password = make_password()
    one = Credential("l", "n", "id", "me", Audience.CANDIDATE, CredentialKind.PASSWORD, password)
    assert password not in repr(one)
