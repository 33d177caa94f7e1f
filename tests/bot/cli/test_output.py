"""The one way to write an output file: never over the bot's own files, never half of one."""

from __future__ import annotations

import ast
import os
import socket
import stat
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from bot.cli import demo
from bot.cli.main import main
from bot.cli.output import BACKUP, CLIP, PICTURE, CannotSave, OutputFile, is_own
from bot.config.paths import OWN_FOLDERS
from bot.drawing_policies import COMPILED
from db.privacy import pseudonyms
from db.sqlite.rescue import ASIDE
from engine.clips.encode import encode
from engine.core.cancel import CancelToken
from engine.provenance import identity
from tests import ROOT
from tests.sources import tree_of

OURS = [
    *("framekiln.db", "framekiln.db-wal", "framekiln.db-shm", "framekiln.db.lock", "framekiln.db-journal"),
    *("health.json", "gate.json", "spool/a/frame.bin", "blobs/ab/abc.blob", "backups/framekiln-1.db"),
    *("outbox/job-sealed.mp4", "identity/key.pem", "erased/key", "damaged/1/framekiln.db"),
]


@pytest.fixture
def data(tmp_path):
    """A data folder with a file of each kind."""
    for name in OURS:
        path = tmp_path / "data" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"ours: {name}")
    return tmp_path / "data"


def write(path, content=CLIP, *, text="new", **options):
    with OutputFile(path, content, **options).draft() as draft:
        draft.write_text(text)


def tree(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_folders_that_the_bot_makes_are_known():
    assert {COMPILED, ASIDE, identity.FOLDER, pseudonyms.FOLDER} <= OWN_FOLDERS


@pytest.mark.parametrize("name", OURS)
def test_none_of_the_bots_own_files_is_ever_overwritten(data, name, monkeypatch):
    before = tree(data)
    monkeypatch.chdir(data)
    for path in (data / name, Path(name), data / "blobs" / ".." / name):
        assert is_own(path, data), path
        for content in (BACKUP, CLIP, PICTURE):
            with pytest.raises(CannotSave):
                write(path, content, data=data)
    assert tree(data) == before


@pytest.mark.parametrize("name", OURS)
def test_another_name_of_one_of_our_files_is_refused_too(data, tmp_path, name):
    other = tmp_path / "copy.db"
    os.link(data / name, other)
    before = tree(data)
    if (data / name).suffix != ".mp4":
        with pytest.raises(CannotSave, match="belongs to the bot"):
            write(other, BACKUP, data=data)
    assert tree(data) == before


def test_a_file_of_ours_that_is_not_there_yet_is_refused(tmp_path):
    (tmp_path / "data").mkdir()
    for name in ("framekiln.db", "blobs/new.db", "backups/new.db", "spool/new.db"):
        with pytest.raises(CannotSave, match="belongs to the bot"):
            write(tmp_path / "data" / name, BACKUP, data=tmp_path / "data")
    assert tree(tmp_path) == {}


def test_clips_of_the_owners_may_lie_in_the_data_folder(data):
    for _ in range(2):
        write(data / "mine.mp4", data=data)
        write(data / "mine" / "clip.mp4", data=data)
    assert (data / "mine.mp4").read_text() == "new"


@pytest.mark.parametrize(
    ("content", "name"),
    [(CLIP, "x.gif"), (CLIP, "x"), (CLIP, "-"), (CLIP, "x.mp4.part"), (PICTURE, "x.mp4"), (BACKUP, "x.mp4")],
)
def test_a_name_that_promises_something_else_is_refused(tmp_path, content, name):
    with pytest.raises(CannotSave, match=r"end the name in \."):
        write(tmp_path / name, content, data=tmp_path / "data")
    assert list(tmp_path.iterdir()) == []


def test_capitals_in_a_suffix_are_fine(tmp_path):
    write(tmp_path / "CLIP.MP4", data=tmp_path / "data")
    assert (tmp_path / "CLIP.MP4").read_text() == "new"


def special(tmp_path, kind):
    path, outside = tmp_path / "x.mp4", tmp_path / "outside"
    if kind == "fifo":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    elif kind == "socket":
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(str(path))
    else:
        if kind == "link":
            outside.write_text("before")
        path.symlink_to(outside)
    return path


@pytest.mark.parametrize("kind", ["fifo", "folder", "socket", "link", "dangling link"])
def test_what_is_no_ordinary_file_is_refused_and_left(tmp_path, kind):
    path = special(tmp_path, kind)
    before = path.lstat()
    with pytest.raises(CannotSave):
        write(path, data=tmp_path / "data")
    assert (path.lstat().st_ino, path.lstat().st_mode) == (before.st_ino, before.st_mode)
    assert not list(tmp_path.glob("*.part")) + list(tmp_path.glob(".*"))


@pytest.mark.parametrize("given", ["name", "hard link", "link in the way"])
def test_the_file_to_read_from_is_not_written_to(tmp_path, given):
    source = tmp_path / "clip.mp4"
    source.write_text("source")
    path = source
    if given == "hard link":
        path = tmp_path / "other.mp4"
        os.link(source, path)
    elif given == "link in the way":
        (tmp_path / "here").symlink_to(tmp_path)
        path = tmp_path / "here" / "clip.mp4"
    with pytest.raises(CannotSave, match="read from"):
        write(path, data=tmp_path / "data", inputs=[source])
    assert source.read_text() == "source"


def write_half(path):
    with OutputFile(path, CLIP, data=path.parent / "data").draft() as draft:
        draft.write_text("half")
        raise KeyboardInterrupt


def test_an_end_on_the_way_leaves_the_old_file_and_nothing_else(tmp_path):
    (tmp_path / "clip.mp4").write_text("old")
    with pytest.raises(KeyboardInterrupt):
        write_half(tmp_path / "clip.mp4")
    assert tree(tmp_path) == {"clip.mp4": b"old"}


def test_what_comes_in_the_way_meanwhile_is_not_overwritten(tmp_path):
    path = tmp_path / "copy.db"
    writing = OutputFile(path, BACKUP, data=tmp_path / "data", may_replace=False).draft()
    writing.__enter__().write_text("mine")
    path.write_text("somebody else's")
    with pytest.raises(CannotSave, match="--force"):
        writing.__exit__(None, None, None)
    assert tree(tmp_path) == {"copy.db": b"somebody else's"}


def test_a_full_disk_says_so_in_its_own_words(tmp_path):
    path = tmp_path / "clip.mp4"
    with (
        pytest.raises(CannotSave, match=r"clip\.mp4 cannot be written: No space left on device"),
        OutputFile(path, CLIP, data=tmp_path / "data").draft() as draft,
        draft.open("wb"),
        Path("/dev/full").open("wb", buffering=0) as full,
    ):
        full.write(b"x")
    assert list(tmp_path.iterdir()) == []


def test_a_finished_clip_is_kept_where_its_place_is_gone(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "tmp"))
    (tmp_path / "tmp").mkdir()
    output = OutputFile(tmp_path / "out" / "clip.mp4", CLIP, data=tmp_path / "data")
    output.path.parent.rmdir()
    (tmp_path / "made.mp4").write_text("made")
    with pytest.raises(CannotSave, match="No such file or directory; the clip is kept at "):
        demo._save(tmp_path / "made.mp4", output)
    [kept] = (tmp_path / "tmp").iterdir()
    assert kept.read_text() == "made"


def test_the_owners_umask_decides_who_may_read_a_clip_and_nobody_else_reads_a_backup(tmp_path):
    old = os.umask(0o027)
    try:
        write(tmp_path / "clip.mp4", data=tmp_path / "data")
        write(tmp_path / "copy.db", BACKUP, data=tmp_path / "data")
    finally:
        os.umask(old)
    modes = [(tmp_path / name).stat().st_mode & 0o777 for name in ("clip.mp4", "copy.db")]
    assert modes == [0o640, 0o600]


def test_a_tilde_that_no_shell_saw_is_home(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    write(Path("~/clip.mp4"), data=tmp_path / "data")
    assert [path.name for path in tmp_path.iterdir()] == ["home"]
    with pytest.raises(CannotSave, match="no such user"):
        write(Path("~nobody-here/clip.mp4"), data=tmp_path / "data")


@pytest.fixture
def here(tmp_path, monkeypatch):
    """A working folder with a picture and a clip, and no setting from outside."""
    for name in os.environ:
        if name.startswith(("FRAMEKILN_", "DISCORD_")):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    frames = np.zeros((6, 64, 96, 3), np.uint8)
    frames[:, :, ::7] = 200
    Image.fromarray(frames[0]).save("p.png")
    encode(
        frames,
        fps=6,
        path=Path("c.mp4"),
        metadata={},
        max_bytes=9_000_000,
        progress=lambda _: None,
        cancel=CancelToken(),
    )
    return tmp_path


@pytest.mark.parametrize(
    "words",
    [
        "render p.png -o p.png",
        "render p.png -o x.gif",
        "render --prompt x --restyle c.mp4 -o c.mp4",
        "render --prompt x --reference c.mp4 -o c.mp4",
        "render --prompt x --like p.png -o p.png",
        "render p.png -o pipe.mp4",
        "render p.png -o link.mp4",
        "render p.png -o data/outbox/x.mp4",
        "demo p.png -o p.png",
        "demo p.png -o x.webm",
        "sheet c.mp4 -o c.mp4",
        "sheet c.mp4 -o x.txt",
        "sheet c.mp4 -o pipe.png",
        "judge c.mp4 --sheet c.mp4",
        "judge c.mp4 --reference p.png --sheet p.png",
        "judge c.mp4 --sheet data/blobs/x.png",
    ],
)
def test_every_command_that_saves_something_refuses_the_same_places(here, words):
    for name in ("pipe.mp4", "pipe.png"):
        os.mkfifo(name)
    Path("link.mp4").symlink_to("c.mp4")
    before = {path: path.read_bytes() for path in (Path("p.png"), Path("c.mp4"))}
    run = CliRunner().invoke(main, words.split())
    assert run.exit_code == 1, run.output
    assert "cannot be written: " in run.output
    assert {path: path.read_bytes() for path in before} == before
    assert sorted(path.name for path in here.iterdir() if path.name != "data") == sorted(
        ["p.png", "c.mp4", "pipe.mp4", "pipe.png", "link.mp4"]
    )


def test_a_sheet_takes_the_format_of_its_name(here):
    for name, form in (("s.png", "PNG"), ("s.jpg", "JPEG"), ("s.webp", "WEBP")):
        run = CliRunner().invoke(main, ["sheet", "c.mp4", "-o", name])
        assert run.exit_code == 0, run.output
        with Image.open(name) as image:
            assert image.format == form


def writers(tree):
    """Calls that could write a file, by name and line."""
    names = {
        *("write_text", "write_bytes", "save", "replace_file", "copyfile", "copy", "copy2", "move"),
        *("symlink_to", "hardlink_to", "rename", "touch", "truncate", "mkfifo", "imsave", "imwrite"),
    }
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        text = [value.value for value in ast.walk(node) if isinstance(value, ast.Constant)]
        opens = called in {"open", "fdopen"} and any(
            isinstance(mode, str) and len(mode) <= 3 and set(mode) & set("wax+") for mode in text
        )
        if called in names or opens:
            yield called, node


def in_a_draft(tree, node):
    """Whether a call stands in a block that begins ``with … .draft() as …``."""
    for block in ast.walk(tree):
        items = block.items if isinstance(block, ast.With) else []
        opened = [item.context_expr.func for item in items if isinstance(item.context_expr, ast.Call)]
        if any(getattr(call, "attr", "") == "draft" for call in opened) and node in ast.walk(block):
            return True
    return False


ALLOWED = {
    "demo.py": {"copyfile", "move"},  # to the temporary folder of the run, and out of it where all else fails
    "owners_files.py": {"write_bytes"},  # into a temporary folder, to read it from there
    "folders.py": {"open"},  # to see whether the database could be written; nothing is
}
"""Calls that write no output of a command."""


def test_no_other_code_of_the_command_line_writes_a_file():
    found = {}
    for path in sorted((ROOT / "bot" / "cli").glob("*.py")):
        tree = tree_of(path)
        loose = {called for called, node in writers(tree) if not in_a_draft(tree, node)}
        loose -= ALLOWED.get(path.name, set())
        if loose:
            found[path.name] = loose
    assert found == {}


def test_as_root_a_device_stays_a_device(tmp_path):
    path = tmp_path / "null.mp4"
    try:
        os.mknod(path, stat.S_IFCHR | 0o600, os.makedev(1, 3))
    except PermissionError:
        pytest.skip("only root can make a device")
    with pytest.raises(CannotSave, match="not an ordinary file"):
        write(path, data=tmp_path / "data")
    assert path.is_char_device()
