"""Cloning a repository as a developer does, and pushing a branch that leaves nothing behind."""

from __future__ import annotations

import secrets
import shlex
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from labmgr_probe.hand import Hand, Ran
from labmgr_probe.logins import asked, ssh_options
from labmgr_probe.model import Answer, Check, NoAnswer, last_line, refused, yes
from labmgr_probe.words import _

DENIED = ("Authentication failed", "Permission denied", "returned error: 403")
AUTHOR = ("-c", "user.name=labmgr", "-c", "user.email=labmgr@lab.lan")


class Denied(Exception):
    """The server knows what we want, and refuses."""


@dataclass(frozen=True)
class Git:
    hand: Hand
    environment: dict[str, str]
    folder: Path

    def do(self, *args: str, show: bool = False) -> str:
        command = ("git", "-C", str(self.folder), "-c", "credential.helper=", *args)
        ran = self.hand.run(*command, env=self.environment, show=show)
        if ran.code:
            _complain(args[0], ran)
        return ran.out.strip()


def git(check: Check, hand: Hand) -> Answer:
    hand.reach(check.host, check.number("port", _usual_port(check)))
    tool = Git(hand, _environment(check, hand), hand.folder())
    try:
        tool.do("clone", "-q", _url(check), "copy", show=True)
        copy = Git(hand, tool.environment, tool.folder / "copy")
        count = copy.do("rev-list", "--count", "--all")
        pushed = _("branche poussée puis retirée") if check.flag("push") and _push(copy) else ""
    except Denied as denial:
        return refused(str(denial))
    return yes(", ".join(filter(None, (_("cloné : %s commits") % count, pushed))))


def _push(copy: Git) -> bool:
    """A commit of our own on a branch of our own; the branch goes, whatever the server shows."""
    branch = f"refs/heads/labmgr-probe-{secrets.token_hex(4)}"
    copy.do(*AUTHOR, "commit", "-q", "--allow-empty", "-m", "labmgr")
    copy.do("push", "-q", "origin", f"HEAD:{branch}")
    try:
        there = copy.do("ls-remote", "origin", branch)
        if there.split()[:1] != [copy.do("rev-parse", "HEAD")]:
            raise NoAnswer(_("la branche poussée n'est pas sur le serveur"))
    finally:
        copy.do("push", "-q", "origin", f":{branch}")
    return True


def _usual_port(check: Check) -> int:
    return 22 if check.text("over") == "ssh" else 80


def _url(check: Check) -> str:
    scheme = "ssh" if check.text("over") == "ssh" else "http"
    port = check.number("port", _usual_port(check))
    who = f"{quote(check.login, safe='')}@" if check.login else ""
    return f"{scheme}://{who}{check.host}:{port}{check.text('repository')}"


def _environment(check: Check, hand: Hand) -> dict[str, str]:
    ours = {
        "GIT_CONFIG_GLOBAL": "/dev/null",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_TERMINAL_PROMPT": "0",
    }
    if check.text("over") != "ssh":
        return ours | (asked(check, hand) if check.login else {})
    options, environment = ssh_options(check, hand)
    return ours | environment | {"GIT_SSH_COMMAND": shlex.join(options)}


def _complain(verb: str, ran: Ran) -> None:
    if any(words in ran.err for words in DENIED):
        raise Denied(_("git %s : accès refusé") % verb)
    why = _("pas terminé à temps") if ran.timed_out else last_line(ran.err, ran.out)
    raise NoAnswer(f"git {verb} : {why}")
