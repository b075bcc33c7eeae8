"""A base image pulled by digest from a registry of the test's own, on loopback."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import tarfile
import uuid
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from labmgr.config import read_settings
from labmgr.domain.ports import Recipe
from labmgr.engines.images import DockerImages
from labmgr.engines.root_image import in_registry
from labmgr.errors import BadSettings, EngineError

DIGEST = "@sha256:" + "0" * 64
MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
CONFIG = "application/vnd.docker.container.image.v1+json"
LAYER = "application/vnd.docker.image.rootfs.diff.tar.gzip"


def digest(blob):
    return "sha256:" + hashlib.sha256(blob).hexdigest()


def image(word):
    """Its manifest, and everything that a registry holds for it by digest."""
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w") as tar:
        entry = tarfile.TarInfo("word")
        entry.size = len(word)
        tar.addfile(entry, io.BytesIO(word.encode()))
    layer = gzip.compress(held.getvalue(), mtime=0)
    roots = {"type": "layers", "diff_ids": [digest(held.getvalue())]}
    config = json.dumps({"architecture": "amd64", "os": "linux", "rootfs": roots}).encode()
    parts = [
        {"mediaType": kind, "size": len(blob), "digest": digest(blob)}
        for kind, blob in ((CONFIG, config), (LAYER, layer))
    ]
    said = {"schemaVersion": 2, "mediaType": MANIFEST, "config": parts[0], "layers": parts[1:]}
    manifest = json.dumps(said).encode()
    return digest(manifest), {digest(blob): blob for blob in (manifest, config, layer)}


@contextmanager
def registry(blobs, asked):
    class Answers(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            blob = b"{}" if self.path == "/v2/" else blobs.get(self.path.rpartition("/")[2])
            self.send_response(404 if blob is None else 200)
            self.send_header("Content-Type", MANIFEST if "/manifests/" in self.path else "any/any")
            self.send_header("Content-Length", str(len(blob or b"")))
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(blob or b"")

        do_HEAD = do_GET  # noqa: N815 - as the library calls it

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Answers) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture
def wanted():
    return image(uuid.uuid4().hex)


@pytest.fixture
def recipe(tmp_path, wanted, docker_client):
    name = f"try-{uuid.uuid4().hex[:8]}"
    args = {"registry": f"debian:x@{wanted[0]}", "suite": "none", "variant": "-", "include": ""}
    yield Recipe(name, f"labmgr/{name}:{uuid.uuid4().hex[:12]}", tmp_path, args)
    for one in docker_client.images.list(name=f"labmgr/{name}"):
        docker_client.images.remove(one.id, force=True)


@pytest.mark.docker
def test_the_sites_registry_gives_the_pinned_image(wanted, recipe, docker_client):
    asked = []
    with registry(wanted[1], asked) as host:
        images = DockerImages("", registry=host)
        built = images.build(recipe)
        images.close()
    assert f"/v2/library/debian/manifests/{wanted[0]}" in asked
    held = docker_client.images.get(recipe.tag)
    assert built.id == held.id
    assert f"{host}/library/debian@{wanted[0]}" in held.attrs["RepoDigests"]


@pytest.mark.docker
def test_a_named_registry_without_the_image_is_refused_and_nothing_else_is_tried(recipe):
    told = []
    with registry({}, []) as host:
        images = DockerImages("", registry=host)
        with pytest.raises(EngineError, match=r"debian@sha256.* could not be pulled") as no:
            images.build(recipe, tell=lambda *words: told.append(words[1]))
        images.close()
    assert "LABMGR_REGISTRY=no" in no.value.hint
    assert told == [f"pull {host}/library/debian"]


@pytest.mark.docker
def test_another_image_under_the_pinned_digest_is_refused(wanted, recipe):
    """A registry that was tampered with: the engine compares, labmgr hears it."""
    other, blobs = image("other")
    with registry(blobs | {wanted[0]: blobs[other]}, []) as host:
        images = DockerImages("", registry=host)
        with pytest.raises(EngineError, match="could not be pulled"):
            images.build(recipe)
        images.close()
    assert images.facts([recipe])[recipe.tag].id == ""
    images.close()


@pytest.mark.parametrize(
    ("named", "found"),
    [
        ("debian:bookworm-slim", "reg.example:5000/hub/library/debian"),
        ("site/debian:12", "reg.example:5000/hub/site/debian"),
        ("other.example/debian:12", "other.example/debian:12"),
        ("localhost/debian", "localhost/debian"),
    ],
)
def test_a_site_keeps_the_names_that_docker_hub_has(named, found):
    assert in_registry(named + DIGEST, "reg.example:5000/hub") == found + DIGEST


@pytest.mark.parametrize(
    ("word", "meant"),
    [("yes", ""), ("NO", None), ("0", None), ("reg.example:5000/hub", "reg.example:5000/hub")],
)
def test_the_setting_names_a_registry_or_none(tmp_path, word, meant):
    read = read_settings({"LABMGR_HOME": str(tmp_path), "LABMGR_REGISTRY": word})
    assert read.base_registry == meant


@pytest.mark.parametrize("word", ["https://reg.example", "reg example", "", "/x"])
def test_what_is_no_registry_is_refused(tmp_path, word):
    with pytest.raises(BadSettings, match="no registry"):
        read_settings({"LABMGR_HOME": str(tmp_path), "LABMGR_REGISTRY": word})
