"""Les règles d'une commande, sans serveur."""

import pytest

from boutique.commandes import Commande, CommandeRefusee

BONNE = {"client": "Roux", "lignes": [{"reference": "MIEL-500", "quantite": 2, "prix": 890}]}


def test_le_total_est_la_somme_des_lignes() -> None:
    assert Commande.lue(BONNE).total() == 1780


@pytest.mark.parametrize("quantite", [0, -1, 101, "2", 1.5, True, None])
def test_une_quantite_anormale_est_refusee(quantite: object) -> None:
    ligne = {**BONNE["lignes"][0], "quantite": quantite}
    with pytest.raises(CommandeRefusee):
        Commande.lue({**BONNE, "lignes": [ligne]})


@pytest.mark.parametrize("recu", [None, [], "x", {}, {"client": " ", "lignes": [1]}, {"client": "A", "lignes": []}])
def test_une_forme_inattendue_est_refusee(recu: object) -> None:
    with pytest.raises(CommandeRefusee):
        Commande.lue(recu)
