"""The ports: what services ask of the world, in words; drivers implement them.

Promises common to all: saying a verb twice equals saying it once, and every failure leaves as
one of labmgr's own errors.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Protocol

from labmgr.domain.books import Store
from labmgr.domain.clock import Moment
from labmgr.domain.daysheet import Line
from labmgr.domain.devices import Configs, Devices, Inventory
from labmgr.domain.exam import ExamSession
from labmgr.domain.people import Slip
from labmgr.domain.plan import LabPlan, Wired
from labmgr.domain.probe import Check, Finding
from labmgr.domain.recette import Recette
from labmgr.domain.record import DayRecord, PassageRecord, Sheet
from labmgr.domain.repair import Seen
from labmgr.domain.site import HostFacts, Site
from labmgr.domain.snapshot import Part
from labmgr.domain.template import ImageSpec, Template
from labmgr.domain.terminals import Recordings, Shells
from labmgr.domain.words import Audience

# Told by an engine while it works: node, what it is doing, share from 0 to 1.
Tell = Callable[[str, str, float], None]


class Engine(Protocol):
    """A place where labs run: one Docker host, or a swarm.

    Checked against every engine by tests/engine/test_contract.py: containers are found by label,
    never by a remembered id; `look` reports a missing lab as empty instead of raising; nothing
    is ever pulled.
    """

    host: str

    def facts(self, *, guard: bool = False) -> HostFacts:
        """What the host offers. Raises EngineUnreachable.

        Whether the guard stands is only looked at when asked: it takes a helper container.
        """

    def guard(self) -> None:
        """Lay the host's guard, or raise GuardMissing. Constant size for any number of labs."""

    def build(self, plan: LabPlan, *, parts: Sequence[Part] = (), tell: Tell = ...) -> None:
        """Make what is missing of *plan* and start all of it, gateway first and closed.

        Nodes and volumes named in *parts* come from these images of a snapshot, without their
        first-boot files; the others from the template's images, with them. What already stands
        is left as it is and only started (a paused node goes on), but a container that was
        created and never started is made again: its first-boot files may be missing.

        Networks that have a port are joined to it. One that does not fit leaves nothing half
        built; a lab that stands is woken whole before WireUnfit or WireTaken is raised.

        Raises ImageMissing, AddressTaken, DiskFull, GuardMissing, NoSafeInit, WireUnfit.
        """

    def wired(self, *plans: LabPlan) -> Sequence[Wired]:
        """What is in the bridge of each of their networks that has a port. Changes nothing."""

    def unwire(self, lab: str) -> None:
        """Take the lab's networks out of their ports; the lab runs on without. Twice is once."""

    def look(self, lab: str) -> Mapping[str, Seen]:
        """Every node found, and the gateway under `repair.GATEWAY`."""

    def look_all(self) -> Mapping[str, Mapping[str, Seen]]:
        """`look` of every lab of this instance that has a container, in one call."""

    def open_access(self, lab: str, audience: Audience, until: datetime | None = None) -> None:
        """Let candidates or the commission in, until an instant that the gateway itself keeps."""

    def close_access(self, lab: str, audience: Audience) -> None:
        """Cut access and every live connection; confirmed, else the gateway is killed.

        A lab without a gateway counts as closed.
        """

    def is_open(self, lab: str, audience: Audience) -> bool:
        """Whether the gateway lets this audience in now."""

    def open_doors(self, labs: Collection[str], audience: Audience) -> Collection[str]:
        """Those of *labs* whose `is_open` says yes; one question for all of them."""

    def remove(self, lab: str, nodes: Collection[str] | None = None) -> None:
        """Remove the lab's containers, volumes and networks; snapshots stay.

        With *nodes*, only these and their volumes; networks stay, the gateway unless it is named.
        """

    def save(self, plan: LabPlan, snapshot: str) -> tuple[Part, ...]:
        """Freeze all nodes together, keep each and each volume as an image, resume.

        Whatever happens the nodes run again afterwards; on failure nothing of *snapshot* is left.
        """

    def verify(self, parts: Sequence[Part]) -> None:
        """Prove that each part is there, unaltered and readable, or raise SnapshotBroken."""

    def discard(self, lab: str, snapshot: str) -> None:
        """Remove one snapshot's images."""

    def probe(self, lab: str, checks: Sequence[Check], *, deadline: float) -> Iterator[Finding]:
        """Run the checks from inside until all are green or *deadline* seconds are over.

        Yields a finding whenever a verdict changes and one final finding for each check.
        """

    def last_words(self, lab: str, node: str, lines: int = 20) -> str:
        """State, exit code and the end of a node's log, for a person to read."""

    def run(
        self, lab: str, node: str, command: Sequence[str], timeout: float = 30
    ) -> tuple[int, str]:
        """Run a command in a node as root: exit status and output. For tests and quiesce hooks."""

    def snapshots(self) -> Collection[tuple[str, str]]:
        """(lab, snapshot) of every snapshot image of this instance, finished or not."""

    def tidy(self) -> None:
        """Remove what a dead worker left: probe containers, canaries, half restored volumes."""

    def pause(self, lab: str, node: str) -> None:
        """Hold a node still, with its data; `build` lets it go on. Raises NotFound."""

    def restart(self, lab: str, node: str) -> None:
        """Stop a node and start it again, with its data; a paused one goes on first.

        Raises NotFound for a node that is not there, or was never started: `build` makes it.
        """

    def disk_free(self) -> int:
        """Bytes left where the engine keeps its data; cheap, may be asked every second."""

    def reserve(self) -> int:
        """Bytes of the reserve that lies on the engine's disk; 0 for none. Cheap."""

    def hold_reserve(self, size: int) -> None:
        """Have a reserve of so many bytes that really takes up room there.

        One of another size, or one that was half made, is made again. Raises DiskFull, with
        nothing left of it: ask `disk_free` before.
        """

    def give_up_reserve(self) -> bool:
        """Remove the reserve, on a full disk too; False when there was none."""

    def written(self, lab: str) -> Mapping[str, int]:
        """Bytes each node has written over its image."""


@dataclass(frozen=True)
class Recipe:
    """How an image is made: a folder, its arguments, and the recipes it builds on.

    `tag` is "labmgr/<name>:<hash of all that>".
    """

    name: str
    tag: str
    folder: Path
    args: Mapping[str, str] = field(default_factory=dict)
    bases: Mapping[str, Recipe] = field(default_factory=dict)  # argument name -> recipe


@dataclass(frozen=True)
class ImageFacts:
    """An image on the host; `id` empty when it is not there."""

    tag: str
    id: str
    size: int
    created: str


class Images(Protocol):
    """The images of the templates on the engine's host."""

    def facts(
        self, recipes: Sequence[Recipe], references: Collection[str] = ()
    ) -> Mapping[str, ImageFacts]:
        """By tag, and by reference of images that no recipe makes; a missing one has no id."""

    def build(self, recipe: Recipe, *, tell: Tell = ...) -> ImageFacts:
        """Build what is missing of the recipe and its bases; returns at once when it is there."""

    def export(self, recipes: Sequence[Recipe], file: Path) -> None:
        """Write all images into one tar. Never snapshots."""

    def load(self, file: Path) -> tuple[str, ...]:
        """Read such a tar; the tags found in it. Refuses a tar that holds anything else."""


class Library(Protocol):
    """The templates and recipes on disk."""

    def names(self) -> tuple[str, ...]: ...

    def read(self, name: str) -> Template:
        """Raises NotFound, or BadFile with every problem (file, line, key, mend)."""

    def recipe(self, image: ImageSpec) -> Recipe | None:
        """The recipe of an image; None when it names a plain reference."""

    def own_images(self) -> Mapping[str, Recipe]:
        """Labmgr's own: "gateway", "probe", "guard"."""

    def recette(self, name: str) -> Recette | None:
        """The template's table of flows, if it has one; raises as `read` does."""

    def schema(self, *, recette: bool = False) -> Mapping[str, object]:
        """JSON Schema of a template, or of its recette, for editors."""

    def keys(self) -> Sequence[tuple[str, str]]:
        """Accepted Compose keys with a word on each, for the reference page."""


@dataclass(frozen=True)
class KeyPair:
    private: str = field(repr=False)  # OpenSSH form
    public: str = ""


@dataclass(frozen=True)
class Certificate:
    chain: str  # PEM, leaf first
    key: str = field(repr=False)


class Vault(Protocol):
    """Everything cryptographic: encryption at rest, password hashes, keys, the centre's CA."""

    def seal(self, plain: str) -> str: ...
    def unseal(self, sealed: str) -> str: ...
    def hash_password(self, password: str) -> str: ...
    def check_password(self, hashed: str, password: str) -> bool: ...
    def key_pair(self) -> KeyPair: ...
    def public_key(self, private: str) -> str:
        """The public half of an OpenSSH private key, as a line of known_hosts holds it."""

    def certificate(self, names: Sequence[str]) -> Certificate:
        """A server certificate for these host names and addresses, by the centre's CA."""

    def fingerprint(self) -> str:
        """sha256 of the CA's certificate, as browsers show it."""

    def authority(self) -> str:
        """The CA's certificate itself (PEM), for people to import; not a secret."""


class Paper(Protocol):
    """Printed documents, in French."""

    def slips(self, session: ExamSession, slips: Sequence[Slip]) -> bytes:
        """PDF: one slip a candidate with portal address, number, code, QR and fingerprint."""

    def timetable(self, session: ExamSession, lines: Sequence[Line], printed: datetime) -> bytes:
        """PDF: each day for the invigilators, then for each commission; hours as in the lines."""

    def passage_record(self, record: PassageRecord) -> bytes:
        """PDF: the procès-verbal of one passage. Says what was seen and timed; judges nothing."""

    def day_record(self, record: DayRecord) -> bytes:
        """PDF: the procès-verbal of a day, with room for the signatures."""

    def fallback(
        self, session: ExamSession, wave: int, sheets: Sequence[Sheet], printed: datetime
    ) -> bytes:
        """PDF: a page or more a candidate with all accesses in clear, for a sealed envelope."""


@dataclass(frozen=True)
class Tools:
    """All a use case may reach for. Built once, in wiring.py, and handed down."""

    store: Store
    engine: Engine
    images: Images
    library: Library
    vault: Vault
    paper: Paper
    site: Site
    now: Callable[[], datetime]
    clock: Callable[[], Moment]
    shells: Shells
    recordings: Recordings
    inventory: Inventory
    devices: Devices
    configs: Configs
