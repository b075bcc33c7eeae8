package main

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const complete = "ecoute = :80\nhote = db\nport = 5432\nbase = b\nutilisateur = u\nmot_de_passe = a=b #c\n"

func settingsIn(t *testing.T, text string) (map[string]string, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "boutique.conf")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return readSettings(path)
}

func TestSettingsKeepEverySignOfAPassword(t *testing.T) {
	settings, err := settingsIn(t, complete)
	if err != nil || settings["mot_de_passe"] != "a=b #c" {
		t.Fatalf("%v, %v", settings, err)
	}
}

func TestATypingSlipInTheSettingsIsNamed(t *testing.T) {
	_, err := settingsIn(t, complete+"prot = 5433\n")
	if err == nil || !strings.Contains(err.Error(), "ligne 7 : réglage inconnu « prot »") {
		t.Fatal(err)
	}
}

func TestAMissingSettingIsNamed(t *testing.T) {
	_, err := settingsIn(t, strings.Replace(complete, "hote = db\n", "", 1))
	if err == nil || !strings.Contains(err.Error(), "« hote »") {
		t.Fatal(err)
	}
}

// siteWithoutBase points at a port where nothing listens.
func siteWithoutBase(t *testing.T) http.Handler {
	t.Helper()
	base := openBase(map[string]string{
		"hote": "127.0.0.1", "port": "1", "base": "b", "utilisateur": "u", "mot_de_passe": "p%@/",
	})
	site, err := newSite(base, "..")
	if err != nil {
		t.Fatal(err)
	}
	return site.routes()
}

func TestWithoutItsDatabaseTheSiteSaysSo(t *testing.T) {
	site := siteWithoutBase(t)
	for path, words := range map[string]string{
		"/": "Boutique", "/api/clients": "ne répond pas", "/sante": "injoignable",
	} {
		seen := httptest.NewRecorder()
		site.ServeHTTP(seen, httptest.NewRequest(http.MethodGet, path, nil))
		if seen.Code != http.StatusServiceUnavailable || !strings.Contains(seen.Body.String(), words) {
			t.Errorf("%s: %d %s", path, seen.Code, seen.Body)
		}
	}
}

func TestAnOrderThatMakesNoSenseNeverReachesTheDatabase(t *testing.T) {
	site := siteWithoutBase(t)
	for _, body := range []string{"", "{}", `{"client": "x"}`, `{"client": 1, "produit": 1, "quantite": -2}`} {
		seen := httptest.NewRecorder()
		site.ServeHTTP(seen, httptest.NewRequest(http.MethodPost, "/api/commandes", strings.NewReader(body)))
		if seen.Code != http.StatusBadRequest {
			t.Errorf("%q: %d", body, seen.Code)
		}
	}
}

func TestEurosAreWrittenTheFrenchWay(t *testing.T) {
	for price, text := range map[float64]string{4.2: "4,20 €", 1234.5: "1 234,50 €", 1234567: "1 234 567,00 €"} {
		if got := strings.ReplaceAll(euros(price), "\u00a0", " "); got != text {
			t.Errorf("%v: %s", price, got)
		}
	}
}

func TestADatabaseThatTakesTheCallAndSaysNothingIsGivenUp(t *testing.T) {
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	connection, err := (&impatient{}).DialContext(context.Background(), "tcp", silent.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	begun := time.Now()
	_, err = connection.Read(make([]byte, 1))
	if !errors.Is(err, os.ErrDeadlineExceeded) || time.Since(begun) > 2*patience {
		t.Fatal(err, time.Since(begun))
	}
}
