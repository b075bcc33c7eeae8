"""The engines' decisions and translations, without an engine."""

from __future__ import annotations

import errno
import io
import ipaddress
import json
import tarfile

import pytest
import requests
from docker.errors import APIError, DockerException, ImageNotFound
from requests import Response

from labmgr.domain.plan import Port, SecretFile
from labmgr.engines import (
    archive,
    doorbell,
    gateway,
    host,
    last_words,
    naming,
    parallel,
    root_image,
)
from labmgr.engines.naming import Bridge, Names
from labmgr.engines.prober import words_of
from labmgr.engines.reach import is_alive, owner
from labmgr.engines.systemd import Way, how_systemd
from labmgr.engines.translate import in_our_words
from labmgr.engines.wires import Asked, judged
from labmgr.errors import (
    AddressTaken,
    DiskFull,
    EngineError,
    EngineUnreachable,
    ImageMissing,
    LabmgrError,
    NoSafeInit,
    NotFound,
)
from tests.engine.bench import Bench

V2 = {"CgroupVersion": "2", "CgroupDriver": "systemd", "MemoryLimit": True, "PidsLimit": True}
V1 = {"CgroupVersion": "1", "CgroupDriver": "cgroupfs", "ServerVersion": "20.10.24+dfsg1"}
SLICE = f"labmgr-{naming.fingerprint('n')}"


def said(words: str, kind: type[APIError] = APIError) -> APIError:
    return kind("500 Server Error", Response(), words)


@pytest.mark.parametrize(
    ("thrown", "ours", "naming_it"),
    [
        (said("No such image: labmgr/x:1", ImageNotFound), ImageMissing, "labmgr/x:1"),
        (said("write /var/lib/docker/x: no space left on device"), DiskFull, "No space"),
        (said("mkdir: disk quota exceeded"), DiskFull, "No space"),
        (OSError(errno.ENOSPC, "No space left on device"), DiskFull, "No space"),
        (said("Pool overlaps with other one on this address space"), AddressTaken, "overlaps"),
        (said("Address already in use"), AddressTaken, "already in use"),
        (
            said("Bind for 127.0.0.1:20000 failed: port is already allocated"),
            AddressTaken,
            "127.0.0.1:20000",
        ),
        (
            said("listen tcp4 0.0.0.0:80: bind: address already in use"),
            AddressTaken,
            "0.0.0.0:80",
        ),
        (said("something else"), EngineError, "something else"),
        (DockerException("no socket"), EngineUnreachable, "does not answer"),
        (requests.ConnectionError("gone"), EngineUnreachable, "does not answer"),
        (requests.ReadTimeout("slow"), EngineUnreachable, "does not answer"),
        (ConnectionResetError("gone"), EngineUnreachable, "does not answer"),
    ],
)
def test_each_foreign_error_becomes_one_of_ours_with_its_cause(thrown, ours, naming_it):
    with pytest.raises(LabmgrError, match=naming_it) as trouble, in_our_words("here"):
        raise thrown
    assert type(trouble.value) is ours
    assert trouble.value.__cause__ is thrown
    assert trouble.value.hint


def test_errors_of_our_own_pass_untouched():
    with pytest.raises(NotFound), in_our_words("here"):
        raise NotFound("no such lab")


def test_on_cgroup_v1_a_node_sees_only_its_part_of_the_named_hierarchy():
    way = how_systemd(V1).checked()
    assert way.way is Way.NAMED
    assert way.host_config("labmgr-i-l-n") == {
        "CgroupParent": "/labmgr/labmgr-i-l-n",
        "CgroupnsMode": "private",
        "Binds": ["/sys/fs/cgroup/systemd/labmgr/labmgr-i-l-n:/sys/fs/cgroup/systemd:rw"],
    }


def test_on_cgroup_v2_a_new_engine_gives_writable_cgroups():
    way = how_systemd({**V2, "ServerVersion": "28.0.1"}).checked()
    assert way.way is Way.WRITABLE
    assert way.host_config("n") == {
        "CgroupParent": f"{SLICE}.slice",
        "CgroupnsMode": "private",
        "SecurityOpt": ["writable-cgroups=true"],
    }


@pytest.mark.parametrize(
    ("driver", "group", "parent", "inner"),
    [
        ("cgroupfs", "labmgr/n", "/labmgr/n/node", "node"),
        ("systemd", f"labmgr.slice/{SLICE}.slice", f"{SLICE}-node.slice", f"{SLICE}-node.slice"),
    ],
)
def test_on_cgroup_v2_an_older_engine_gives_a_node_a_group_below_the_one_that_holds_it(
    driver, group, parent, inner
):
    way = how_systemd({**V2, "CgroupDriver": driver, "ServerVersion": "20.10.24"}).checked()
    assert way.way is Way.PARENT
    assert way.group("n") == group
    path = f"/sys/fs/cgroup/{group}/{inner}"
    assert way.host_config("n") == {
        "CgroupParent": parent,
        "CgroupnsMode": "host",
        "Binds": [f"{path}:{path}:rw"],
    }


@pytest.mark.parametrize(
    ("info", "named", "mend"),
    [
        ({**V2, "ServerVersion": "27.5.1", "MemoryLimit": False}, True, "cgroup_enable=memory"),
        ({**V2, "ServerVersion": "27.5.1", "PidsLimit": False}, True, "Docker Engine 28"),
        ({**V2, "ServerVersion": "29.0", "SecurityOptions": ["name=rootless"]}, True, "system's"),
        ({**V1, "CgroupDriver": "systemd"}, True, "native.cgroupdriver=cgroupfs"),
        (V1, False, "/sys/fs/cgroup/systemd"),
    ],
)
def test_where_no_way_is_safe_it_is_refused_with_the_mend(info, named, mend):
    way = how_systemd(info, named_hierarchy=named)
    assert way.words == ""
    with pytest.raises(NoSafeInit) as trouble:
        way.checked()
    assert mend in trouble.value.hint


def test_names_fit_and_stay_apart():
    names = Names("abcde")
    assert names.thing("s-1-1", "web") == "labmgr-abcde-s-1-1-web"
    long = [
        names.thing("session-of-twenty-ch-candidate-of-twenty-c-1", f"node{n}" * 5) for n in "ab"
    ]
    assert all(len(name) == 63 for name in long)
    assert long[0] != long[1]
    bridges = {names.bridge(kind, "s-1-1", "lan") for kind in Bridge}
    assert all(len(name) == 15 for name in bridges)
    assert {name[:3] for name in bridges} == {"lmi", "lmu", "lmf"}
    assert names.bridge(Bridge.LAB, "a", "n") != Names("other").bridge(Bridge.LAB, "a", "n")
    assert len(names.tag("s" * 100, "n" * 60)) == 128


def test_a_mac_follows_from_the_address():
    assert naming.mac("10.101.10.30") == "02:42:0a:65:0a:1e"


def test_secret_files_are_roots_alone_and_leave_the_systems_folders_as_they_are():
    file = SecretFile("/etc/labmgr/first-boot/credentials/a/password", b"secret")
    with tarfile.open(fileobj=io.BytesIO(archive.of_secrets([file]))) as tar:
        modes = {entry.name: (entry.mode, entry.uid, entry.isdir()) for entry in tar}
    assert modes == {
        "etc/labmgr": (0o700, 0, True),
        "etc/labmgr/first-boot": (0o700, 0, True),
        "etc/labmgr/first-boot/credentials": (0o700, 0, True),
        "etc/labmgr/first-boot/credentials/a": (0o700, 0, True),
        "etc/labmgr/first-boot/credentials/a/password": (0o600, 0, False),
    }


def test_the_proof_of_an_archive_is_its_first_whole_file():
    held = archive.of_secrets(
        [SecretFile("/etc/labmgr/x", b"1"), SecretFile("/etc/labmgr/y", b"2")]
    )
    pieces = [held[start : start + 100] for start in range(0, len(held), 100)]
    assert archive.proof(pieces) == "etc/labmgr/x"
    cut = archive.of_secrets([SecretFile("/etc/labmgr/x", b"1" * 2000)])[: 512 + 512 + 100]
    with pytest.raises(tarfile.TarError):
        archive.proof([cut])
    with pytest.raises(tarfile.TarError):
        archive.proof([b"this is no archive" * 100])


def test_routes_and_listeners_of_the_host_are_read_with_their_owners():
    table = (
        "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT\n"
        "eth0\t00000000\t010200C0\t0003\t0\t0\t0\t00000000\t0\t0\t0\n"
        "eth0\t000200C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n"
        "tun0\t0000650A\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0\n"
    )
    assert host.routes(table) == {
        "192.0.2.0/24": "route via eth0",
        "10.101.0.0/16": "route via tun0",
    }
    listeners = (
        "  sl  local_address rem_address   st\n"
        "   0: 0100007F:1F40 00000000:0000 0A\n"
        "   1: 0100007F:1F41 0100007F:9999 01\n"
    )
    assert host.listening(listeners) == {8000: "a program of the host, listening on 127.0.0.1"}
    six = "h\n 0: 00000000000000000000000001000000:0050 00000000000000000000000000000000:0000 0A\n"
    assert host.listening(six) == {80: "a program of the host, listening on ::1"}
    assert host.memory_free("MemTotal: 9 kB\nMemAvailable:    1024 kB\n") == 1 << 20


def test_mirrors_are_those_of_the_host_for_the_suite_alone():
    one_line = (
        "# a mirror\ndeb [signed-by=/k] http://m/debian bookworm main contrib\ndeb http://x y z\n"
    )
    stanzas = (
        "Types: deb\nURIs: http://d/debian\nSuites: bookworm bookworm-updates\nComponents: main\n\n"
        "# old\nTypes: deb\nURIs: http://s\nSuites: bookworm-security\nEnabled: no\n\n"
        "Types: deb deb-src\nURIs: http://n\nSuites: nodistro\nComponents: main\n"
    )
    assert root_image.mirrors([one_line, stanzas], "bookworm") == [
        "deb http://m/debian bookworm main contrib",
        "deb http://d/debian bookworm main",
        "deb http://d/debian bookworm-updates main",
    ]
    assert root_image.mirrors([stanzas], "trixie") == []


def test_gateway_json_says_what_the_plan_says():
    plan = Bench(None, "i", "g", ("CERT", "KEY", "HOST")).plan()
    document = gateway.document(plan)
    json.dumps(document)
    front = ipaddress.ip_network(document["front"])
    assert not any(front.overlaps(ipaddress.ip_network(net.subnet)) for net in plan.networks)
    assert document["ssh"]["candidate"]["port"] == 20000
    assert document["forward"] == [{"name": "web", "address": "10.101.10.10", "port": 80}]
    assert document["web"][0]["examiner_port"] == 20003
    assert (document["tls"], document["host_key"]) == (
        {"certificate": "CERT", "key": "KEY"},
        "HOST",
    )


BRIDGE = "lmi0123456789ab"
WHOLE, VLAN = Port("A", "baie", "eth1"), Port("A", "baie", "eth1", 42)
END = f"{BRIDGE} veth0a1b2c3 1"


@pytest.mark.parametrize(
    ("port", "lines", "right", "said"),
    [
        (WHOLE, [f"{BRIDGE} eth1 1", END], True, "eth1: the cable is alive"),
        (WHOLE, [f"{BRIDGE} eth1 0", END], True, "nothing answers"),
        (WHOLE, [END], False, "eth1 is not in the bridge"),
        (WHOLE, [f"{BRIDGE} eth1 1"], False, "0 nodes' ends are in the bridge, of 1"),
        (WHOLE, [f"{BRIDGE} eth1 1", END, f"{BRIDGE} eth2 1"], False, "eth2 is in the bridge too"),
        (WHOLE, [f"{BRIDGE} eth1 1", END, END.replace("0a1", "0f1")], False, "2 nodes' ends"),
        (VLAN, [f"{BRIDGE} lmv0123456789ab 1 eth1 42", END], True, "eth1, VLAN 42: the cable"),
        (VLAN, [f"{BRIDGE} lmv0123456789ab 1 eth1 43", END], False, "VLAN 42 is not in the bridge"),
        (VLAN, [f"{BRIDGE} eth1 1", END], False, "VLAN 42 is not in the bridge"),
    ],
)
def test_what_is_in_a_bridge_is_held_against_the_plan(port, lines, right, said):
    seen = [line.split() for line in (f"{BRIDGE} - 0", "lmiffffffffffff eth1 1", *lines)]
    found = judged(Asked("e6-1-1", "lan", port, BRIDGE), seen, 1)
    assert (found.right, found.lab, found.port) == (right, "e6-1-1", port)
    assert said in found.seen


def test_a_bridge_that_is_gone_is_said():
    found = judged(Asked("e6-1-1", "lan", WHOLE, BRIDGE), [], 1)
    assert not found.right
    assert f"{BRIDGE} is not on the host" in found.seen


def test_the_hosts_interfaces_are_read_with_names_that_have_dots():
    table = "Inter-|   Receive\n face |bytes\n    lo: 1 2 3\neth1.20: 4 5 6\n"
    assert host.interfaces(table) == {"lo", "eth1.20"}


def test_this_process_is_alive_and_one_of_its_number_before_it_is_not():
    number, _, start = owner().partition("-")
    assert is_alive(owner())
    assert not is_alive(f"{number}-{int(start) - 1}")
    assert not is_alive("")


def test_all_orders_are_finished_before_a_failure_is_raised():
    done = []

    def work(number: int) -> int:
        if number == 1:
            raise NotFound("one")
        done.append(number)
        return number * 2

    with pytest.raises(NotFound):
        parallel.each(work, [1, 2, 3])
    assert sorted(done) == [2, 3]
    assert parallel.each(work, [5, 4]) == [10, 8]
    assert parallel.each(work, []) == []


def test_nobody_at_the_door_is_heard_at_once():
    assert not doorbell.answers("127.0.0.1", 1)
    assert doorbell.goes_quiet("0.0.0.0", [1, 2], patience=0.1)


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ({"Status": "running", "ExitCode": 0}, "running"),
        ({"Status": "exited", "ExitCode": 3}, "exited, exit code 3"),
        (
            {"Status": "exited", "ExitCode": 137, "OOMKilled": True},
            "ended for using more memory than its limit",
        ),
        (
            {"Status": "created", "ExitCode": 127, "Error": "no such file"},
            "created, exit code 127: no such file",
        ),
    ],
)
def test_how_a_node_stands_is_said_in_a_few_words(state, words):
    assert last_words.words_of(state) == words


def test_a_red_probe_always_says_something():
    assert words_of({"evidence": "port 80", "green": False}) == "port 80"
    assert words_of({"evidence": "", "green": False}) == "the client ended without a word"
    assert words_of({"evidence": "", "green": True}) == ""
