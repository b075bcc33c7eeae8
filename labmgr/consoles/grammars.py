"""Vendors' grammars for hier_config: its own, and those that it does not have."""

from __future__ import annotations

from collections.abc import Callable

from hier_config import MatchRule, Platform, get_hconfig_driver
from hier_config.models import (
    IdempotentCommandsAvoidRule,
    IdempotentCommandsRule,
    NegationSubRule,
    OrderingRule,
)
from hier_config.platforms.arista_eos.driver import HConfigDriverAristaEOS
from hier_config.platforms.cisco_ios.driver import HConfigDriverCiscoIOS
from hier_config.platforms.driver_base import HConfigDriverBase, HConfigDriverRules


def grammar(name: str) -> HConfigDriverBase:
    own: dict[str, Callable[[], HConfigDriverBase]] = {
        "CISCO_IOS": Ios,
        "ARISTA_EOS": Eos,
        "FRR": Frr,
        "COMWARE": Comware,
    }
    return own[name]() if name in own else get_hconfig_driver(Platform[name])


class Ios(HConfigDriverCiscoIOS):
    """hier_config's, but a secondary address is a line of its own, and a name takes a name's place.

    Else a candidate's secondary address would stay when the first one is set anew.
    """

    @staticmethod
    def _instantiate_rules() -> HConfigDriverRules:
        rules = HConfigDriverCiscoIOS._instantiate_rules()  # noqa: SLF001 - as its makers extend it
        return _with_ours(rules)


class Eos(HConfigDriverAristaEOS):
    """As Ios."""

    @staticmethod
    def _instantiate_rules() -> HConfigDriverRules:
        rules = HConfigDriverAristaEOS._instantiate_rules()  # noqa: SLF001
        return _with_ours(rules)


class Frr(HConfigDriverBase):
    """FRRouting: as Cisco in shape, but addresses of an interface add up."""

    @staticmethod
    def _instantiate_rules() -> HConfigDriverRules:
        # Tried: `no` does not take these with their value.
        bare = (("interface ", "description "), ("password ",), ("enable password ",))
        return HConfigDriverRules(
            idempotent_commands=[
                *(_replaces(*one) for one in bare),
                _replaces("interface ", "bandwidth "),
            ],
            negation_sub=[_valueless("no", *one) for one in bare],
        )


class Comware(HConfigDriverBase):
    """HPE Comware; hier_config has only the word `undo` of it.

    `undo` takes a setting's name without its value where there is but one value.
    """

    @property
    def negation_prefix(self) -> str:
        return "undo "

    @staticmethod
    def _instantiate_rules() -> HConfigDriverRules:
        single = (
            ("sysname ",),
            ("vlan ", "name "),
            ("vlan ", "description "),
            ("interface ", "description "),
            ("interface ", "port link-type "),
            ("interface ", "port access vlan "),
            ("interface ", "port trunk pvid vlan "),
            ("interface ", "ip address "),
        )
        return HConfigDriverRules(
            idempotent_commands=[_replaces(*one) for one in single],
            ordering=[
                OrderingRule(match_rules=_path(("interface ", one)), weight=weight)
                for one, weight in (
                    ("undo port trunk ", -20),  # they are gone with the link type they belong to
                    ("undo port access ", -20),
                    ("undo port link-type", -10),
                    ("port link-type ", -10),
                )
            ],
            negation_sub=[_valueless("undo", *one) for one in single if one[-1] != "ip address "],
        )


def _with_ours(rules: HConfigDriverRules) -> HConfigDriverRules:
    rules.idempotent_commands.extend(
        (
            _replaces("hostname "),
            _replaces("interface ", "switchport access vlan "),
            _replaces("interface ", "switchport trunk native vlan "),
        )
    )
    secondary = (
        MatchRule(startswith="interface "),
        MatchRule(re_search="^ip address .* secondary$"),
    )
    rules.idempotent_commands_avoid.append(IdempotentCommandsAvoidRule(match_rules=secondary))
    return rules


def _replaces(*starts: str) -> IdempotentCommandsRule:
    """A line that takes the place of the former one, so that no `no` goes before it."""
    return IdempotentCommandsRule(match_rules=_path(starts))


def _valueless(no: str, *starts: str) -> NegationSubRule:
    setting = starts[-1].strip()
    return NegationSubRule(
        match_rules=_path(starts), search=rf"^({no} {setting}) .*$", replace=r"\1"
    )


def _path(starts: tuple[str, ...]) -> tuple[MatchRule, ...]:
    return tuple(MatchRule(startswith=one) for one in starts)
