"""One firm: both databases are seeded with the same rows, and the shop's code sells them."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from pathlib import Path

import pytest

IMAGES = Path(__file__).resolve().parents[2] / "lab_templates" / "_images"
CATALOGUE = IMAGES / "slam-dev" / "home" / "boutique-php" / "data" / "catalogue.json"
ROWS = {"categories": 6, "clients": 32, "produits": 24}
PRODUCT = re.compile(
    r"^\((?P<id>\d+), '(?P<reference>[^']+)', '(?P<name>(?:[^']|'')+)', (?P<category>\d+), "
    r"(?P<price>\d+\.\d\d), (?P<tax>\d+\.\d\d), (?P<stock>\d+), (?P<alert>\d+)\)[,;]$",
    re.MULTILINE,
)


def seed(image: str) -> str:
    return (IMAGES / image / "seed" / "donnees.sql").read_text(encoding="utf-8")


def products() -> list[dict[str, str]]:
    return [found.groupdict() for found in PRODUCT.finditer(seed("postgresql"))]


def test_both_databases_get_the_same_rows():
    assert seed("mariadb") == seed("postgresql")


@pytest.mark.parametrize("table", ROWS)
def test_the_orders_find_as_many_rows_as_they_count_on(table):
    statement = seed("postgresql").split(f"INSERT INTO {table} ")[1].split(";\n")[0]
    ids = [int(one) for one in re.findall(r"(?:^|, )\((\d+), '", statement, re.MULTILINE)]
    assert ids == list(range(1, ROWS[table] + 1))


def test_products_keep_to_the_columns_and_are_told_apart():
    rows = products()
    assert len(rows) == ROWS["produits"]
    assert len({row["reference"] for row in rows}) == len(rows)
    assert {int(row["category"]) for row in rows} == set(range(1, ROWS["categories"] + 1))
    assert all(len(row["reference"]) <= 12 and len(row["name"]) <= 120 for row in rows)
    assert {row["tax"] for row in rows} == {"5.50", "20.00"}


def test_the_developers_catalogue_sells_what_the_database_has():
    stored = {row["reference"]: row for row in products()}
    for article in json.loads(CATALOGUE.read_text(encoding="utf-8")):
        row = stored[article["reference"]]
        assert article == {
            "reference": row["reference"],
            "libelle": row["name"].replace("''", "'"),
            "prix": int(Decimal(row["price"]) * 100),
            "tva": int(Decimal(row["tax"]) * 10),
            "stock": int(row["stock"]),
        }


def test_the_stock_application_knows_the_same_stock():
    source = IMAGES / "slam-dev" / "home" / "stock-symfony" / "src" / "Controller"
    text = (source / "StockController.php").read_text(encoding="utf-8")
    shown = re.findall(r"'([A-Z0-9-]+)' => (\d+)", text)
    stored = {row["reference"]: row["stock"] for row in products()}
    assert shown
    assert all(stored[reference] == stock for reference, stock in shown)
