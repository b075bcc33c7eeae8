"""image.yaml: where a root image comes from, a registry or a distribution's packages."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field, ValidationError

from labmgr.errors import BadFile, Problem
from labmgr.store.files.model_types import Strict, wrong
from labmgr.store.files.yaml_lines import dotted, read_yaml


def _by_digest(reference: str) -> str:
    if "@sha256:" not in reference:
        raise wrong(f"{reference} is not pinned", "Name it by digest: image@sha256:….")
    return reference


class Bootstrap(Strict):
    suite: str
    variant: str = "minbase"
    include: list[str] = Field(default_factory=list)


class RootImage(Strict):
    registry: Annotated[str, AfterValidator(_by_digest)]
    mmdebstrap: Bootstrap


def root_args(file: Path, shown: str) -> dict[str, str]:
    """As arguments of the recipe. Raises BadFile."""
    document, problems = read_yaml(shown, file.read_bytes())
    try:
        root = RootImage.model_validate(document.data)
    except ValidationError as e:
        for error in e.errors(include_url=False):
            what = str(error.get("ctx", {}).get("what", error["msg"]))
            mend = str(error.get("ctx", {}).get("mend", "Compare with _images/debian/image.yaml."))
            line = document.line(error["loc"])
            problems.append(Problem(shown, line, dotted(error["loc"]), what, mend))
        raise BadFile(shown, problems) from e
    if problems:
        raise BadFile(shown, problems)
    return {
        "registry": root.registry,
        "suite": root.mmdebstrap.suite,
        "variant": root.mmdebstrap.variant,
        "include": ",".join(root.mmdebstrap.include),
    }
