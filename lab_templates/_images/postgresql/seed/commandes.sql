-- 320 orders over 2024, 2025 and the start of 2026; the same ones at every build.
INSERT INTO commandes (id, numero, client_id, date_commande, statut)
SELECT i, format('CMD-%s-%s', extract(year FROM jour), lpad(i::text, 4, '0')),
       1 + (i * i * 7 + i * 13) % 32, jour,
       (CASE WHEN i % 29 = 0 THEN 'annulée' WHEN i > 312 THEN 'en préparation'
             WHEN i > 304 THEN 'expédiée' ELSE 'livrée' END)::statut_commande
FROM (SELECT i, DATE '2024-01-04' + i * 5 / 2 + i % 3 AS jour
      FROM generate_series(1, 320) AS i) AS rang;

-- From one to four lines each; the prices of 2024 were a little lower.
INSERT INTO lignes (commande_id, numero, produit_id, quantite, prix_unitaire)
SELECT c.id, n, p.id, 1 + (c.id * 3 + n) % 5 % 3,
       round(p.prix_ht * CASE extract(year FROM date_commande) WHEN 2024 THEN 0.96 ELSE 1 END, 2)
FROM commandes c
CROSS JOIN generate_series(1, 4) AS n
JOIN produits p ON p.id = 1 + (c.id * c.id * 5 + c.id * 11 + n * 7) % 24
WHERE n <= 1 + (c.id * c.id + c.id) % 7 % 4;

SELECT setval(pg_get_serial_sequence(t, 'id'), n) FROM (VALUES
    ('categories', (SELECT max(id) FROM categories)), ('clients', (SELECT max(id) FROM clients)),
    ('produits', (SELECT max(id) FROM produits)), ('commandes', (SELECT max(id) FROM commandes))
) AS suite (t, n) \g /dev/null
ANALYZE;
