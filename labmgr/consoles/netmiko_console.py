"""Vendors' command lines by netmiko, which is loaded when a first device is asked."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

from labmgr.consoles.entering import enter, save
from labmgr.consoles.remedy import read_only
from labmgr.consoles.talk import Talk, private_key
from labmgr.domain.devices import Answer, Keys
from labmgr.domain.dialects import DIALECTS, declined
from labmgr.domain.inventory import Device
from labmgr.errors import ConsoleError, LoginRefused

if TYPE_CHECKING:
    from netmiko import BaseConnection
    from paramiko import Channel

Found = TypeVar("Found")


class NetmikoConsole:
    """Asks one question a login; nothing stays open."""

    def look(self, device: Device, keys: Keys) -> Answer:
        dialect = DIALECTS[device.driver]
        return _ask(
            Talk(device, keys), lambda line: dialect.read(_said(line, device, dialect.version))
        )

    def running_config(self, device: Device, keys: Keys) -> str:
        dialect = DIALECTS[device.driver]

        def read(line: BaseConnection) -> str:
            if dialect.enable and not line.check_enable_mode():
                _enable(line, device)
            return _said(line, device, dialect.running)

        return _ask(Talk(device, keys), read)

    def push(self, device: Device, keys: Keys, steps: Sequence[str]) -> str:
        dialect = DIALECTS.get(device.driver)
        if dialect is None or dialect.writes is None:
            raise read_only(device)
        writing, talk = dialect.writes, Talk(device, keys, deadline=device.push_deadline)

        def work(line: BaseConnection) -> str:
            if dialect.enable and not line.check_enable_mode():
                _enable(line, device)
            enter(line, talk, writing, steps)
            save(line, talk)
            return _said(line, device, dialect.running)

        return _ask(talk, work)


def _ask(talk: Talk, question: Callable[[BaseConnection], Found]) -> Found:
    def work() -> Found:
        with _logged_in(talk) as line:
            return question(line)

    return talk.run(work)


@contextmanager
def _logged_in(talk: Talk) -> Iterator[BaseConnection]:
    from netmiko import ssh_dispatcher  # noqa: PLC0415 - some 300 modules, for those who need them
    from netmiko.exceptions import NetmikoBaseException  # noqa: PLC0415

    with tempfile.TemporaryDirectory() as folder:
        known = Path(folder) / "known_hosts"
        known.write_text(_known_host(talk), encoding="ascii")
        try:
            told = _parameters(talk)
            line = _kind(talk.device, ssh_dispatcher)(**told, alt_key_file=str(known))
            # Not before: some logins wait for words that a device may not say.
            line.read_timeout_override = talk.device.deadline
            if DIALECTS[talk.device.driver].writes:  # Comware's prompts may lag behind its login
                line.global_cmd_verify = None  # so an echo is waited for: our commands are short
            talk.channel = cast("Channel", line.remote_conn)
            try:
                yield line
            except (NetmikoBaseException, OSError, EOFError):
                raise talk.stuck() from None  # before its channel is closed by ourselves
            finally:
                talk.channel = None  # from here on it is we who hang up
                line.paramiko_cleanup()  # `disconnect` would wait for a device that hangs
        except NetmikoBaseException:
            raise talk.stuck() from None


def _kind(device: Device, known: Callable[[str], type[BaseConnection]]) -> type[BaseConnection]:
    from labmgr.consoles.vtysh import Vtysh  # noqa: PLC0415 - it loads netmiko

    return Vtysh if device.driver == "frr" else known(device.driver)


def _known_host(talk: Talk) -> str:
    host, port = talk.device.address, talk.device.port
    name = host if port == 22 else f"[{host}]:{port}"  # noqa: PLR2004 - as known_hosts has it
    return f"{name} {' '.join(talk.keys.host_key.split()[:2])}\n"


def _parameters(talk: Talk) -> dict[str, Any]:
    device, keys = talk.device, talk.keys
    netmiko = DIALECTS[device.driver].netmiko or device.driver
    login = {"pkey": private_key(keys.key, device)} if keys.key else {}
    return {
        "device_type": netmiko,
        "host": device.address,
        "port": device.port,
        "sock": talk.connect(),
        "username": device.user,
        "password": keys.password or None,
        "secret": keys.enable,
        **login,
        "ssh_strict": True,
        "alt_host_keys": True,
        "session_log": talk.heard,
        "banner_timeout": talk.step,
        "auth_timeout": talk.step,
        "blocking_timeout": talk.left,
    }


def _said(line: BaseConnection, device: Device, command: str) -> str:
    said = str(line.send_command(command, read_timeout=device.deadline))
    if declined(said) or not said.strip():
        raise ConsoleError(
            f"{device.name} does not take `{command}`",
            hint=f"Is {device.driver} the right driver, and may {device.user} ask this?",
        )
    return said


def _enable(line: BaseConnection, device: Device) -> None:
    try:
        line.enable()
    except ValueError:
        raise LoginRefused(
            f"{device.name} refuses the second password (enable)",
            hint="Name it under `enable:` in the inventory, or give the account the rights.",
        ) from None
