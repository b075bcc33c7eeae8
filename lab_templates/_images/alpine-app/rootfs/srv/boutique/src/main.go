// The shop of the lab's firm: catalogue and orders, as pages and as JSON.
package main

import (
	"bufio"
	"fmt"
	"log"
	"net/http"
	"os"
	"strings"
	"time"
)

func main() {
	log.SetFlags(0)
	if len(os.Args) != 2 {
		log.Fatal("usage : boutique FICHIER_DE_REGLAGES")
	}
	settings, err := readSettings(os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	shop, err := newSite(openBase(settings), ".")
	if err != nil {
		log.Fatal(err)
	}
	server := &http.Server{
		Addr:              settings["ecoute"],
		Handler:           shop.routes(),
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       15 * time.Second,
		WriteTimeout:      15 * time.Second,
		IdleTimeout:       60 * time.Second,
	}
	log.Printf("à l'écoute sur %s, base %s sur %s", server.Addr, settings["base"], settings["hote"])
	log.Fatal(server.ListenAndServe())
}

// readSettings reads "name = value" lines; every setting must be there, and no other.
func readSettings(path string) (map[string]string, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	settings := map[string]string{
		"ecoute": "", "hote": "", "port": "", "base": "", "utilisateur": "", "mot_de_passe": "",
	}
	lines := bufio.NewScanner(file)
	for number := 1; lines.Scan(); number++ {
		line := strings.TrimSpace(lines.Text())
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		name, value, _ := strings.Cut(line, "=")
		name = strings.TrimSpace(name)
		if _, known := settings[name]; !known {
			return nil, fmt.Errorf("%s, ligne %d : réglage inconnu « %s »", path, number, name)
		}
		settings[name] = strings.TrimSpace(value)
	}
	for name, value := range settings {
		if value == "" {
			return nil, fmt.Errorf("%s : il manque le réglage « %s »", path, name)
		}
	}
	return settings, lines.Err()
}
