"""The files that sshd, HAProxy and dnsmasq read."""

from __future__ import annotations

from collections.abc import Iterable

from labmgr_gateway.config import Config, Web

RUN = "/run/labmgr"

# No session at all (MaxSessions 0), only direct-tcpip to what PermitOpen lists. Errors alone are
# logged: at INFO a password typed in place of a name would be.
SSHD = """\
ListenAddress {address}:{port}
HostKey {run}/host_key
PidFile none
LogLevel FATAL
AllowUsers {login}
PermitRootLogin no
AuthenticationMethods password
PasswordAuthentication yes
KbdInteractiveAuthentication no
PubkeyAuthentication no
UsePAM no
UseDNS no
MaxAuthTries 3
LoginGraceTime 20
MaxStartups 10:30:40
MaxSessions 0
ClientAliveInterval 15
ClientAliveCountMax 3
PermitTTY no
PermitUserRC no
PermitTunnel no
PermitListen none
GatewayPorts no
X11Forwarding no
AllowAgentForwarding no
AllowStreamLocalForwarding no
AllowTcpForwarding local
ForceCommand /usr/sbin/nologin
PrintMotd no
PermitOpen {targets}
"""

HAPROXY = """\
global
    user haproxy
    group haproxy
    chroot /var/lib/haproxy
    nbthread 1
    maxconn 300
    tune.ssl.cachesize 500
    ssl-default-bind-options ssl-min-ver TLSv1.2
defaults
    mode http
    retries 0
    timeout connect 3s
    timeout http-request 15s
    timeout http-keep-alive 60s
    timeout client 10m
    timeout server 10m
    timeout tunnel 2h
"""

# Pages that a node writes for plain HTTP work behind TLS: it is told of the outside, and its
# redirections to itself are turned to https.
LISTEN = """\
listen {node}_{port}
    bind {address}:{port} ssl crt {run}/web.pem alpn http/1.1
    http-request set-var(txn.node) str({node})
    http-request set-var(txn.host) req.hdr(host)
    http-request del-header X-Forwarded- -m beg
    http-request del-header Forwarded
    http-request set-header X-Forwarded-Proto https
    http-request set-header X-Forwarded-Host %[var(txn.host)]
    http-request set-header X-Forwarded-Port %[req.hdr(host),port_only]
    http-request set-header X-Forwarded-Port 443 if {{ req.hdr(host),port_only -m int 0 }}
    http-request set-header X-Forwarded-For %[src]
    acl to_itself res.hdr(Location),field(3,/),strcmp(txn.host) eq 0
    http-response replace-header Location ^http://(.*)$ https://\\1 if to_itself
{cookies}{errors}    server {node} {target}:{target_port}{server}
"""
SECURE_COOKIES = (
    r"    http-after-response replace-header Set-Cookie ^((?:(?!;\s*[Ss]ecure).)*)$ "
    '"\\1; Secure"\n'
)
ERRORS = "".join(
    f'    http-error status {status} content-type "text/html; charset=utf-8" '
    "hdr Cache-Control no-store lf-file /usr/local/lib/labmgr/unavailable.html\n"
    for status in (502, 503, 504)
)


def sshd(config: Config, audience: str, address: str) -> str:
    login = config.logins[audience]
    targets = dict.fromkeys(
        f"{name}:{forward.port}"
        for forward in config.forwards
        for name in (forward.name, f"{forward.name}.{config.domain}", forward.address)
    )
    return SSHD.format(
        address=address,
        port=login.port,
        run=RUN,
        login=login.name,
        targets=" ".join(targets) or "none",
    )


def haproxy(config: Config, audience: str, address: str) -> str:
    return HAPROXY + "".join(_listen(web, web.ports[audience], address) for web in config.webs)


def _listen(web: Web, port: int, address: str) -> str:
    return LISTEN.format(
        node=web.node,
        port=port,
        address=address,
        run=RUN,
        target=web.address,
        target_port=web.port,
        server=" ssl verify none" if web.tls else "",
        cookies=SECURE_COOKIES if web.secure_cookies else "",
        errors=ERRORS,
    )


def hosts(config: Config) -> str:
    return "".join(
        f"{address} {name} {name}.{config.domain}\n" for name, address in config.names.items()
    )


def dnsmasq(addresses: Iterable[str]) -> list[str]:
    """Answer the lab's names; anything else does not exist, and is said so at once."""
    return [
        "/usr/sbin/dnsmasq",
        "--keep-in-foreground",
        "--conf-file=/dev/null",
        "--pid-file=",
        "--user=dnsmasq",
        "--log-facility=-",
        "--no-resolv",
        "--no-hosts",
        f"--addn-hosts={RUN}/hosts",
        "--local=/#/",
        "--cache-size=0",
        "--bind-interfaces",
        *(f"--listen-address={address}" for address in addresses),
    ]
