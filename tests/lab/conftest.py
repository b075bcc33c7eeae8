"""One SISR and one SLAM lab for all tests of this folder: building them is what costs."""

from __future__ import annotations

import threading
import time

import pytest

from labmgr.services.lab import labs
from tests import free
from tests.lab.clients import Visitor
from tests.lab.house import BY, House
from tests.lab.place import own_engine

TEMPLATES = {"sisr": "sisr-core", "slam": "slam-core"}


def pytest_collection_modifyitems(items):
    for item in items:
        if "tests/lab" in str(item.path):
            item.add_marker(pytest.mark.docker)


@pytest.fixture(scope="session")
def empty_house(tmp_path_factory):
    """Images there, worker at work, no lab yet."""
    settings = {
        "LABMGR_NET_BASE": free.net_base(8),
        "LABMGR_PORT_BASE": str(free.port_base()),
        "LABMGR_BUILD_DEADLINE": "400",
        "LABMGR_PARALLEL": "2",
        "LABMGR_NODE_DISK_MIB": "300",  # enough for any node here; a test writes more
    }
    house = House(tmp_path_factory.mktemp("home"), settings)
    try:
        house.build_images()
        with house.working():
            yield house
    finally:
        house.clean()


@pytest.fixture(scope="session")
def spare_engine(tmp_path_factory):
    """A private one, which a test may stop, for one module after the other."""
    with own_engine(tmp_path_factory.mktemp("engine")) as made:
        yield made


@pytest.fixture(scope="session")
def built(empty_house):
    """Both labs built by the worker; template to (lab, seconds until it was ready)."""
    house, begun = empty_house, time.monotonic()
    ids = {name: house.planned(name, template) for name, template in TEMPLATES.items()}
    jobs = labs.order_build(house.tools, list(ids.values()), by=BY)
    took = {}
    for job in jobs:
        house.wait(job)
        took[job.lab] = time.monotonic() - begun
    return {name: (lab, took[lab]) for name, lab in ids.items()}


@pytest.fixture(scope="session")
def house(empty_house, built):
    return empty_house


@pytest.fixture(scope="session")
def sisr(built):
    return built["sisr"][0]


@pytest.fixture(scope="session")
def slam(built):
    return built["slam"][0]


@pytest.fixture(params=list(TEMPLATES))
def each_lab(request, built):
    return built[request.param][0]


@pytest.fixture
def visitor(house, tmp_path):
    """Clients as a candidate has them, for one lab."""
    made = []

    def visit(lab):
        made.append(Visitor.of(house, lab, tmp_path))
        return made[-1]

    yield visit
    for one in made:
        one.leave()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """A failure shows the containers of its instance and their last words."""
    report = yield
    house = item.funcargs.get("house") or item.funcargs.get("empty_house")
    if report.failed and house:
        ours = {"label": f"labmgr.instance={house.instance}"}
        for box in house.docker.containers.list(all=True, filters=ours):
            words = box.logs(tail=15).decode(errors="replace")
            report.sections.append((f"{box.name} is {box.status}", words))
        names = [thread.name for thread in threading.enumerate()]
        report.sections.append(("threads", ", ".join(names)))
    return report
