"""An inventory with everything that a page of real equipment can show, and devices in memory."""

from labmgr.consoles.fake_devices import KEY
from labmgr.domain.devices import Answer
from labmgr.domain.passage import Passage
from labmgr.errors import DeviceSilent

DEVICES = """\
groups:
  salle: {user: labmgr, password: "store:salle", declared_by: "M. Durand, technicien", site: Lycée}
  cisco: {group: salle, driver: cisco_ios, nature: physical, baseline: acces}
places:
  A1: {title: Près de la fenêtre, wires: {salle: {interface: eth1, vlan: 101}}}
  A2: {}
  A3: {}
  A4: {}
devices:
  commutateur-1: {kind: switch, group: cisco, address: 192.0.2.11, place: A1, title: Cisco 2960}
  serveur-1:
    kind: server
    group: salle
    driver: ssh
    nature: virtual
    address: 192.0.2.31
    place: A1
    keep: {reseau: {command: ip address}}
  routeur-2:
    kind: router
    group: salle
    driver: frr
    nature: simulated
    address: 192.0.2.12
    place: A2
    baseline: routeur
  commutateur-3: {kind: switch, group: cisco, address: 192.0.2.13, place: A3}
  pare-feu: {kind: firewall, group: salle, driver: fortinet, nature: physical, address: 192.0.2.1}
terminals:
  pc-1: {kind: pc, group: salle, nature: physical, place: A1}
  tablette-1: {kind: tablet, group: salle, nature: physical, place: A1}
"""
ACCES = """\
hostname ${HOSTNAME}
vlan ${LAB_NO}
 name candidat-${CANDIDATE_NO}
interface GigabitEthernet0/2
 switchport access vlan ${LAB_NO}
 shutdown
"""
ROUTEUR = "hostname ${HOSTNAME}\n"
LEFT = """\
hostname intrus
enable secret 5 motdepasse-tres-secret
vlan 66
 name pirate
interface GigabitEthernet0/2
 no shutdown
 description oubli
end
"""
SECRET = "motdepasse-tres-secret"


def write_inventory(folder, devices=DEVICES):
    """Where `FileInventory` reads it."""
    (folder / "baselines").mkdir(parents=True, exist_ok=True)
    (folder / "devices.yaml").write_text(devices, encoding="utf-8")
    (folder / "baselines" / "acces").write_text(ACCES, encoding="utf-8")
    (folder / "baselines" / "routeur").write_text(ROUTEUR, encoding="utf-8")


def furnish(world, session="e6"):
    """Keys pinned but the firewall's; one candidate at each of three places; one switch silent."""
    store, devices = world.tools.store, world.tools.devices
    store.keep_secret("device-secret:salle", "secret-de-la-salle")
    for name in ("commutateur-1", "serveur-1", "routeur-2", "commutateur-3"):
        store.keep_secret(f"device-key:{name}", KEY)
    devices.running["commutateur-1"] = LEFT
    devices.running["serveur-1"] = "### reseau: ip address\n1: lo\n"
    devices.answers["commutateur-1"] = Answer("WS-C2960", "15.0(2)SE11", "Cisco IOS", "intrus")
    devices.trouble["commutateur-3"] = DeviceSilent(
        "commutateur-3 does not answer at 192.0.2.13:22 (no answer in time)",
        hint="Is it switched on and cabled, is SSH enabled, is the address right?",
    )
    seats = {"1": "A1", "2": "A2", "3": "A3"}
    known = {one.candidate: one for one in store.passages(session)}
    people = {one.number for one in store.candidates(session)}
    fresh = [
        Passage(session, number, place=place)
        for number, place in seats.items()
        if number in people and number not in known
    ]
    store.keep_passages(fresh, by="t")
    return world
