"""The recette on the real engine: green on a sound lab, red exactly where a service is stopped."""

from __future__ import annotations

from labmgr.services.passage import recette
from tests.lab.house import BY


def replayed(house, lab, **more):
    """The rows of one replay, by line."""
    house.wait(recette.order_recette(house.tools, lab, by=BY, **more))
    return {one.line: one for one in house.tools.store.recettes(lab)[0].results}


def test_both_recettes_are_as_expected_on_a_sound_lab(house, each_lab):
    rows = replayed(house, each_lab)
    assert len(rows) >= 10
    assert [(one.title, one.evidence) for one in rows.values() if not one.green] == []
    assert {one.expected for one in rows.values()} >= {"success", "refused"}
    secrets = [one.secret for one in house.tools.store.credentials(each_lab)]
    shown = " ".join(one.evidence + one.command for one in rows.values())
    assert not [secret for secret in secrets if secret in shown]


def test_a_stopped_service_turns_exactly_its_lines_red(house, sisr):
    before = replayed(house, sisr)
    database = {line for line, one in before.items() if one.target == "db" and "3306" in one.asked}
    assert database
    house.run(sisr, "db", "systemctl", "stop", "mariadb")
    try:
        rows = replayed(house, sisr)
        red = {line for line, one in rows.items() if not one.green}
        assert red == database, [(one.title, one.evidence) for one in rows.values()]
        assert all("3306" in rows[line].evidence for line in red)
    finally:
        house.run(sisr, "db", "systemctl", "start", "mariadb")
    assert replayed(house, sisr, line=min(database))[min(database)].green
