"""gateway.json: what is refused before it can get into another program's file."""

from __future__ import annotations

import pytest
from labmgr_gateway import texts
from labmgr_gateway.config import BadConfig, parse


def put(document, path, value):
    *way, last = path
    for key in way:
        document = document[key]
    document[last] = value


@pytest.mark.parametrize(
    ("path", "value", "why"),
    [
        (("front",), "10.101.255.1/28", "front"),
        (("domain",), "lab.lan\nserver=8.8.8.8", "domain"),
        (("names", 0, "name"), "srv evil", r"names\[0\].name"),
        (("names", 0, "address"), "srv", r"names\[0\].address"),
        (("forward", 0, "name"), "*", r"forward\[0\].name"),
        (("forward", 0, "port"), 0, r"forward\[0\].port"),
        (("forward", 0, "port"), "22", r"forward\[0\].port"),
        (("web", 0, "node"), "srv\n", r"web\[0\].node"),
        (("web", 0, "tls"), "yes", r"web\[0\].tls"),
        (("web", 0, "examiner_port"), 2222, "given twice: .2222"),
        (("ssh", "examiner", "login"), "candidat", "two logins"),
        (("ssh", "examiner", "login"), "root", "neither of them root"),
        (("ssh", "candidate", "password"), "a\nb", "password"),
        (("ssh",), [], "ssh must be an object"),
        (("web",), {}, "web must be a list"),
        (("host_key",), "", "host_key"),
    ],
)
def test_a_mistake_is_refused_with_its_place(document, path, value, why):
    put(document, path, value)
    with pytest.raises(BadConfig, match=why):
        parse(document)


def test_secrets_are_not_printed(document):
    shown = repr(parse(document))
    assert not [word for word in ("'one'", "'two'", "HOST KEY", "'KEY'") if word in shown]


def test_the_jump_host_opens_what_is_listed_and_nothing_else(document):
    text = texts.sshd(parse(document), "candidate", "10.101.255.2")
    lines = dict(line.split(" ", 1) for line in text.splitlines())
    assert lines["PermitOpen"] == "srv:22 srv.lab.lan:22 10.101.10.30:22"
    assert (lines["AllowUsers"], lines["ListenAddress"]) == ("candidat", "10.101.255.2:2222")


def test_with_nothing_listed_nothing_opens(document):
    document["forward"] = []
    assert "PermitOpen none\n" in texts.sshd(parse(document), "examiner", "10.101.255.2")


def test_each_audience_has_its_own_ports_on_the_front_address_only(document):
    config = parse(document)
    for who, port in (("candidate", 8000), ("examiner", 8001)):
        binds = [x for x in texts.haproxy(config, who, "10.101.255.2").splitlines() if "bind " in x]
        assert [line.split()[1] for line in binds] == [f"10.101.255.2:{port}"]


def test_names_are_short_and_full(document):
    assert texts.hosts(parse(document)) == "10.101.10.30 srv srv.lab.lan\n"
