"""The centre's CA, generated or its own, and the server certificates it gives out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from labmgr.domain.ports import Certificate
from labmgr.errors import BadSettings, VaultError
from labmgr.vault.keyfiles import made_once
from labmgr.vault.names import alternative, refuse_foreign

CA_YEARS = 10
LEAF = timedelta(days=396)  # with SLACK, 397: browsers refuse more
SLACK = timedelta(days=1)  # clocks of an exam room differ

CaKey = ec.EllipticCurvePrivateKey | RSAPrivateKey | ed25519.Ed25519PrivateKey


@dataclass(frozen=True)
class Authority:
    """A CA that signs; or a server certificate of the centre's, handed out as it is."""

    chain: tuple[x509.Certificate, ...]
    key: CaKey = field(repr=False)

    @property
    def fingerprint(self) -> str:
        """sha256 as browsers show it."""
        return self.chain[0].fingerprint(SHA256()).hex(":").upper()

    @property
    def pem(self) -> str:
        """The certificate that a browser may be told to trust; no secret in it."""
        return _pem(self.chain[:1])

    def certificate(self, names: Sequence[str], now: datetime) -> Certificate:
        if now > self.chain[0].not_valid_after_utc:
            raise VaultError(
                f"The centre's certificate ended on {self.chain[0].not_valid_after_utc:%Y-%m-%d}",
                hint="Give labmgr a new one, or correct the server's clock.",
            )
        if not _is_ca(self.chain[0]):
            refuse_foreign(self.chain[0], names)
            return Certificate(_pem(self.chain), _key_pem(self.key))
        if not names:
            raise BadSettings(
                "A certificate needs a name",
                hint="Set LABMGR_LAB_NAME to the name or address that people type.",
            )
        key = ec.generate_private_key(ec.SECP256R1())
        leaf = _leaf(self.chain[0], names, key, now).sign(self.key, _digest(self.key))
        return Certificate(_pem((leaf, *self.chain)), _key_pem(key))


def generated(path: Path, now: datetime) -> Authority:
    """The CA in *path* (key and certificate in one file, so that they always belong together)."""
    content = made_once(path, partial(_new_ca, now))
    return _read(content, content, str(path))


def given(certificate: Path, key: Path) -> Authority:
    """The centre's own."""
    try:
        return _read(certificate.read_bytes(), key.read_bytes(), f"{certificate}, {key}")
    except OSError as e:
        raise BadSettings(
            f"The centre's certificate cannot be read: {e.filename}: {e.strerror}",
            hint="Check the paths in the settings and the rights of the files.",
        ) from e


def _read(chain: bytes, key: bytes, where: str) -> Authority:
    try:
        certificates = tuple(x509.load_pem_x509_certificates(chain))
        private = load_pem_private_key(key, password=None)
    except (ValueError, TypeError) as e:
        raise BadSettings(
            f"No certificate and unencrypted private key in PEM form in {where}",
            hint="Give PEM files: the certificate first in its chain, and its key.",
        ) from e
    if not isinstance(private, CaKey) or not _belong(certificates[0], private):
        raise BadSettings(
            f"The key does not belong to the first certificate in {where}",
            hint="Give the key of that very certificate.",
        )
    return Authority(certificates, private)


def _belong(certificate: x509.Certificate, key: PrivateKeyTypes) -> bool:
    form = (Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return certificate.public_key().public_bytes(*form) == key.public_key().public_bytes(*form)


def _is_ca(certificate: x509.Certificate) -> bool:
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        return False


def _new_ca(now: datetime) -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    serial = x509.random_serial_number()
    # A name of its own: browsers mix up two authorities that are called the same.
    name = _name(f"labmgr - centre d'examen {serial % 0x10000:04x}")
    public = key.public_key()
    builder = (
        x509.CertificateBuilder(name, name, public, serial)
        .not_valid_before(now - SLACK)
        .not_valid_after(now + timedelta(days=365 * CA_YEARS))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(ca=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
    )
    return _key_pem(key).encode() + _pem((builder.sign(key, SHA256()),)).encode()


def _leaf(
    ca: x509.Certificate, names: Sequence[str], key: ec.EllipticCurvePrivateKey, now: datetime
) -> x509.CertificateBuilder:
    public = key.public_key()
    serial = x509.random_serial_number()
    alternatives = [alternative(name) for name in names]
    # A server's clock may be set back to before its CA was made: its leaf begins with it then.
    begins = max(now - SLACK, ca.not_valid_before_utc)
    return (
        x509.CertificateBuilder(ca.subject, _name(str(alternatives[0].value)), public, serial)
        .not_valid_before(begins)
        .not_valid_after(min(begins + SLACK + LEAF, ca.not_valid_after_utc))
        .add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(ca=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        .add_extension(_identifier(ca), critical=False)
    )


def _identifier(ca: x509.Certificate) -> x509.AuthorityKeyIdentifier:
    """By the identifier that the CA calls itself by, else by the usual hash of its key."""
    try:
        own = ca.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    except x509.ExtensionNotFound:
        own = x509.SubjectKeyIdentifier.from_public_key(ca.public_key())
    return x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(own)


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common[:64])])


def _usage(*, ca: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        key_cert_sign=ca,
        crl_sign=ca,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _pem(chain: Sequence[x509.Certificate]) -> str:
    return "".join(one.public_bytes(Encoding.PEM).decode() for one in chain)


def _key_pem(key: CaKey) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def _digest(key: CaKey) -> SHA256 | None:
    """Ed25519 brings its own."""
    return None if isinstance(key, ed25519.Ed25519PrivateKey) else SHA256()
