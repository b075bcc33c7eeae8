"""Le service vu de l'extérieur, y compris avec n'importe quel JSON."""

from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient
from hypothesis import given, settings
from hypothesis import strategies as st

from boutique import create_app

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda enfants: st.lists(enfants, max_size=3) | st.dictionaries(st.text(), enfants, max_size=3),
    max_leaves=8,
)


@pytest.fixture
def client() -> Iterator[FlaskClient]:
    with create_app().test_client() as client:
        yield client


def test_une_commande_s_enregistre_et_se_relit(client: FlaskClient) -> None:
    lignes = [{"reference": "NOIX-1K", "quantite": 3, "prix": 720}]
    reponse = client.post("/commandes", json={"client": "Blanc", "lignes": lignes})
    assert (reponse.status_code, reponse.json) == (201, {"numero": 1, "total": 2160})
    assert client.get("/commandes").json == [{"client": "Blanc", "articles": 1, "total": 2160}]


def test_la_page_d_accueil_nomme_la_boutique(client: FlaskClient) -> None:
    assert "Commandes de la boutique" in client.get("/").text


@settings(database=None, max_examples=50, deadline=None)
@given(recu=JSON)
def test_aucun_json_ne_fait_tomber_le_service(recu: object) -> None:
    reponse = create_app().test_client().post("/commandes", json=recu)
    assert reponse.status_code in {201, 422}
