<?php

declare(strict_types=1);

namespace Boutique;

/** Ce qu'un client veut acheter ; jamais plus que le stock. */
final class Panier
{
    public const FRAIS_DE_PORT = 690;
    public const PORT_OFFERT_DES = 6000;

    /** @var array<string, int> */
    private array $quantites = [];

    public function __construct(private readonly Catalogue $catalogue)
    {
    }

    public function ajouter(string $reference, int $quantite = 1): void
    {
        if ($quantite < 1) {
            throw new \InvalidArgumentException('La quantité doit être positive');
        }
        $voulue = ($this->quantites[$reference] ?? 0) + $quantite;
        if ($voulue > $this->catalogue->trouver($reference)->stock) {
            throw new \DomainException("Stock insuffisant : $reference");
        }
        $this->quantites[$reference] = $voulue;
    }

    public function retirer(string $reference): void
    {
        unset($this->quantites[$reference]);
    }

    public function articles(): int
    {
        return array_sum($this->quantites);
    }

    public function sousTotal(): int
    {
        $total = 0;
        foreach ($this->quantites as $reference => $quantite) {
            $total += $quantite * $this->catalogue->trouver($reference)->prixTtc();
        }

        return $total;
    }

    public function total(): int
    {
        $sousTotal = $this->sousTotal();
        $port = $sousTotal === 0 || $sousTotal >= self::PORT_OFFERT_DES ? 0 : self::FRAIS_DE_PORT;

        return $sousTotal + $port;
    }
}
