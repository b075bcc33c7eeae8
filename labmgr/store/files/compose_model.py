"""The subset of a Compose file that labmgr reads; anything else is refused by name."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from labmgr.store.files.labmgr_model import ExternalEntry, LabBlock, NetworkBlock, NodeBlock
from labmgr.store.files.model_types import (
    AbsolutePath,
    Flag,
    HostName,
    Memory,
    Name,
    OneOrMore,
    Pairs,
    Shape,
    Strict,
    Value,
    Words,
    accepting,
    wrong,
)
from labmgr.store.files.refusals import capability_reason, sysctl_is_allowed

RECIPES = "../_images/"


def _no_mapping(value: object) -> object:
    """The short form of `build`."""
    return {"context": value} if isinstance(value, str) else value


Context = Annotated[
    str,
    Shape(
        r"\.\./_images/[a-z0-9][a-z0-9-]*/?",
        "is not a recipe",
        f"Put the recipe into a folder of lab_templates/_images and name it {RECIPES}<image>.",
    ),
]


class Build(Strict):
    context: Context = Field(description="folder of the recipe, `../_images/<image>`")
    args: Pairs = Field(default_factory=dict, description="arguments of the recipe, no secret")

    @property
    def recipe(self) -> str:
        return self.context.removeprefix(RECIPES).rstrip("/")


def _pinned(reference: str) -> str:
    last = reference.rpartition("/")[2]
    if "@sha256:" not in reference and (":" not in last or last.endswith(":latest")):
        raise wrong(
            f"{reference!r} may mean another image tomorrow",
            "Name a fixed version (image:1.2.3) or a digest, or build it from a recipe.",
        )
    return reference


def _capability(name: str) -> str:
    if why := capability_reason(name):
        raise wrong(f"the capability {name} is refused: {why[0]}", why[1])
    return name.upper().removeprefix("CAP_")


def _sysctls(values: dict[str, str]) -> dict[str, str]:
    for name in values:
        if not sysctl_is_allowed(name):
            raise wrong(
                f"the setting {name} is not the node's alone",
                "Leave it out; net.ipv4.*, net.ipv6.*, kernel.shm*, kernel.msg* are a node's own.",
            )
    return values


def _volume(value: object) -> object:
    """`name:/path` in its parts; anything of the host is refused here, with the reason."""
    if not isinstance(value, str):
        return value
    source, colon, target = value.partition(":")
    if not colon:
        raise wrong(f"{value!r} has no name", "Write name:/path, and the name under volumes.")
    if target.count(":"):
        raise wrong(f"{value!r} has options", "Write name:/path alone.")
    return {"type": "volume", "source": source, "target": target}


def _no_bind(value: object) -> object:
    if isinstance(value, dict):
        source = str(value.get("source", ""))
        if value.get("type") == "bind" or source.startswith(("/", ".", "~", "$")):
            what = "the engine's socket" if "docker.sock" in source else "a folder of the host"
            raise wrong(
                f"{source!r} mounts {what}: it opens the host to whoever is root in the node",
                "Copy the files into the image's recipe, or name a volume.",
            )
    return value


class Mount(Strict):
    type: Literal["volume"] = Field("volume", description="always a named volume")
    source: Name = Field(description="name under the file's volumes")
    target: AbsolutePath = Field(description="path in the node")


def _mount(value: Any) -> Any:  # noqa: ANN401 - whatever the file holds
    return _no_bind(_volume(value))


class Attachment(Strict):
    ipv4_address: str = Field(description="address, as in `${LAB_NET}.10.30`")


def _attachments(value: object) -> object:
    if isinstance(value, list):
        first = value[0] if value else "lan"
        raise wrong(
            "the node has no address of its own",
            f'Write `networks: {{{first}: {{ipv4_address: "${{LAB_NET}}.10.30"}}}}`.',
        )
    return value


class Dependency(Strict):
    condition: Literal["service_started"] = Field(
        "service_started", description="only the order: probes say when a node is ready"
    )


def _dependencies(value: object) -> object:
    return {str(node): {} for node in value} if isinstance(value, list) else value


class Service(Strict):
    """One node of the lab."""

    image: Annotated[str, AfterValidator(_pinned)] = Field(
        "", description="an image that is simply there, by fixed version; instead of build"
    )
    build: Annotated[Build | None, accepting(Build | str, _no_mapping)] = Field(
        None, description="the recipe of the node's image"
    )
    hostname: HostName = Field(
        "", description="name in the lab; else the service's own", validate_default=False
    )
    networks: Annotated[dict[Name, Attachment], accepting(dict[Name, Attachment], _attachments)] = (
        Field(description="networks and addresses; the first is the main one", min_length=1)
    )
    mem_limit: Memory = Field(description="most memory that the node may use, as in 256m")
    mem_reservation: Memory = Field(0, description="memory that it is expected to use")
    cpus: Annotated[float, Field(gt=0, le=64)] = Field(1.0, description="processors, as in 0.5")
    pids_limit: Annotated[int, Field(strict=True, ge=16, le=32768)] = Field(
        512, description="most processes"
    )
    cap_add: list[Annotated[str, AfterValidator(_capability)]] = Field(
        default_factory=list, description="capabilities beside Docker's default set"
    )
    sysctls: Annotated[Pairs, AfterValidator(_sysctls)] = Field(
        default_factory=dict, description="kernel settings of the node's own"
    )
    environment: Pairs = Field(default_factory=dict, description="variables; never a secret")
    command: Words = Field(default_factory=list, description="instead of the image's command")
    volumes: list[Annotated[Mount, accepting(Mount | str, _mount)]] = Field(
        default_factory=list, description="named volumes, `name:/path`"
    )
    tmpfs: OneOrMore = Field(default_factory=list, description="paths kept in memory, lost at stop")
    depends_on: Annotated[
        dict[str, Dependency], accepting(dict[str, Dependency] | list[str], _dependencies)
    ] = Field(default_factory=dict, description="nodes to start before this one")
    expose: list[Value] = Field(default_factory=list, description="without effect, as in Compose")
    block: NodeBlock = Field(
        default_factory=lambda: NodeBlock.model_validate({}),
        alias="x-labmgr",
        description="what Compose has no word for",
    )


class Pool(Strict):
    subnet: str = Field(description="range, as in `${LAB_NET}.10.0/24`")
    gateway: str = Field("", description="address that the firewall node takes at boot")


class Ipam(Strict):
    config: list[Pool] = Field(description="one range", min_length=1, max_length=1)


class Network(Strict):
    """One network of the lab."""

    internal: Flag = Field(default=False, description="always true, but for the uplink")
    ipam: Ipam = Field(description="its addresses")
    block: NetworkBlock = Field(
        default_factory=lambda: NetworkBlock.model_validate({}),
        alias="x-labmgr",
        description="what Compose has no word for",
    )

    @property
    def pool(self) -> Pool:
        return self.ipam.config[0]


class Volume(Strict):
    """A named volume, nothing more to say."""


def _empty(value: object) -> object:
    return {} if value is None else value


class ComposeFile(Strict):
    """A lab: a Compose file with x-labmgr blocks."""

    version: Value = Field("", description="without effect, as in Compose itself")
    name: str = Field("", description="without effect: the folder names the template")
    block: LabBlock = Field(alias="x-labmgr", description="what Compose has no word for")
    services: dict[Name, Service] = Field(description="the nodes", min_length=1)
    networks: dict[Name, Network] = Field(description="the lab's networks", min_length=1)
    volumes: dict[Name, Annotated[Volume, accepting(Volume | None, _empty)]] = Field(
        default_factory=dict, description="named volumes"
    )

    @property
    def holders(self) -> dict[str, NodeBlock | ExternalEntry]:
        """Whatever has accounts and provides something, by name."""
        nodes = {name: service.block for name, service in self.services.items()}
        return {**self.block.externals, **nodes}
