"""The owner's own files are known by what is in them, and are read once."""

from __future__ import annotations

import hashlib
import os

import pytest

from engine.weights.own_files import OwnFiles, OwnKind
from engine.weights.store import Store
from tests.engine.weights import kinds


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "models")


@pytest.fixture
def style(store):
    return kinds.write(store.folder / "styles" / "ink.safetensors", kinds.LORA_SD15)


def looked(store, tmp_path):
    """As a process that has just begun sees it."""
    own = OwnFiles(store, tmp_path / "digests.json")
    own.look()
    return own


def changed(path, *, seen):
    """Another byte in it, which shows in its times or does not."""
    before = path.stat()
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    if not seen:
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def test_a_checkpoint_and_a_style_of_one_name_are_told_apart(store, style, tmp_path):
    checkpoint = kinds.write(store.folder / "checkpoints" / "ink.safetensors", kinds.SD15)
    own = looked(store, tmp_path)
    for kind, path in ((OwnKind.STYLE, style), (OwnKind.CHECKPOINT, checkpoint)):
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        assert own.digest_of(kind, "ink") == digest
        found = own.by_digest(digest)
        assert found is not None
        assert (found.path, found.size) == (path, path.stat().st_size)
    assert own.digest_of(OwnKind.STYLE, "oil") is None


def test_a_file_is_read_again_only_if_its_size_time_or_inode_is_another(store, style, tmp_path):
    first = looked(store, tmp_path).digests
    changed(style, seen=False)
    assert looked(store, tmp_path).digests == first, "it was not read"
    changed(style, seen=True)
    assert looked(store, tmp_path).digests != first


def test_digests_that_cannot_be_read_are_computed_again(store, style, tmp_path):
    first = looked(store, tmp_path).digests
    (tmp_path / "digests.json").write_text('{"a": 1}')
    assert looked(store, tmp_path).digests == first


def test_a_folder_has_the_digest_of_all_that_is_in_it_and_no_size(store, tmp_path):
    folder = kinds.pipeline(store.folder / "checkpoints" / "painting")
    (before,) = looked(store, tmp_path).found
    assert (before.kind, before.name, before.size) == (OwnKind.CHECKPOINT, "painting", 0)
    (folder / ".DS_Store").write_bytes(b"a note of another program's")
    assert looked(store, tmp_path).found == (before,)
    (folder / "unet" / "more.json").write_text("{}")
    assert looked(store, tmp_path).digests != {before.sha256}


def test_a_look_that_is_given_up_keeps_what_it_knew_and_what_it_has_read(store, style, tmp_path):
    own = looked(store, tmp_path)
    known = own.digests
    kinds.write(store.folder / "styles" / "oil.safetensors", {kinds.KOHYA: (2, 768)})
    own.look(lambda: True)
    assert own.digests == known
    own.look()
    assert len(own.digests) == 2
    style.unlink()
    own.look()
    assert not own.digests & known


def test_a_file_that_is_being_written_has_no_digest_yet(store, style, tmp_path):
    own = OwnFiles(store, tmp_path / "digests.json")

    def write():
        changed(style, seen=True)
        return False

    own.look(write)
    assert not own.digests
    own.look()
    assert len(own.digests) == 1
