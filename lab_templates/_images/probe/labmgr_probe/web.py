"""Web pages and what speaks HTTP: plain pages, Redmine, Zabbix."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from labmgr_probe.hand import Hand
from labmgr_probe.logins import enough
from labmgr_probe.model import Answer, Check, NoAnswer, Verdict, last_line, no, refused, yes
from labmgr_probe.words import _

DENIED = (401, 403)
OK, CREATED, GONE = 200, 201, 204
AGENT_INTERFACE, AGENT_ITEM, SIMPLE_CHECK = "1", "0", "3"  # kinds in Zabbix' words
AVAILABLE, UNAVAILABLE = "1", "2"
RECENT = 180  # seconds for which a value of a simple check counts


@dataclass(frozen=True)
class Page:
    status: int
    text: str

    def json(self) -> Any:  # noqa: ANN401
        try:
            return json.loads(self.text)
        except ValueError as e:
            raise NoAnswer(_("réponse %d illisible : %s") % (self.status, self.text[:80])) from e


def fetch(
    check: Check,
    hand: Hand,
    path: str,
    *,
    method: str = "GET",
    send: object = None,
    basic: bool = True,
    show: bool = True,
) -> Page:
    """Ask with curl. Login and body go by standard input: both may hold secrets."""
    tls = check.flag("tls")
    port = check.number("port", 443 if tls else 80)
    hand.reach(check.host, port)
    settings = 'write-out = "\\n%{http_code}"\n'
    if check.login and basic:
        settings += f"user = {_quoted(f'{check.login}:{check.password}')}\n"
    if send is not None:
        settings += 'header = "Content-Type: application/json"\n'
        settings += f"data-binary = {_quoted(json.dumps(send))}\n"
    url = f"{'https' if tls else 'http'}://{check.host}:{port}{path}"
    command = ("curl", "-sSk", "--max-time", "15", "-X", method, "--config", "-", url)
    ran = hand.run(*command, say=settings, show=show)
    text, _newline, status = ran.out.rpartition("\n")
    if ran.code or not status.isdigit():
        raise NoAnswer(last_line(ran.err) or _("pas de réponse à temps"))
    return Page(int(status), text)


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def http(check: Check, hand: Hand) -> Answer:
    page = fetch(check, hand, check.text("path", "/"))
    wanted, words = check.number("status", 200), check.text("contains")
    if page.status in DENIED and page.status != wanted:
        return refused(_("accès refusé (%d)") % page.status)
    if page.status != wanted:
        return no(_("état %d au lieu de %d") % (page.status, wanted))
    if words not in page.text:
        return no(_("« %s » n'est pas dans la page") % words)
    return yes(_("page reçue (%d)") % page.status)


def redmine(check: Check, hand: Hand) -> Answer:
    project = check.text("project")
    listed = fetch(check, hand, f"/issues.json?project_id={project}&limit=1")
    if listed.status in DENIED:
        return refused(_("accès refusé à %s") % check.login)
    if listed.status != OK:
        return no(_("état %d pour le projet %s") % (listed.status, project))
    total = int(listed.json()["total_count"])
    found = enough(total, check.number("at_least"), _("tickets ouverts"))
    if found.verdict is Verdict.YES and check.flag("ticket"):
        return _ticket(check, hand, project)
    return found


def _ticket(check: Check, hand: Hand, project: str) -> Answer:
    """Open a ticket, read it back, close it, and take it away where that is allowed."""
    subject = f"labmgr {secrets.token_hex(4)}"
    made = fetch(
        check, hand, f"/projects/{project}/issues.json", method="POST",
        send={"issue": {"subject": subject}},
    )  # fmt: skip
    if made.status != CREATED:
        return no(_("ticket refusé (%d) : %s") % (made.status, made.text[:100]))
    path = f"/issues/{made.json()['issue']['id']}.json"
    read = fetch(check, hand, path, show=False)
    states = fetch(check, hand, "/issue_statuses.json", show=False).json()["issue_statuses"]
    done = next(state["id"] for state in states if state["is_closed"])
    closing = {"issue": {"status_id": done}}
    closed = fetch(check, hand, path, method="PUT", send=closing, show=False)
    shut = fetch(check, hand, path, show=False).json()["issue"]["status"]["id"] == done
    gone = fetch(check, hand, path, method="DELETE", show=False).status in (OK, GONE)
    if read.json()["issue"]["subject"] != subject or not shut:
        return no(_("ticket ouvert mais pas fermé (%d)") % closed.status)
    return yes(_("ticket ouvert, relu, fermé") + (_(", supprimé") if gone else ""))


class ApiError(NoAnswer):
    """Zabbix answered with an error."""


def zabbix(check: Check, hand: Hand) -> Answer:
    api = Api(check, hand)
    try:
        login = {"username": check.login, "password": check.password or ""}
        token = str(api.call("user.login", login))
    except ApiError as error:
        if "password" in str(error):
            return refused(_("mot de passe refusé pour %s") % check.login)
        raise
    hosts = api.call(
        "host.get",
        {
            "filter": {"host": check.args.get("hosts", [])},
            "output": ["host", "status"],
            "selectInterfaces": ["type", "available"],
            "selectItems": ["type", "key_", "lastvalue", "lastclock"],
        },
        token,
    )
    with suppress(ApiError):  # an account that only reads may have no right to leave
        api.call("user.logout", [], token)
    return watched(check, hosts, time.time())


def watched(check: Check, hosts: list[dict[str, Any]], now: float) -> Answer:
    seen = {host["host"]: host for host in hosts}
    wanted = check.args.get("hosts", [])
    if missing := [name for name in wanted if name not in seen]:
        return no(_("hôtes absents : %s") % ", ".join(missing))
    if check.flag("available"):
        troubles = {name: trouble(seen[name], now) for name in wanted}
        if unseen := [f"{name} ({why})" for name, why in troubles.items() if why]:
            return no(_("hôtes non vus : %s") % ", ".join(unseen))
    return yes(_("%d hôtes supervisés") % len(wanted or seen))


def trouble(host: Mapping[str, list[dict[str, str]]], now: float) -> str:
    """Why Zabbix does not see all it watches on this host; empty when it does."""
    items = [item for item in host["items"] if item["type"] == SIMPLE_CHECK]
    by_agent = any(item["type"] == AGENT_ITEM for item in host["items"])
    agents = {i["available"] for i in host["interfaces"] if i["type"] == AGENT_INTERFACE}
    if by_agent and agents != {AVAILABLE}:
        return _("agent injoignable") if UNAVAILABLE in agents else _("agent pas encore vu")
    if old := [item["key_"] for item in items if now - int(item["lastclock"]) > RECENT]:
        return _("pas de valeur récente de %s") % old[0]
    if down := [item["key_"] for item in items if float(item["lastvalue"]) < 1]:
        return _("%s ne répond pas") % down[0]
    return "" if items or by_agent else _("rien n'y est surveillé")


@dataclass(frozen=True)
class Api:
    """Zabbix' JSON-RPC."""

    check: Check
    hand: Hand

    def call(self, method: str, params: object, token: str | None = None) -> Any:  # noqa: ANN401
        send = {"jsonrpc": "2.0", "method": method, "params": params, "auth": token, "id": 1}
        page = fetch(
            self.check, self.hand, "/zabbix/api_jsonrpc.php", method="POST", send=send, basic=False
        )
        answer = page.json()
        if "error" in answer:
            raise ApiError(last_line(answer["error"].get("data", ""), answer["error"]["message"]))
        return answer["result"]
