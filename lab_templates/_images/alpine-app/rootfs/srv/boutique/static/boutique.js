// The order form: clients and stocks come from the API, and the order goes to it.
"use strict";

const field = (id) => document.getElementById(id);

async function fillClients() {
  const clients = await (await fetch("/api/clients")).json();
  for (const client of clients) {
    field("client").add(new Option(`${client.nom} ${client.prenom} (${client.ville})`, client.id));
  }
}

async function showStocks() {
  const products = await (await fetch("/api/produits")).json();
  for (const product of products) {
    field(`stock-${product.id}`).textContent = product.stock;
  }
}

async function order(event) {
  event.preventDefault();
  const wanted = {};
  for (const id of ["client", "produit", "quantite"]) {
    wanted[id] = Number(field(id).value);
  }
  const response = await fetch("/api/commandes", { method: "POST", body: JSON.stringify(wanted) });
  const said = await response.json();
  field("reponse").textContent = response.ok
    ? `Commande ${said.numero} enregistrée`
    : said.erreur;
  if (response.ok) {
    await showStocks();
  }
}

field("commande").addEventListener("submit", order);
fillClients();
