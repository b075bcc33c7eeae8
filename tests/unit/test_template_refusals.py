"""Whatever a template gets wrong is named: file, line, key, reason and mend."""

from pathlib import Path

import pytest
from ruamel.yaml import YAML

from labmgr.domain.inventory import DeviceKind
from labmgr.domain.words import Audience
from labmgr.errors import BadFile
from labmgr.store.files import refusals
from labmgr.store.files.file_library import FileLibrary
from labmgr.store.files.french import french

GOOD = """\
x-labmgr:
  title: Essai
  option: SISR
  variables: {VLAN: {default: "10"}}
  #lab
services:
  web:
    build: ../_images/box
    networks: {lan: {ipv4_address: "${LAB_NET}.10.10"}}
    mem_limit: 64m
    #web
    x-labmgr:
      #block
      credentials:
        - {id: admin, login: admin, for: candidate}
        - {id: cle, login: admin, for: candidate, kind: ssh-key}
        #credentials
      endpoints:
        - {name: site, port: 80, protocol: http}
        #endpoints
      probes:
        - {tcp: {port: 80}}
        #probes
  db:
    build: {context: ../_images/box, args: {SIZE: small}}
    networks: {lan: {ipv4_address: "${LAB_NET}.10.20"}}
    mem_limit: 64m
    #db
    x-labmgr:
      credentials: [{id: base, login: app, for: candidate}]
      probes: [{tcp: {port: 3306}}]
networks:
  lan:
    internal: true
    ipam: {config: [{subnet: "${LAB_NET}.10.0/24"}]}
    #lan
  #networks
#top
"""

NET_9 = 'ipam: {config: [{subnet: "${LAB_NET}.9.0/24"}]}'
ROOM = "internal: true, x-labmgr: {wire: room}"
TWO_WIRES = f"a: {{{ROOM}, {NET_9}}}\n  b: {{{ROOM}, {NET_9.replace('.9.', '.8.')}}}"
WAN_GATEWAY = (
    'wan: {internal: true, ipam: {config: [{subnet: "${LAB_NET}.9.0/24", '
    'gateway: "${LAB_NET}.9.254"}]}}'
)
CATALOGUE = Path(refusals.__file__).with_name("french.yaml")

WEB, BLOCK = "services.web", "services.web.x-labmgr"
EXTERNALS = "x-labmgr.externals"


@pytest.fixture
def folder(tmp_path):
    box = tmp_path / "_images" / "box"
    box.mkdir(parents=True)
    (box / "Dockerfile").write_text("FROM scratch\n")
    (tmp_path / "lab").mkdir()
    return tmp_path


def problems(folder, text):
    data = text if isinstance(text, bytes) else text.encode()
    (folder / "lab" / "compose.yaml").write_bytes(data)
    with pytest.raises(BadFile) as trouble:
        FileLibrary(folder).read("lab")
    found = trouble.value.problems
    for one in found:
        assert one.what.fr != one.what, f"no French for: {one.what}"
        assert one.mend.fr != one.mend, f"no French for: {one.mend}"
    return found


def test_the_sample_itself_is_good(folder):
    (folder / "lab" / "compose.yaml").write_text(GOOD)
    template = FileLibrary(folder).read("lab")
    assert [node.name for node in template.nodes] == ["web", "db"]
    assert template.title.fr == template.title.en == "Essai"
    assert template.variables == {"VLAN": "10"}


def test_equipment_outside_the_engine_arrives_with_its_accounts(folder):
    lines = """\
  externals:
    core:
      title: {fr: Commutateur, en: Switch}
      kind: switch
      provides: [IIE-2.1-a]
      credentials:
        - {id: admin, login: etudiant, for: candidate}
        - {id: same, from: db.base}
    backup: {kind: server}
"""
    (folder / "lab" / "compose.yaml").write_text(GOOD.replace("  #lab\n", lines))
    template = FileLibrary(folder).read("lab")
    core, backup = template.externals
    assert (core.name, core.title.fr, core.kind) == ("core", "Commutateur", DeviceKind.SWITCH)
    assert core.provides == ("IIE-2.1-a",)
    assert (backup.title.en, backup.credentials) == ("backup", ())
    assert [node.name for node in template.nodes] == ["web", "db"]
    admin, same = core.credentials
    assert (admin.login, admin.audience) == ("etudiant", Audience.CANDIDATE)
    assert (same.login, same.source, same.audience) == ("app", "db.base", Audience.LABMGR)
    assert ("core", admin) in template.accounts


def test_an_account_of_an_external_that_cannot_be_read_is_no_second_fault(folder):
    line = "externals: {sw: {kind: hub, credentials: [{id: a, login: a, for: candidate}]}}"
    text = GOOD.replace("#lab\n", f"{line}\n").replace("#credentials\n", "- {id: b, from: sw.a}\n")
    assert [one.where for one in problems(folder, text)] == [f"{EXTERNALS}.sw.kind"]


CASES = [
    # (where in the sample, the line put there, key path, words of the reason, words of the mend)
    ("web", "privileged: true", f"{WEB}.privileged", "root in the node", "Leave it out"),
    ("web", 'ports: ["80:80"]', f"{WEB}.ports", "through its gateway", "endpoints:"),
    ("web", "network_mode: host", f"{WEB}.network_mode", "not its lab's", "under networks"),
    ("web", "restart: always", f"{WEB}.restart", "wakes the nodes itself", "Leave it out"),
    ("web", "devices: [/dev/kvm]", f"{WEB}.devices", "opens the host", "inventory"),
    ("web", "security_opt: [x]", f"{WEB}.security_opt", "confinement", "Leave it out"),
    ("web", "pid: host", f"{WEB}.pid", "opens the host", "Leave it out"),
    ("web", "ipc: host", f"{WEB}.ipc", "opens the host", "Leave it out"),
    ("web", "userns_mode: host", f"{WEB}.userns_mode", "opens the host", "Leave it out"),
    ("web", "env_file: .env", f"{WEB}.env_file", "environment", "x-labmgr.credentials"),
    ("web", 'extra_hosts: ["a:1.2.3.4"]', f"{WEB}.extra_hosts", "gateway answers", "hostname"),
    ("web", "container_name: web", f"{WEB}.container_name", "side by side", "hostname"),
    ("web", "init: true", f"{WEB}.init", "does not read", "init: systemd"),
    ("web", "healthcheck: {test: x}", f"{WEB}.healthcheck", "real clients", "probe"),
    ("web", "enviroment: {A: b}", f"{WEB}.enviroment", "not known", "environment?"),
    ("web", "volumes: [/srv:/srv]", f"{WEB}.volumes.1", "folder of the host", "volume"),
    ("web", "volumes: [./www:/srv]", f"{WEB}.volumes.1", "folder of the host", "volume"),
    (
        "web",
        "volumes: [{type: bind, source: /var/run/docker.sock, target: /x}]",
        f"{WEB}.volumes.1",
        "engine's socket",
        "volume",
    ),
    ("web", "volumes: [/srv]", f"{WEB}.volumes.1", "has no name", "name:/path"),
    ("web", "volumes: [data:/srv]", f"{WEB}.volumes.1", "not declared", "data: {}"),
    ("web", "tmpfs: /etc", f"{WEB}.tmpfs", "/etc/labmgr", "narrower"),
    ("web", "cap_add: [SYS_ADMIN]", f"{WEB}.cap_add.1", "can mount", "NET_ADMIN"),
    ("web", "cap_add: [CAP_SYS_MODULE]", f"{WEB}.cap_add.1", "kernel", "NET_ADMIN"),
    ("web", "cap_add: [sys_ptrace]", f"{WEB}.cap_add.1", "other processes", "NET_ADMIN"),
    ("web", "cap_add: [ALL]", f"{WEB}.cap_add.1", "every right", "NET_ADMIN"),
    ("web", "sysctls: {kernel.core_pattern: x}", f"{WEB}.sysctls", "not the node's", "net.ipv4"),
    ("web", "environment: {DB_PASSWORD: x}", f"{WEB}.environment.DB_PASSWORD", "secret", "accou"),
    ("web", "environment: [API_KEY=x]", f"{WEB}.environment.API_KEY", "secret", "credentials"),
    (
        "web",
        'environment: {URL: "pg://a:b@db/x"}',
        f"{WEB}.environment.URL",
        "secret",
        "credentials",
    ),
    ("web", "environment: {A: true}", f"{WEB}.environment.A", "true is not", "quotes"),
    ("web", "environment: {A: }", f"{WEB}.environment.A", "nothing is not", "quotes"),
    ("web", 'environment: {A: "${FOO}"}', f"{WEB}.environment.A", "FOO is unknown", "variables"),
    ("web", 'environment: {A: "$HOME"}', f"{WEB}.environment.A", "'$HOME'", "$$"),
    ("web", 'hostname: "h${LAB_NO}"', f"{WEB}.hostname", "host name", "small letters"),
    ("web", 'tmpfs: "/srv/${LAB_NO}"', f"{WEB}.tmpfs", "differs between", "fixed"),
    ("web", "hostname: db", "services.db", "already has a host db", "own name"),
    ("web", "depends_on: [mail]", f"{WEB}.depends_on.mail", "not a node", "web, db"),
    ("web", "depends_on: [web]", f"{WEB}.depends_on", "wait for each other", "Take one"),
    (
        "web",
        "depends_on: {db: {condition: service_healthy}}",
        f"{WEB}.depends_on.db.condition",
        "not known",
        "service_started",
    ),
    ("web", "image: nginx:1", f"{WEB}.image", "both image and build", "build"),
    ("web", "cpus: 0", f"{WEB}.cpus", "out of bounds", "limit is 0"),
    ("web", "pids_limit: many", f"{WEB}.pids_limit", "whole number", "digits"),
    ("web", "mem_reservation: lots", f"{WEB}.mem_reservation", "not a size", "256m"),
    ("web", 'command: "sh -c \'x"', f"{WEB}.command", "cannot be read", "quotation"),
    ("web", "mem_limit: 128m", f"{WEB}.mem_limit", "already on line 10", "Keep one"),
    ("block", "init: upstart", f"{BLOCK}.init", "'upstart'", "'systemd'"),
    ("block", "provides: [IIE-9]", f"{BLOCK}.provides.1", "no item IIE-9", "IIE-1.1-a"),
    ("block", "provides: [IIE-3.1-a]", f"{BLOCK}.provides.1", "belongs to SLAM", "SISR"),
    ("block", "provides: [IIE-1.1-h]", f"{BLOCK}.provides.1", "nothing that a node", "equipment"),
    (
        "credentials",
        "- {id: admin, login: x, for: candidate}",
        f"{BLOCK}.credentials.3.id",
        "there already, in entry 1",
        "own name",
    ),
    (
        "credentials",
        "- {id: x, login: x, for: all}",
        f"{BLOCK}.credentials.3.for",
        "'all'",
        "'candidate'",
    ),
    ("credentials", "- {id: x, login: x}", f"{BLOCK}.credentials.3", "nobody", "for: candidate"),
    (
        "credentials",
        "- {id: x, from: db.no}",
        f"{BLOCK}.credentials.3.from",
        "no account no",
        "base",
    ),
    ("credentials", "- {id: x, from: no}", f"{BLOCK}.credentials.3.from", "names no node", "db."),
    (
        "endpoints",
        "- {name: x, port: 80000, protocol: http}",
        f"{BLOCK}.endpoints.2.port",
        "out of bounds",
        "65535",
    ),
    (
        "endpoints",
        "- {name: site, port: 81, protocol: tcp}",
        f"{BLOCK}.endpoints.2.name",
        "entry 1",
        "own name",
    ),
    (
        "endpoints",
        "- {name: x, port: 22, protocol: ssh, as: zorro}",
        f"{BLOCK}.endpoints.2.as",
        "no account zorro",
        "admin, cle",
    ),
    ("probes", "- {ftp: {port: 21}}", f"{BLOCK}.probes.2.ftp", "not known", "tcp"),
    ("probes", "- {tcp: {port: 1, x: 1}}", f"{BLOCK}.probes.2.tcp.x", "not known", "port"),
    ("probes", "- {tcp: {}}", f"{BLOCK}.probes.2.tcp.port", "missing", "port"),
    ("probes", '- {tcp: {port: "22"}}', f"{BLOCK}.probes.2.tcp.port", "whole number", "quotes"),
    ("probes", "- {tcp: }", f"{BLOCK}.probes.2", "exactly one kind", "one line"),
    ("probes", "- {ssh: {as: zorro}}", f"{BLOCK}.probes.2.ssh.as", "no account zorro", "admin"),
    ("probes", "- {ssh: {as: db.x}}", f"{BLOCK}.probes.2.ssh.as", "db has no account", "base"),
    ("probes", "- {ldap: {bind: cle}}", f"{BLOCK}.probes.2.ldap.bind", "is a key", "password"),
    (
        "probes",
        "- {ldap: {bind: admin, password: wrong}}",
        f"{BLOCK}.probes.2.ldap",
        "expected to succeed",
        "expect: refused",
    ),
    (
        "probes",
        "- {tcp: {port: 1, from: x}}",
        f"{BLOCK}.probes.2.tcp.from",
        "not a node",
        "web, db",
    ),
    ("lan", "external: true", "networks.lan.external", "not theirs", "uplink"),
    ("lan", "driver: macvlan", "networks.lan.driver", "labmgr's own", "Leave it out"),
    (
        "networks",
        'wan: {internal: true, ipam: {config: [{subnet: "${LAB_NET}.10.0/24"}]}}',
        "networks.wan.ipam.config.1.subnet",
        "overlaps the network lan",
        "third octet",
    ),
    (
        "networks",
        "wan: {internal: true, ipam: {config: [{subnet: 192.168.1.0/24}]}}",
        "networks.wan.ipam.config.1.subnet",
        "same in every lab",
        "${LAB_NET}",
    ),
    (
        "networks",
        'wan: {internal: true, ipam: {config: [{subnet: "${LAB_NET}.0.0/16"}]}}',
        "networks.wan.ipam.config.1.subnet",
        "not a /24",
        "${LAB_NET}.10.0/24",
    ),
    (
        "networks",
        'wan: {ipam: {config: [{subnet: "${LAB_NET}.9.0/24"}]}}',
        "networks.wan",
        "nowhere outside",
        "internal: true",
    ),
    (
        "networks",
        WAN_GATEWAY,
        "networks.wan.ipam.config.1.gateway",
        "cannot be one",
        "first address",
    ),
    (
        "networks",
        f"wan: {{x-labmgr: {{uplink: true, wire: room}}, {NET_9}}}",
        "networks.wan.x-labmgr.wire",
        "no wire",
        "inside the lab",
    ),
    (
        "networks",
        f'wan: {{internal: true, x-labmgr: {{wire: "to a place"}}, {NET_9}}}',
        "networks.wan.x-labmgr.wire",
        "not a usable name",
        "32 letters",
    ),
    ("networks", TWO_WIRES, "networks.b.x-labmgr.wire", "already belongs to a", "another wire"),
    ("lab", "author: me", "x-labmgr.author", "not known", "title"),
    ("lab", "externals: {web: {kind: switch}}", f"{EXTERNALS}.web", "the node web", "own name"),
    ("lab", "externals: {gateway: {kind: router}}", f"{EXTERNALS}.gateway", "labmgr's", "another"),
    ("lab", "externals: {sw: {kind: hub}}", f"{EXTERNALS}.sw.kind", "'hub'", "switch"),
    ("lab", "externals: {sw: {}}", f"{EXTERNALS}.sw.kind", "missing", "kind"),
    (
        "lab",
        "externals: {Switch: {kind: switch}}",
        f"{EXTERNALS}.Switch",
        "usable",
        "small letters",
    ),
    (
        "lab",
        "externals: {sw: {kind: switch, address: 192.0.2.1}}",
        f"{EXTERNALS}.sw.address",
        "not known",
        "credentials",
    ),
    (
        "lab",
        "externals: {sw: {kind: switch, provides: [IIE-9.9]}}",
        f"{EXTERNALS}.sw.provides.1",
        "no item IIE-9.9",
        "IIE-1.1-a",
    ),
    (
        "lab",
        "externals: {sw: {kind: switch, title: 'Poste ${LAB_NO}'}}",
        f"{EXTERNALS}.sw.title",
        "differs between",
        "fixed value",
    ),
    (
        "lab",
        "externals: {sw: {kind: switch, credentials: [{id: admin, login: a}]}}",
        f"{EXTERNALS}.sw.credentials.1",
        "nobody is named",
        "for: candidate",
    ),
    (
        "lab",
        "externals: {sw: {kind: switch, credentials: [{id: admin, from: web.none}]}}",
        f"{EXTERNALS}.sw.credentials.1.from",
        "web has no account none",
        "admin, cle",
    ),
    (
        "lab",
        "externals: {s: {kind: router, credentials: [{id: a-b, from: a.b}, {id: A_b, from: a.b}]}}",
        f"{EXTERNALS}.s.credentials.2.id",
        "one variable in baselines",
        "own name",
    ),
    ("top", "secrets: {}", "secrets", "each candidate", "credentials"),
    ("top", "volumes: {data: {driver: nfs}}", "volumes.data.driver", "snapshot", "only its name"),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case[1])
def test_a_fault_is_named_with_line_key_reason_and_mend(folder, case):
    slot, line, where, what, mend = case
    text = GOOD.replace(f"#{slot}\n", f"{line} # HERE\n")
    found = problems(folder, text)
    here = [one for one in found if one.where == where and what in one.what]
    assert here, [str(one) for one in found]
    assert mend in here[0].mend
    assert here[0].file == "lab/compose.yaml"
    named = text.splitlines()[here[0].line - 1]
    assert "# HERE" in named or where == "services.db"


@pytest.mark.parametrize(
    ("old", "new", "where", "what"),
    [
        ("LAB_NET}.10.20", "LAB_NET}.10.10", "ipv4_address", "already the address of web"),
        ("LAB_NET}.10.20", "LAB_NET}.11.20", "ipv4_address", "outside the network lan"),
        ("LAB_NET}.10.20", "LAB_NET}.10.254", "ipv4_address", "labmgr's gateway"),
        ("LAB_NET}.10.20", "LAB_NET}.10.1", "ipv4_address", "network's gateway"),
        ("LAB_NET}.10.20", "LAB_NET}.10.0", "ipv4_address", "network's own"),
        ("LAB_NET}.10.20", "LAB_NET}.10.255", "ipv4_address", "broadcast"),
        ("LAB_NET}.10.20", "LAB_NET}.10.300", "ipv4_address", "not an IPv4 address"),
        ("${LAB_NET}.10.20", "10.101.10.20", "ipv4_address", "same in every lab"),
        ("args: {SIZE: small}", "args: {DB_PASS: x}", "args.DB_PASS", "secret"),
        ("args: {SIZE: small}", 'args: {A: "${LAB_NO}"}', "args.A", "differs between"),
        ("    mem_limit: 64m\n    #db", "    #db", "db.mem_limit", "missing"),
        ("context: ../_images/box", "context: ../_images/none", "context", "no recipe none"),
        ("context: ../_images/box", "context: ../../etc", "context", "not a recipe"),
        ('{lan: {ipv4_address: "${LAB_NET}.10.20"}}', "[lan]", "networks", "no address"),
        ("[{tcp: {port: 3306}}]", "[]", "probes", "nothing proves"),
        ("  db:\n", "  database-server:\n", "database-server", "not a usable name"),
        ("  db:\n", "  gateway:\n", "services.gateway", "labmgr's gateway"),
        ("  title: Essai\n", "", "x-labmgr.title", "missing"),
        ("  option: SISR\n", "  option: SLM\n", "x-labmgr.option", "'SLM'"),
    ],
)
def test_a_changed_line_is_found(folder, old, new, where, what):
    assert old in GOOD
    found = problems(folder, GOOD.replace(old, new))
    assert any(where in one.where and what in one.what and one.mend for one in found), found


def test_all_faults_come_at_once_in_the_order_of_their_lines(folder):
    text = GOOD.replace("#web\n", "privileged: true\n")
    text = text.replace("#probes\n", "- {ssh: {as: zorro}}\n")
    text = text.replace("LAB_NET}.10.20", "LAB_NET}.10.10").replace("#lan\n", "external: true\n")
    found = problems(folder, text)
    assert [one.where.rpartition(".")[2] for one in found] == [
        "privileged",
        "as",
        "ipv4_address",
        "external",
    ]
    assert sorted(one.line for one in found) == [one.line for one in found]


def test_too_many_web_pages_are_refused(folder):
    pages = "".join(f"        - {{name: p{n}, port: {90 + n}, protocol: http}}\n" for n in range(7))
    found = problems(folder, GOOD.replace("        #endpoints\n", pages))
    assert [one.where for one in found] == [f"{BLOCK}.endpoints.8"]
    assert "7 web pages" in found[0].what


def test_a_volume_belongs_to_one_node(folder):
    text = GOOD.replace("#web\n", "volumes: [data:/srv]\n").replace(
        "#db\n", "volumes: [data:/var/lib]\n"
    )
    found = problems(folder, text.replace("#top\n", "volumes: {data: }\n"))
    assert [one.what for one in found] == ["the volume data already belongs to web"]


def test_a_ring_of_dependencies_is_drawn(folder):
    text = GOOD.replace("#web\n", "depends_on: [db]\n").replace("#db\n", "depends_on: [web]\n")
    assert "→" in problems(folder, text)[0].what


@pytest.mark.parametrize("section", ["SERVICE", "NETWORK", "ATTACHMENT", "BUILD", "VOLUME", "TOP"])
def test_every_refused_key_has_its_reason_in_french(section):
    for key, (why, mend) in getattr(refusals, section).items():
        assert french(why), key
        assert french(mend), key


def test_words_inside_a_sentence_are_translated_too():
    assert french("the capability ALL is refused: it holds every right over the host") == (
        "le droit ALL est refusé : il donne tous les droits sur l'hôte"
    )
    assert french("no such sentence") == ""


def test_a_translation_keeps_every_word_that_stands_in_the_sentence():
    rows = YAML(typ="safe").load(CATALOGUE.read_text(encoding="utf-8"))
    assert all(english.count("{}") == text.count("{}") for english, text in rows.items())
