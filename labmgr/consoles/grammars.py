"""Vendors' grammars for hier_config: its own, and those that it does not have."""

from __future__ import annotations

from hier_config import Platform, get_hconfig_driver
from hier_config.models import IdempotentCommandsRule, MatchRule
from hier_config.platforms.driver_base import HConfigDriverBase, HConfigDriverRules


class Frr(HConfigDriverBase):
    """FRRouting: as Cisco in shape, but addresses of an interface add up."""

    @staticmethod
    def _instantiate_rules() -> HConfigDriverRules:
        return HConfigDriverRules(
            idempotent_commands=[
                _replaces("hostname "),
                _replaces("interface ", "description "),
                _replaces("interface ", "bandwidth "),
            ]
        )


def _replaces(*starts: str) -> IdempotentCommandsRule:
    """A line that takes the place of the former one, so that no `no` goes before it."""
    return IdempotentCommandsRule(match_rules=tuple(MatchRule(startswith=one) for one in starts))


def grammar(name: str) -> HConfigDriverBase:
    return Frr() if name == "FRR" else get_hconfig_driver(Platform[name])
