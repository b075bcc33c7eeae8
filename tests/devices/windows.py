"""A server that answers as OpenSSH on Windows does, as far as its documents tell; not a Windows."""

from __future__ import annotations

import base64
import binascii
import contextlib
import re
import socket
import threading

import paramiko
from paramiko.common import MSG_CHANNEL_SUCCESS

from tests.devices.vendor import LONG, OVER

VER = "\r\nMicrosoft Windows [Version 10.0.20348.2322]\r\n"
UNKNOWN = "'{}' is not recognized as an internal or external command,\r\n"
NUMBER = 4321
BOOT = "powershell -NoProfile -NonInteractive -ExecutionPolicy Bypass -EncodedCommand "


class WindowsLike:
    """cmd.exe as the shell of each command; PowerShell reads all of its standard input first."""

    password = "mot-de-passe-de-windows"

    def __init__(self):
        self.commands, self.bootstrap, self.script = [], "", ""
        self.says, self.status, self.endless = "fait\r\n", 0, False
        self.ended = threading.Event()
        self._key = paramiko.ECDSAKey.generate()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._lines, self._threads = [], []
        self._begin(self._serve)

    def _begin(self, work, *given):
        self._threads.append(threading.Thread(target=work, args=given, daemon=True))
        self._threads[-1].start()

    def close(self):
        """Nothing of it is left: what is still open would be told of in somebody else's test."""
        self.ended.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._threads[0].join(LONG)  # from here on nobody is let in
        for line in self._lines:
            line.close()
        for thread in self._threads:
            thread.join(LONG)

    def _serve(self):
        while True:
            try:
                line, _ = self._listener.accept()
            except OSError:
                return
            self._lines.append(_Line(line))
            self._lines[-1].add_server_key(self._key)
            with contextlib.suppress(*OVER):
                self._lines[-1].start_server(server=_Door(self))

    def asked(self, channel, command):
        """Answers beside: paramiko says yes to the caller once this returns."""
        self._begin(self._answered, channel, command)

    def _answered(self, channel, command):
        with contextlib.suppress(*OVER, binascii.Error):  # half a script: they have hung up
            channel.get_transport().said_yes.acquire(timeout=LONG)
            status = self._answer(channel, command)
            channel.send_exit_status(status)
            # Told too when somebody who has hung up is not there to hear it.
            channel.close()

    def _answer(self, channel, command):
        self.commands.append(command)
        if command == "cmd /c ver":
            return self._say(channel, VER)
        if command == "hostname":
            return self._say(channel, "SRV-WIN\r\n")
        if command == f"taskkill /F /T /PID {NUMBER}":
            self.ended.set()
            return self._say(channel, "SUCCESS\r\n")
        if command.startswith(BOOT):
            return self._powershell(channel, command.removeprefix(BOOT))
        channel.sendall_stderr(UNKNOWN.format(re.split(r"\s", command)[0]).encode())
        return 1

    def _powershell(self, channel, encoded):
        self.bootstrap = base64.b64decode(encoded, validate=True).decode("utf-16-le")
        self._say(channel, f"labmgr {NUMBER}\r\n")
        given = b""
        while data := channel.recv(4096):
            given += data
        self.script = base64.b64decode(given).decode()
        if self.endless:
            self.ended.wait(LONG)
            return 1
        self._say(channel, self.says)
        return self.status

    @staticmethod
    def _say(channel, text):
        channel.sendall(text.encode())
        return 0


class _Line(paramiko.Transport):
    """Knows when the caller was told that a command is begun: no answer may come before."""

    def __init__(self, sock):
        super().__init__(sock)
        self.said_yes = threading.Semaphore(0)

    def _send_user_message(self, data):
        super()._send_user_message(data)
        if data.asbytes()[0] == MSG_CHANNEL_SUCCESS:
            self.said_yes.release()


class _Door(paramiko.ServerInterface):
    def __init__(self, server):
        self._server = server

    def get_allowed_auths(self, _username):
        return "password"

    def check_auth_password(self, _username, password):
        good = password == self._server.password
        return paramiko.AUTH_SUCCESSFUL if good else paramiko.AUTH_FAILED

    def check_channel_request(self, _kind, _chanid):
        return paramiko.OPEN_SUCCEEDED

    def check_channel_exec_request(self, channel, command):
        self._server.asked(channel, command.decode())
        return True
