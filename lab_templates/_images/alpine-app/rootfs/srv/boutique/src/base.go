package main

import (
	"context"
	"database/sql"
	"errors"
	"log"
	"net"
	"net/url"
	"time"

	"github.com/lib/pq"
)

// A Product as the catalogue shows it.
type Product struct {
	ID          int     `json:"id"`
	Reference   string  `json:"reference"`
	Designation string  `json:"designation"`
	Category    string  `json:"categorie"`
	Price       float64 `json:"prix_ttc"`
	Stock       int     `json:"stock"`
}

// A Client who may order.
type Client struct {
	ID        int    `json:"id"`
	Name      string `json:"nom"`
	FirstName string `json:"prenom"`
	Email     string `json:"email"`
	Town      string `json:"ville"`
}

// An Order as listed; Total is without tax.
type Order struct {
	Number string  `json:"numero"`
	Date   string  `json:"date"`
	Status string  `json:"statut"`
	Client string  `json:"client"`
	Total  float64 `json:"total_ht"`
}

// A NewOrder is what the browser sends.
type NewOrder struct {
	Client   int `json:"client"`
	Product  int `json:"produit"`
	Quantity int `json:"quantite"`
}

// A Refusal is an order that the database understood and turned down.
type Refusal struct{ Why string }

func (r Refusal) Error() string { return r.Why }

// Base is the shop's database. It may be away: every call says so by an error, and the next
// call tries again.
type Base struct{ pool *sql.DB }

func openBase(settings map[string]string) Base {
	address := url.URL{
		Scheme:   "postgres",
		User:     url.UserPassword(settings["utilisateur"], settings["mot_de_passe"]),
		Host:     net.JoinHostPort(settings["hote"], settings["port"]),
		Path:     settings["base"],
		RawQuery: "sslmode=disable&connect_timeout=3&application_name=boutique",
	}
	connector, err := pq.NewConnector(address.String())
	if err != nil {
		// Not err itself: it may quote the password.
		log.Fatal("les réglages de la base sont inutilisables : hote, port ou base")
	}
	connector.Dialer(&impatient{})
	pool := sql.OpenDB(connector)
	pool.SetMaxOpenConns(5)
	pool.SetMaxIdleConns(2)
	pool.SetConnMaxIdleTime(time.Minute)
	return Base{pool}
}

func (b Base) alive(ctx context.Context) error {
	var one int
	return b.pool.QueryRowContext(ctx, "SELECT 1").Scan(&one)
}

func (b Base) products(ctx context.Context) ([]Product, error) {
	return list(ctx, b, `
		SELECT p.id, p.reference, p.designation, c.nom,
		       round(p.prix_ht * (1 + p.tva / 100), 2)::float8, p.stock
		FROM produits p JOIN categories c ON c.id = p.categorie_id
		ORDER BY c.nom, p.designation`,
		func(p *Product) []any {
			return []any{&p.ID, &p.Reference, &p.Designation, &p.Category, &p.Price, &p.Stock}
		})
}

func (b Base) clients(ctx context.Context) ([]Client, error) {
	return list(ctx, b, "SELECT id, nom, prenom, email, ville FROM clients ORDER BY nom, prenom",
		func(c *Client) []any { return []any{&c.ID, &c.Name, &c.FirstName, &c.Email, &c.Town} })
}

func (b Base) orders(ctx context.Context) ([]Order, error) {
	return list(ctx, b, `
		SELECT numero, to_char(date_commande, 'YYYY-MM-DD'), statut::text,
		       prenom || ' ' || nom, total_ht::float8
		FROM v_commandes ORDER BY id DESC LIMIT 50`,
		func(o *Order) []any { return []any{&o.Number, &o.Date, &o.Status, &o.Client, &o.Total} })
}

// order places an order by the stored procedure and returns its number.
func (b Base) order(ctx context.Context, wanted NewOrder) (string, error) {
	transaction, err := b.pool.BeginTx(ctx, nil)
	if err != nil {
		return "", err
	}
	defer transaction.Rollback() // does nothing after the commit
	var id int
	err = transaction.QueryRowContext(ctx, "CALL passer_commande($1, $2, $3, NULL)",
		wanted.Client, wanted.Product, wanted.Quantity).Scan(&id)
	if err != nil {
		return "", refusalOr(err)
	}
	var number string
	err = transaction.QueryRowContext(ctx, "SELECT numero FROM commandes WHERE id = $1", id).Scan(&number)
	if err != nil {
		return "", err
	}
	return number, transaction.Commit()
}

// refusalOr tells an order that breaks a rule of the database from a failure.
func refusalOr(err error) error {
	var said *pq.Error
	if !errors.As(err, &said) || said.Code.Class() != "23" {
		return err
	}
	if said.Constraint == "commandes_client_id_fkey" {
		return Refusal{"Client inconnu"}
	}
	return Refusal{said.Message}
}

// list reads all rows of a query; fields names where the columns of one row go.
func list[T any](ctx context.Context, b Base, query string, fields func(*T) []any) ([]T, error) {
	rows, err := b.pool.QueryContext(ctx, query)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	all := []T{}
	for rows.Next() {
		var one T
		if err := rows.Scan(fields(&one)...); err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return all, rows.Err()
}
