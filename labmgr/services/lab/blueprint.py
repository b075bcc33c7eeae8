"""From a lab's row to its plan and its checks: the one place that gathers what they need."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from labmgr.domain.credential import Credential, make_password
from labmgr.domain.exam import Candidate
from labmgr.domain.lab import Lab
from labmgr.domain.plan import LabPlan
from labmgr.domain.planning import GatewaySecrets, checks_for, credentials_for, plan_lab
from labmgr.domain.ports import Recipe, Tools
from labmgr.domain.probe import Check
from labmgr.domain.template import ImageSpec, Template
from labmgr.domain.words import Option


def credentials_of(tools: Tools, lab: Lab, template: Template) -> list[Credential]:
    """The lab's credentials, made and kept when missing; existing ones never change."""
    kept = tools.store.credentials(lab.id)
    made = credentials_for(
        template, lab, kept, make_password=make_password, make_key_pair=tools.vault.key_pair
    )
    if new := [one for one in made if one not in kept]:  # a write stands in line with all others
        tools.store.keep_credentials(new)
    return made


def candidate_of(tools: Tools, lab: Lab) -> Candidate:
    """The lab's candidate, with the parameters of the réalisation that this lab is.

    A spare has nobody's: its template's defaults.
    """
    if lab.is_spare:
        return Candidate(lab.session, lab.candidate, "", option=_option(tools, lab))
    candidate = tools.store.candidate(lab.session, lab.candidate)
    for one in tools.store.realisations(lab.session, lab.candidate):
        if one.number == lab.realisation:
            return replace(candidate, variables={**candidate.variables, **one.variables})
    return candidate


def _option(tools: Tools, lab: Lab) -> Option:
    return tools.store.session(lab.session).option


def plan_of(tools: Tools, lab: Lab) -> LabPlan:
    """Everything an engine needs for *lab*. Raises BadFile when its template is faulty."""
    template = tools.library.read(lab.template)
    return plan_lab(
        template,
        lab,
        candidate_of(tools, lab),
        credentials_of(tools, lab, template),
        site=tools.site,
        image_tag=lambda image: _tag(tools, image),
        gateway_image=tools.library.own_images()["gateway"].tag,
        gateway=_gateway_secrets(tools, lab),
    )


def checks_of(tools: Tools, lab: Lab, *, liveness: bool = False) -> list[Check]:
    """The template's probes made concrete for *lab*."""
    template = tools.library.read(lab.template)
    return checks_for(
        template,
        lab,
        candidate_of(tools, lab),
        credentials_of(tools, lab, template),
        site=tools.site,
        liveness=liveness,
    )


def recipes_of(tools: Tools, templates: Sequence[Template]) -> list[Recipe]:
    """Every recipe that these templates and labmgr itself need, each once."""
    found = {recipe.tag: recipe for recipe in tools.library.own_images().values()}
    for template in templates:
        for node in template.nodes:
            if recipe := tools.library.recipe(node.image):
                found[recipe.tag] = recipe
    return list(found.values())


def references_of(templates: Sequence[Template]) -> dict[str, str]:
    """Every image that no recipe makes, and the place in a template that names it."""
    file = "compose.yaml"
    return {
        node.image.reference: f"{one.name}/{file}:{node.image.line}: services.{node.name}.image"
        for one in templates
        for node in one.nodes
        if node.image.reference
    }


def _tag(tools: Tools, image: ImageSpec) -> str:
    recipe = tools.library.recipe(image)
    return recipe.tag if recipe else image.reference


def new_door_password(tools: Tools, lab: Lab) -> None:
    """Another password for the candidate's door; its gateway must be made again to know it."""
    tools.store.change_secret(f"gateway:{lab.id}:candidate", make_password())


def _gateway_secrets(tools: Tools, lab: Lab) -> GatewaySecrets:
    """Kept by labmgr, so that a gateway made anew is the same one to its clients."""
    keep = tools.store.keep_secret
    stem = f"gateway:{lab.id}"
    candidate, examiner = (
        tools.store.secret(f"{stem}:{who}") or keep(f"{stem}:{who}", make_password())
        for who in ("candidate", "examiner")
    )
    host_key = tools.store.secret(f"{stem}:host-key") or keep(
        f"{stem}:host-key", tools.vault.key_pair().private
    )
    certificate = tools.vault.certificate([tools.site.lab_name, tools.site.lab_bind])
    return GatewaySecrets(candidate, examiner, host_key, certificate.chain, certificate.key)
