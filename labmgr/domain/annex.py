"""Annexe II.E of the diploma's reference text: its items by id, with short labels of our own."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from labmgr.domain.words import Option


class ItemClass(StrEnum):
    """What it takes to prove an item."""

    CONTAINER = "C"  # a node with an automatic probe is enough
    BOTH = "B"  # a probe helps; real equipment or a person completes it
    REAL = "R"  # real equipment or a person only
    RULE = "D"  # a general rule, not a thing that a node could be


@dataclass(frozen=True)
class Item:
    """`option` is None for what both options need."""

    id: str
    option: Option | None
    kind: ItemClass
    label: str  # French


def _items(option: Option | None, *rows: tuple[str, str, str]) -> tuple[Item, ...]:
    return tuple(Item(f"IIE-{id_}", option, ItemClass(kind), label) for id_, kind, label in rows)


ITEMS: tuple[Item, ...] = (
    *_items(
        None,
        ("0", "D", "Cadre général"),
        ("1.1-a", "C", "Authentification"),
        ("1.1-b", "C", "SGBD"),
        ("1.1-c", "B", "Accès sécurisé à Internet"),
        ("1.1-d", "C", "Travail collaboratif"),
        ("1.1-e", "B", "Deux systèmes serveurs différents"),
        ("1.1-f", "C", "Sauvegarde"),
        ("1.1-g", "C", "Ressources soumises à habilitation"),
        ("1.1-h", "R", "Deux types de terminaux, dont un mobile"),
        ("1.2", "D", "Place de la simulation"),
        ("1.3-a", "C", "Gestion des incidents"),
        ("1.3-b", "C", "Intrusions : détection, prévention"),
        ("1.3-c", "C", "Chiffrement"),
        ("1.3-d", "C", "Analyse de trafic"),
    ),
    *_items(
        Option.SISR,
        ("2.0", "D", "Pas de simulation seule"),
        ("2.1-a", "B", "Périmètres de sécurité"),
        ("2.1-b", "B", "Service sous contrat"),
        ("2.1-c", "C", "Analyse de trames"),
        ("2.1-d", "C", "Gestion des configurations"),
        ("2.1-e", "B", "Administration à distance sécurisée"),
        ("2.1-f", "B", "Supervision et alertes"),
        ("2.1-g", "C", "Accès sécurisés à un service"),
        ("2.1-h", "C", "Continuité de service"),
        ("2.1-i", "B", "Tolérance de panne"),
        ("2.1-j", "C", "Répartition de charge"),
        ("2.2-a", "B", "Liaison sécurisée entre sites"),
        ("2.2-b", "B", "Déploiement de postes"),
        ("2.2-c", "C", "Procédures automatisées par scripts"),
        ("2.2-d", "C", "Comportements anormaux du réseau"),
    ),
    *_items(
        Option.SLAM,
        ("3.1-a", "C", "Environnement de développement et de test"),
        ("3.1-b", "C", "Bibliothèque de composants"),
        ("3.1-c", "C", "SGBD programmable"),
        ("3.1-d", "C", "Versions et suivi de problèmes"),
        ("3.1-e", "C", "Test des comportements anormaux"),
        ("3.2-0", "B", "Deux solutions applicatives"),
        ("3.2-a", "R", "Client lourd"),
        ("3.2-b", "C", "Code dans le navigateur"),
        ("3.2-c", "R", "Code sur mobile"),
        ("3.2-d", "C", "Code sur un serveur"),
        ("3.3", "D", "Origine des solutions"),
        ("3.4", "C", "Sources accessibles et opérationnelles"),
    ),
)

BY_ID = {item.id: item for item in ITEMS}
