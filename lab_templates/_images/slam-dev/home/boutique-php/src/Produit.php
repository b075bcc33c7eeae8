<?php

declare(strict_types=1);

namespace Boutique;

/** Un article vendu. Prix hors taxes en centimes, taux de TVA en pour mille. */
final class Produit
{
    public function __construct(
        public readonly string $reference,
        public readonly string $libelle,
        public readonly int $prix,
        public readonly int $tva,
        public readonly int $stock,
    ) {
        if ($prix < 0 || $tva < 0 || $stock < 0) {
            throw new \InvalidArgumentException("Article $reference : valeur négative");
        }
    }

    public function prixTtc(): int
    {
        return (int) round($this->prix * (1000 + $this->tva) / 1000);
    }

    public function disponible(): bool
    {
        return $this->stock > 0;
    }
}
