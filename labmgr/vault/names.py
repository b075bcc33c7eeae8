"""Names in certificates: host names and addresses, and whether a certificate is for one."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import ip_address

from cryptography import x509

from labmgr.errors import BadSettings


def alternative(name: str) -> x509.GeneralName:
    """An address as an address, anything else as a host name."""
    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        return x509.DNSName(_ascii(name))


def refuse_foreign(certificate: x509.Certificate, names: Sequence[str]) -> None:
    """A certificate of the centre's own must be for a name that is asked for."""
    known = _names(certificate)
    if not any(_covers(one, name) for one in known for name in names):
        raise BadSettings(
            f"The centre's certificate is for {', '.join(known) or 'no name'}, "
            f"not for {', '.join(names)}",
            hint="Give one for the name that people type, or a CA, or none at all.",
        )


def _ascii(name: str) -> str:
    try:
        plain = name.rstrip(".").encode("idna").decode()
    except UnicodeError:
        plain = ""
    if not plain or set(plain) & set("/:@ "):
        raise BadSettings(
            f"{name!r} is neither a host name nor an address",
            hint="Give names without scheme, port or path, such as labs.lycee.example.",
        )
    return plain


def _names(certificate: x509.Certificate) -> list[str]:
    try:
        found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return []
    addresses = [str(one) for one in found.get_values_for_type(x509.IPAddress)]
    return found.get_values_for_type(x509.DNSName) + addresses


def _covers(known: str, name: str) -> bool:
    """`*.` stands for one label."""
    known, name = known.lower(), name.lower()
    return known == name or (known.startswith("*.") and name.partition(".")[2] == known[2:])
