<?php

declare(strict_types=1);

require __DIR__ . '/../autoload.php';

use Stock\Kernel;
use Symfony\Component\HttpFoundation\Request;

$noyau = new Kernel('dev', true);
$demande = Request::createFromGlobals();
$reponse = $noyau->handle($demande);
$reponse->send();
$noyau->terminate($demande, $reponse);
