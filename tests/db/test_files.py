"""Blobs: whole or not at all, and what the name says."""

from __future__ import annotations

import errno
import hashlib
import os
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path

import pytest

from db.errors import BlobDamaged
from db.files import Blobs
from tests import ROOT

DATA = b"a clip" * 1000
DIGEST = hashlib.sha256(DATA).hexdigest()


@pytest.fixture
def blobs(tmp_path):
    return Blobs(tmp_path / "blobs")


def files(blobs):
    return sorted(path for path in blobs._root.rglob("*") if path.is_file())


def age(path, seconds):
    then = time.time() - seconds
    os.utime(path, (then, then))


def test_what_is_put_can_be_read(blobs):
    assert blobs.put(DATA) == DIGEST
    assert blobs.put(DATA) == DIGEST
    assert blobs.exists(DIGEST)
    assert blobs.read(DIGEST) == DATA
    blobs.verify(DIGEST)
    assert files(blobs) == [blobs.path(DIGEST)]


@pytest.mark.parametrize("name", ["", "../../etc/passwd", "A" * 64, "a" * 63, "a" * 64 + "\n", "a" * 65])
def test_a_name_that_is_no_digest_leads_nowhere(blobs, name):
    for reach in (blobs.path, blobs.read, blobs.verify, blobs.exists, blobs.delete):
        with pytest.raises(ValueError, match="not a SHA-256"):
            reach(name)


def test_a_damaged_blob_is_not_read_and_putting_it_again_mends_it(blobs):
    blobs.put(DATA)
    blobs.path(DIGEST).write_bytes(DATA[:-1])
    with pytest.raises(BlobDamaged):
        blobs.read(DIGEST)
    with pytest.raises(BlobDamaged):
        blobs.verify(DIGEST)
    blobs.put(DATA)
    assert blobs.read(DIGEST) == DATA


def test_a_missing_blob_is_a_missing_file(blobs):
    assert not blobs.exists(DIGEST)
    assert not blobs.delete(DIGEST)
    with pytest.raises(FileNotFoundError):
        blobs.read(DIGEST)


def test_a_finished_file_is_moved_in(blobs, tmp_path):
    clip = tmp_path / "clip.mp4"
    clip.write_bytes(DATA)
    assert blobs.adopt(clip, DIGEST) == DIGEST
    assert blobs.read(DIGEST) == DATA
    assert not clip.exists()


def test_a_file_that_is_not_what_it_should_be_stays_outside(blobs, tmp_path):
    clip = tmp_path / "clip.mp4"
    clip.write_bytes(DATA)
    with pytest.raises(BlobDamaged):
        blobs.adopt(clip, "0" * 64)
    assert clip.exists()
    assert files(blobs) == []


def test_a_file_comes_in_from_another_file_system(blobs, tmp_path, monkeypatch):
    clip = tmp_path / "clip.mp4"
    clip.write_bytes(DATA)
    rename = Path.replace

    def replace(path, target):
        if path == clip:
            raise OSError(errno.EXDEV, "Invalid cross-device link")
        return rename(path, target)

    monkeypatch.setattr(Path, "replace", replace)
    assert blobs.adopt(clip) == DIGEST
    assert blobs.read(DIGEST) == DATA
    assert not clip.exists()
    assert files(blobs) == [blobs.path(DIGEST)]


def test_blobs_are_private(blobs):
    blobs.put(DATA)
    for path in (blobs.path(DIGEST), blobs.path(DIGEST).parent):
        assert path.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("step", ["fsync", "utime"])
def test_a_write_that_fails_leaves_nothing(blobs, monkeypatch, step):
    def fails(*_, **__):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, step, fails)
    with pytest.raises(OSError, match="No space"):
        blobs.put(DATA)
    assert files(blobs) == []


def test_a_process_that_dies_in_the_middle_leaves_nothing_under_a_final_name(blobs):
    program = (
        "import os, sys\n"
        "from db.files import Blobs\n"
        "blobs = Blobs(sys.argv[1])\n"
        "os.fsync = lambda fd: os._exit(9)\n"
        "blobs.put(b'x' * 100000)\n"
    )
    root = ROOT
    died = subprocess.run([sys.executable, "-c", program, str(blobs._root)], cwd=root, check=False)
    assert died.returncode == 9
    [left] = files(blobs)
    assert left.parent == blobs._incoming
    age(left, 7200)
    assert blobs.sweep(set()) == 1
    assert files(blobs) == []


def test_a_sweep_takes_only_what_is_old_and_not_needed(blobs):
    needed, old, young = (blobs.put(data) for data in (b"needed", b"old", b"young"))
    age(blobs.path(needed), 7200)
    age(blobs.path(old), 7200)
    assert blobs.sweep({needed}, older_than=3600) == 1
    assert [blobs.exists(name) for name in (needed, old, young)] == [True, False, True]


def test_a_blob_that_is_put_again_is_young_again(blobs):
    blobs.put(DATA)
    age(blobs.path(DIGEST), 7200)
    blobs.put(DATA)
    assert blobs.sweep(set()) == 0


def test_a_sweep_leaves_what_is_being_written(blobs, monkeypatch):
    """An erase sweeps everything of any age, and others' pictures may be arriving just then."""
    fsync = os.fsync

    def swept_meanwhile(fd):
        assert blobs.sweep(set(), older_than=0.0) == 0
        fsync(fd)

    monkeypatch.setattr(os, "fsync", swept_meanwhile)
    with blobs.in_hand():
        assert blobs.read(blobs.put(DATA)) == DATA
    assert files(blobs) == [blobs.path(DIGEST)]


@pytest.mark.parametrize("put_before", [True, False])
def test_what_arrives_after_the_rows_were_asked_is_not_deleted(blobs, put_before):
    """A row that is written meanwhile names it, and the answer does not know."""
    before = blobs.put(b"of nobody")
    with ExitStack() as hand:
        hand.enter_context(blobs.in_hand())
        if put_before:
            blobs.put(DATA)
        with blobs.arrivals() as arrived:
            named: set[str] = set()
            if not put_before:
                blobs.put(DATA)
            hand.close()  # its row is written
            assert not blobs.delete(DIGEST, arrived=arrived)
            time.sleep(0.02)  # a file system's clock is coarse
            assert blobs.sweep(named, older_than=0.0, arrived=arrived) == 1
    assert (blobs.exists(DIGEST), blobs.exists(before)) == (True, False)
    assert blobs.delete(DIGEST)
