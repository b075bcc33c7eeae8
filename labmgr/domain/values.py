"""What `${…}` stands for in one candidate's lab."""

from __future__ import annotations

from labmgr.domain.exam import Candidate
from labmgr.domain.lab import Lab
from labmgr.domain.site import Site
from labmgr.domain.template import Template


def values_of(template: Template, lab: Lab, candidate: Candidate, site: Site) -> dict[str, str]:
    """By variable name. A column of the list beats the template's default."""
    own = {
        name: candidate.variables.get(name) or default
        for name, default in template.variables.items()
    }
    return own | {
        "LAB_NO": str(lab.number),
        "LAB_NET": site.ranges.net_of(lab.number),
        "LAB_DOMAIN": site.domain,
        "CANDIDATE_NO": candidate.number,
    }
