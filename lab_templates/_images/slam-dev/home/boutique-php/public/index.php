<?php

declare(strict_types=1);

require __DIR__ . '/../vendor/autoload.php';

use Boutique\Catalogue;

$catalogue = Catalogue::duFichier(__DIR__ . '/../data/catalogue.json');
$mots = is_string($_GET['q'] ?? null) ? trim($_GET['q']) : '';
$e = static fn (string $texte): string => htmlspecialchars($texte, ENT_QUOTES);
$euros = static fn (int $centimes): string => number_format($centimes / 100, 2, ',', ' ') . ' €';
?>
<!DOCTYPE html>
<html lang="fr">
<head>
<meta charset="utf-8">
<title>Boutique – Comptoir des Rives</title>
<link rel="stylesheet" href="/style.css">
</head>
<body>
<h1>Boutique du Comptoir des Rives</h1>
<form><input name="q" value="<?= $e($mots) ?>" aria-label="Rechercher"> <button>Rechercher</button></form>
<table>
<tr><th>Article</th><th>Prix TTC</th><th>Disponibilité</th></tr>
<?php foreach ($catalogue->chercher($mots) as $produit) { ?>
<tr>
<td><?= $e($produit->libelle) ?></td>
<td><?= $euros($produit->prixTtc()) ?></td>
<td><?= $produit->disponible() ? 'en stock' : 'épuisé' ?></td>
</tr>
<?php } ?>
</table>
</body>
</html>
