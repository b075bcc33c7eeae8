<?php

declare(strict_types=1);

namespace Stock\Tests;

use Symfony\Bundle\FrameworkBundle\Test\WebTestCase;

final class StockTest extends WebTestCase
{
    public function testLeStockDUnArticle(): void
    {
        $client = static::createClient();
        $client->request('GET', '/stock/MIEL-500');
        self::assertResponseIsSuccessful();
        self::assertJsonStringEqualsJsonString(
            '{"reference": "MIEL-500", "stock": 42}',
            (string) $client->getResponse()->getContent(),
        );
    }

    public function testUnArticleInconnuEstIntrouvable(): void
    {
        $client = static::createClient();
        $client->request('GET', '/stock/RIEN');
        self::assertResponseStatusCodeSame(404);
    }
}
