"""A switch's command line over real SSH: what it says is made up, how it speaks is not."""

from __future__ import annotations

import contextlib
import re
import socket
import threading
from dataclasses import dataclass, field
from functools import cache

import paramiko

from labmgr.consoles.fake_config import FakeConfig
from tests.devices.families import COMWARE, IOS, VTYSH, Family

VERSION = """\
Cisco IOS Software, C2960 Software (C2960-LANBASEK9-M), Version 15.0(2)SE11, RELEASE SOFTWARE
{name} uptime is 2 weeks, 3 days, 1 hour, 7 minutes
cisco WS-C2960-24TT-L (PowerPC405) processor (revision D0) with 65536K bytes of memory.
"""
CONFIG = """\
Building configuration...

Current configuration : 1234 bytes
!
! Last configuration change at 10:11:12 UTC Mon Mar 1 2026
!
hostname {name}
!
enable secret 5 $1$mERr$hx5rVt7rPNoS4wqbXKX7m0
username labmgr privilege 15 password 7 0822455D0A16
snmp-server community tresSecrete RO
!
interface Vlan10
 ip address 10.0.10.1 255.255.255.0
!
ntp clock-period 36028797
end"""
LONG = 300  # seconds: no test waits for it, each ends or is given up before
GLANCE = 0.1  # seconds between two looks whether the caller is still there
OVER = (paramiko.SSHException, OSError, EOFError)  # the other side has had enough


@cache
def rsa_key() -> paramiko.RSAKey:
    """One for a run, since making them takes long; an impostor makes its own."""
    return paramiko.RSAKey.generate(2048)


@dataclass
class Switch:
    """One device on a port of the loopback. `manner` is how it behaves."""

    name: str = "sw1"
    password: str = "mot-de-passe-du-commutateur"
    enable: str = ""  # a second password, where it wants one
    # "well", "mute", "hangs", "asks", "licence", "drops", "echoes"
    manner: str = "well"
    config: str = ""
    family: Family = IOS
    # What befalls a line of configuration, once for each entry: "hangs", "drops", or its answer.
    at: dict[str, list[str]] = field(default_factory=dict)
    saves: str = ""  # what saving says, where it is not done; "[confirm]" and the like wait
    entered: list[str] = field(default_factory=list)  # lines of configuration, as they came
    key: paramiko.PKey = field(default_factory=rsa_key)
    logins: list[str] = field(default_factory=list)  # passwords that were sent

    def __post_init__(self):
        self.config = self.config or CONFIG.format(name=self.name)
        self.startup = self.config
        self.over = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self._listener.getsockname()[1]
        self._open, self._threads = [], []
        self._begin(self._serve)

    def _begin(self, work, *given):
        self._threads.append(threading.Thread(target=work, args=given, daemon=True))
        self._threads[-1].start()

    def close(self):
        """Nothing of it is left: what is still open would be told of in somebody else's test."""
        self.over.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._threads[0].join(LONG)  # from here on nobody is let in
        self._hang_up()
        for one in self._threads[1:]:
            one.join(LONG)
        self._hang_up()  # what was begun in the middle of the first time

    def _hang_up(self):
        for one in list(self._open):
            one.close()

    def _serve(self):
        with contextlib.suppress(OSError):
            while True:
                line, _ = self._listener.accept()
                self._open.append(line)
                line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                if self.manner != "mute":
                    self._begin(self._talk, line)

    def _talk(self, line):
        with contextlib.suppress(*OVER):
            transport, door = paramiko.Transport(line), Door(self)
            self._open.append(transport)
            transport.add_server_key(self.key)
            transport.start_server(server=door)
            channel = None
            while transport.is_active() and not (channel and door.shell.is_set()):
                channel = channel or transport.accept(GLANCE)
                door.shell.wait(GLANCE)
            if channel and door.shell.is_set():
                CommandLine(self, channel).run()


class Door(paramiko.ServerInterface):
    def __init__(self, switch):
        self._switch, self.shell = switch, threading.Event()

    def get_allowed_auths(self, _username):
        return "password"

    def check_auth_password(self, username, password):
        self._switch.logins.append(password)
        good = (username, password) == ("labmgr", self._switch.password)
        return paramiko.AUTH_SUCCESSFUL if good else paramiko.AUTH_FAILED

    def check_channel_request(self, _kind, _chanid):
        return paramiko.OPEN_SUCCEEDED

    def check_channel_pty_request(self, *_args):
        return True

    def check_channel_shell_request(self, _channel):
        self.shell.set()
        return True


@dataclass
class CommandLine:
    """One login: what is typed, where it stands, what it is told."""

    switch: Switch
    channel: paramiko.Channel

    def __post_init__(self):
        self.enabled = not self.switch.enable
        self.family = self.switch.family
        self.tree = None  # of the configuration mode
        self._typed = b""

    def run(self):
        if self.switch.manner == "licence":
            self.say("Accept the licence agreement? [y/n]: ")
            self.channel.recv(1)  # and then waits for an answer that never comes
            self.wait()
            return
        self.say(self.family.opening)
        if self.family.opening.endswith("continue"):
            self.line(echo=False)
        self.say(self.prompt)
        while (line := self.line()) is not None:
            if line.strip() == "exit" and self.tree is None:
                break
            self.answer(line.strip())
            self.say(self.prompt)
        self.channel.close()

    @property
    def prompt(self):
        named = re.search(r"^(?:hostname|sysname) (\S+)", self.switch.config, re.MULTILINE)
        name = named[1].strip('"') if named else self.switch.name
        shape, mode = self.family.prompt, ""
        if self.tree is not None:
            shape, mode = self.family.within, self.mode
        mark = "#" if self.enabled else ">"
        return f"\r\n{self.family.codes[0]}{shape.format(name=name, mark=mark, mode=mode)}"

    @property
    def mode(self):
        short = "-".join(one.split()[0][:6] for one in self.tree.path)
        if self.family is COMWARE:
            return f"-{short}" if short else ""
        return f"config-{short}" if short else "config"

    def say(self, text):
        self.channel.sendall(text.replace("\r\n", "\n").replace("\n", "\r\n").encode())

    def wait(self):
        self.switch.over.wait(LONG)

    def line(self, echo=True):
        """What was typed up to its end; a bare question mark is no part of it."""
        while not (end := re.search(rb"[\r\n]", self._typed)):
            more = self.channel.recv(4096)
            if not more:
                return None
            self._typed += more
        typed, self._typed = self._typed[: end.start()], self._typed[end.end() :]
        text = re.sub(r"(?<!\x16)\?", "", typed.decode()).replace("\x16", "")
        self.say(f"{text if echo else ''}{self.family.codes[1]}\n")
        return text

    def answer(self, command):
        family = self.family
        if self.tree is not None:
            self.say(self.configured(command))
        elif command == "enable":
            self.say("Password: ")
            self.enabled = (self.line(echo=False) or "").strip() == self.switch.enable
            self.say("\n" if self.enabled else "\n% Bad secrets\n")
        elif command == family.version:
            self.versions()
        elif command == family.running and self.enabled:
            self.say(self.switch.config)
        elif command == family.configure and self.enabled:
            self.tree = FakeConfig.read(self.switch.config, adds_up=family is VTYSH)
        elif command in family.save and self.enabled:
            self.saved()
        elif command in family.quiet:
            self.say(family.quiet[command])
        elif command:
            self.say("% Invalid input detected at '^' marker.\n")

    def versions(self):
        manner = self.switch.manner
        self.say(VERSION.format(name=self.switch.name)[: 90 if manner == "hangs" else None])
        if manner == "drops":
            self.channel.get_transport().close()
        if manner == "echoes":
            self.say(f"\nIs your password {self.switch.password}? [y/n]")
        if manner == "asks":
            self.say("\nContinue in spite of the fan failure? [confirm]")
        if manner in {"hangs", "echoes", "asks"}:
            self.wait()

    def saved(self):
        if not self.switch.saves:
            self.switch.startup = self.switch.config
        self.say(self.switch.saves or self.family.saved)
        if self.switch.saves.endswith("[confirm]"):
            self.wait()

    def configured(self, command):
        """One line in the configuration mode; what it is answered."""
        if command == self.family.end:
            self.tree = None
            return ""
        if self.family is COMWARE and command in (*self.family.save, self.family.running):
            view, self.tree = self.tree, None  # they are known in every view
            self.answer(command)
            self.tree = view
            return ""
        if not command:
            return ""
        self.switch.entered.append(command)
        fate = self.switch.at.get(command)
        fate = fate.pop(0) if fate else ""
        if fate == "drops":
            self.channel.get_transport().close()
        if fate == "hangs":
            self.wait()
        if fate:
            return fate
        for begin, question in self.family.asks.items():
            if command.startswith(begin):
                self.say(question)
                if (self.line() or "").strip() not in {"", "y"}:
                    return ""
        said = self.tree.enter(command)
        self.switch.config = self.tree.show()
        return f"{said}\n" if said else self.family.says.get(command, "")
