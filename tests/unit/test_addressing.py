"""Numbers, ranges and ports of labs: no two ever meet, and a full house says so."""

from __future__ import annotations

from ipaddress import IPv4Network, ip_network

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from labmgr.domain.addressing import PORTS_PER_LAB, Ranges, collisions
from labmgr.errors import AddressTaken, BadSettings

BASES = st.one_of(
    st.builds("10.{}".format, st.integers(0, 254)),
    st.builds("172.{}".format, st.integers(16, 30)),
)
PORTS = st.integers(1024, 65535 - PORTS_PER_LAB)


@given(BASES, PORTS, st.data())
def test_two_labs_share_no_address_and_no_port(net, port, data):
    ranges = Ranges.read(net, port)
    numbers = st.integers(1, ranges.last)
    one, two = data.draw(numbers), data.draw(numbers)
    assume(one != two)
    first, second = (ip_network(f"{ranges.net_of(number)}.0.0/16") for number in (one, two))
    assert not first.overlaps(second)
    assert set(ranges.ports_of(one)).isdisjoint(ranges.ports_of(two))


@given(BASES, PORTS)
def test_every_number_up_to_the_last_has_real_addresses_and_ports(net, port):
    ranges = Ranges.read(net, port)
    for number in (1, ranges.last):
        IPv4Network(f"{ranges.net_of(number)}.0.0/16")
        ports = ranges.ports_of(number)
        assert len(ports) == PORTS_PER_LAB
        assert port <= ports[0] <= ports[-1] <= 65535


@given(BASES, PORTS)
def test_the_number_after_the_last_would_have_none(net, port):
    ranges = Ranges.read(net, port)
    beyond = ranges.last + 1
    octet = int(ranges.net_of(beyond).split(".")[1])
    assert octet > 255 or ranges.ports_of(beyond)[-1] > 65535


@given(st.sets(st.integers(1, 155)))
def test_the_lowest_free_number_is_taken(taken):
    ranges = Ranges.read("10.100", 20000)
    assume(len(taken) < ranges.last)
    number = ranges.free_number(taken)
    assert number not in taken
    assert set(range(1, number)) <= taken


def test_a_full_house_says_what_to_do():
    ranges = Ranges.read("10.250", 20000)
    with pytest.raises(AddressTaken, match=r"All 5 lab numbers above 10\.250") as full:
        ranges.free_number(range(1, 6))
    assert "labmgr session remove" in full.value.hint


@pytest.mark.parametrize(
    "net", ["", "10", "10.", "10.256", "10.1.2", "a.b", "8.8", "10.-1", "192.169", "10.1 "]
)
def test_a_base_that_is_no_private_range_is_refused(net):
    with pytest.raises(BadSettings, match="beginning of a private address range"):
        Ranges.read(net, 20000)


@pytest.mark.parametrize(("net", "port"), [("10.255", 20000), ("10.100", 65530), ("10.100", 80)])
def test_a_base_without_room_for_a_lab_is_refused(net, port):
    with pytest.raises(BadSettings, match="No lab fits"):
        Ranges.read(net, port)


NETWORKS = st.builds(
    lambda first, bits: str(IPv4Network((first, bits), strict=False)),
    st.integers(0, 2**32 - 1),
    st.integers(8, 32),
)


@given(NETWORKS, st.dictionaries(NETWORKS, st.just("somebody"), max_size=5))
def test_every_overlap_is_said_and_nothing_else(wanted, used):
    mine = IPv4Network(wanted)
    really = [net for net in used if IPv4Network(net).overlaps(mine)]
    said = collisions([wanted], used)
    assert len(said) == len(really)
    assert all(net in line and "somebody" in line for net, line in zip(really, said, strict=True))


def test_a_route_of_the_other_family_takes_nothing_away():
    assert collisions(["10.101.0.0/16"], {"fd00::/8": "route", "10.101.3.7/32": "vpn"}) == [
        "10.101.0.0/16 overlaps 10.101.3.7/32 (vpn)"
    ]
