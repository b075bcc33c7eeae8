"""A switch's command line over real SSH: what it says is made up, how it speaks is not."""

from __future__ import annotations

import contextlib
import socket
import threading
from dataclasses import dataclass, field

import paramiko

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


@dataclass
class Switch:
    """One device on a port of the loopback. `manner` is how it behaves."""

    name: str = "sw1"
    password: str = "mot-de-passe-du-commutateur"
    enable: str = ""  # a second password, where it wants one
    # "well", "mute", "hangs", "asks", "licence", "drops", "echoes"
    manner: str = "well"
    config: str = ""
    key: paramiko.PKey = field(default_factory=lambda: paramiko.RSAKey.generate(2048))
    logins: list[str] = field(default_factory=list)  # passwords that were sent

    def __post_init__(self):
        self.config = self.config or CONFIG.format(name=self.name)
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self._listener.getsockname()[1]
        self._open = []
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self):
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for one in self._open:
            one.close()

    def _serve(self):
        while True:
            try:
                line, _ = self._listener.accept()
            except OSError:
                return
            self._open.append(line)
            if self.manner != "mute":
                threading.Thread(target=self._talk, args=(line,), daemon=True).start()

    def _talk(self, line):
        transport = paramiko.Transport(line)
        self._open.append(transport)
        transport.add_server_key(self.key)
        door = Door(self)
        with contextlib.suppress(paramiko.SSHException, OSError, EOFError):
            transport.start_server(server=door)
            channel = transport.accept(10)
            if channel is not None and door.shell.wait(10):
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
    switch: Switch
    channel: paramiko.Channel

    def __post_init__(self):
        self.enabled = not self.switch.enable

    def run(self):
        if self.switch.manner == "licence":
            self.say("Accept the licence agreement? [y/n]: ")
            self.channel.recv(1)  # and then waits for an answer that never comes
            threading.Event().wait(30)
            return
        self.say(self.prompt)
        while (line := self.line()) is not None:
            if line.strip() == "exit":
                break
            self.answer(line.strip())
        self.channel.close()

    @property
    def prompt(self):
        return f"\r\n{self.switch.name}{'#' if self.enabled else '>'}"

    def say(self, text):
        self.channel.sendall(text.replace("\r\n", "\n").replace("\n", "\r\n").encode())

    def line(self, echo=True):
        typed = b""
        while not typed.endswith((b"\n", b"\r")):
            one = self.channel.recv(1)
            if not one:
                return None
            typed += one
            if echo:
                self.channel.sendall(b"\r\n" if one in b"\r\n" else one)
        return typed.decode()

    def answer(self, command):
        name, manner = self.switch.name, self.switch.manner
        if command == "enable":
            self.say("Password: ")
            self.enabled = (self.line(echo=False) or "").strip() == self.switch.enable
            self.say("\n" if self.enabled else "\n% Bad secrets\n")
        elif command == "show version":
            self.say(VERSION.format(name=name)[: 90 if manner == "hangs" else None])
            if manner == "hangs":
                threading.Event().wait(30)
            if manner == "drops":
                self.channel.get_transport().close()
            if manner == "echoes":
                self.say(f"\nIs your password {self.switch.password}? [y/n]")
                threading.Event().wait(30)
            if manner == "asks":
                self.say("\nContinue in spite of the fan failure? [confirm]")
                threading.Event().wait(30)
        elif command == "show running-config" and self.enabled:
            self.say(self.switch.config)
        elif command and not command.startswith("terminal"):
            self.say("% Invalid input detected at '^' marker.\n")
        self.say(self.prompt)
