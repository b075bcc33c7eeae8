"""Every English sentence that the program can hand to a page, read from its own source."""

import ast
from pathlib import Path

ROOT = Path(__file__).parents[2] / "labmgr"
ROOMS = ("domain", "services", "store", "engines", "vault", "consoles")
ERRORS = {
    "Refused", "BadInput", "NotFound", "NotAllowed", "AddressTaken", "LostRace", "StoreError",
    "EngineError", "DiskFull", "GuardMissing", "NoSafeInit", "SnapshotBroken", "ProbesRed",
    "VaultError", "_Wrong", "ConsoleError", "HostKeyChanged", "LoginRefused", "HostKeyUnknown",
    "DeviceSilent", "DeviceHung", "DeviceLost", "UnexpectedPrompt", "StepDeclined", "NotSaved",
    "DevicesRed",
}  # fmt: skip
# Calls whose arguments are sentences: which positions, which keywords.
SAYING = {
    **dict.fromkeys(ERRORS, ((0,), ("hint",))),
    "write": ((1,), ("why",)),
    "_note": ((2,), ("why",)),
    "note": ((2,), ("why",)),
    "_remember": ((1,), ()),
    "trouble": ((0,), ()),
    "move": ((), ("why",)),
    "_at_work": ((), ("why",)),
    "_finish": ((), ("why",)),
    "forget": ((), ("why",)),
    "finish": ((2, 3), ()),
    "Sign": ((0, 2, 3), ()),
    "add": ((1, 2), ()),
    "Problem": ((2, 3, 4), ()),
    "_problem": ((2, 3), ()),
    "_unreadable": ((1, 2), ()),
    "Fault": ((2, 3), ()),
    "fault": ((0, 1), ()),
    "telling": ((), ()),
    "_tell": ((1,), ()),
    "tell": ((1,), ()),
}
NAMES = {
    "what",
    "mend",
    "hint",
    "words",
    "why",
    "said",
    "word",
    "step",
}  # variables that hold a sentence
# Files whose every sentence is for people.
WHOLE = {
    "services": ("capacity", "doctor", "drawing"),
    "domain": ("addressmap",),
    "engines": ("systemd", "host"),
}  # fmt: skip
BLANK = "7"  # stands for any value, also for a number
# Written for programs, not for people: what a log or an error of Python's own holds.
QUIET = ("description", "pattern")


def sentences():
    """(where, sample sentence) of each, values replaced by a mark."""
    for room in ROOMS:
        for file in sorted((ROOT / room).rglob("*.py")):
            tree = ast.parse(file.read_text(encoding="utf-8"))
            found = _whole(tree) if file.stem in WHOLE.get(room, ()) else _said(tree)
            for text, line in found:
                if any(letter.isalpha() for letter in text.replace(BLANK, "")):
                    yield f"{file.relative_to(ROOT)}:{line}", text


def _said(tree):
    for node in ast.walk(tree):
        match node:
            case ast.Call():
                arguments = _arguments(node)
            case ast.Assign(targets=[ast.Name(id=name)], value=value) if name in NAMES:
                arguments = [value]
            case ast.Assign(targets=[ast.Tuple()], value=ast.Tuple(elts=arguments)):
                pass
            case _:
                continue
        for argument in arguments:
            yield from ((text, argument.lineno) for text in _texts(argument) if " " in text)


def _arguments(call):
    name = getattr(call.func, "id", getattr(call.func, "attr", ""))
    places, keywords = SAYING.get(name, ((), ()))
    given = [call.args[place] for place in places if place < len(call.args)]
    return given + [one.value for one in call.keywords if one.arg in keywords]


def _whole(tree):
    """Every text of a file that reads like a sentence: it has a blank and begins no name."""
    skip = {id(inner) for outer in ast.walk(tree) for inner in _parts(outer)}
    for node in ast.walk(tree):
        if id(node) not in skip and isinstance(node, ast.Constant | ast.JoinedStr | ast.BinOp):
            yield from ((text, node.lineno) for text in _texts(node) if " " in text.strip())


def _parts(node):
    """What must not be read twice, or is no sentence: docstrings, patterns, pieces of texts."""
    match node:
        case ast.JoinedStr() | ast.BinOp():
            yield from (inner for inner in ast.walk(node) if inner is not node)
        case ast.Expr(value=ast.Constant() as docstring):
            yield docstring
        case ast.keyword(arg=name, value=value) if name in QUIET:
            yield from ast.walk(value)
        case ast.Call(func=ast.Attribute(attr="compile" | "error" | "warning")):
            yield from ast.walk(node)


def _texts(node):
    """The text of a literal, with marks for its values; nothing for what is only a name."""
    match node:
        case ast.Constant(value=str(text)):
            yield text
        case ast.JoinedStr(values=parts):
            yield "".join(part.value if isinstance(part, ast.Constant) else BLANK for part in parts)
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            for start in [*_texts(left)] or [BLANK]:
                yield from ((start + end) for end in [*_texts(right)] or [BLANK])
        case ast.IfExp(body=body, orelse=orelse):
            yield from _texts(body)
            yield from _texts(orelse)
        case ast.Tuple(elts=parts):
            for part in parts:
                yield from _texts(part)
