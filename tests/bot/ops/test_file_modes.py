"""Members' files are open to the owner's account alone."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from bot.assembly.app import assemble
from bot.config.paths import OWN_FOLDERS
from bot.config.settings import Settings
from bot.ops.file_modes import close_to_others, open_to_others, private_files
from db.files import Blobs


def modes(folder):
    return {
        str(path.relative_to(folder)): stat.S_IMODE(path.stat().st_mode)
        for path in (folder, *folder.rglob("*"))
        if not path.is_symlink()
    }


@pytest.fixture
def old_data(tmp_path):
    """A data folder as an older release left it: open to everybody."""
    data = tmp_path / "data"
    for name in (*sorted(OWN_FOLDERS), "owners"):
        (data / name / "deeper").mkdir(parents=True)
        (data / name / "deeper" / "clip.mp4").write_bytes(b"x")
    (data / "framekiln.db").write_bytes(b"")
    for path in (data, *data.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o664)
    return data


def test_what_is_open_is_found_and_closed(old_data):
    assert len(list(open_to_others(old_data))) == 2 + 3 * len(OWN_FOLDERS)
    close_to_others(old_data)
    assert list(open_to_others(old_data)) == []
    found = modes(old_data)
    assert (found["."], found["framekiln.db"], found["blobs"]) == (0o700, 0o600, 0o700)
    assert found["outbox/deeper/clip.mp4"] == 0o600
    assert found["owners/deeper/clip.mp4"] == 0o664, "the owner's own"


def test_a_link_is_not_followed(old_data, tmp_path):
    outside = tmp_path / "outside"
    outside.write_text("somebody else's")
    outside.chmod(0o644)
    (old_data / "blobs" / "link").symlink_to(outside)
    (old_data / "link").symlink_to(tmp_path)
    (old_data / "link to a file").symlink_to(outside)
    close_to_others(old_data)
    assert stat.S_IMODE(outside.stat().st_mode) == 0o644


@pytest.mark.parametrize("why", ["home", "shared"])
def test_a_folder_that_is_more_than_ours_stays_open_and_our_files_in_it_do_not(old_data, monkeypatch, why):
    if why == "home":
        monkeypatch.setenv("HOME", str(old_data))
    else:
        old_data.chmod(0o1777)
    before = stat.S_IMODE(old_data.stat().st_mode)
    close_to_others(old_data)
    assert stat.S_IMODE(old_data.stat().st_mode) == before
    assert modes(old_data)["framekiln.db"] == 0o600


def test_what_cannot_be_closed_is_said_and_ends_nothing(old_data, monkeypatch, caplog):
    def refuse(*_):
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(Path, "chmod", refuse)
    close_to_others(old_data)
    assert "stay open to other accounts, such as" in caplog.text


def test_nothing_that_is_made_meanwhile_is_open(tmp_path):
    before = os.umask(0o022)
    try:
        with private_files():
            (tmp_path / "a").mkdir()
            (tmp_path / "a" / "b").write_text("x")
        (tmp_path / "after").write_text("x")
    finally:
        os.umask(before)
    found = modes(tmp_path)
    assert (found["a"], found["a/b"], found["after"]) == (0o700, 0o600, 0o644)


async def test_a_bot_that_starts_closes_its_folder_and_writes_nothing_open(old_data):
    for name in ("identity", "erased"):  # not a real one
        (old_data / name / "deeper" / "clip.mp4").unlink()
        (old_data / name / "deeper").rmdir()
        (old_data / name).rmdir()
    (old_data / "framekiln.db").unlink()
    before = os.umask(0o000)
    try:
        async with assemble(Settings(_env_file=None, data_dir=old_data)):
            Blobs(old_data / "blobs").put(b"a picture")
            (old_data / "outbox" / "new.mp4").write_bytes(b"a clip")
            assert list(open_to_others(old_data)) == []
    finally:
        os.umask(before)
