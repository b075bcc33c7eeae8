"""A worker that dies, and an engine that goes away, at any call one likes."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from labmgr.domain.repair import Seen
from labmgr.errors import EngineUnreachable


class Killed(BaseException):
    """SIGKILL: no handler of ours runs to any effect after it."""


HALF_DONE = frozenset({"build", "save", "remove"})  # verbs of many steps on the other side


class Moment(StrEnum):
    BEFORE = "before"  # the call never reaches the other side
    HALF = "half way"  # the other side did a part of it
    AFTER = "after"  # it was carried out, and nobody heard the answer


@dataclass
class Life:
    """Ends at call number *until*, counted over store and engine together; 0: never."""

    until: int = 0
    moment: Moment = Moment.BEFORE
    verbs: list[str] = field(default_factory=list)
    over: bool = False

    def begins(self, verb: str) -> bool:
        """Count a call; whether the life ends with it."""
        self.verbs.append(verb)
        self.over = self.over or len(self.verbs) == self.until
        return self.over


class Mortal:
    """Stands before a store or an engine; passes calls on while its owner lives."""

    def __init__(self, inner, life):
        self._inner, self._life = inner, life

    def __getattr__(self, verb):
        value = getattr(self._inner, verb)
        return self._passing(verb, value) if callable(value) else value

    def _passing(self, verb, call):
        def passed(*args, **kwargs):
            life = self._life
            if life.over:
                raise Killed
            if not life.begins(verb):
                return call(*args, **kwargs)
            if life.moment is Moment.AFTER:
                call(*args, **kwargs)
            if life.moment is Moment.HALF:
                half(self._inner, verb, args, kwargs)
            raise Killed

        return passed


def half(engine, verb, args, kwargs):
    """What of an engine's longer verbs may be done when nobody waits for the rest."""
    if verb == "build":
        plan = args[0]
        standing = engine.labs[plan.lab].nodes.keys() if plan.lab in engine.labs else ()
        new = [node.name for node in plan.nodes if node.name not in list(standing)]
        engine.build(plan, parts=kwargs.get("parts", ()))
        for node in new[1:]:
            del engine.labs[plan.lab].nodes[node]
        for node in new[:1]:
            engine.set_seen(plan.lab, node, Seen.CREATED)
    elif verb == "save":
        plan, name = args
        parts = engine.save(plan, name)
        del engine.kept[parts[0].image]
        for node in plan.nodes:
            engine.set_seen(plan.lab, node.name, Seen.PAUSED)
    elif verb == "remove" and args[0] in engine.labs:
        lab = engine.labs[args[0]]
        wanted = args[1] if len(args) > 1 else sorted(lab.nodes)[:1]
        lab.drop(list(wanted)[:1])


class Fickle:
    """An engine that does not answer from call number *until* on, unless the verb was begun."""

    def __init__(self, inner, life):
        self._inner, self._life = inner, life

    def __getattr__(self, verb):
        value = getattr(self._inner, verb)
        return self._passing(verb, value) if callable(value) else value

    def _passing(self, verb, call):
        def passed(*args, **kwargs):
            life = self._life
            if not life.begins(verb):
                return call(*args, **kwargs)
            if len(life.verbs) == life.until and life.moment is Moment.AFTER:
                call(*args, **kwargs)
            if len(life.verbs) == life.until and life.moment is Moment.HALF:
                half(self._inner, verb, args, kwargs)
            raise EngineUnreachable("local")

        return passed
