"""During the hour: does the service answer at all? No account, since those are the candidate's."""

from __future__ import annotations

from collections.abc import Callable

from labmgr_probe import network, web
from labmgr_probe.hand import Hand
from labmgr_probe.model import Answer, Check, NoAnswer, last_line, no, yes
from labmgr_probe.words import _

SERVER_TROUBLE = 500
USUAL_PORTS = {"smb": 445, "snmp": 161}


def http(check: Check, hand: Hand) -> Answer:
    page = web.fetch(check, hand, check.text("path", "/"), basic=False)
    answer = _("réponse %d") % page.status
    return yes(answer) if page.status < SERVER_TROUBLE else no(answer)


def ldap(check: Check, hand: Hand) -> Answer:
    secure = check.flag("tls")
    port = check.number("port", 636 if secure else 389)
    hand.reach(check.host, port)
    where = f"{'ldaps' if secure else 'ldap'}://{check.host}:{port}"
    asked = ("-LLL", "-x", "-H", where, "-o", "nettimeout=5", "-s", "base", "-b", "", "1.1")
    ran = hand.run("ldapsearch", *asked, env={"LDAPTLS_REQCERT": "never"})
    # any LDAP result is an answer; what failed before one is above 127
    return yes(_("l'annuaire répond")) if 0 <= ran.code <= 127 else no(last_line(ran.err))  # noqa: PLR2004


def sql(check: Check, hand: Hand) -> Answer:
    if check.text("dialect") == "mariadb":
        return _mariadb(check, hand)
    port = str(check.number("port", 5432))
    ran = hand.run("pg_isready", "-h", check.host, "-p", port, "-t", "5")
    return yes(_("la base répond")) if ran.code == 0 else no(last_line(ran.out, ran.err))


def _mariadb(check: Check, hand: Hand) -> Answer:
    """Being refused takes a server that works."""
    port = check.number("port", 3306)
    hand.reach(check.host, port)
    who = ["-h", check.host, "-P", str(port), "-u", "labmgr-nobody", "--connect-timeout=5"]
    ran = hand.run("mariadb", "--no-defaults", *who, "-e", "SELECT 1")
    alive = ran.code == 0 or "ERROR 1045" in ran.err
    return yes(_("la base répond")) if alive else no(last_line(ran.err))


def ssh(check: Check, hand: Hand) -> Answer:
    port = check.number("port", 22)
    hand.reach(check.host, port)
    ran = hand.run("ssh-keyscan", "-t", "ed25519", "-T", "5", "-p", str(port), check.host)
    return yes(_("ssh répond")) if ran.out.strip() else no(last_line(ran.err) or _("ssh est muet"))


def git(check: Check, hand: Hand) -> Answer:
    return ssh(check, hand) if check.text("over") == "ssh" else http(check, hand)


def dns(check: Check, hand: Hand) -> Answer:
    port = str(check.number("port", 53))
    asked = (
        "+time=2",
        "+tries=1",
        "+noall",
        "+comments",
        "-p",
        port,
        f"@{check.host}",
        "localhost",
    )
    ran = hand.run("dig", *asked)
    return yes(_("le serveur de noms répond")) if "status: " in ran.out else no(last_line(ran.out))


def port(check: Check, hand: Hand) -> Answer:
    number = check.number("port", USUAL_PORTS.get(check.kind, 0))
    if not number:
        raise NoAnswer(_("aucun port à regarder"))
    protocol = "-uvz" if check.kind in ("udp", "snmp") else "-vz"
    ran = hand.run("nc", protocol, "-w", network.PATIENCE, check.host, str(number))
    return yes(_("le port %d répond") % number) if ran.code == 0 else no(last_line(ran.err))


LOOKS: dict[str, Callable[[Check, Hand], Answer]] = {
    "tcp": port,
    "udp": port,
    "http": http,
    "tls": network.tls,
    "dns": dns,
    "ldap": ldap,
    "sql": sql,
    "ssh": ssh,
    "git": git,
    "smb": port,
    "snmp": port,
    "mail": network.mail,
    "redmine": http,
    "zabbix": http,
}
