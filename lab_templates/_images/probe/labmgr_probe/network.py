"""Probes below any login: ports, TLS, names, mail, SNMP."""

from __future__ import annotations

from labmgr_probe.hand import Hand
from labmgr_probe.model import Answer, Check, last_line, no, refused, yes
from labmgr_probe.words import _

PATIENCE = "3"  # seconds that small clients wait for an answer
# What a filter says when it forbids, as ping reports it; a host that is simply not there differs.
FORBIDDEN = ("Prohibited", "filtered", "Port Unreachable", "sendmsg: Operation not permitted")
NO_REPLY = 9  # dig's exit status
MAIL_PORTS = {"smtp": (25, 465), "imap": (143, 993), "pop3": (110, 995)}
GREETINGS = {"smtp": "220", "imap": "* OK", "pop3": "+OK"}
GOODBYES = {"smtp": "QUIT\r\n", "imap": "a LOGOUT\r\n", "pop3": "QUIT\r\n"}


def ping(check: Check, hand: Hand) -> Answer:
    ran = hand.run("ping", "-n", "-c", "1", "-W", PATIENCE, check.host)
    if ran.code == 0:
        took = ran.out.partition("time=")[2].partition("\n")[0]
        return yes(_("%s répond en %s") % (check.host, took))
    said = ran.out + ran.err
    if any(words in said for words in FORBIDDEN):
        lines = (line for line in said.splitlines() if any(words in line for words in FORBIDDEN))
        return refused(_("le ping est interdit : %s") % last_line(*lines))
    if "Unreachable" in said or "unreachable" in said:
        lines = (line for line in said.splitlines() if "nreachable" in line)
        return no(_("%s est injoignable : %s") % (check.host, last_line(*lines)))
    return no(last_line(ran.err) or _("%s ne répond pas au ping") % check.host)


def tcp(check: Check, hand: Hand) -> Answer:
    port = check.number("port")
    ran = hand.run("nc", "-vz", "-w", PATIENCE, check.host, str(port))
    if ran.code == 0:
        return yes(_("le port %d est ouvert") % port)
    if "refused" in ran.err:
        return refused(_("le port %d est fermé") % port)
    return no(last_line(ran.err) or _("le port %d ne répond pas") % port)


def udp(check: Check, hand: Hand) -> Answer:
    """Only an answer proves anything: silence is what a dead host and a shy service share."""
    port, wanted = check.number("port"), check.text("contains")
    say = check.text("send", "\n")
    ran = hand.run("nc", "-uv", "-w", PATIENCE, check.host, str(port), say=say)
    if ran.out:
        heard = _("réponse : ") + last_line(ran.out)
        return yes(heard) if wanted in ran.out else no(heard)
    if ran.code:
        return refused(_("le port UDP %d est fermé") % port)
    return no(_("le port UDP %d ne répond pas") % port)


def tls(check: Check, hand: Hand) -> Answer:
    port, name = check.number("port", 443), check.text("name")
    hand.reach(check.host, port)
    server = ["-servername", name] if name else []
    ran = hand.run("openssl", "s_client", "-connect", f"{check.host}:{port}", *server)
    if "BEGIN CERTIFICATE" not in ran.out:
        return no(_("pas de TLS : ") + last_line(ran.err))
    asked = ["-checkhost", name] if name else []
    read = ["openssl", "x509", "-noout", "-subject", "-enddate", "-checkend", "0", *asked]
    seen = hand.run(*read, say=ran.out, show=False)
    if seen.code or "does NOT match" in seen.out:
        return no(_("certificat périmé ou d'un autre nom : ") + " ".join(seen.out.split()))
    return yes(_("TLS, certificat ") + " ".join(seen.out.splitlines()[:2]))


def dns(check: Check, hand: Hand) -> Answer:
    name, wanted = check.text("name"), check.text("answer")
    server = () if check.flag("resolver") else (f"@{check.host}",)
    ran = hand.run(
        *("dig", "+time=2", "+tries=1", "+noall", "+comments", "+answer"),
        *("-p", str(check.number("port", 53)), *server, name, check.text("type", "A")),
    )
    if ran.code == NO_REPLY or "status: " not in ran.out:
        return no(_("le serveur de noms ne répond pas"))
    status = ran.out.partition("status: ")[2].partition(",")[0]
    found = [line for line in ran.out.splitlines() if line and not line.startswith(";")]
    if status == "REFUSED":
        return refused(_("le serveur refuse de répondre"))
    if status != "NOERROR" or not found:
        return no(_("%s n'existe pas (%s)") % (name, status))
    holding = [line for line in found if _holds(line, wanted)]
    if not holding:
        return no(_("%s n'est pas dans la réponse : %s") % (wanted, last_line(*found)))
    return yes(" ".join(holding[0].split()))


def _holds(line: str, wanted: str) -> bool:
    """An address must be there whole: 10.1.0.1 is no part of 10.1.0.10."""
    is_address = wanted.replace(".", "").isdigit()
    return wanted in (line.split() if is_address else line)


def mail(check: Check, hand: Hand) -> Answer:
    """Only that the service greets: sending is a matter for the application."""
    protocol = check.text("protocol", "smtp")
    port = check.number("port", MAIL_PORTS[protocol][check.flag("tls")])
    hand.reach(check.host, port)
    bye = GOODBYES[protocol]
    if check.flag("tls"):
        where = ["-quiet", "-crlf", "-connect", f"{check.host}:{port}"]
        ran = hand.run("openssl", "s_client", *where, say=bye)
    else:
        ran = hand.run("nc", "-w", PATIENCE, check.host, str(port), say=bye)
    first = next(iter(ran.out.splitlines()), "")
    return (
        yes(first[:200]) if first.startswith(GREETINGS[protocol]) else no(last_line(first, ran.err))
    )


def snmp(check: Check, hand: Hand) -> Answer:
    """SNMP v2c says nothing to a wrong community: refusal and silence look the same, both red."""
    settings = hand.folder() / "snmp.conf"
    settings.write_text(f"defVersion 2c\ndefCommunity {check.text('community', 'public')}\n")
    where = f"{check.host}:{check.number('port', 161)}"
    ran = hand.run(
        *("snmpget", "-r", "1", "-t", "2", "-Oqv", where, check.text("oid")),
        env={"SNMPCONFPATH": str(settings.parent), "SNMP_PERSISTENT_DIR": str(settings.parent)},
    )
    if ran.code or "No Such" in ran.out:
        return no(last_line(ran.err, ran.out) or _("l'agent SNMP ne répond pas"))
    wanted = check.text("contains")
    return yes(last_line(ran.out)) if wanted in ran.out else no(last_line(ran.out))
