"""The panel's app for tests: its page templates are compiled once a run, not for every app."""

from __future__ import annotations

from functools import cache

from flask import Flask
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket

from labmgr.domain.ports import Tools
from labmgr.panel.app import create_app


class Compiled(BytecodeCache):
    """By the text of each, as Jinja asks for it."""

    def __init__(self) -> None:
        self._kept: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self._kept:
            bucket.bytecode_from_string(self._kept[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._kept[bucket.key] = bucket.bytecode_to_string()


@cache
def _compiled() -> Compiled:
    return Compiled()


def panel(tools: Tools, *, secret_key: str) -> Flask:
    app = create_app(tools, secret_key=secret_key)
    app.jinja_env.bytecode_cache = _compiled()
    return app
