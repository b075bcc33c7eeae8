"""From a client's words to a verdict: a refusal is an answer, silence never is."""

from __future__ import annotations

import json

import pytest
from labmgr_probe.model import Check, Verdict
from labmgr_probe.rounds import look
from labmgr_probe.web import watched

SQL = {"dialect": "mariadb", "query": "SELECT COUNT(*) FROM clients", "at_least": 20}
PGSQL = {**SQL, "dialect": "postgresql"}
SSH = {"run": "systemctl is-system-running", "prints": "running"}
DENIED_1045 = "echo \"ERROR 1045 (28000): Access denied for user 'admin'\" >&2; exit 1"
YES, REFUSED, NO = Verdict


def curl(status: int, body: str = "") -> str:
    return f"cat >/dev/null; printf '%s\\n{status}' '{body}'"


@pytest.mark.parametrize(
    ("kind", "args", "program", "script", "verdict"),
    [
        ("ldap", {}, "ldapwhoami", "echo dn:cn=admin", YES),
        ("ldap", {}, "ldapwhoami", "exit 49", REFUSED),
        ("ldap", {}, "ldapwhoami", "exit 255", NO),
        ("ldap", {"base": "dc=lab", "at_least": 2}, "ldapsearch", "echo dn: a; echo dn: b", YES),
        ("ldap", {"base": "dc=lab", "at_least": 3}, "ldapsearch", "echo dn: a; echo dn: b", NO),
        ("sql", SQL, "mariadb", "echo 32", YES),
        ("sql", SQL, "mariadb", "echo 19", NO),
        ("sql", SQL, "mariadb", "echo many", NO),
        ("sql", SQL, "mariadb", DENIED_1045, REFUSED),
        ("sql", SQL, "mariadb", "echo 'ERROR 1049 Unknown database' >&2; exit 1", NO),
        ("sql", PGSQL, "psql", "echo 20", YES),
        ("sql", PGSQL, "psql", "echo 'password authentication failed' >&2; exit 2", REFUSED),
        ("sql", PGSQL, "psql", "echo 'could not translate' >&2; exit 2", NO),
        ("ssh", SSH, "ssh", "echo running", YES),
        ("ssh", SSH, "ssh", "echo degraded; exit 1", NO),
        ("ssh", SSH, "ssh", "echo 'Permission denied (password).' >&2; exit 255", REFUSED),
        ("ssh", SSH, "ssh", "echo 'Permission denied' >&2; exit 1", NO),
        ("http", {}, "curl", curl(200, "Intranet"), YES),
        ("http", {"contains": "Intranet"}, "curl", curl(200, "It works"), NO),
        ("http", {}, "curl", curl(401), REFUSED),
        ("http", {"status": 403}, "curl", curl(403), YES),
        ("http", {}, "curl", curl(503), NO),
        ("http", {}, "curl", "echo 'curl: (52) Empty reply' >&2; printf '\\n000'; exit 52", NO),
        ("redmine", {"project": "p", "at_least": 3}, "curl", curl(200, '{"total_count": 3}'), YES),
        ("redmine", {"project": "p", "at_least": 4}, "curl", curl(200, '{"total_count": 3}'), NO),
        ("redmine", {"project": "p"}, "curl", curl(401), REFUSED),
        ("redmine", {"project": "p"}, "curl", curl(200, "<html>"), NO),
        ("zabbix", {}, "curl", curl(200, '{"error": {"message": "Invalid password"}}'), REFUSED),
        ("zabbix", {}, "curl", curl(200, '{"error": {"message": "Database down"}}'), NO),
        ("ping", {}, "ping", "echo '64 bytes from 10.0.0.1: icmp_seq=1 time=0.04 ms'", YES),
        ("ping", {}, "ping", "echo '1 packets transmitted, 0 received'; exit 1", NO),
        ("ping", {}, "ping", "echo 'From 10.0.0.2 Destination Host Unreachable'; exit 1", NO),
        ("ping", {}, "ping", "echo 'ping: connect: Network is unreachable' >&2; exit 2", NO),
        ("ping", {}, "ping", "echo 'ping: socket: Operation not permitted' >&2; exit 2", NO),
        ("ping", {}, "ping", "echo 'From 10.0.0.2 Packet filtered'; exit 1", REFUSED),
        ("ping", {}, "ping", "echo 'From 10.0.0.2 Destination Port Unreachable'; exit 1", REFUSED),
        ("ping", {}, "ping", "echo 'ping: sendmsg: Operation not permitted' >&2; exit 1", REFUSED),
        ("tcp", {}, "nc", "exit 0", YES),
        ("tcp", {}, "nc", "echo 'nc: Connection refused' >&2; exit 1", REFUSED),
        ("tcp", {}, "nc", "echo 'nc: timed out' >&2; exit 1", NO),
        ("udp", {"send": "x", "contains": "y"}, "nc", "echo y", YES),
        ("udp", {"send": "x"}, "nc", "exit 0", NO),
        ("udp", {}, "nc", "exit 1", REFUSED),
        ("dns", {"name": "srv"}, "dig", "echo ';; status: NOERROR,'; echo 'srv A 10.0.0.1'", YES),
        (
            "dns",
            {"name": "s", "answer": "10.0.0.1"},
            "dig",
            "echo status: NOERROR,; echo s A 10.0.0.1",
            YES,
        ),
        (
            "dns",
            {"name": "s", "answer": "10.0.0.1"},
            "dig",
            "echo status: NOERROR,; echo s A 10.0.0.10",
            NO,
        ),
        (
            "dns",
            {"name": "s", "resolver": True},
            "dig",
            "case $* in *@*) exit 9;; esac; echo status: NOERROR,; echo s A 10.0.0.1",
            YES,
        ),
        ("dns", {"name": "srv"}, "dig", "echo ';; status: NXDOMAIN,'", NO),
        ("dns", {"name": "srv"}, "dig", "echo ';; status: REFUSED,'", REFUSED),
        ("dns", {"name": "srv"}, "dig", "exit 9", NO),
        ("snmp", {"oid": "sysName.0"}, "snmpget", "echo srv", YES),
        ("snmp", {"oid": "sysName.0"}, "snmpget", "echo Timeout >&2; exit 1", NO),
        ("mail", {"protocol": "smtp"}, "nc", "echo '220 mail ESMTP'", YES),
        ("mail", {"protocol": "smtp"}, "nc", "echo '554 go away'", NO),
        ("command", {"run": "echo ok", "prints": "ok"}, "unused", "", YES),
        ("command", {"run": "exit 3"}, "unused", "", NO),
        ("git", {"over": "http", "repository": "/r.git"}, "git", "echo 9", YES),
        (
            "git",
            {"over": "http", "repository": "/r.git"},
            "git",
            "echo 'fatal: Authentication failed' >&2; exit 128",
            REFUSED,
        ),
        (
            "git",
            {"over": "http", "repository": "/r.git"},
            "git",
            "echo 'fatal: not found' >&2; exit 128",
            NO,
        ),
    ],
)
def test_a_clients_words_become_a_verdict(  # noqa: PLR0917
    client, port, kind, args, program, script, verdict
):
    client(program, script)
    where = {} if kind == "command" else {"port": port}
    check = Check("n/1", "127.0.0.1", kind, {**args, **where}, login="admin", password="right")
    answer, _ = look(check, 60)
    assert answer.verdict is verdict, answer.evidence
    assert answer.evidence


@pytest.mark.parametrize("kind", ["ldap", "sql", "ssh", "http", "git", "redmine", "zabbix", "mail"])
def test_a_closed_port_is_red_even_where_a_refusal_is_expected(kind, closed_port):
    args = {"port": closed_port, "dialect": "mariadb", "over": "http", "protocol": "smtp"}
    check = Check("n/1", "127.0.0.1", kind, args, refused=True, login="admin", password="x")
    answer, _ = look(check, 60)
    assert answer.verdict is Verdict.NO
    assert not check.green(answer)
    assert str(closed_port) in answer.evidence


def test_expecting_a_refusal_turns_success_red(client, port):
    client("ldapwhoami", "exit 0")
    check = Check("n/1", "127.0.0.1", "ldap", {"port": port}, refused=True, login="cn=admin")
    assert not check.green(look(check, 60)[0])
    client("ldapwhoami", "exit 49")
    assert check.green(look(check, 60)[0])


@pytest.mark.parametrize(
    ("kind", "args", "program", "script", "green"),
    [
        ("sql", {"dialect": "mariadb"}, "mariadb", DENIED_1045, True),
        ("sql", {"dialect": "mariadb"}, "mariadb", "echo 'Lost connection' >&2; exit 1", False),
        ("ssh", {}, "ssh-keyscan", "echo host ssh-ed25519 AAAA", True),
        ("ssh", {}, "ssh-keyscan", "exit 0", False),
        ("ldap", {}, "ldapsearch", "exit 50", True),
        ("ldap", {}, "ldapsearch", "exit 255", False),
        ("redmine", {}, "curl", curl(302), True),
        ("zabbix", {}, "curl", curl(502), False),
    ],
)
def test_liveness_asks_only_for_an_answer(  # noqa: PLR0917
    client, port, kind, args, program, script, green
):
    client(program, script)
    check = Check("n/1", "127.0.0.1", kind, {**args, "port": port}, liveness=True)
    assert check.green(look(check, 60)[0]) is green


def host(name="srv", available="1", value="1", clock="1000", kinds=("0", "3")):
    items = [{"type": k, "key_": f"k{k}", "lastvalue": value, "lastclock": clock} for k in kinds]
    return {"host": name, "interfaces": [{"type": "1", "available": available}], "items": items}


@pytest.mark.parametrize(
    ("seen", "verdict"),
    [
        (host(), YES),
        (host(available="0", kinds=("3",)), YES),  # no agent: simple checks decide
        (host(available="0"), NO),
        (host(available="2"), NO),
        (host(value="0"), NO),
        (host(clock="800"), NO),
        (host(available="0", kinds=()), NO),
        (host(name="other"), NO),
    ],
)
def test_zabbix_sees_a_host_by_its_agent_and_its_simple_checks(seen, verdict):
    check = Check("sup/1", "h", "zabbix", {"hosts": ["srv"], "available": True})
    assert watched(check, [seen], 1010.0).verdict is verdict, json.dumps(seen)
