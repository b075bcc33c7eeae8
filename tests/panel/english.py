"""Every English sentence that the program can hand to a page, read from its own source."""

import ast
import string
from pathlib import Path

ROOT = Path(__file__).parents[2] / "labmgr"
ROOMS = ("domain", "services", "store", "engines", "vault")
ERRORS = {
    "Refused", "BadInput", "NotFound", "NotAllowed", "AddressTaken", "LostRace", "StoreError",
    "EngineError", "DiskFull", "GuardMissing", "NoSafeInit", "SnapshotBroken", "ProbesRed",
    "VaultError", "_Wrong",
}  # fmt: skip
# Calls whose arguments are sentences: which positions, which keywords.
SAYING = {
    **dict.fromkeys(ERRORS, ((0,), ("hint",))),
    "write": ((1,), ("why",)),
    "_note": ((2,), ("why",)),
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
LETTERS = set(string.ascii_letters)
BLANK = "‹7›"  # stands for any value


def sentences():
    """(where, sample sentence) of each, values replaced by a mark."""
    for room in ROOMS:
        for file in sorted((ROOT / room).rglob("*.py")):
            tree = ast.parse(file.read_text(encoding="utf-8"))
            for call in ast.walk(tree):
                if isinstance(call, ast.Call):
                    for text, line in _said_by(call):
                        yield f"{file.relative_to(ROOT)}:{line}", text


def _said_by(call):
    name = getattr(call.func, "id", getattr(call.func, "attr", ""))
    places, keywords = SAYING.get(name, ((), ()))
    given = [call.args[place] for place in places if place < len(call.args)]
    given += [one.value for one in call.keywords if one.arg in keywords]
    for argument in given:
        for text in _texts(argument):
            if LETTERS & set(text.replace(BLANK, "")):
                yield text, argument.lineno


def _texts(node):
    """The text of a literal, with marks for its values; nothing for what is only a name."""
    match node:
        case ast.Constant(value=str(text)):
            yield text
        case ast.JoinedStr(values=parts):
            yield "".join(part.value if isinstance(part, ast.Constant) else BLANK for part in parts)
        case ast.BinOp(left=left, right=right):
            for start in _texts(left):
                yield from ((start + end) for end in [*_texts(right)] or [BLANK])
        case ast.IfExp(body=body, orelse=orelse):
            yield from _texts(body)
            yield from _texts(orelse)
