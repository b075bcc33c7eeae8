"""Interactive shells by SSH, through a lab's gateway whose key is pinned."""

from __future__ import annotations

import io
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import Final

import paramiko

from labmgr.domain.terminals import Jump, Size, Target
from labmgr.errors import ConsoleError, HostKeyChanged, LoginRefused

CONNECT: Final = 8.0  # seconds for each step: network, greeting, login, channel
KEEP_ALIVE: Final = 20  # seconds between signs of life, so that a dead line is noticed
GLANCE: Final = 2.0  # seconds; paramiko's threads wake ten times a second, for nothing once in
CHUNK: Final = 32 << 10
TERM: Final = "xterm-256color"
ANYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - compared only


def open_shell(target: Target, size: Size) -> SshShell:
    """Log in at the gateway, through it at the node, and start a shell there."""
    with ExitStack() as undo, _in_our_words(target):
        jump = _through(target.jump, undo)
        where = (target.host, target.port)
        line = jump.open_channel("direct-tcpip", where, ("127.0.0.1", 0), timeout=CONNECT)
        node = paramiko.Transport(line)
        undo.callback(node.close)
        # The node's own key is its candidate's affair, who is root there and may change it;
        # the way to it is the pinned gateway and the lab's closed network.
        node.start_client(timeout=CONNECT)
        _log_in(node, target)
        channel = node.open_session(timeout=CONNECT)
        channel.update_environment({"LANG": "C.UTF-8"})  # taken by nodes that ask for it
        channel.get_pty(TERM, size.columns, size.rows)
        channel.invoke_shell()
        for transport in (jump, node):
            transport.set_keepalive(KEEP_ALIVE)
            transport.sock.settimeout(GLANCE)
        undo.pop_all()
    return SshShell(channel, node, jump)


class SshShell:
    """One shell, its line to the node and the line to the gateway."""

    def __init__(
        self, channel: paramiko.Channel, node: paramiko.Transport, jump: paramiko.Transport
    ) -> None:
        self._channel, self._node, self._jump = channel, node, jump

    def read(self, timeout: float) -> bytes | None:
        self._channel.settimeout(timeout)
        try:
            return self._channel.recv(CHUNK) or None
        except TimeoutError:
            return b"" if self._node.is_active() else None
        except OSError:
            return None

    def write(self, data: bytes) -> None:
        try:
            self._channel.sendall(data)
        except OSError:
            return  # it is over: whoever reads is told so

    def resize(self, size: Size) -> None:
        try:
            self._channel.resize_pty(size.columns, size.rows)
        except paramiko.SSHException:
            return

    def exit_status(self) -> int | None:
        # It travels apart from the last output, and may come a moment later.
        deadline = time.monotonic() + 0.5
        while not self._channel.exit_status_ready() and self._node.is_active():
            if time.monotonic() > deadline:
                return None
            time.sleep(0.02)
        status = self._channel.exit_status
        return None if status < 0 else status

    def close(self) -> None:
        for one in (self._channel, self._node):
            one.close()
        with suppress(OSError):  # its reader would wait until its next glance
            self._jump.sock.shutdown(socket.SHUT_RDWR)
        self._jump.close()


def _through(jump: Jump, undo: ExitStack) -> paramiko.Transport:
    """Log in at the gateway, and only there: its key is compared before a password is sent."""
    host = ANYWHERE.get(jump.host, jump.host)
    sock = socket.create_connection((host, jump.port), timeout=CONNECT)
    undo.callback(sock.close)
    transport = paramiko.Transport(sock)
    undo.callback(transport.close)
    kind, _, rest = jump.host_key.partition(" ")
    transport.get_security_options().key_types = (kind,)
    transport.start_client(timeout=CONNECT)
    found = transport.get_remote_server_key()
    if (found.get_name(), found.get_base64()) != (kind, rest.split()[0]):
        raise HostKeyChanged(
            "What answers in the gateway's place is not the gateway",
            hint="Nothing was sent to it. Have the staff look at that port before you go on.",
        )
    transport.auth_password(jump.login, jump.password)
    return transport


def _log_in(node: paramiko.Transport, target: Target) -> None:
    """By key when the account has one, then by password."""
    try:
        if target.key and _by_key(node, target):
            return
        node.auth_password(target.login, target.password)
    except (paramiko.AuthenticationException, paramiko.BadAuthenticationType) as refused:
        raise LoginRefused(
            f"{target.login} is refused on {target.node}",
            hint="The password or the key has been changed there since the lab was built.",
        ) from refused


def _by_key(node: paramiko.Transport, target: Target) -> bool:
    """Whether the key is taken; another way may follow, so that a refusal is no error yet."""
    try:
        node.auth_publickey(target.login, paramiko.Ed25519Key(file_obj=io.StringIO(target.key)))
    except paramiko.AuthenticationException:
        if not target.password:
            raise
        return False
    return True


@contextmanager
def _in_our_words(target: Target) -> Iterator[None]:
    """Paramiko's and the network's errors as ours; each step says by its kind where it failed."""
    try:
        yield
    except ConsoleError:
        raise
    except paramiko.AuthenticationException as refused:
        raise ConsoleError(
            "The lab's gateway refused labmgr's own access",
            hint="Reset the lab's gateway: `labmgr lab build`.",
        ) from refused
    except paramiko.ChannelException as refused:
        raise ConsoleError(
            f"The gateway does not get through to {target.node}",
            hint="Is the node running, and its ssh service? Restart it if it is not.",
        ) from refused
    except (paramiko.SSHException, OSError, EOFError) as trouble:
        raise ConsoleError(
            f"No line to {target.node}: {trouble or type(trouble).__name__}",
            hint="The lab is closed, or its gateway or this node does not run.",
        ) from trouble
