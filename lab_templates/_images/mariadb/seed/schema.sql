CREATE DATABASE boutique CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;
USE boutique;

CREATE TABLE categories (
    id  INT PRIMARY KEY AUTO_INCREMENT,
    nom VARCHAR(60) NOT NULL UNIQUE
);

CREATE TABLE clients (
    id          INT PRIMARY KEY AUTO_INCREMENT,
    nom         VARCHAR(60)  NOT NULL,
    prenom      VARCHAR(60)  NOT NULL,
    email       VARCHAR(120) NOT NULL UNIQUE,
    telephone   VARCHAR(20),
    adresse     VARCHAR(120) NOT NULL,
    code_postal CHAR(5)      NOT NULL,
    ville       VARCHAR(60)  NOT NULL,
    inscrit_le  DATE         NOT NULL DEFAULT (CURRENT_DATE),
    INDEX clients_nom (nom, prenom),
    INDEX clients_ville (ville)
);

CREATE TABLE produits (
    id           INT PRIMARY KEY AUTO_INCREMENT,
    reference    VARCHAR(12)   NOT NULL UNIQUE,
    designation  VARCHAR(120)  NOT NULL,
    categorie_id INT           NOT NULL REFERENCES categories (id),
    prix_ht      DECIMAL(8, 2) NOT NULL CHECK (prix_ht >= 0),
    tva          DECIMAL(4, 2) NOT NULL DEFAULT 20.00,
    stock        INT           NOT NULL DEFAULT 0 CHECK (stock >= 0),
    seuil_alerte INT           NOT NULL DEFAULT 5
);

CREATE TABLE commandes (
    id            INT PRIMARY KEY AUTO_INCREMENT,
    numero        VARCHAR(16) NOT NULL UNIQUE,
    client_id     INT         NOT NULL REFERENCES clients (id),
    date_commande DATE        NOT NULL DEFAULT (CURRENT_DATE),
    statut        ENUM ('en préparation', 'expédiée', 'livrée', 'annulée')
                  NOT NULL DEFAULT 'en préparation',
    INDEX commandes_date (date_commande)
);

CREATE TABLE lignes (
    commande_id   INT           NOT NULL REFERENCES commandes (id) ON DELETE CASCADE,
    numero        INT           NOT NULL,
    produit_id    INT           NOT NULL REFERENCES produits (id),
    quantite      INT           NOT NULL CHECK (quantite > 0),
    prix_unitaire DECIMAL(8, 2) NOT NULL,
    PRIMARY KEY (commande_id, numero)
);

CREATE VIEW v_commandes AS
SELECT c.id, c.numero, c.date_commande, c.statut, k.nom, k.prenom,
       SUM(l.quantite * l.prix_unitaire) AS total_ht
FROM commandes c
JOIN clients k ON k.id = c.client_id
JOIN lignes l ON l.commande_id = c.id
GROUP BY c.id, c.numero, c.date_commande, c.statut, k.nom, k.prenom;

CREATE VIEW v_ventes_mensuelles AS
SELECT DATE_FORMAT(date_commande, '%Y-%m') AS mois, COUNT(*) AS commandes, SUM(total_ht) AS total_ht
FROM v_commandes
WHERE statut <> 'annulée'
GROUP BY DATE_FORMAT(date_commande, '%Y-%m');

CREATE VIEW v_stock_faible AS
SELECT p.reference, p.designation, c.nom AS categorie, p.stock, p.seuil_alerte
FROM produits p
JOIN categories c ON c.id = p.categorie_id
WHERE p.stock <= p.seuil_alerte;
