<?php

declare(strict_types=1);

namespace Boutique\Tests;

use Boutique\Catalogue;
use Boutique\Produit;
use PHPUnit\Framework\TestCase;

final class CatalogueTest extends TestCase
{
    private Catalogue $catalogue;

    protected function setUp(): void
    {
        $this->catalogue = Catalogue::duFichier(__DIR__ . '/../data/catalogue.json');
    }

    public function testLeFichierDuMagasinSeLit(): void
    {
        self::assertGreaterThanOrEqual(5, count($this->catalogue->tous()));
    }

    public function testLaRechercheIgnoreLaCasse(): void
    {
        self::assertSame('MIEL-500', $this->catalogue->chercher('MIEL')[0]->reference);
        self::assertSame([], $this->catalogue->chercher('parapluie'));
    }

    public function testUnArticleInconnuEstRefuse(): void
    {
        $this->expectException(\OutOfBoundsException::class);
        $this->catalogue->trouver('RIEN');
    }

    public function testUnPrixNegatifEstRefuse(): void
    {
        $this->expectException(\InvalidArgumentException::class);
        new Produit('X', 'Erreur', -1, 200, 1);
    }
}
