"""Small recettes for tests, beside the small template of tests/services/world.py."""

from pathlib import Path

SHEET = """
title: {fr: Fiche, en: Sheet}
lines:
  - {from: web, to: db, ping: yes, title: Le site joint la base, group: Réseau}
  - {from: web, to: db, service: TCP/22}
  - {from: gateway, to: web, http: {contains: "candidat ${CANDIDATE_NO}"}}
  - {from: db, to: "${LAB_NET}.10.10", service: TCP/23, expect: refused}
  - {from: db, to: web, service: TCP/80, expect: blocked}
"""


def write(templates: Path, text: str = SHEET, template: str = "mini") -> None:
    (templates / template / "recette.yaml").write_text(text, encoding="utf-8")
