"""In through the front door with real clients, and out within a second; the lab runs on."""

from __future__ import annotations

import contextlib
import http.client
import time

import pytest

from labmgr.domain.repair import Seen
from labmgr.services.lab import doors
from tests.lab.clients import answers, wait_for
from tests.lab.house import BY

CUT = 1.0  # second


def push_a_commit(visitor, remote, where, branch=None):
    visitor.git("clone", "-q", remote, where)
    (visitor.folder / where / "essai.txt").write_text(f"par {where}\n")
    visitor.git("add", "essai.txt", where=where)
    visitor.git("commit", "-q", "-m", "Un essai", where=where)
    visitor.git("push", "-q", "origin", f"HEAD:essai-{where}", where=where)
    assert f"essai-{where}" in visitor.git("ls-remote", "origin", where=where)


def test_the_doors_of_a_sisr_lab(house, sisr, visitor):
    me = visitor(sisr)
    assert not me.gets_in(), "the lab is not open yet"
    with house.opened(sisr):
        assert me.ssh("srv", "hostname").strip() == "srv"
        root = me.ssh("srv", "sudo", "-S", "-p", "''", "systemctl", "restart", "cron",
                      say=me.password("srv", "etudiant") + "\n")  # fmt: skip
        assert root == ""
        assert me.ssh("srv", "systemctl", "is-system-running").strip() == "running"
        assert "started" in me.ssh("alp", "rc-service", "web", "status")
        with me.tunnel("db", 3306) as port:
            sql = "SELECT COUNT(*) FROM boutique.clients"
            said = me.good("mariadb", "-h127.0.0.1", "-P", port, "-uadmin", "-N", "-e", sql,
                           MYSQL_PWD=me.password("db", "admin"))  # fmt: skip
            assert int(said) >= 20
        with me.tunnel("auth", 389) as port:
            ask_the_directory(me, port)
        see_the_pages(me)
        use_git_both_ways(me)


def test_the_doors_of_a_slam_lab(house, slam, visitor):
    me = visitor(slam)
    assert not me.gets_in()
    with house.opened(slam):
        assert me.ssh("dev", "phpunit --version").startswith("PHPUnit")
        assert "started" in me.ssh("app", "rc-service", "boutique", "status")
        with me.tunnel("db", 5432) as port:
            ask = ("-h", "127.0.0.1", "-p", port, "-U", "application", "-d", "boutique", "-At")
            said = me.good("psql", *ask, "-c", "SELECT COUNT(*) FROM clients",
                           PGPASSWORD=me.password("db", "application"))  # fmt: skip
            assert int(said) >= 20
        with me.tunnel("auth", 389) as port:
            ask_the_directory(me, port)
        assert me.page(me.link("app", "boutique") + "api/clients").endswith("\n200")
        see_the_pages(me)
        use_git_both_ways(me)


def ask_the_directory(me, port):
    base = "ou=personnes,dc=lab,dc=lan"
    who = ("-D", "cn=admin,dc=lab,dc=lan", "-w", me.password("auth", "admin"))
    url = f"ldap://127.0.0.1:{port}"
    assert me.good("ldapsearch", "-x", "-LLL", "-H", url, *who, "-b", base).count("dn: uid=") >= 10


def see_the_pages(me):
    assert "Redmine" in me.page(me.link("forge", "redmine"))
    assert "Zabbix" in me.page(me.link("sup", "zabbix"))
    stranger = me.call("curl", "-sS", "-m", "20", me.link("forge", "redmine"))
    assert "certificate" in stranger.stderr, "the centre's CA is nobody else's"


def use_git_both_ways(me):
    front = me.link("forge", "redmine").removeprefix("https://").rstrip("/")
    by_http = f"https://etudiant:{me.password('forge', 'etudiant')}@{front}/git/intranet.git"
    push_a_commit(me, by_http, "http")
    push_a_commit(me, "etudiant@forge:/srv/git/intranet.git", "ssh")


def test_nobody_gets_in_with_another_labs_passwords(house, sisr, slam, visitor):
    me, other = visitor(sisr), visitor(slam)
    with house.opened(slam):
        assert other.gets_in()
        other.folder.joinpath("passwords.json").write_text(
            me.folder.joinpath("passwords.json").read_text()
        )
        assert not other.gets_in()


def test_the_jump_host_forwards_to_listed_endpoints_only(house, sisr, slam, visitor):
    me = visitor(sisr)
    net = house.plan(slam).node("db").addresses["lan"]
    with house.opened(sisr):
        for target in ("127.0.0.1:22", "db:10050", f"{net}:22", "172.17.0.1:22"):
            host, port = me.jump.rsplit(":", 1)
            config = ("ssh", "-F", str(me.folder / "config"), "-p", port)
            done = me.call(*config, "-W", target, host)
            assert done.returncode != 0, target
            assert "SSH-2.0" not in done.stdout, target
        host, port = me.jump.rsplit(":", 1)
        shell = me.call("ssh", "-F", str(me.folder / "config"), "-p", port, host, "id")
        assert "uid=" not in shell.stdout


def test_closing_cuts_everything_that_lives_within_a_second(house, sisr, visitor):
    me = visitor(sisr)
    for _ in range(3):  # a busy machine may be late once, not each time
        allowed = max(CUT, 8 * seconds_of_a_call(house, sisr))
        house.open(sisr)
        lived = lived_on(house, sisr, me)
        assert not me.gets_in()
        assert not answers(me.access.jump_port) or not me.gets_in()
        with pytest.raises((OSError, http.client.HTTPException)):
            me.https(me.link("forge", "redmine"))
        assert set(house.tools.engine.look(sisr).values()) == {Seen.RUNNING}
        assert house.run(sisr, "srv", "systemctl", "is-system-running") == "running"
        if max(lived.values()) <= allowed:
            return
    pytest.fail(f"after the order was begun they lived on for {lived} s")


def seconds_of_a_call(house, lab):
    """How fast this engine is at this moment, by the least that it can be asked to do."""
    begun = time.monotonic()
    house.container(lab, "gateway").exec_run(["true"])
    return time.monotonic() - begun


def lived_on(house, lab, me):
    """Seconds from the instant at which the worker took up the order to close."""
    shell = me.starts("ssh", "-F", str(me.folder / "config"), "-J", me.jump, "etudiant@srv", "cat")
    shell.stdin.write("still here\n")
    shell.stdin.flush()
    assert shell.stdout.readline() == "still here\n"
    with contextlib.closing(me.https(me.link("forge", "redmine"))) as page:
        job = doors.order_close(house.tools, lab, by=BY)
        ordered = time.monotonic()
        assert wait_for(lambda: shell.poll() is not None) is True
        ssh_cut = time.monotonic() - ordered
        page.sock.settimeout(120)
        with contextlib.suppress(ConnectionError, http.client.HTTPException):
            assert page.sock.recv(1) == b"", "the page's connection still lives"
        page_cut = time.monotonic() - ordered
    house.wait(job)
    begun = house.tools.store.job(job.id)
    waited = (begun.started - begun.ordered).total_seconds()
    return {"ssh": ssh_cut - waited, "page": page_cut - waited}
