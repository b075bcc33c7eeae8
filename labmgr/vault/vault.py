"""The vault: encryption at rest, password hashes, key pairs; certificates by the centre's CA."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError, VerifyMismatchError
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_ssh_private_key,
)

from labmgr.domain.ports import Certificate, KeyPair
from labmgr.errors import BadSettings, VaultError
from labmgr.vault.keyfiles import made_once

if TYPE_CHECKING:
    from labmgr.vault.ca import Authority

_RESTORE = "Restore the keys folder of LABMGR_HOME from the backup that belongs to this database."


class HomeVault:
    """Keys are files in <home>/keys, made on first use.

    *certificate* and *key* are the centre's own (PEM files), a CA or a server certificate;
    without them a CA is generated.
    """

    def __init__(
        self,
        home: Path,
        certificate: Path | None = None,
        key: Path | None = None,
        *,
        now: Callable[[], datetime],
    ) -> None:
        self._keys = home / "keys"
        self._now = now
        self._own = (certificate, key)
        self._passwords = PasswordHasher()

    def seal(self, plain: str) -> str:
        return self._box.encrypt(plain.encode()).decode()

    def unseal(self, sealed: str) -> str:
        try:
            return self._box.decrypt(sealed.encode()).decode()
        except InvalidToken as e:
            raise VaultError(
                f"A stored secret was not sealed with the key in {self._keys}", hint=_RESTORE
            ) from e

    def hash_password(self, password: str) -> str:
        return self._passwords.hash(password)

    def check_password(self, hashed: str, password: str) -> bool:
        """Raises VaultError when *hashed* is no argon2 hash at all."""
        try:
            return self._passwords.verify(hashed, password)
        except VerifyMismatchError:
            return False
        except (InvalidHashError, VerificationError) as e:
            raise VaultError(
                "A stored password hash cannot be read",
                hint="Give the account a new password: `labmgr account passwd LOGIN`.",
            ) from e

    def key_pair(self) -> KeyPair:
        """Ed25519, without a passphrase."""
        key = Ed25519PrivateKey.generate()
        private = key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption())
        public = key.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH)
        return KeyPair(private.decode(), public.decode())

    def public_key(self, private: str) -> str:
        """The public half of an OpenSSH private key, as a line of known_hosts holds it."""
        try:
            key = load_ssh_private_key(private.encode(), password=None)
        except (ValueError, TypeError, UnsupportedAlgorithm) as e:
            raise VaultError("A stored SSH key cannot be read", hint=_RESTORE) from e
        public = key.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH)
        return public.decode()

    def certificate(self, names: Sequence[str]) -> Certificate:
        return self._authority.certificate(names, self._now())

    def fingerprint(self) -> str:
        return self._authority.fingerprint

    def authority(self) -> str:
        return self._authority.pem

    @cached_property
    def _box(self) -> MultiFernet:
        """The first key seals, every key unseals: a new one is put in the first line."""
        path = self._keys / "vault.key"
        lines = made_once(path, Fernet.generate_key).split()
        try:
            return MultiFernet([Fernet(line) for line in lines])
        except ValueError as e:
            raise VaultError(f"{path} does not hold a key", hint=_RESTORE) from e

    @cached_property
    def _authority(self) -> Authority:
        from labmgr.vault.ca import generated, given  # noqa: PLC0415 - 6 MiB of certificates

        certificate, key = self._own
        if certificate is not None and key is not None:
            return given(certificate, key)
        if certificate is not None or key is not None:
            raise BadSettings(
                "Of the centre's certificate and its key only one is given",
                hint="Set LABMGR_CERTIFICATE and LABMGR_CERTIFICATE_KEY, or neither.",
            )
        return generated(self._keys / "ca.pem", self._now())
