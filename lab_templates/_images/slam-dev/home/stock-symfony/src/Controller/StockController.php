<?php

declare(strict_types=1);

namespace Stock\Controller;

use Symfony\Component\HttpFoundation\JsonResponse;
use Symfony\Component\HttpKernel\Exception\NotFoundHttpException;

/** Ce qui reste d'un article. */
final class StockController
{
    private const STOCK = ['MIEL-500' => 42, 'CIDRE-75' => 120, 'NOIX-1K' => 65, 'PANIER-M' => 0];

    public function __invoke(string $reference): JsonResponse
    {
        $reste = self::STOCK[$reference] ?? throw new NotFoundHttpException("Article inconnu : $reference");

        return new JsonResponse(['reference' => $reference, 'stock' => $reste]);
    }
}
