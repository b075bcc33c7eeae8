"""Le service des commandes de la boutique."""

from flask import Flask, jsonify, render_template, request
from flask.typing import ResponseReturnValue

from boutique.commandes import Commande, CommandeRefusee, Registre


def create_app() -> Flask:
    app = Flask(__name__)
    registre = Registre()

    @app.get("/")
    def accueil() -> ResponseReturnValue:
        return render_template("accueil.html", commandes=registre.toutes())

    @app.get("/commandes")
    def lister() -> ResponseReturnValue:
        return jsonify([commande.resume() for commande in registre.toutes()])

    @app.post("/commandes")
    def commander() -> ResponseReturnValue:
        commande = Commande.lue(request.get_json(silent=True))
        numero = registre.ajouter(commande)
        return jsonify(numero=numero, total=commande.total()), 201

    @app.errorhandler(CommandeRefusee)
    def refus(erreur: CommandeRefusee) -> ResponseReturnValue:
        return jsonify(erreur=str(erreur)), 422

    return app
