"""One file out of an npm package's tarball."""

from __future__ import annotations

import hashlib
import io
import random
import tarfile
from dataclasses import replace

import pytest

from engine.families import CATALOGUE
from engine.weights.fetch import FetchFailed
from engine.weights.hub import hub_of
from engine.weights.lock import Lock
from engine.weights.model_spec import NpmSource
from engine.weights.npm import npm_of
from engine.weights.pull import Puller
from engine.weights.store import Store
from engine.weights.verify import verify
from engine.weights.wheel import index_of
from tests.fake_hub.server import FakeHub

LABELS, NETWORK = b"cat\ndog\n", random.Random(1).randbytes(30_000)
PATH = "/npm/@mediapipe/objectron/-/objectron-0.4.1675468480.tgz"


def tarball(member=LABELS + NETWORK, name="package/objectron_solution_packed_assets.data"):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        parts = {"package/a.js": b"1;", name: member, "package/rest.wasm": random.Random(2).randbytes(90_000)}
        for path, data in parts.items():
            info = tarfile.TarInfo(path)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


@pytest.fixture
def hub():
    with FakeHub() as fake:
        fake.tarballs[PATH] = tarball()
        yield fake


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "models")


@pytest.fixture
def things():
    """The entry, with a member that fits into a test."""
    spec = CATALOGUE["things"]
    assert isinstance(spec.source, NpmSource)
    source = replace(
        spec.source,
        start=len(LABELS),
        member_size=len(NETWORK),
        sha256=hashlib.sha256(NETWORK).hexdigest(),
        reach=36_000,
    )
    return replace(spec, source=source)


@pytest.fixture
def pull(hub, store):
    environment = {"PIP_INDEX_URL": hub.url, "HF_ENDPOINT": hub.url, "NPM_CONFIG_REGISTRY": f"{hub.url}/npm/"}
    options = {"tries": 2, "timeout": 5.0, "wait": lambda _: None}
    puller = Puller(
        store,
        hub=hub_of(environment, **options),
        index=index_of(environment, **options),
        npm=npm_of(environment, **options),
    )
    return lambda spec: puller.pull(spec, accept=lambda _: True, tell=lambda _: None)


def test_the_network_is_cut_out_and_the_rest_is_not_fetched(hub, things, store, pull):
    pull(things)
    file = store.path("things") / things.source.file
    assert file.read_bytes() == NETWORK
    assert [asked.range for asked in hub.asked if asked.path == PATH] == ["bytes=0-35999"]
    assert store.has(things)
    assert not verify(things, store, tell=lambda _: None).problems
    assert Lock(store.folder).records()["things"].origin == "@mediapipe/objectron==0.4.1675468480"
    assert not store.staging("things").exists()


def test_a_server_that_gives_files_only_whole_gives_the_whole_tarball(hub, things, store, pull):
    hub.trouble("tgz", ignore_range=True)
    pull(things)
    assert store.has(things)


def test_what_was_fetched_before_a_cut_is_kept(hub, things, pull):
    hub.trouble("tgz", cut=9000, times=1)
    pull(things)
    assert [asked.range for asked in hub.asked if asked.path == PATH][-1] == "bytes=9000-35999"


@pytest.mark.parametrize(
    ("packed", "code"),
    [
        (tarball(LABELS + NETWORK[::-1]), "E_DAMAGED"),
        (tarball(LABELS + NETWORK[:500]), "E_CHANGED"),
        (tarball(name="package/other.data"), "E_DAMAGED"),
        (b"no tarball" * 9000, "E_DAMAGED"),
        (tarball()[:18_000] + b"\0" * 30_000, "E_DAMAGED"),
        (None, "E_MISSING"),
    ],
    ids=["other", "short", "elsewhere", "none", "broken", "missing"],
)
def test_anything_else_is_refused_and_not_installed(hub, things, store, pull, packed, code):
    hub.tarballs.pop(PATH)
    if packed is not None:
        hub.tarballs[PATH] = packed
    with pytest.raises(FetchFailed) as caught:
        pull(things)
    assert caught.value.code == code
    assert not store.has(things)
