<?php

declare(strict_types=1);

namespace Boutique;

/** Les articles de la boutique, lus dans un fichier JSON. */
final class Catalogue
{
    /** @var array<string, Produit> */
    private array $produits = [];

    /** @param iterable<Produit> $produits */
    public function __construct(iterable $produits)
    {
        foreach ($produits as $produit) {
            $this->produits[$produit->reference] = $produit;
        }
    }

    public static function duFichier(string $chemin): self
    {
        $lignes = json_decode((string) file_get_contents($chemin), true, 8, JSON_THROW_ON_ERROR);

        return new self(array_map(static fn (array $l): Produit => new Produit(...$l), $lignes));
    }

    /** @return list<Produit> */
    public function tous(): array
    {
        return array_values($this->produits);
    }

    public function trouver(string $reference): Produit
    {
        return $this->produits[$reference]
            ?? throw new \OutOfBoundsException("Article inconnu : $reference");
    }

    /** @return list<Produit> */
    public function chercher(string $mots): array
    {
        return array_values(array_filter(
            $this->produits,
            static fn (Produit $p): bool => $mots === '' || mb_stripos($p->libelle, $mots) !== false,
        ));
    }
}
