"""The files a node finds at its first start (docs/reference/images.md)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from labmgr.domain.credential import Credential
from labmgr.domain.plan import SecretFile
from labmgr.domain.template import CredentialKind, NodeTemplate

_ROOT = "/etc/labmgr/first-boot"


def first_boot_files(
    node: NodeTemplate, credentials: Sequence[Credential], values: Mapping[str, str]
) -> tuple[SecretFile, ...]:
    """`lab.env` and the node's credentials. A private key never goes to the node."""
    env = "".join(
        f"{name}={_quoted(text)}\n" for name, text in (*values.items(), ("NODE", node.name))
    )
    files = [SecretFile(f"{_ROOT}/lab.env", env.encode())]
    for credential in credentials:
        folder = f"{_ROOT}/credentials/{credential.id}"
        files.append(SecretFile(f"{folder}/login", credential.login.encode()))
        if credential.kind is CredentialKind.SSH_KEY:
            files.append(SecretFile(f"{folder}/key.pub", credential.public.encode()))
        else:
            files.append(SecretFile(f"{folder}/password", credential.secret.encode()))
    return tuple(files)


def _quoted(text: str) -> str:
    """For sh, always between single quotes."""
    return "'" + text.replace("'", "'\\''") + "'"
