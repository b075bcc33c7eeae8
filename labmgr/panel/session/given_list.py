"""A list that was chosen or pasted, and that travels in the form which confirms it."""

from __future__ import annotations

import base64
import zlib

from flask import request
from flask_babel import gettext as _

from labmgr.domain.roster_text import decode
from labmgr.errors import BadFile, BadInput

LARGEST_TO_CORRECT = 64 << 10  # characters: hundreds of candidates
LARGEST_LIST = 4 << 20  # bytes, unpacked: what travelled in the form may have been tampered with


def given() -> tuple[bytes, str]:
    """What was uploaded or pasted, and its name."""
    upload = request.files.get("file")
    if upload is not None and upload.filename:
        return upload.read(), upload.filename
    pasted = request.form.get("pasted", "").strip()
    if not pasted:
        raise BadInput(
            _("Aucune liste n'a été donnée."), hint=_("Choisissez un fichier ou collez la liste.")
        )
    return pasted.encode(), _("liste collée")


def readable(data: bytes) -> str:
    """The list as a text to correct in the page; empty when it is none, or too long for that."""
    try:
        text = decode("", data)
    except BadFile:
        return ""
    return text if len(text) <= LARGEST_TO_CORRECT else ""


def packed(data: bytes) -> str:
    return base64.b64encode(zlib.compress(data)).decode()


def unpacked(text: str) -> bytes:
    """Raises BadInput for what was not packed here."""
    reader = zlib.decompressobj()
    try:
        data = reader.decompress(base64.b64decode(text, validate=True), LARGEST_LIST)
    except (ValueError, zlib.error) as broken:
        raise _lost() from broken
    if not reader.eof:
        raise _lost()
    return data


def _lost() -> BadInput:
    return BadInput(
        _("La liste s'est perdue en route."), hint=_("Choisissez à nouveau le fichier.")
    )
