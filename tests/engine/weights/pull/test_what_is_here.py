"""Room on the disk, and what is on it already: other entries, the hub's cache, folders laid by hand."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import pytest

from engine.families import CATALOGUE
from engine.weights import pull
from engine.weights.fetch import FetchFailed
from tests.engine.weights.pull.bench import LORA, REPO, SVD, UNET, Owner, served
from tests.fake_hub import tiny_pipeline


class Usage(NamedTuple):
    """What the system says of a disk."""

    total: int
    used: int
    free: int


def no_link(*_paths):
    """As between two file systems."""
    raise OSError(errno.EXDEV, "Invalid cross-device link")


def test_a_full_disk_is_said_before_anything_is_fetched(hub, svd, owner, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: Usage(10**9, 0, 200_100_000))
    assert owner.fails(SVD) == "E_ROOM"
    assert "0.2 GB are free" in owner.said
    assert not [path for path in hub.paths() if "resolve" in path]


FULL = Path("/dev/full")
"""A file that cannot be written for want of room."""


@pytest.mark.skipif(not FULL.exists(), reason="this system has no such file")
@pytest.mark.parametrize("path", [f"svd/{REPO.revision}/{UNET}.part", "../models.lock.json.new"])
def test_a_disk_that_fills_up_on_the_way_is_said_in_one_line(hub, svd, owner, path):
    full = owner.store.staging("") / path
    full.parent.mkdir(parents=True, exist_ok=True)
    full.symlink_to(FULL)
    assert owner.fails(SVD) == "E_ROOM"
    assert "full" in owner.said or "No space left on device" in owner.said
    full.unlink(missing_ok=True)
    owner.pull(SVD)
    assert owner.store.has(SVD)


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


@pytest.mark.parametrize(("free", "fits"), [(200_100_000, False), (200_400_000, True)])
def test_what_another_disk_has_needs_room_for_a_copy(owner, hub, svd, monkeypatch, free, fits):
    cache_of(owner, SVD, {path: svd.files[path] for path in REPO.files})
    monkeypatch.setattr(pull, "_disk_of", lambda path: int(path.is_relative_to(owner.store.folder)))
    monkeypatch.setattr(os, "link", no_link)
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: Usage(10**9, 0, free))
    if fits:
        owner.pull(SVD)
        assert owner.store.has(SVD)
    else:
        assert owner.fails(SVD) == "E_ROOM"
        assert "0.2 GB are free" in owner.said


def test_a_copy_that_does_not_fit_is_said_and_nothing_is_left_of_it(owner, hub, svd, monkeypatch):
    def half_a_copy(_source, target):
        target.write_bytes(b"x")
        raise OSError(errno.ENOSPC, "No space left on device")

    cache_of(owner, SVD, {path: svd.files[path] for path in REPO.files})
    monkeypatch.setattr(os, "link", no_link)
    monkeypatch.setattr(shutil, "copyfile", half_a_copy)
    assert owner.fails(SVD) == "E_ROOM"
    assert "No space left on device" in owner.said
    assert not list(owner.store.staging("svd").rglob("*.json"))
    monkeypatch.undo()
    owner.pull(SVD)
    assert owner.store.has(SVD)


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
        assert other.fails(SVD) == "E_PULLING"
        return True

    owner.puller().pull(SVD, accept=accept, tell=owner.steps.append)
    assert owner.store.has(CATALOGUE["svd"])


def test_a_folder_that_cannot_be_written_is_said_in_one_line(owner, hub, svd):
    owner.store.folder.write_text("a file is in the way")
    with pytest.raises(FetchFailed, match="cannot be written"):
        owner.pull(SVD)
