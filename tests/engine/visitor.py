"""Somebody's live connections through a gateway: a jump, a page kept alive, a page upgraded."""

from __future__ import annotations

import http.client
import select
import socket
import ssl
import subprocess
import time
from pathlib import Path

from tests.engine.trial import PASSWORDS, WEB_PORT, TrialLab, ask_pass

WAYS = {"jump", "kept alive", "upgraded"}
UPGRADE = (
    b"GET / HTTP/1.1\r\nHost: lab\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)


class Visitor:
    def __init__(self, lab: TrialLab, tmp_path: Path, who: str) -> None:
        pipe = subprocess.PIPE
        command, environment = lab.jump(who, "-W", "srv:7"), ask_pass(tmp_path, PASSWORDS[who])
        self.jump = subprocess.Popen(
            command, env=environment, stdin=pipe, stdout=pipe, stderr=pipe, bufsize=0
        )
        self.kept_alive = page(lab, WEB_PORT[who])
        self.upgraded = tls(lab, WEB_PORT[who])
        self.upgraded.sendall(UPGRADE)
        assert b" 101 " in self.upgraded.recv(4096)
        assert self.answers()

    def answers(self) -> bool:
        """Whether every connection carries a question and its answer."""
        self.jump.stdin.write(b"ping")
        self.upgraded.sendall(b"ping")
        get(self.kept_alive)
        return self.jump.stdout.read(4) == self.upgraded.recv(4) == b"ping"

    def seconds_to_die(self, start: float, limit: float = 20.0) -> dict[str, float]:
        waiting = {
            self.jump.stdout: "jump",
            self.kept_alive.sock: "kept alive",
            self.upgraded: "upgraded",
        }
        dead: dict[str, float] = {}
        while waiting and (left := start + limit - time.monotonic()) > 0:
            for file in select.select(list(waiting), [], [], left)[0]:
                assert is_cut(file), f"{waiting[file]} got data"
                dead[waiting.pop(file)] = time.monotonic() - start
        return dead

    def leave(self) -> None:
        self.jump.kill()
        self.jump.communicate()
        self.kept_alive.close()
        self.upgraded.close()


def is_cut(file) -> bool:
    try:
        return not (file.recv(10) if isinstance(file, socket.socket) else file.read(10))
    except OSError:
        return True


def tls(lab: TrialLab, port: int) -> ssl.SSLSocket:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    plain = socket.create_connection(("127.0.0.1", lab.published(port)), timeout=60)
    return context.wrap_socket(plain)


def page(lab: TrialLab, port: int) -> http.client.HTTPConnection:
    connection = http.client.HTTPConnection("lab", 4443)
    connection.sock = tls(lab, port)
    return connection


def get(
    connection: http.client.HTTPConnection, path: str = "/", **headers: str
) -> tuple[http.client.HTTPResponse, str]:
    connection.request("GET", path, headers={k.replace("_", "-"): v for k, v in headers.items()})
    response = connection.getresponse()
    return response, response.read().decode()
