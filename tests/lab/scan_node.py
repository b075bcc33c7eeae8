"""Run inside a container: many TCP connections at once; prints those that came about."""

import contextlib
import json
import select
import socket
import sys
import time

AT_ONCE, PATIENCE = 400, 2.5  # a connection is tried again after one second


def scan(targets):
    lines = {}
    for address, port in targets:
        line = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        line.setblocking(False)
        with contextlib.suppress(OSError):
            if line.connect_ex((address, port)) in (0, 115):
                lines[line.fileno()] = (line, f"tcp {address}:{port}")
                continue
        line.close()
    return met(lines)


def met(lines):
    found, deadline = [], time.monotonic() + PATIENCE
    watch = select.poll()
    for number in lines:
        watch.register(number, select.POLLOUT)
    while lines and (left := deadline - time.monotonic()) > 0:
        for number, _ in watch.poll(left * 1000):
            line, name = lines.pop(number)
            watch.unregister(number)
            if line.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) == 0:
                found.append(name)
            line.close()
    for line, _ in lines.values():
        line.close()
    return found


wanted = json.loads(sys.argv[1])["scan"]
batches = [wanted[start : start + AT_ONCE] for start in range(0, len(wanted), AT_ONCE)]
sys.stdout.write("\n" + json.dumps([name for batch in batches for name in scan(batch)]))
