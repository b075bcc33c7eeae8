"""One candidate's lab from both core templates: every name, address and secret filled in."""

import itertools
import shlex
import subprocess
from dataclasses import replace
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path

import pytest

from labmgr.domain.addressing import Ranges
from labmgr.domain.exam import Candidate
from labmgr.domain.lab import Lab
from labmgr.domain.plan import Port
from labmgr.domain.planning import GatewaySecrets, checks_for, credentials_for, plan_lab
from labmgr.domain.ports import KeyPair
from labmgr.domain.probe import Expect, ProbeKind
from labmgr.domain.site import Site
from labmgr.domain.template import CredentialKind, ImageSpec
from labmgr.domain.words import Option
from labmgr.errors import BadInput
from labmgr.store.files.file_library import FileLibrary

SITE = Site("here", Ranges("10.100", 20000), lab_bind="192.168.7.1")
CANDIDATE = Candidate("june", "042", "Dupont", "Zoé", Option.SISR)
SECRETS = GatewaySecrets("in-c", "in-x", "HOST KEY", "CHAIN", "KEY")
CORES = ["sisr-core", "slam-core"]


@pytest.fixture(scope="module")
def library():
    return FileLibrary(Path(__file__).parents[2] / "lab_templates")


@pytest.fixture(params=CORES)
def template(request, library):
    return library.read(request.param)


def lab_of(template, number=3):
    return Lab("june-042-1", "june", "042", 1, number, template.name, template.hash)


def accounts(template, existing=()):
    count = itertools.count(1)
    return credentials_for(
        template,
        lab_of(template),
        list(existing),
        make_password=lambda: f"secret-{next(count)}",
        make_key_pair=lambda: KeyPair(f"private-{next(count)}", f"public-{next(count)}"),
    )


def plan_of(template, library=None, number=3, candidate=CANDIDATE):
    def tag(image):
        recipe = library.recipe(image) if library else None
        return recipe.tag if recipe else f"{image.recipe or image.reference}:test"

    return plan_lab(
        template,
        lab_of(template, number),
        candidate,
        accounts(template),
        site=SITE,
        image_tag=tag,
        gateway_image="labmgr/gateway:1",
        gateway=SECRETS,
    )


def checks_of(template, *, liveness=False):
    return checks_for(
        template, lab_of(template), CANDIDATE, accounts(template), site=SITE, liveness=liveness
    )


def test_every_address_lies_in_the_labs_own_range(template):
    plan = plan_of(template)
    room = IPv4Network("10.103.0.0/16")
    addresses = [text for node in plan.nodes for text in node.addresses.values()]
    assert len(set(addresses)) == len(addresses) == 6
    assert all(IPv4Address(one) in room for one in addresses)
    assert [net.subnet for net in plan.networks] == ["10.103.10.0/24"]


def test_two_labs_share_last_octets_and_nothing_else(template):
    one, two = plan_of(template, number=1), plan_of(template, number=2)
    for left, right in zip(one.nodes, two.nodes, strict=True):
        for net in left.addresses:
            assert left.addresses[net].split(".")[2:] == right.addresses[net].split(".")[2:]
            assert left.addresses[net] != right.addresses[net]
    assert not set(one.gateway.ports) & set(two.gateway.ports)


def test_labels_hold_numbers_and_the_state_of_the_template(template):
    plan = plan_of(template)
    assert (plan.lab, plan.session, plan.candidate, plan.number) == ("june-042-1", "june", "042", 3)
    assert plan.template == f"{template.name}@{template.hash}"
    assert "Dupont" not in repr(plan)


def test_images_are_tags_and_limits_arrive(template, library):
    plan = plan_of(template, library)
    for node, wanted in zip(plan.nodes, template.nodes, strict=True):
        assert node.image == library.recipe(wanted.image).tag
        assert (node.memory, node.reservation) == (wanted.memory, wanted.reservation)
        assert (node.init, node.pids, node.cpus) == (wanted.init, wanted.pids, wanted.cpus)


def test_the_gateway_offers_each_endpoint_and_a_pair_of_ports_for_each_page(template):
    gateway = plan_of(template).gateway
    endpoints = [(n.name, e) for n in template.nodes for e in n.endpoints]
    assert {(one.node, one.port) for one in gateway.forwards} == {(n, e.port) for n, e in endpoints}
    pages = [(node, one.name) for node, one in endpoints if one.is_web]
    assert [(web.node, web.endpoint) for web in gateway.webs] == pages
    assert gateway.candidate_ssh == 20032
    assert gateway.examiner_ssh == 20033
    used = [port for web in gateway.webs for port in (web.candidate_port, web.examiner_port)]
    assert used == list(range(20034, 20034 + 2 * len(pages)))
    assert gateway.addresses == {"lan": "10.103.10.254"}
    assert gateway.bind == "192.168.7.1"


def test_the_gateway_knows_every_node_by_its_host_name(template):
    plan = plan_of(template)
    for node in plan.nodes:
        assert plan.gateway.names[node.hostname] == node.addresses["lan"]


def test_secrets_are_not_shown_by_accident(template):
    shown = repr(plan_of(template)) + repr(checks_of(template)) + repr(accounts(template))
    assert "secret-" not in shown
    assert "private-" not in shown
    assert "HOST KEY" not in shown


def test_first_boot_files_are_those_that_images_read(template):
    credentials = {(one.node, one.id): one for one in accounts(template)}
    for node in plan_of(template).nodes:
        files = {one.path.removeprefix("/etc/labmgr/first-boot/"): one for one in node.first_boot}
        assert all(one.mode == 0o600 for one in files.values())
        assert files.keys() - {"lab.env"} == {
            f"credentials/{id_}/{name}"
            for (holder, id_), one in credentials.items()
            if holder == node.name
            for name in ("login", "key.pub" if one.kind is CredentialKind.SSH_KEY else "password")
        }
        for (holder, id_), one in credentials.items():
            if holder == node.name:
                assert files[f"credentials/{id_}/login"].content.decode() == one.login
        assert not any(b"private" in one.content for one in files.values())


def test_lab_env_is_read_by_a_shell_as_it_was_meant(library):
    template = replace(library.read("sisr-core"), variables={"MOTTO": "none"})
    candidate = replace(CANDIDATE, variables={"MOTTO": 'it\'s $HOME `id` "x"\\'})
    node = plan_of(template, candidate=candidate).node("srv")
    env = next(one for one in node.first_boot if one.path.endswith("/lab.env")).content.decode()
    names = ["LAB_NO", "LAB_NET", "LAB_DOMAIN", "CANDIDATE_NO", "NODE", "MOTTO"]
    show = "; ".join(f'printf "%s\\n" "${name}"' for name in names)
    done = subprocess.run(["sh", "-c", f"{env}{show}"], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == [
        "3",
        "10.103",
        "lab.lan",
        "042",
        "srv",
        'it\'s $HOME `id` "x"\\',
    ]
    assert shlex.split(env)


def test_each_account_has_a_secret_of_its_own_but_those_taken_over(library):
    made = accounts(library.read("slam-core"))
    by_id = {(one.node, one.id): one for one in made}
    assert by_id["app", "base"].secret == by_id["db", "application"].secret
    secrets = [one.secret for one in made if (one.node, one.id) != ("app", "base")]
    assert len(set(secrets)) == len(secrets)
    assert by_id["dev", "cle"].public.startswith("public-")
    assert by_id["dev", "cle"].kind is CredentialKind.SSH_KEY


def test_accounts_once_made_stay(template):
    first = accounts(template)
    assert accounts(template, first) == first
    kept = first[0]
    again = accounts(template, [replace(kept, secret="old")])
    assert again[0].secret == "old"
    assert len(again) == len(first)


def test_a_source_that_was_kept_is_what_a_new_account_takes_over(library):
    template = library.read("slam-core")
    kept = next(one for one in accounts(template) if (one.node, one.id) == ("db", "application"))
    again = {(c.node, c.id): c for c in accounts(template, [replace(kept, secret="kept")])}
    assert again["app", "base"].secret == "kept"


def test_checks_know_where_and_with_which_account(template):
    checks = checks_of(template)
    credentials = {(one.node, one.id): one for one in accounts(template)}
    assert len({check.id for check in checks}) == len(checks)
    assert len(checks) == sum(len(node.probes) for node in template.nodes)
    assert all(check.host.startswith("10.103.10.") for check in checks)
    directory = next(check for check in checks if check.id == "auth/1")
    assert directory.login == credentials["auth", "admin"].login
    assert directory.password == credentials["auth", "admin"].secret
    with_key = [check for check in checks if check.key]
    assert with_key
    assert all(check.password is None for check in with_key)


def test_a_wrong_password_is_nobodys(template):
    first, second = checks_of(template), checks_of(template)
    right = {one.secret for one in accounts(template)}
    wrong = [check for check in first if check.expect is Expect.REFUSED and check.login]
    assert wrong
    assert all(check.password and check.password not in right for check in wrong)
    again = {check.id: check.password for check in second}
    assert all(again[check.id] != check.password for check in wrong)


def test_liveness_asks_each_service_once_and_never_with_a_candidates_account(template):
    alive = checks_of(template, liveness=True)
    ours = {one.secret for one in accounts(template) if one.audience == "labmgr"}
    assert {check.node for check in alive} == {node.name for node in template.nodes}
    assert all(check.liveness and check.expect is Expect.SUCCESS for check in alive)
    assert all(check.password in ours for check in alive if check.password)
    assert all(not check.key for check in alive)
    services = [
        (check.node, check.kind, check.vantage, tuple(sorted(check.args.items())))
        for check in alive
    ]
    assert len(set(services)) == len(services)
    content = {"query", "run", "contains", "status", "prints", "base", "at_least", "push"}
    assert not any(content & check.args.keys() for check in alive)
    directory = next(check for check in alive if check.kind is ProbeKind.LDAP)
    assert directory.login.startswith("cn=labmgr")


def test_a_candidates_own_variable_reaches_addresses_and_probes(library):
    core = library.read("sisr-core")
    web = replace(
        core.node("srv"),
        addresses={"lan": "${LAB_NET}.${VLAN}.30"},
        environment={"VLAN": "${VLAN}", "PRICE": "5$$"},
        command=("serve", "${CANDIDATE_NO}"),
        credentials=(),
        probes=(replace(core.node("srv").probes[-1], args={"path": "/${VLAN}", "status": 200}),),
    )
    network = replace(
        core.networks[0], subnet="${LAB_NET}.${VLAN}.0/24", gateway="${LAB_NET}.${VLAN}.1"
    )
    template = replace(core, nodes=(web,), networks=(network,), variables={"VLAN": "10"})

    default = plan_of(template)
    assert default.node("srv").addresses == {"lan": "10.103.10.30"}
    own = plan_of(template, candidate=replace(CANDIDATE, variables={"VLAN": "66"}))
    assert own.node("srv").addresses == {"lan": "10.103.66.30"}
    assert own.node("srv").environment == {"VLAN": "66", "PRICE": "5$"}
    assert own.node("srv").command == ("serve", "042")
    assert own.networks[0].gateway == "10.103.66.1"
    assert own.gateway.addresses == {"lan": "10.103.66.254"}
    [check] = checks_of(template)
    assert check.args == {"path": "/10", "status": 200}


@pytest.mark.parametrize("vlan", ["300", "x", "10.0"])
def test_a_candidates_value_that_makes_no_address_is_refused_by_number(library, vlan):
    core = library.read("sisr-core")
    node = replace(core.node("srv"), addresses={"lan": "${LAB_NET}.${VLAN}.30"})
    template = replace(core, nodes=(node,), variables={"VLAN": "10"})
    with pytest.raises(BadInput, match="Candidate 042") as trouble:
        plan_of(template, candidate=replace(CANDIDATE, variables={"VLAN": vlan}))
    assert "columns" in trouble.value.hint


def test_a_foreign_image_without_accounts_gets_no_files(library):
    core = library.read("sisr-core")
    node = replace(
        core.node("srv"), image=ImageSpec(reference="nginx:1"), credentials=(), probes=()
    )
    plan = plan_of(replace(core, nodes=(node,)))
    assert plan.node("srv").first_boot == ()
    assert plan.node("srv").image == "nginx:1:test"


def test_an_uplink_gets_no_gateway_of_ours(library):
    core = library.read("sisr-core")
    wan = replace(core.networks[0], name="wan", subnet="${LAB_NET}.99.0/24", uplink=True)
    plan = plan_of(replace(core, networks=(*core.networks, wan)))
    assert list(plan.gateway.addresses) == ["lan"]
    assert [net.uplink for net in plan.networks] == [False, True]


def test_a_wire_is_a_word_until_a_place_gives_it_its_port(library):
    core = library.read("sisr-core")
    room = replace(core.networks[0], name="room", subnet="${LAB_NET}.99.0/24", wire="poste")
    plan = plan_of(replace(core, networks=(*core.networks, room)))
    assert [net.wire for net in plan.networks] == ["", "poste"]
    assert plan.ports == ()
    port = Port("A1", "poste", "eth1", 20)
    wired = plan.plugged({"poste": port, "other": replace(port, interface="eth2")})
    assert [net.port for net in wired.networks] == [None, port]
    assert wired.plugged({}) == plan


def test_planning_is_pure(library):
    template = library.read("sisr-core")
    assert plan_of(template, library) == plan_of(template, library)
