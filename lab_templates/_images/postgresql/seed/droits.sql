-- application: what the web application needs, no more. etudiant: all of the data, and objects
-- of their own. labmgr: to look.
GRANT CREATE, USAGE ON SCHEMA public TO admin;
SET ROLE admin;

GRANT SELECT, INSERT, UPDATE ON categories, clients, produits, commandes, lignes TO application;
GRANT SELECT ON v_commandes, v_ventes_mensuelles, v_stock_faible, historique_prix TO application;
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO application;

GRANT ALL ON ALL TABLES IN SCHEMA public TO etudiant;
GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO etudiant;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT ALL ON TABLES TO etudiant;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT ALL ON SEQUENCES TO etudiant;

GRANT SELECT ON ALL TABLES IN SCHEMA public TO labmgr;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO labmgr;

RESET ROLE;
GRANT CREATE ON SCHEMA public TO etudiant;
