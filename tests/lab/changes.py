"""What a candidate does in an hour, through the front door, and how one sees it is gone."""

from __future__ import annotations

import itertools
import json
from dataclasses import dataclass

from tests.lab.clients import Visitor

MARK = "essai-du-candidat"
PERSON = f"""dn: uid={MARK},ou=personnes,dc=lab,dc=lan
objectClass: inetOrgPerson
uid: {MARK}
cn: Essai
sn: Essai
"""
BASE = "ou=personnes,dc=lab,dc=lan"
ADMIN = "cn=admin,dc=lab,dc=lan"


@dataclass
class Work:
    """One candidate's changes in one lab; `server` is the node with a home to work in."""

    me: Visitor
    server: str
    database: str  # its client: mariadb or psql

    def do(self) -> None:
        self.me.ssh(self.server, f"echo {MARK} > ~/notes.txt")
        self.sql(f"INSERT INTO categories (nom) VALUES ('{MARK}')")
        self.ldap("ldapadd", say=PERSON)
        self.push()
        self.open_ticket()
        self.watch_a_host()

    def seen(self) -> dict[str, bool]:
        """Which of the changes are there."""
        return {
            "file": MARK in self.me.ssh(self.server, "cat ~/notes.txt 2>/dev/null || true"),
            "row": self.sql(f"SELECT COUNT(*) FROM categories WHERE nom = '{MARK}'").strip() != "0",
            "entry": MARK in self.ldap("ldapsearch", "-LLL", "-b", BASE, f"(uid={MARK})"),
            "commit": MARK in self.me.git("ls-remote", self.remote),
            "ticket": MARK in self.me.page(f"{self.forge}issues.json?limit=100", *self.who),
            "host": bool(self.zabbix("host.get", {"filter": {"host": [MARK]}})),
        }

    def sql(self, words: str) -> str:
        if self.database == "mariadb":
            with self.me.tunnel("db", 3306) as port:
                client = ("mariadb", "-h127.0.0.1", "-P", port, "-uadmin", "-N", "boutique")
                return self.me.good(*client, "-e", words, MYSQL_PWD=self.me.password("db", "admin"))
        with self.me.tunnel("db", 5432) as port:
            client = ("psql", "-h", "127.0.0.1", "-p", port, "-U", "admin", "-d", "boutique", "-At")
            return self.me.good(*client, "-c", words, PGPASSWORD=self.me.password("db", "admin"))

    def ldap(self, client: str, *more: str, say: str = "") -> str:
        with self.me.tunnel("auth", 389) as port:
            login = ("-D", ADMIN, "-w", self.me.password("auth", "admin"))
            url = f"ldap://127.0.0.1:{port}"
            return self.me.good(client, "-x", "-H", url, *login, *more, say=say)

    @property
    def remote(self) -> str:
        return "etudiant@forge:/srv/git/intranet.git"

    def push(self) -> None:
        where = f"work-{next(COUNT)}"
        self.me.git("clone", "-q", self.remote, where)
        self.me.git("commit", "-q", "--allow-empty", "-m", MARK, where=where)
        self.me.git("push", "-q", "origin", f"HEAD:{MARK}", where=where)

    @property
    def forge(self) -> str:
        return self.me.link("forge", "redmine")

    @property
    def who(self) -> tuple[str, str]:
        return "-u", f"etudiant:{self.me.password('forge', 'etudiant')}"

    def open_ticket(self) -> None:
        body = {"issue": {"project_id": "intranet", "subject": MARK}}
        self.me.api(f"{self.forge}issues.json", body, *self.who)

    def watch_a_host(self) -> None:
        group = self.zabbix("hostgroup.get", {"limit": 1})[0]["groupid"]
        self.zabbix("host.create", {"host": MARK, "groups": [{"groupid": group}]})

    def zabbix(self, method: str, params: object) -> object:
        login = {"username": "Admin", "password": self.me.password("sup", "admin")}
        token = self._ask("user.login", login, None)
        return self._ask(method, params, token)

    def _ask(self, method: str, params: object, token: object) -> object:
        url = f"{self.me.link('sup', 'zabbix')}api_jsonrpc.php"
        body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params, "auth": token}
        said = self.me.api(url, body)
        assert "result" in said, json.dumps(said)
        return said["result"]


COUNT = itertools.count()
