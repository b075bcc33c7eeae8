"""Une commande, ce qui la rend acceptable, et le registre qui les garde."""

from __future__ import annotations

from dataclasses import dataclass, field

QUANTITE_MAX = 100


class CommandeRefusee(Exception):
    """La commande reçue n'a pas la forme ou les valeurs attendues."""


@dataclass(frozen=True)
class Ligne:
    reference: str
    quantite: int
    prix: int  # en centimes

    @classmethod
    def lue(cls, recu: object) -> Ligne:
        if not isinstance(recu, dict):
            raise CommandeRefusee("une ligne doit être un objet")
        reference, quantite, prix = (recu.get(nom) for nom in ("reference", "quantite", "prix"))
        if not isinstance(reference, str) or not reference.strip():
            raise CommandeRefusee("référence manquante")
        if type(quantite) is not int or not 1 <= quantite <= QUANTITE_MAX:
            raise CommandeRefusee(f"quantité entre 1 et {QUANTITE_MAX}")
        if type(prix) is not int or prix < 0:
            raise CommandeRefusee("prix en centimes, positif ou nul")
        return cls(reference.strip(), quantite, prix)


@dataclass(frozen=True)
class Commande:
    client: str
    lignes: tuple[Ligne, ...]

    @classmethod
    def lue(cls, recu: object) -> Commande:
        if not isinstance(recu, dict):
            raise CommandeRefusee("un objet JSON est attendu")
        client, lignes = recu.get("client"), recu.get("lignes")
        if not isinstance(client, str) or not client.strip():
            raise CommandeRefusee("client manquant")
        if not isinstance(lignes, list) or not lignes:
            raise CommandeRefusee("au moins une ligne est attendue")
        return cls(client.strip(), tuple(Ligne.lue(ligne) for ligne in lignes))

    def total(self) -> int:
        return sum(ligne.quantite * ligne.prix for ligne in self.lignes)

    def resume(self) -> dict[str, object]:
        return {"client": self.client, "articles": len(self.lignes), "total": self.total()}


@dataclass
class Registre:
    _commandes: list[Commande] = field(default_factory=list)

    def ajouter(self, commande: Commande) -> int:
        self._commandes.append(commande)
        return len(self._commandes)

    def toutes(self) -> list[Commande]:
        return list(self._commandes)
