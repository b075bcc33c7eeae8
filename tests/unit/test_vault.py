"""The vault: what it seals, whom it believes, and certificates that a real client accepts."""

import socket
import ssl
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from cryptography.x509.oid import ExtendedKeyUsageOID
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from labmgr.errors import BadSettings, VaultError
from labmgr.vault.keyfiles import made_once
from labmgr.vault.vault import HomeVault

ROOT = Path(__file__).parents[2]
PRIVATE = 0o600


def now():
    return datetime.now(UTC)


@pytest.fixture
def vault(tmp_path):
    return HomeVault(tmp_path, now=now)


@settings(deadline=None, suppress_health_check=list(HealthCheck))
@given(plain=some.text(some.characters(codec="utf-8")))
def test_what_is_sealed_comes_back_and_is_not_readable(vault, plain):
    sealed = vault.seal(plain)
    assert vault.unseal(sealed) == plain
    assert vault.seal(plain) != sealed
    assert len(plain) < 8 or plain not in sealed


def test_the_key_is_made_once_and_its_owners_alone(vault, tmp_path):
    sealed = vault.seal("secret")
    key = tmp_path / "keys" / "vault.key"
    assert key.stat().st_mode & 0o777 == PRIVATE
    assert (tmp_path / "keys").stat().st_mode & 0o077 == 0
    assert HomeVault(tmp_path, now=now).unseal(sealed) == "secret"


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
def test_a_key_that_others_can_read_is_refused_with_the_mend(vault, tmp_path, mode):
    vault.seal("secret")
    key = tmp_path / "keys" / "vault.key"
    key.chmod(mode)
    with pytest.raises(VaultError, match="can be read by others") as trouble:
        HomeVault(tmp_path, now=now).seal("x")
    assert f"chmod 600 {key}" in trouble.value.hint


def test_a_wrong_key_says_what_to_restore(vault, tmp_path):
    sealed = vault.seal("Tell-nobody")
    (tmp_path / "keys" / "vault.key").unlink()
    with pytest.raises(VaultError, match="was not sealed with the key") as trouble:
        HomeVault(tmp_path, now=now).unseal(sealed)
    assert "backup" in trouble.value.hint
    assert "Tell-nobody" not in str(trouble.value)


def test_an_altered_secret_is_refused(vault):
    sealed = vault.seal("secret")
    altered = sealed[:40] + ("A" if sealed[40] != "A" else "B") + sealed[41:]
    for wrong in (altered, "not sealed at all", ""):
        with pytest.raises(VaultError):
            vault.unseal(wrong)


def test_a_key_file_without_a_key_is_said(tmp_path):
    (tmp_path / "keys").mkdir()
    for content in ("rubbish\n", ""):
        (tmp_path / "keys" / "vault.key").write_text(content)
        (tmp_path / "keys" / "vault.key").chmod(PRIVATE)
        with pytest.raises(VaultError, match="does not hold a key"):
            HomeVault(tmp_path, now=now).seal("x")


def test_a_new_first_key_seals_and_the_old_still_unseals(vault, tmp_path):
    old = vault.seal("old")
    other = HomeVault(tmp_path / "other", now=now)
    other.seal("x")
    key = tmp_path / "keys" / "vault.key"
    newer = (tmp_path / "other" / "keys" / "vault.key").read_bytes()
    key.write_bytes(newer + b"\n" + key.read_bytes())
    both = HomeVault(tmp_path, now=now)
    assert both.unseal(old) == "old"
    assert other.unseal(both.seal("new")) == "new"


FIRST_USE = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from labmgr.vault.vault import HomeVault
sys.stdin.readline()
vault = HomeVault(Path(sys.argv[1]), now=lambda: datetime.now(UTC))
print(vault.seal("from another process"), vault.fingerprint())
"""


def test_processes_that_start_together_share_one_key_and_one_ca(vault, tmp_path):
    command = [sys.executable, "-c", FIRST_USE, str(tmp_path)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True, "cwd": ROOT}
    started = [subprocess.Popen(command, **pipes) for _ in range(4)]
    for one in started:
        one.stdin.write("go\n")
        one.stdin.flush()
    said = [one.communicate()[0].split() for one in started]
    assert {vault.unseal(sealed) for sealed, _ in said} == {"from another process"}
    assert {fingerprint for _, fingerprint in said} == {vault.fingerprint()}
    assert sorted(file.name for file in (tmp_path / "keys").iterdir()) == ["ca.pem", "vault.key"]


def test_a_key_that_another_process_made_meanwhile_stands(tmp_path):
    path = tmp_path / "keys" / "some.key"

    def make_slowly():
        made_once(path, lambda: b"theirs")
        return b"ours"

    assert made_once(path, make_slowly) == b"theirs"
    assert [file.name for file in path.parent.iterdir()] == ["some.key"]


def test_a_home_that_is_a_file_is_said(tmp_path):
    (tmp_path / "keys").write_text("in the way")
    with pytest.raises(VaultError, match="cannot be read or made") as trouble:
        HomeVault(tmp_path, now=now).seal("x")
    assert "LABMGR_HOME" in trouble.value.hint


def test_passwords_are_hashed_with_argon2_and_checked(vault):
    hashed = vault.hash_password("Long enough 1.")
    assert hashed.startswith("$argon2id$v=19$m=65536,t=3,p=4$"), "what a guess costs"
    assert vault.check_password(hashed, "Long enough 1.")
    assert not vault.check_password(hashed, "Long enough 1")
    assert vault.hash_password("Long enough 1.") != hashed
    with pytest.raises(VaultError, match="hash cannot be read"):
        vault.check_password("Long enough 1.", "Long enough 1.")


def test_ssh_itself_accepts_a_key_pair(vault, tmp_path):
    pair = vault.key_pair()
    assert "PRIVATE" not in repr(pair)
    assert vault.public_key(pair.private) == pair.public
    file = tmp_path / "id"
    file.write_text(pair.private)
    file.chmod(PRIVATE)
    derived = subprocess.run(
        ["ssh-keygen", "-y", "-f", str(file)], capture_output=True, text=True, check=True
    )
    assert derived.stdout.split()[:2] == pair.public.split()
    with pytest.raises(VaultError):
        vault.public_key("no key")


def test_a_client_that_knows_the_ca_believes_the_server(vault, tmp_path):
    given = vault.certificate(["localhost", "127.0.0.1", "::1", "épreuve.lycee.example"])
    assert "PRIVATE" not in repr(given)
    for name in ("localhost", "127.0.0.1"):
        assert _shake_hands(given, tmp_path, name) == "TLSv1.3"
    with pytest.raises(ssl.SSLCertVerificationError, match="mismatch"):
        _shake_hands(given, tmp_path, "another.example")


def test_a_client_that_knows_another_ca_does_not(vault, tmp_path):
    stranger = HomeVault(tmp_path / "stranger", now=now).certificate(["localhost"])
    ours = vault.certificate(["localhost"])
    mixed = type(ours)(ours.chain, ours.key)
    with pytest.raises(ssl.SSLCertVerificationError):
        _shake_hands(mixed, tmp_path, "localhost", believed=_authority(stranger))


def _authority(given):
    """The last certificate of the chain."""
    return given.chain[given.chain.rindex("-----BEGIN") :]


def _shake_hands(given, folder, name, believed=None):
    (folder / "server.pem").write_text(given.chain + given.key)
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    server.load_cert_chain(folder / "server.pem")
    client = ssl.create_default_context(cadata=believed or _authority(given))
    client.verify_flags |= ssl.VERIFY_X509_STRICT  # what newer Pythons and browsers ask for
    here, there = socket.socketpair()

    def serve():
        try:
            with server.wrap_socket(there, server_side=True) as line:
                line.recv(1)
        except OSError:
            there.close()

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        with client.wrap_socket(here, server_hostname=name) as line:
            return line.version()
    finally:
        here.close()
        thread.join()


def test_a_leaf_says_what_it_is_and_is_not_too_long(vault):
    given = vault.certificate(["labs.lycee.example", "10.0.0.5"])
    leaf, ca = x509.load_pem_x509_certificates(given.chain.encode())
    life = leaf.not_valid_after_utc - leaf.not_valid_before_utc
    assert timedelta(days=365) < life <= timedelta(days=397)
    names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["labs.lycee.example"]
    assert [str(one) for one in names.get_values_for_type(x509.IPAddress)] == ["10.0.0.5"]
    usage = leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(usage) == [ExtendedKeyUsageOID.SERVER_AUTH]
    assert load_pem_private_key(given.key.encode(), None).curve.name == "secp256r1"
    assert timedelta(days=3649) < ca.not_valid_after_utc - now() < timedelta(days=3653)


def test_the_fingerprint_is_the_one_that_openssl_shows(vault, tmp_path):
    file = tmp_path / "ca.pem"
    file.write_text(_authority(vault.certificate(["localhost"])))
    said = subprocess.run(
        ["openssl", "x509", "-in", str(file), "-noout", "-fingerprint", "-sha256"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert said.stdout.strip().partition("=")[2] == vault.fingerprint()
    assert HomeVault(tmp_path, now=now).fingerprint() == vault.fingerprint()


@pytest.mark.parametrize("name", ["", "https://labs", "labs:8000", "a b", "x" * 80])
def test_what_is_no_name_is_refused(vault, name):
    with pytest.raises(BadSettings, match="neither a host name nor an address"):
        vault.certificate([name])
    with pytest.raises(BadSettings):
        vault.certificate([])


def test_an_ended_ca_is_said(vault, tmp_path):
    vault.fingerprint()
    later = HomeVault(tmp_path, now=lambda: now() + timedelta(days=3700))
    with pytest.raises(VaultError, match="ended on"):
        later.certificate(["localhost"])


def _openssl(folder, *args):
    subprocess.run(["openssl", *args], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def own(tmp_path):
    """A centre's own certificates, made by openssl: a CA by RSA and a server's."""
    key = ("-newkey", "rsa:2048", "-nodes", "-days", "90", "-x509")
    name = ("-subj", "/CN=Rectorat", "-addext", "keyUsage=critical,keyCertSign,cRLSign")
    _openssl(tmp_path, "req", *key, *name, "-keyout", "ca.key", "-out", "ca.crt")
    server = ("-subj", "/CN=labs", "-addext", "subjectAltName=DNS:*.lycee.example,IP:10.0.0.5")
    plain = ("-addext", "basicConstraints=critical,CA:FALSE")
    _openssl(tmp_path, "req", *key, *server, *plain, "-keyout", "s.key", "-out", "s.crt")
    return tmp_path


def test_the_centres_own_ca_signs(own):
    vault = HomeVault(own, own / "ca.crt", own / "ca.key", now=now)
    given = vault.certificate(["localhost"])
    assert _shake_hands(given, own, "localhost") == "TLSv1.3"
    leaf, ca = x509.load_pem_x509_certificates(given.chain.encode())
    assert leaf.not_valid_after_utc == ca.not_valid_after_utc  # never longer than its CA
    assert not (own / "keys" / "ca.pem").exists()


def test_the_centres_own_server_certificate_is_handed_out_for_its_names(own):
    vault = HomeVault(own, own / "s.crt", own / "s.key", now=now)
    given = vault.certificate(["labs.lycee.example", "127.0.0.1"])
    assert given.chain == (own / "s.crt").read_text()
    assert vault.certificate(["10.0.0.5"]) == given
    for foreign in ("labs.other.example", "a.b.lycee.example", "lycee.example"):
        with pytest.raises(BadSettings, match=r"is for \*\.lycee\.example, 10\.0\.0\.5"):
            vault.certificate([foreign])


def test_a_certificate_and_a_key_that_do_not_belong_together_are_refused(own):
    with pytest.raises(BadSettings, match="does not belong"):
        HomeVault(own, own / "s.crt", own / "ca.key", now=now).fingerprint()
    with pytest.raises(BadSettings, match="No certificate"):
        HomeVault(own, own / "s.key", own / "s.key", now=now).fingerprint()
    with pytest.raises(BadSettings, match="only one is given"):
        HomeVault(own, own / "s.crt", now=now).fingerprint()
    with pytest.raises(BadSettings, match="cannot be read"):
        HomeVault(own, own / "no.crt", own / "s.key", now=now).fingerprint()
