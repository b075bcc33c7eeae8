"""One talk with a device: its socket, its pinned key, its deadline, and where it stopped."""

from __future__ import annotations

import io
import queue
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, TypeVar

import paramiko

from labmgr.domain.devices import Keys, same_key
from labmgr.domain.dialects import MASK, masked
from labmgr.domain.inventory import Device
from labmgr.errors import (
    ConsoleError,
    DeviceHung,
    DeviceLost,
    DeviceSilent,
    HostKeyChanged,
    LabmgrError,
    LoginRefused,
    UnexpectedPrompt,
)

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

Found = TypeVar("Found")
_MOST_TO_CONNECT: Final = 8.0  # seconds; a device of the room answers in milliseconds
_MOST_HEARD: Final = 16 << 20  # bytes; 200,000 lines of configuration
_GLANCE: Final = 0.5  # seconds between two looks whether the other side is still there
_SHOWN: Final = 60  # characters of a prompt that nobody foresaw
_ASKS: Final = re.compile(r"[?:>#\])}$%]\s*$")
_ORDINARY: Final = re.compile(r"[^\s()<>\[\]?:]{1,64}(\([^)\s]{1,64}\))?[#>] ?")  # no question
_KEY_KINDS: Final = (paramiko.Ed25519Key, paramiko.ECDSAKey, paramiko.RSAKey)
_CODES: Final = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|[^\x20-\x7e\u00a0-\u024f]")


class Heard(io.BytesIO):
    """What a device has said, within bounds: whoever holds it may have it speak for ever."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self._name = name

    def write(self, data: ReadableBuffer, /) -> int:
        if self.tell() + memoryview(data).nbytes > _MOST_HEARD:
            raise ConsoleError(
                f"{self._name} says more than {_MOST_HEARD >> 20} MiB",
                hint="No configuration is that long: log in by hand and look what it does.",
            )
        return super().write(data)


class Talk:
    """What is under way with one device. `heard` fills while the device speaks."""

    def __init__(self, device: Device, keys: Keys, *, deadline: float = 0.0) -> None:
        self.device, self.keys = device, keys
        self._most = deadline or device.deadline
        self.heard = Heard(device.name)
        self.sock: socket.socket | None = None
        self.channel: paramiko.Channel | None = None  # of a command line, once it is open
        self._end = time.monotonic() + self._most

    @property
    def left(self) -> float:
        return max(0.1, self._end - time.monotonic())

    @property
    def step(self) -> float:
        """Seconds for one step of getting in; the deadline keeps some for naming the trouble."""
        return min(_MOST_TO_CONNECT, self.left / 2)

    def connect(self) -> socket.socket:
        self.sock = socket.create_connection((self.device.address, self.device.port), self.step)
        return self.sock

    def run(self, work: Callable[[], Found]) -> Found:
        """*work*, given up at the deadline: libraries have waits of their own that add up.

        The thread that is left behind ends soon, since its socket is closed.
        """
        box: queue.SimpleQueue[tuple[Found | None, BaseException | None]] = queue.SimpleQueue()
        threading.Thread(target=lambda: box.put(_outcome(work)), daemon=True).start()
        with self.in_our_words():
            found, trouble = self._awaited(box)
            if trouble is not None:
                raise trouble
        return found  # type: ignore[return-value]  # it is what *work* gave

    def _awaited(self, box: queue.SimpleQueue[Found]) -> Found:
        """Waits no longer than the deadline, nor for one that has hung up."""
        while True:
            gone = self.lost
            try:
                return box.get(timeout=min(self.left, _GLANCE))
            except queue.Empty:
                if gone or time.monotonic() >= self._end:
                    trouble = self.stuck()
                    self.hang_up()
                    raise trouble from None

    @property
    def lost(self) -> bool:
        """Whether the other side ended a command line that was open."""
        channel = self.channel
        if channel is None:
            return False
        over = channel.closed or channel.eof_received
        return bool(over) or not channel.get_transport().is_active()

    def hang_up(self) -> None:
        if self.sock is not None:
            self.sock.close()

    def stuck(self) -> LabmgrError:
        """Why it went no further: by what was heard last."""
        name = self.device.name
        tail = self._tail()
        if self.sock is None or not self.heard.getvalue():
            return silent(self.device, "no answer in time")
        if self.lost:
            return DeviceLost(
                f"{name} ended the connection in the middle",
                hint="A restart, a cable, or too many sessions: look at it, then repeat. What it "
                "had taken by then stands until it is asked.",
            )
        if _ASKS.search(tail) and not _ORDINARY.fullmatch(tail):
            return UnexpectedPrompt(
                f"{name} waits at a prompt that labmgr does not know: {self.cover(tail)!r}",
                hint="Log in by hand and answer it, or name another driver in the inventory.",
            )
        return DeviceHung(
            f"{name} stopped answering in the middle",
            hint="Look at its load and its console; then repeat. A slow device wants a longer "
            "`deadline` in the inventory.",
        )

    def cover(self, text: str) -> str:
        """What may be told of a text that was sent or heard."""
        return masked(self._without_keys(text))

    def _without_keys(self, text: str) -> str:
        for secret in (self.keys.password, self.keys.enable):
            text = text.replace(secret, MASK) if secret else text
        return text

    def _tail(self) -> str:
        """The unfinished last line, without our secrets."""
        text = self._without_keys(self.heard.getvalue()[-4096:].decode(errors="replace"))
        return _CODES.sub("", re.split(r"[\r\n]", text)[-1])[-_SHOWN:]

    @contextmanager
    def in_our_words(self) -> Iterator[None]:
        """Paramiko's, netmiko's and the network's errors as ours.

        Their texts may hold what was sent or read: none of them goes on.
        """
        try:
            yield
        except LabmgrError:
            raise
        except paramiko.BadHostKeyException:
            raise changed(self.device) from None
        except paramiko.AuthenticationException:
            raise refused(self.device) from None
        except (paramiko.SSHException, OSError, EOFError, ValueError) as trouble:
            if isinstance(trouble.__context__, paramiko.BadHostKeyException):
                raise changed(self.device) from None
            if self.sock is None or not self.heard.getvalue():
                kind = trouble.strerror if isinstance(trouble, OSError) else None
                raise silent(self.device, kind or "no SSH conversation began") from None
            raise self.stuck() from None
        finally:
            self.hang_up()


def _outcome(work: Callable[[], Found]) -> tuple[Found | None, BaseException | None]:
    try:
        return work(), None
    except Exception as trouble:  # noqa: BLE001 - carried to the thread that asked, and raised there
        return None, trouble


def silent(device: Device, why: str) -> DeviceSilent:
    return DeviceSilent(
        f"{device.name} does not answer at {device.address}:{device.port} ({why})",
        hint="Is it switched on and cabled, is SSH enabled, is the address right?",
    )


def changed(device: Device) -> HostKeyChanged:
    return HostKeyChanged(
        f"{device.name} shows another host key than the pinned one",
        hint="Nothing was sent. If it was replaced or reset: "
        f"`labmgr device trust {device.name} --replace --why TEXT`.",
    )


def refused(device: Device) -> LoginRefused:
    return LoginRefused(
        f"{device.name} refuses {device.user}",
        hint="Compare the account on the device with the secret that the inventory names.",
    )


def private_key(text: str, device: Device) -> paramiko.PKey:
    for kind in _KEY_KINDS:
        try:
            return kind(file_obj=io.StringIO(text))
        except (paramiko.SSHException, ValueError):
            continue
    raise ConsoleError(
        f"The key that the inventory names for {device.name} cannot be used",
        hint="An OpenSSH private key without passphrase is wanted (`ssh-keygen -t ed25519`).",
    )


def pinned(talk: Talk) -> paramiko.Transport:
    """A line to the device whose key is compared before anything is sent."""
    transport = greeted(talk, talk.keys.host_key.split()[0])
    if not same_key(talk.keys.host_key, key_of(transport)):
        transport.close()
        raise changed(talk.device)
    return transport


def greeted(talk: Talk, kind: str = "") -> paramiko.Transport:
    transport = paramiko.Transport(talk.connect())
    transport.banner_timeout = talk.step
    if kind:
        transport.get_security_options().key_types = (kind,)
    try:
        transport.start_client(timeout=talk.step)
    except paramiko.ssh_exception.IncompatiblePeer:
        transport.close()
        if kind:  # it has no key of the pinned kind any more
            raise changed(talk.device) from None
        raise
    return transport


def shown_key(device: Device) -> str:
    """The host key that the device shows now, pinned or not."""
    talk = Talk(device, Keys(""))

    def look() -> str:
        transport = greeted(talk)
        try:
            return key_of(transport)
        finally:
            transport.close()

    return talk.run(look)


def key_of(transport: paramiko.Transport) -> str:
    found = transport.get_remote_server_key()
    return f"{found.get_name()} {found.get_base64()}"
