"""A list of candidates, as offices really write them."""

import csv
import io
from dataclasses import replace
from datetime import UTC, datetime
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labmgr.domain.exam import ExamSession, Phase
from labmgr.domain.extra_time import parse_extra_time
from labmgr.domain.roster import Differences, differences, parse_roster
from labmgr.domain.words import Option, Said
from labmgr.errors import BadFile, BadInput

SESSION = ExamSession("june", "Juin", "sisr-core", Option.SISR, datetime(2025, 6, 1, tzinfo=UTC))
ENCODINGS = ["utf-8", "utf-8-sig", "cp1252", "utf-16"]
SEPARATORS = [",", ";", "\t"]


def read(text, *, variables=(), coding="utf-8"):
    data = text if isinstance(text, bytes) else text.encode(coding)
    return parse_roster(data, file="liste.csv", session=SESSION, variables=variables)


def refused(text):
    with pytest.raises(BadFile) as trouble:
        read(text)
    [problem] = trouble.value.problems
    assert problem.mend
    assert isinstance(problem.what, Said)
    return problem


def faults(text, **more):
    return [(one.line, one.where, str(one.what)) for one in read(text, **more).problems]


def test_a_line_becomes_a_candidate():
    roster = read(
        "Numéro;Nom;Prénom;Option;Majoration;Place;VLAN_NO\n"
        "042;DUPONT;Zoé;SISR;1/3;P12;66\n"
        "043;Martin;;;;;\n",
        variables={"VLAN_NO": "10"},
    )
    assert not roster.problems
    first, second = roster.good
    assert (first.number, first.last_name, first.first_name) == ("042", "DUPONT", "Zoé")
    assert (first.option, first.extra_time, first.place) == (Option.SISR, Fraction(1, 3), "P12")
    assert first.variables == {"VLAN_NO": "66"}
    assert (second.extra_time, second.variables, second.session) == (0, {}, "june")


@pytest.mark.parametrize(
    "header",
    [
        "N°,NOM,PRÉNOM,TIERS-TEMPS,POSTE",
        "num,nom,prenom,Temps supplémentaire,place",
        "Matricule,Nom de famille,Prénom(s),majoration,N° de poste",
        "numero candidat,Nom d'usage,prénoms,Majoration de temps,table",
        "n°\xa0candidat, nom , Prénom ,Tiers temps,Poste",
    ],
)
def test_headers_have_many_spellings(header):
    roster = read(f"{header}\n1,Durand,Ève,1/3,A\n")
    assert not roster.problems
    [one] = roster.good
    seen = (one.number, one.last_name, one.first_name, one.extra_time, one.place)
    assert seen == ("1", "Durand", "Ève", Fraction(1, 3), "A")


NAMES = st.text(
    st.sampled_from("abcdefgvwxyzàâçéèêëîïôöùüÿœABCÉÈ -',;\"\n\t"), min_size=1, max_size=12
).filter(str.strip)


@given(
    people=st.lists(st.tuples(NAMES, NAMES), min_size=1, max_size=6),
    columns=st.permutations(["N°", "Nom", "Prénom", "Place"]),
    separator=st.sampled_from(SEPARATORS),
    coding=st.sampled_from(ENCODINGS),
    ending=st.sampled_from(["\n", "\r\n"]),
)
def test_any_separator_encoding_and_order_gives_the_same_list(
    people, columns, separator, coding, ending
):
    file = io.StringIO()
    writer = csv.writer(file, delimiter=separator, lineterminator=ending)
    writer.writerow(columns)
    for rank, (last, first) in enumerate(people, start=1):
        cells = {"N°": f"{rank:03}", "Nom": last, "Prénom": first, "Place": f"P{rank}"}
        writer.writerow([cells[column] for column in columns])
    roster = read(file.getvalue().encode(coding))
    assert not roster.problems
    assert [(one.number, one.last_name, one.first_name, one.place) for one in roster.good] == [
        (f"{rank:03}", " ".join(last.split()), " ".join(first.split()), f"P{rank}")
        for rank, (last, first) in enumerate(people, start=1)
    ]


@given(st.binary(max_size=200))
def test_whatever_the_bytes_it_is_a_list_or_a_clear_refusal(data):
    try:
        roster = read(data)
        problems = roster.problems
    except BadFile as trouble:
        roster, problems = None, trouble.problems
    assert problems or roster.good
    assert all(problem.mend for problem in problems)


@given(st.text(st.sampled_from('0129abé;,\t"\n\r x/%'), max_size=120))
def test_no_text_below_a_header_is_lost_without_a_word(text):
    roster = read(f"numéro;nom\n{text}")
    assert roster.good or roster.problems


def test_the_hint_line_of_spreadsheets_is_passed_over():
    assert [one.number for one in read("sep=;\nnuméro;nom\n1;A\n").good] == ["1"]


def test_empty_lines_and_empty_columns_do_not_matter():
    roster = read("\n;;\nnuméro;nom;;\n\n1;A;;\n;;;\n2;B\n")
    assert [one.number for one in roster.good] == ["1", "2"]
    assert not roster.problems


def test_every_bad_line_is_named_and_stops_no_other():
    text = (
        "numéro;nom;option;majoration\n"
        "1;A;SISR;\n"
        ";B;;\n"
        "3;;;\n"
        "4;D;SLAM;\n"
        "5;E;STMG;\n"
        "6;F;;oui\n"
        "7;G;;;;surplus\n"
        "8;;SLAM;x\n"
        "***;I;;\n"
        "10;J;;\n"
    )
    roster = read(text)
    assert [one.number for one in roster.good] == ["1", "10"]
    assert [(one.line, one.where) for one in roster.problems] == [
        (3, "numéro"),
        (4, "nom"),
        (5, "option"),
        (6, "option"),
        (7, "majoration"),
        (8, "line"),
        (9, "nom"),
        (9, "option"),
        (9, "majoration"),
        (10, "numéro"),
    ]
    assert all(isinstance(one.what, Said) and one.mend for one in roster.problems)
    assert "1/3" in roster.problems[4].mend
    assert roster.problems[2].what.fr == "SLAM dans une session SISR"


def test_a_cell_of_several_lines_counts_as_one_and_lines_below_keep_their_numbers():
    roster = read('numéro;nom\n1;"De\nLa Tour"\n2;\n')
    assert roster.good[0].last_name == "De La Tour"
    assert [one.line for one in roster.problems] == [4]


def test_a_quotation_mark_never_closed_costs_one_line_only():
    roster = read('numéro;nom\n1;"A\n2;B\n3;C\n')
    assert [one.number for one in roster.good] == ["2", "3"]
    assert [one.line for one in roster.problems] == [2]
    assert "quotation mark" in roster.problems[0].what


def test_a_quotation_mark_inside_a_cell_is_a_letter_like_others():
    assert read('numéro;nom;place\n1;A;écran 24"\n').good[0].place == 'écran 24"'


def test_a_number_on_two_lines_that_differ_keeps_both_out_and_names_both():
    roster = read("numéro;nom\n1;A\n2;B\n1;C\n")
    assert [one.number for one in roster.good] == ["2"]
    assert [(one.line, str(one.what)) for one in roster.problems] == [
        (2, "the number 1 is also on line 4"),
        (4, "the number 1 is also on line 2"),
    ]


def test_the_same_line_twice_is_taken_once():
    roster = read("numéro;nom\n1;A\n1;A\n")
    assert [one.number for one in roster.good] == ["1"]
    assert [one.line for one in roster.problems] == [3]


def test_numbers_too_alike_for_a_lab_name_are_told_apart_by_a_person():
    roster = read("numéro;nom\n1234567890123;A\n1234567890124;B\n")
    assert roster.good == []
    assert "same lab name" in roster.problems[0].what


def test_a_column_nobody_asked_for_is_named_and_the_rest_goes_in():
    roster = read("numéro;nom;couleur\n1;A;rouge\n")
    assert [one.number for one in roster.good] == ["1"]
    assert [(one.line, one.where) for one in roster.problems] == [(1, "couleur")]
    assert "x-labmgr.variables" in roster.problems[0].mend


def test_a_second_column_of_one_meaning_is_named():
    roster = read("numéro;nom;N°\n1;A;9\n")
    assert roster.good[0].number == "1"
    assert [one.where for one in roster.problems] == ["N°"]


@pytest.mark.parametrize("header", ["VLAN_NO", "vlan no", "Vlan-No"])
def test_a_variable_is_found_whatever_its_spelling(header):
    roster = read(f"numéro;nom;{header}\n1;A;66\n", variables=["VLAN_NO"])
    assert roster.good[0].variables == {"VLAN_NO": "66"}


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"", "empty"),
        (b"\xef\xbb\xbf \r\n\n", "empty"),
        (b"\x89PNG\r\n\x1a\n\0\0\0", "binary"),
        (b"PK\x03\x04....", "spreadsheet"),
        (b"\xd0\xcf\x11\xe0....", "spreadsheet"),
        (b"%PDF-1.7\x00", "binary"),
        ("numéro;nom\n1;A\n".encode("utf-16-le"), "binary"),
        (b"num\x81ro;nom\n", "binary"),
        (b"1;Dupont;Jean\n2;Durand;Luc\n", "no column for the number"),
        ("numéro;prénom\n1;Zoé\n".encode(), "no column for the name"),
        (b"x" * (4 << 20) + b"y", "4 MiB"),
    ],
)
def test_what_is_no_list_is_refused_whole(data, what):
    assert what in refused(data).what


def test_a_header_alone_is_no_list():
    assert [(line, what) for line, _, what in faults("numéro;nom\n")] == [
        (0, "the list has no candidate")
    ]


def test_three_thousand_lines_are_all_read():
    text = "numéro;nom;prénom;majoration\n" + "".join(
        f"{n:05};Nom {n};Prénom {n};1/3\n" for n in range(3000)
    )
    assert len(read(text).good) == 3000


@pytest.mark.parametrize(
    ("text", "added"),
    [
        ("", "0"), ("0", "0"), ("non", "0"), (" - ", "0"), ("0 %", "0"), ("Néant", "0"),
        ("1/3", "1/3"), (" 1 / 3 ", "1/3"), ("+1/3", "1/3"), ("⅓", "1/3"), ("tiers-temps", "1/3"),
        ("33 %", "1/3"), ("33%", "1/3"), ("33,3 %", "1/3"), ("33.33 %", "1/3"), ("0,33", "1/3"),
        ("0.333", "1/3"), (".333", "1/3"), ("4/3", "1/3"), ("1,33", "1/3"), ("133 %", "1/3"),
        ("133,33%", "1/3"), ("1/4", "1/4"), ("25 %", "1/4"), ("0,25", "1/4"), ("1,25", "1/4"),
        ("5/4", "1/4"), ("1/2", "1/2"), ("50 %", "1/2"), ("150 %", "1/2"), ("3/2", "1/2"),
        ("2/3", "2/3"), ("20%", "1/5"), ("199 %", "99/100"),
    ],
)  # fmt: skip
def test_extra_time_is_an_added_fraction_or_a_total(text, added):
    assert parse_extra_time(text) == Fraction(added)


@pytest.mark.parametrize(
    "text",
    ["oui", "OUI", "x", "1", "100 %", "vrai", "2", "200 %", "5/2", "33", "20 min", "1/0", "-1/3",
     "un peu", "1/3/4", "4//3"],
)  # fmt: skip
def test_what_does_not_say_how_much_is_refused_with_an_example(text):
    with pytest.raises(BadInput) as trouble:
        parse_extra_time(text)
    assert "1/3" in trouble.value.hint


@pytest.mark.parametrize("text", ["01-mars", "1-mars", "03-janv.", "01/03/2025", "4-mars"])
def test_a_fraction_that_a_spreadsheet_made_a_date_of_is_recognised(text):
    with pytest.raises(BadInput, match="is a date") as trouble:
        parse_extra_time(text)
    assert "text" in trouble.value.hint


def test_differences_tell_new_changed_and_same():
    before = read("numéro;nom\n1;A\n2;B\n9;Z\n").good
    after = read("numéro;nom\n1;A\n2;Bis\n3;C\n")
    found = differences(before, after)
    assert [one.number for one in found.new] == ["3"]
    assert [one.last_name for one in found.changed] == ["Bis"]
    assert [one.number for one in found.same] == ["1"]
    assert found
    assert found.before["2"].last_name == "B"
    assert not differences(after.good, after)
    assert not Differences()


def test_a_list_changes_nothing_of_what_it_has_no_column_for():
    own = ["COULEUR"]
    before = read(
        "numéro;nom;prénom;place;majoration;COULEUR\n1;A;Zoé;B1;1/3;bleu\n", variables=own
    )
    found = differences(before.good, read("numéro;nom\n1;Bis\n", variables=own))
    assert found.changed == (replace(before.good[0], last_name="Bis"),)
    emptied = differences(before.good, read("numéro;nom;place\n1;A;\n", variables=own))
    assert emptied.changed == (replace(before.good[0], place=""),)


def test_the_same_list_again_keeps_the_extra_time_that_was_set_by_phase():
    roster = read("numéro;nom;majoration\n1;A;1/3\n")
    known = replace(roster.good[0], extra_by_phase={Phase.HOUR: Fraction(1, 2)})
    assert not differences([known], roster)
    found = differences([known], read("numéro;nom;majoration\n1;A;1/4\n"))
    assert found.changed == (replace(known, extra_time=Fraction(1, 4), extra_by_phase={}),)
