"""Probes that log in: directory, databases, shell, Windows share."""

from __future__ import annotations

from labmgr_probe.hand import Hand, Ran
from labmgr_probe.model import Answer, Check, last_line, no, refused, yes
from labmgr_probe.words import _

LDAP_WRONG_PASSWORD = 49
MARIADB_DENIED = ("ERROR 1045", "ERROR 1698")
POSTGRESQL_DENIED = ("password authentication failed", "authentification par mot de passe")
SMB_DENIED = ("NT_STATUS_LOGON_FAILURE", "NT_STATUS_ACCESS_DENIED")
SSH_OWN_FAILURE = 255
ANSWER = "labmgr-answer"  # prints the file that LABMGR_ANSWER names
# The shell's `sudo` asks on standard input, where the password is waiting.
SUDO = "sudo() { command sudo -S -p '' \"$@\"; }\n"
SSH = (
    *("ssh", "-F", "none", "-T", "-o", "LogLevel=ERROR", "-o", "ConnectTimeout=5"),
    *("-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null"),
    *("-o", "NumberOfPasswordPrompts=1", "-o", "ServerAliveInterval=5"),
)


def ldap(check: Check, hand: Hand) -> Answer:
    secure = check.flag("tls")
    port = check.number("port", 636 if secure else 389)
    hand.reach(check.host, port)
    scheme = "ldaps" if secure else "ldap"
    where = ["-x", "-H", f"{scheme}://{check.host}:{port}", "-o", "nettimeout=5"]
    if check.login:
        where += ["-D", check.login, "-y", hand.hidden(check.password or "")]
    base = check.text("base")
    command = ["ldapwhoami", *where]
    if base:
        asked = check.text("filter", "(objectClass=*)")
        command = ["ldapsearch", "-LLL", *where, "-b", base, asked, "1.1"]
    ran = hand.run(*command, env={"LDAPTLS_REQCERT": "never"})
    if ran.code == LDAP_WRONG_PASSWORD:
        return refused(_("mot de passe refusé pour %s") % check.login)
    if ran.code:
        return no(last_line(ran.err) or _("ldap : code %d") % ran.code)
    if not base:
        return yes(_("connexion acceptée pour %s") % (check.login or _("anonyme")))
    found = sum(line.startswith("dn:") for line in ran.out.splitlines())
    return enough(found, check.number("at_least"), _("entrées sous %s") % base)


def enough(found: int, wanted: int, what: str) -> Answer:
    text = _("%d %s (au moins %d attendu)") % (found, what, wanted)
    return yes(text) if found >= wanted else no(text)


def sql(check: Check, hand: Hand) -> Answer:
    mariadb = check.text("dialect") == "mariadb"
    ran = _mariadb(check, hand) if mariadb else _postgresql(check, hand)
    denied = MARIADB_DENIED if mariadb else POSTGRESQL_DENIED
    if any(words in ran.err for words in denied):
        return refused(_("mot de passe refusé pour %s") % check.login)
    if ran.code:
        return no(last_line(ran.err) or _("le client a échoué (%d)") % ran.code)
    return judged(ran, check)


def _mariadb(check: Check, hand: Hand) -> Ran:
    port = check.number("port", 3306)
    hand.reach(check.host, port)
    password = (check.password or "").replace("\\", "\\\\").replace('"', '\\"')
    options = hand.hidden(f'[client]\npassword="{password}"\n')
    return hand.run(
        *("mariadb", f"--defaults-file={options}", "-NB", "--connect-timeout=5"),
        *("-h", check.host, "-P", str(port), "-u", check.login),
        *("-e", check.text("query", "SELECT 1"), *filter(None, [check.text("database")])),
    )


def _postgresql(check: Check, hand: Hand) -> Ran:
    port = check.number("port", 5432)
    hand.reach(check.host, port)
    password = (check.password or "").replace("\\", "\\\\").replace(":", "\\:")
    return hand.run(
        *("psql", "-XAtwq", "-h", check.host, "-p", str(port), "-U", check.login),
        *("-d", check.text("database") or "postgres"),
        *("-c", check.text("query", "SELECT 1")),
        env={"PGPASSFILE": hand.hidden(f"*:*:*:*:{password}\n"), "PGCONNECT_TIMEOUT": "5"},
    )


def judged(ran: Ran, check: Check) -> Answer:
    """Hold what was printed against `prints` and `at_least` (the first field, a number)."""
    said, wanted = last_line(ran.out), check.text("prints")
    if wanted not in ran.out:
        return no(_("« %s » attendu, reçu : %s") % (wanted, said))
    if "at_least" not in check.args:
        return yes(said or _("exécuté"))
    first = next(iter(ran.out.split()), "")
    if not first.isdigit():
        return no(_("un nombre attendu, reçu : %s") % said)
    return enough(int(first), check.number("at_least"), _("en réponse"))


def ssh_options(check: Check, hand: Hand) -> tuple[tuple[str, ...], dict[str, str]]:
    """Options and environment of an ssh client that logs in as the check says."""
    if check.key:
        key = hand.hidden(check.key.rstrip("\n") + "\n")
        only = ("-o", "IdentitiesOnly=yes", "-o", "BatchMode=yes")
        return (*SSH, "-i", key, *only), {}
    methods = "PreferredAuthentications=password,keyboard-interactive"
    return (*SSH, "-o", methods, "-o", "PubkeyAuthentication=no"), asked(check, hand)


def asked(check: Check, hand: Hand) -> dict[str, str]:
    """Environment of a client that asks a program for the password."""
    return {
        "SSH_ASKPASS": ANSWER,
        "SSH_ASKPASS_REQUIRE": "force",
        "GIT_ASKPASS": ANSWER,
        "LABMGR_ANSWER": hand.hidden(f"{check.password or ''}\n"),
    }


def ssh(check: Check, hand: Hand) -> Answer:
    port, run = check.number("port", 22), check.text("run", "true")
    hand.reach(check.host, port)
    options, environment = ssh_options(check, hand)
    sudo = check.flag("sudo")
    ran = hand.run(
        *options,
        *("-p", str(port), "-l", check.login, check.host, (SUDO if sudo else "") + run),
        say=f"{check.password}\n" if sudo else "",
        env=environment,
    )
    if ran.code == SSH_OWN_FAILURE and "Permission denied" in ran.err:
        return refused(_("connexion refusée à %s") % check.login)
    if ran.timed_out:
        return no(_("« %s » ne s'est pas terminé") % run)
    if ran.code:
        return no(_("« %s » : code %d, %s") % (run, ran.code, last_line(ran.err, ran.out)))
    return judged(ran, check)


def smb(check: Check, hand: Hand) -> Answer:
    hand.reach(check.host, 445)
    account = hand.hidden(f"username = {check.login}\npassword = {check.password or ''}\n")
    who = ["-A", account] if check.login else ["-N"]
    share = f"//{check.host}/{check.text('share')}"
    ran = hand.run("smbclient", *who, "-t", "5", share, "-c", "ls")
    if any(words in ran.out + ran.err for words in SMB_DENIED):
        return refused(_("accès refusé à %s") % (check.login or _("anonyme")))
    if ran.code:
        return no(last_line(ran.out, ran.err))
    wanted = check.text("contains")
    return yes(_("%s est lisible") % share) if wanted in ran.out else no(_("%s absent") % wanted)


def command(check: Check, hand: Hand) -> Answer:
    ran = hand.run("sh", "-c", check.text("run"))
    if ran.code:
        return no(_("code %d : %s") % (ran.code, last_line(ran.err, ran.out)))
    return judged(ran, check)
