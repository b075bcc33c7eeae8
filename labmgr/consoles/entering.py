"""Entering configuration lines one by one, and having the device keep them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from labmgr.consoles.talk import Talk
from labmgr.domain.dialects import refused_step, unsaved
from labmgr.domain.writing import Writing
from labmgr.errors import ConsoleError, NotSaved, StepDeclined

if TYPE_CHECKING:
    from netmiko import BaseConnection

_ECHO: Final = 24  # characters of a line that come back unwrapped, whatever the prompt
_SAID: Final = 80  # characters of an answer that are told on
_QUOTED: Final = "\x16?"  # a bare question mark asks for help


def enter(line: BaseConnection, talk: Talk, writing: Writing, steps: Sequence[str]) -> None:
    """One line at a time; the first that is declined is the last that was sent.

    The configuration mode is then left by hanging up: nothing more is sent to a device that
    did not do what was thought.
    """
    try:
        line.config_mode()
        line.clear_buffer()
        for step in steps:
            _enter_one(line, talk, writing, step.strip())
        line.exit_config_mode()
    except ValueError:  # netmiko's, when the mode does not change
        raise ConsoleError(
            f"{talk.device.name} does not let {talk.device.user} into or out of its configuration",
            hint="Does somebody else hold it open? May this account change it?",
        ) from None
    line.set_base_prompt()  # a step may have renamed it


def save(line: BaseConnection, talk: Talk) -> None:
    if trouble := unsaved(str(line.save_config())):
        raise NotSaved(
            f"{talk.device.name} runs its new configuration and could not save it: "
            f"{talk.cover(trouble)[:_SAID]}",
            hint="Make room in its memory, then repeat; switched off now, it comes back as before.",
        )


def _enter_one(line: BaseConnection, talk: Talk, writing: Writing, step: str) -> None:
    asked = [f"(?:{question})" for question, _ in writing.agrees]
    typed = step.replace("?", _QUOTED) if writing.quotes else step
    line.write_channel(f"{typed}\n")
    line.read_until_pattern(re.escape(step.partition("?")[0][:_ECHO].rstrip()))
    said = str(line.read_until_pattern("|".join((f"(?:{writing.prompt})", *asked))))
    for question, answer in writing.agrees:
        if re.search(question, said):
            line.write_channel(f"{answer}\n")
            said += str(line.read_until_pattern(writing.prompt))
    if trouble := refused_step(said):
        raise StepDeclined(
            f"{talk.device.name} does not take `{talk.cover(step)}`: {_told(talk, step, trouble)}",
            hint="Mend that line of its baseline; what came before it stands, unsaved.",
        )


def _told(talk: Talk, step: str, trouble: str) -> str:
    """What the device answered, without the words of the line that are covered."""
    for word in set(step.split()) - set(talk.cover(step).split()):
        trouble = trouble.replace(word, "***")
    return talk.cover(trouble)[:_SAID]
