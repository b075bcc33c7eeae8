package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"log"
	"net/http"
	"path/filepath"
	"strings"
)

const away = "La base de données ne répond pas. Réessayez dans un instant."

// Site answers the browser; pages are in modeles/, what they load in static/.
type Site struct {
	base  Base
	pages *template.Template
	files http.Handler
}

func newSite(base Base, folder string) (*Site, error) {
	pages, err := template.New("").
		Funcs(template.FuncMap{"euros": euros}).
		ParseGlob(filepath.Join(folder, "modeles", "*.html"))
	if err != nil {
		return nil, err
	}
	files := http.FileServer(http.Dir(filepath.Join(folder, "static")))
	return &Site{base, pages, http.StripPrefix("/static/", files)}, nil
}

func (s *Site) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/", s.home)
	mux.Handle("/static/", s.files)
	mux.HandleFunc("/sante", s.health)
	mux.HandleFunc("/api/clients", s.clients)
	mux.HandleFunc("/api/produits", s.products)
	mux.HandleFunc("/api/commandes", s.orders)
	return limited(mux)
}

// limited gives no request longer than patience, so that a lost database never hangs the site.
func limited(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), patience)
		defer cancel()
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

func (s *Site) home(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path != "/" {
		s.page(w, http.StatusNotFound, "message.html", "Cette page n'existe pas.")
		return
	}
	products, err := s.base.products(r.Context())
	if err != nil {
		log.Printf("catalogue : %v", err)
		s.page(w, http.StatusServiceUnavailable, "message.html", away)
		return
	}
	s.page(w, http.StatusOK, "accueil.html", products)
}

func (s *Site) health(w http.ResponseWriter, r *http.Request) {
	if err := s.base.alive(r.Context()); err != nil {
		log.Printf("santé : %v", err)
		answer(w, http.StatusServiceUnavailable, map[string]string{"base": "injoignable"})
		return
	}
	answer(w, http.StatusOK, map[string]string{"base": "joignable"})
}

func (s *Site) clients(w http.ResponseWriter, r *http.Request) {
	clients, err := s.base.clients(r.Context())
	answerList(w, clients, err)
}

func (s *Site) products(w http.ResponseWriter, r *http.Request) {
	products, err := s.base.products(r.Context())
	answerList(w, products, err)
}

func (s *Site) orders(w http.ResponseWriter, r *http.Request) {
	switch r.Method {
	case http.MethodGet, http.MethodHead:
		orders, err := s.base.orders(r.Context())
		answerList(w, orders, err)
	case http.MethodPost:
		s.newOrder(w, r)
	default:
		w.Header().Set("Allow", "GET, HEAD, POST")
		refuse(w, http.StatusMethodNotAllowed, "Méthode refusée : GET ou POST")
	}
}

func (s *Site) newOrder(w http.ResponseWriter, r *http.Request) {
	var wanted NewOrder
	body := json.NewDecoder(http.MaxBytesReader(w, r.Body, 4096))
	body.DisallowUnknownFields()
	if err := body.Decode(&wanted); err != nil {
		refuse(w, http.StatusBadRequest,
			`Envoyez {"client": 1, "produit": 6, "quantite": 2} en JSON`)
		return
	}
	if wanted.Quantity < 1 || wanted.Quantity > 1000 {
		refuse(w, http.StatusBadRequest, "La quantité va de 1 à 1000")
		return
	}
	number, err := s.base.order(r.Context(), wanted)
	var refusal Refusal
	switch {
	case errors.As(err, &refusal):
		refuse(w, http.StatusConflict, refusal.Why)
	case err != nil:
		log.Printf("commande : %v", err)
		refuse(w, http.StatusServiceUnavailable, away)
	default:
		answer(w, http.StatusCreated, map[string]string{"numero": number})
	}
}

// page writes one template, whole or not at all.
func (s *Site) page(w http.ResponseWriter, status int, name string, data any) {
	var text bytes.Buffer
	if err := s.pages.ExecuteTemplate(&text, name, data); err != nil {
		log.Printf("modèle %s : %v", name, err)
		http.Error(w, "Ce modèle de page est fautif ; voir le journal.", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	text.WriteTo(w)
}

func answerList(w http.ResponseWriter, rows any, err error) {
	if err != nil {
		log.Printf("lecture : %v", err)
		refuse(w, http.StatusServiceUnavailable, away)
		return
	}
	answer(w, http.StatusOK, rows)
}

func refuse(w http.ResponseWriter, status int, why string) {
	answer(w, status, map[string]string{"erreur": why})
}

func answer(w http.ResponseWriter, status int, what any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(what)
}

// euros writes a price the French way: 1 234,50 €, with spaces that do not break.
func euros(price float64) string {
	whole, cents, _ := strings.Cut(fmt.Sprintf("%.2f", price), ".")
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "\u00a0" + whole[i:]
	}
	return whole + "," + cents + "\u00a0€"
}
