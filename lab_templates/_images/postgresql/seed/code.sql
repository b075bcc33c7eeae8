SET ROLE admin;

CREATE FUNCTION chiffre_affaires(annee integer) RETURNS numeric
LANGUAGE sql STABLE AS $$
    SELECT coalesce(sum(total_ht), 0)
    FROM v_commandes
    WHERE extract(year FROM date_commande) = annee AND statut <> 'annulée'
$$;
COMMENT ON FUNCTION chiffre_affaires IS 'Total HT des commandes non annulées de l''année';

CREATE FUNCTION meilleurs_clients(annee integer, nombre integer DEFAULT 5)
RETURNS TABLE (nom varchar, prenom varchar, commandes bigint, total_ht numeric)
LANGUAGE sql STABLE AS $$
    SELECT v.nom, v.prenom, count(*), sum(v.total_ht)
    FROM v_commandes v
    WHERE extract(year FROM v.date_commande) = annee AND v.statut <> 'annulée'
    GROUP BY v.nom, v.prenom
    ORDER BY sum(v.total_ht) DESC
    LIMIT nombre
$$;
COMMENT ON FUNCTION meilleurs_clients IS 'Les clients de l''année, du plus gros total au plus petit';

-- The numbers come from the table's own sequence, so two orders at once never collide.
CREATE PROCEDURE passer_commande(client integer, produit integer, combien integer,
                                 INOUT commande integer DEFAULT NULL)
LANGUAGE plpgsql AS $$
DECLARE
    prix numeric;
BEGIN
    SELECT prix_ht INTO prix FROM produits WHERE id = produit;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'Produit % inconnu', produit USING ERRCODE = 'foreign_key_violation';
    END IF;
    commande := nextval(pg_get_serial_sequence('commandes', 'id'));
    INSERT INTO commandes (id, numero, client_id)
    VALUES (commande, format('CMD-%s-%s', extract(year FROM current_date),
                             lpad(commande::text, 4, '0')), client);
    INSERT INTO lignes VALUES (commande, 1, produit, combien, prix);
END
$$;
COMMENT ON PROCEDURE passer_commande IS 'Une commande d''une ligne ; le stock suit par déclencheur';

CREATE PROCEDURE annuler_commande(commande integer)
LANGUAGE plpgsql AS $$
BEGIN
    UPDATE commandes SET statut = 'annulée' WHERE id = commande AND statut = 'en préparation';
    IF NOT FOUND THEN
        RAISE EXCEPTION 'La commande % n''est pas en préparation', commande;
    END IF;
    UPDATE produits p SET stock = stock + l.quantite
    FROM lignes l WHERE l.commande_id = commande AND l.produit_id = p.id;
END
$$;
COMMENT ON PROCEDURE annuler_commande IS 'Annule une commande en préparation et remet le stock';

CREATE FUNCTION tr_prendre_stock() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    UPDATE produits SET stock = stock - NEW.quantite
    WHERE id = NEW.produit_id AND stock >= NEW.quantite;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'Stock insuffisant pour le produit %', NEW.produit_id
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER prendre_stock BEFORE INSERT ON lignes
FOR EACH ROW EXECUTE FUNCTION tr_prendre_stock();

CREATE FUNCTION tr_garder_prix() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
BEGIN
    INSERT INTO historique_prix (produit_id, ancien, nouveau)
    VALUES (NEW.id, OLD.prix_ht, NEW.prix_ht);
    RETURN NULL;
END
$$;
CREATE TRIGGER garder_prix AFTER UPDATE OF prix_ht ON produits
FOR EACH ROW WHEN (OLD.prix_ht IS DISTINCT FROM NEW.prix_ht) EXECUTE FUNCTION tr_garder_prix();
