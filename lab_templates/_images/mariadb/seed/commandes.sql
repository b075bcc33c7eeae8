-- 320 orders over 2024, 2025 and the start of 2026; the same ones at every build.
INSERT INTO commandes (id, numero, client_id, date_commande, statut)
SELECT i, CONCAT('CMD-', YEAR(jour), '-', LPAD(i, 4, '0')), 1 + (i * i * 7 + i * 13) % 32, jour,
       CASE WHEN i % 29 = 0 THEN 'annulée' WHEN i > 312 THEN 'en préparation'
            WHEN i > 304 THEN 'expédiée' ELSE 'livrée' END
FROM (SELECT seq AS i, DATE '2024-01-04' + INTERVAL (seq * 5 DIV 2 + seq % 3) DAY AS jour
      FROM seq_1_to_320) AS rang;

-- From one to four lines each; the prices of 2024 were a little lower.
INSERT INTO lignes (commande_id, numero, produit_id, quantite, prix_unitaire)
SELECT c.id, n.seq, p.id, 1 + (c.id * 3 + n.seq) % 5 % 3,
       ROUND(p.prix_ht * IF(YEAR(c.date_commande) = 2024, 0.96, 1), 2)
FROM commandes c
JOIN seq_1_to_4 n ON n.seq <= 1 + (c.id * c.id + c.id) % 7 % 4
JOIN produits p ON p.id = 1 + (c.id * c.id * 5 + c.id * 11 + n.seq * 7) % 24;
