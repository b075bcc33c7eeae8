"""Settings: LABMGR_* variables over the file settings.toml of LABMGR_HOME; frozen once read."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path

from labmgr.errors import BadSettings

ROOT = Path(__file__).resolve().parent.parent
FILE = "settings.toml"
REGISTRY = re.compile(r"(?i:yes|no|true|false|[01])|[a-z0-9.-]+(:[0-9]+)?(/[a-z0-9._-]+)*")


@dataclass(frozen=True)
class Settings:
    """What a centre may choose; each is LABMGR_<NAME> in capitals."""

    home: Path = field(metadata={"word": "the one directory of state: database, keys, records"})
    database: str = field(default="", metadata={"word": "database URL; SQLite in home when empty"})
    templates: Path = field(
        default=ROOT / "lab_templates", metadata={"word": "the folder of templates"}
    )
    inventory: Path = field(
        default=ROOT / "inventory", metadata={"word": "the folder of the room's real equipment"}
    )
    engine: str = field(
        default="",
        metadata={"word": "the engine's socket; the usual one when empty"},
    )
    net_base: str = field(
        default="10.100", metadata={"word": "lab 1 gets the second octet after this one"}
    )
    port_base: int = field(
        default=20000, metadata={"word": "first published port; 16 for each lab"}
    )
    lab_bind: str = field(
        default="127.0.0.1", metadata={"word": "host address on which labs are published"}
    )
    lab_name: str = field(
        default="", metadata={"word": "name or address that candidates type; lab_bind when empty"}
    )
    portal_url: str = field(
        default="",
        metadata={"word": "the portal's address on the slips; lab_name and the panel's port else"},
    )
    parallel: int = field(default=0, metadata={"word": "labs worked on at once; by cores when 0"})
    memory_reserve_mib: int = field(
        default=1024, metadata={"word": "memory kept for the system, in MiB"}
    )
    disk_reserve_mib: int = field(
        default=2048, metadata={"word": "disk that builds leave free for end snapshots, in MiB"}
    )
    end_reserve_mib: int = field(
        default=1024,
        metadata={
            "word": "file kept on the engine's disk, given up when an end snapshot finds "
            "no room, in MiB; 0 for none"
        },
    )
    node_disk_mib: int = field(
        default=2048,
        metadata={"word": "what a node may write before it is paused, in MiB; 0 for no limit"},
    )
    recordings_mib: int = field(
        default=2048,
        metadata={"word": "what all recordings of terminals may take, in MiB; 0 for no limit"},
    )
    build_deadline: int = field(
        default=240, metadata={"word": "seconds until every probe of a lab must be green"}
    )
    registry: str = field(
        default="yes",
        metadata={
            "word": "where the base image is pulled from: yes (Docker Hub, else it is made from "
            "packages), no (always from packages) or the site's own, as registry.example:5000"
        },
    )
    extra_ca: Path | None = field(
        default=None, metadata={"word": "certificate of an inspecting proxy, for image builds"}
    )
    certificate: Path | None = field(
        default=None, metadata={"word": "the centre's own certificate chain, PEM"}
    )
    certificate_key: Path | None = field(
        default=None, metadata={"word": "its private key, PEM, mode 0600"}
    )

    @property
    def database_url(self) -> str:
        return self.database or f"sqlite:///{self.home / 'labmgr.db'}"

    @property
    def base_registry(self) -> str | None:
        """The site's own by name; "" for Docker Hub, None for none at all."""
        known = _TRUTH.get(self.registry.lower())
        if known is None:
            return self.registry
        return "" if known else None


def read_settings(env: Mapping[str, str]) -> Settings:
    """Build Settings, or say which variable or line is wrong and why."""
    home = Path(env.get("LABMGR_HOME") or ROOT / ".labmgr").resolve()
    given = _from_file(home / FILE) | _from_env(env)
    known = {one.name: one for one in fields(Settings)}
    unknown = sorted(given.keys() - known.keys())
    if unknown:
        raise BadSettings(
            f"Unknown setting: {', '.join(unknown)}",
            hint=f"A typing slip? Known are: {', '.join(sorted(known))}.",
        )
    values = {name: _typed(name, str(known[name].type), text) for name, text in given.items()}
    values["home"] = home
    if bool(values.get("certificate")) != bool(values.get("certificate_key")):
        raise BadSettings(
            "certificate and certificate_key go together",
            hint="Set LABMGR_CERTIFICATE and LABMGR_CERTIFICATE_KEY, or neither.",
        )
    if not REGISTRY.fullmatch(str(values.get("registry", "yes"))):
        raise BadSettings(
            f"LABMGR_REGISTRY is no registry's name: {values['registry']!r}",
            hint="yes, no, or name[:port][/path] without https://, as registry.example:5000.",
        )
    return Settings(**values)  # type: ignore[arg-type]  # each value was typed by its own field


def _from_env(env: Mapping[str, str]) -> dict[str, str]:
    return {
        key.removeprefix("LABMGR_").lower(): value
        for key, value in env.items()
        if key.startswith("LABMGR_")
    }


def _from_file(file: Path) -> dict[str, str]:
    try:
        read = tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as trouble:
        raise BadSettings(f"{file}: {trouble}", hint="Mend the file, or remove it.") from trouble
    return {key: str(value) for key, value in read.items()}


def _typed(name: str, kind: str, text: str) -> object:
    if kind.startswith("Path"):
        return Path(text).expanduser().resolve() if text else None
    if kind == "bool":
        if text.lower() not in _TRUTH:
            raise BadSettings(f"LABMGR_{name.upper()} is yes or no, not {text!r}")
        return _TRUTH[text.lower()]
    if kind == "int":
        if not text.isdigit():
            raise BadSettings(f"LABMGR_{name.upper()} is a whole number from 0 up, not {text!r}")
        return int(text)
    return text


_TRUTH = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}


def cores() -> int:
    """Processors this process may use."""
    return len(os.sched_getaffinity(0))
