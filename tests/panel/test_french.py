"""What the program says in English must reach the page in French."""

import re

import pytest
from flask_babel import gettext, ngettext

from labmgr.domain.exam import SessionState
from labmgr.domain.lab import LabState
from labmgr.domain.snapshot import SnapshotKind
from labmgr.domain.words import Role
from labmgr.domain.work import JobKind
from labmgr.panel.french import HOLE, Sayings
from tests.panel.english import BLANK, sentences

# Only the command line says these (images are built and carried there), fakes are for tests, and
# what is wrong with a template gets its French where it is found (store/files/french.yaml).
ELSEWHERE = (
    "engines/fake_", "engines/carried", "engines/root_image", "engines/images", "engines/holding",
    "engines/last_words", "engines/host.py", "services/lab/images", "services/lab/drawing.py:",
    "store/files/recipes", "store/files/compose_", "store/files/account_checks",
    "store/files/address_checks", "store/files/variable_checks", "store/files/labmgr_model",
    "store/files/probe_model", "store/files/model_types", "store/files/yaml_lines",
    "store/files/refusals", "store/files/root_image", "domain/backup", "store/rows/homes",
    "services/instance/backup", "services/instance/packing", "vault/strongbox",
    "store/files/recette_reader", "store/files/recette_model",
)  # fmt: skip
# No sentence of its own: its values are spelt out in the catalogue.
NOT_SAID = {f"sha256:{BLANK}", f"{BLANK} is {BLANK}", f"{BLANK} ordered"}


CROWDED = (
    "2 lab(s) cannot be built here: memory: 1568 MiB wanted, 512 MiB free beside the reserve of "
    "1024 MiB: 0 lab(s) fit; 10.101.0.0/16 overlaps 10.101.5.0/24 (route via eth0) (set "
    "LABMGR_NET_BASE or LABMGR_PORT_BASE to a free range)"
)
CROWDED_FR = (
    "2 labo(s) ne peuvent pas être construits ici : mémoire : 1568 Mio voulus, 512 Mio libres "
    "hors de la réserve de 1024 Mio : 0 labo(s) y tiennent ; 10.101.0.0/16 recouvre "
    "10.101.5.0/24 (la route par eth0) (donnez à LABMGR_NET_BASE ou LABMGR_PORT_BASE une plage "
    "libre)"
)


@pytest.fixture(scope="module")
def sayings():
    return Sayings()


def test_every_sentence_that_a_page_can_show_has_a_french_text(sayings):
    missing = {
        f"{where}: {text}"
        for where, text in sentences()
        if not where.startswith(ELSEWHERE) and text not in NOT_SAID
        if sayings.french(text.strip()) is None
    }
    assert not missing, "\n".join(sorted(missing))


def test_the_search_for_sentences_really_finds_them():
    found = [text for _, text in sentences()]
    assert len(found) > 300
    assert "Too many failed attempts" in found
    assert any(text.startswith("Lab 7 is open: its candidate") for text in found)


@pytest.mark.parametrize(
    ("english", "french"),
    [
        ("Too many failed attempts", "Trop d'essais manqués"),
        ("There is no lab e6-9-1", "Il n'y a pas de labo e6-9-1"),
        (
            "Lab e6-1-1 is planned and cannot become open",
            "Le labo e6-1-1 est dans l'état « prévu » et ne peut pas devenir « ouvert »",
        ),
        (
            "From planned it can become: building, gone.",
            "De « prévu », il peut devenir : en construction, supprimé.",
        ),
        (CROWDED, CROWDED_FR),
        ("Write it like ${LAB_NET}.10.0/24.", "Écrivez-le comme ${LAB_NET}.10.0/24."),
        (
            "build: 1 of 29 probes of lab e6-1-1 are red: sup/2 (zabbix): not ready",
            "construction : 1 sonde sur 29 du labo e6-1-1 est rouge : sup/2 (zabbix): not ready",
        ),
        ("open ordered", "ouverture : ordre donné"),
        (
            "2 device(s) failed: a does not answer at h (no answer in time); b refuses c",
            (
                "2 équipement(s) en échec : "
                "a ne répond pas à h (pas de réponse à temps) ; b refuse le compte c"
            ),
        ),
        ("equipment: sw1: silent", "équipements : sw1 : muet"),
        (
            "What is wanted for sw1 cannot be understood: `vlan 3` stands there twice",
            "Ce qui est voulu pour sw1 n'est pas compréhensible : `vlan 3` y est deux fois",
        ),
        ("planned -> building", "prévu → en construction"),
        (
            "wire baie of place P4: eth1 is not in the bridge",
            "câble baie de la place P4 : eth1 n'est pas dans le pont",
        ),
        (
            "baseline ended with status 0, output o.txt kept, sha256 ab",
            "script de référence terminé avec le code 0, sortie o.txt gardée, sha256 ab",
        ),
    ],
)
def test_values_are_kept_and_sentences_inside_sentences_follow(sayings, english, french):
    assert sayings.french(english) == french


@pytest.mark.parametrize("word", [*LabState, *SessionState, *JobKind, *SnapshotKind, *Role])
def test_every_word_that_stands_in_a_sentence_has_its_french(sayings, word):
    assert sayings.french(str(word))
    assert word not in JobKind or sayings.french(f"{word} ordered")


def test_what_nobody_translated_is_not_guessed(sayings):
    assert sayings.french("Something that labmgr never says") is None
    assert sayings.french("sudo: a password is required") is None


def test_the_french_asks_only_for_values_that_the_english_gives(sayings):
    for saying in sayings.holed:
        asked = set(HOLE.findall(saying.french))
        assert asked <= set(re.compile(saying.shape).groupindex), saying


@pytest.mark.parametrize(("number", "said"), [(0, "labo"), (1, "labo"), (2, "labos")])
def test_zero_is_singular(app, number, said):
    with app.test_request_context():
        assert ngettext("%(num)s labo", "%(num)s labos", number) == f"{number} {said}"
        page = app.jinja_env.from_string("{{ ngettext('%(num)s labo', '%(num)s labos', n) }}")
        assert page.render(n=number) == f"{number} {said}"
        assert gettext("Un texte") == "Un texte"
