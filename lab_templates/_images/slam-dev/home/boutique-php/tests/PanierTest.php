<?php

declare(strict_types=1);

namespace Boutique\Tests;

use Boutique\Catalogue;
use Boutique\Panier;
use Boutique\Produit;
use PHPUnit\Framework\TestCase;

final class PanierTest extends TestCase
{
    private Panier $panier;

    protected function setUp(): void
    {
        $this->panier = new Panier(new Catalogue([
            new Produit('A', 'Article A', 1000, 200, 10),
            new Produit('B', 'Article B', 1000, 55, 1),
        ]));
    }

    public function testUnPanierVideNeCouteRien(): void
    {
        self::assertSame(0, $this->panier->total());
    }

    public function testLePortSAjouteSousLeSeuil(): void
    {
        $this->panier->ajouter('A');
        self::assertSame(1200 + Panier::FRAIS_DE_PORT, $this->panier->total());
    }

    public function testLePortEstOffertDesLeSeuil(): void
    {
        $this->panier->ajouter('A', 5);
        self::assertSame(6000, $this->panier->total());
    }

    public function testLesTauxDeTvaSAdditionnent(): void
    {
        $this->panier->ajouter('A');
        $this->panier->ajouter('B');
        self::assertSame(1200 + 1055, $this->panier->sousTotal());
    }

    public function testLeStockLimiteLaQuantite(): void
    {
        $this->panier->ajouter('B');
        $this->expectException(\DomainException::class);
        $this->panier->ajouter('B');
    }

    /** @dataProvider quantitesRefusees */
    public function testUneQuantiteAnormaleEstRefusee(int $quantite): void
    {
        $this->expectException(\InvalidArgumentException::class);
        $this->panier->ajouter('A', $quantite);
    }

    /** @return iterable<string, array{int}> */
    public static function quantitesRefusees(): iterable
    {
        yield 'zéro' => [0];
        yield 'négative' => [-3];
        yield 'plus petit entier' => [PHP_INT_MIN];
    }

    public function testUnArticleSeRetire(): void
    {
        $this->panier->ajouter('A', 2);
        $this->panier->retirer('A');
        self::assertSame(0, $this->panier->articles());
    }
}
