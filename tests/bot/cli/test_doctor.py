"""What the doctor says of folders, wrong settings and odd terminals."""

from __future__ import annotations

import errno
import io
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner

from bot.cli import folders
from bot.cli.doctor import examine
from bot.cli.main import main
from bot.config.settings import BadSettings, load_settings


@pytest.fixture(autouse=True)
def alone(tmp_path, monkeypatch):
    for name in os.environ:
        if name.startswith(("FRAMEKILN_", "DISCORD_")) or name in folders.TEMPORARY:
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def found(name):
    by_name = {finding.name: finding for finding in folders.examine_folders(load_settings())}
    return by_name[name]


@pytest.mark.parametrize(
    ("variable", "name", "blocks"),
    [
        ("FRAMEKILN_DATA_DIR", "data", True),
        ("FRAMEKILN_MODELS_DIR", "models", False),
        ("TMPDIR", "TMPDIR", False),
        ("TEMP", "TEMP", False),
    ],
)
@pytest.mark.parametrize("place", ["in the way", "in the way/deeper", "link"])
def test_a_file_in_the_place_of_a_folder_is_named(monkeypatch, variable, name, blocks, place):
    Path("in the way").write_text("x")
    Path("link").symlink_to("nowhere")
    monkeypatch.setenv(variable, place)
    finding = found(name)
    assert (finding.ok, finding.blocks, finding.lines()[0][0]) == (False, blocks, "✗")
    assert "not a folder" in finding.text
    assert finding.mend


@pytest.mark.parametrize("name", ["spool", "blobs", "backups", "outbox"])
def test_a_file_in_the_place_of_a_folder_inside_is_named(name):
    Path("data").mkdir()
    Path("data", name).write_text("x")
    assert found(name).blocks


@pytest.mark.parametrize(
    ("number", "says"),
    [(errno.EROFS, "Read-only file system"), (errno.EACCES, "Permission denied"), (errno.ENOSPC, "No space")],
)
@pytest.mark.parametrize("name", ["data", "models", "spool", "temporary files"])
def test_a_disk_that_takes_nothing_is_said_in_its_own_words(monkeypatch, number, says, name):
    """Root may write anywhere, so the disk's answer is given by hand."""
    for folder in ("data", "data/spool", "models"):
        Path(folder).mkdir()
    monkeypatch.setattr(tempfile, "tempdir", "temporary")
    Path("temporary").mkdir()
    place = "temporary" if name == "temporary files" else name
    real: Any = tempfile.NamedTemporaryFile

    def refuse(*args, dir, **options):  # noqa: A002 - its name there
        if Path(dir).name == place:
            raise OSError(number, os.strerror(number))
        return real(*args, dir=dir, **options)

    monkeypatch.setattr(tempfile, "NamedTemporaryFile", refuse)
    finding = found(name)
    assert not finding.ok
    assert finding.lines()[0].startswith("✗")
    assert "cannot be written: " in finding.text
    assert says in finding.text
    assert finding.blocks == (name != "models")


def test_a_folder_of_another_account_says_whose_it_is(monkeypatch):
    Path("data").mkdir()
    monkeypatch.setattr(os, "geteuid", lambda: 54_321)
    assert "; it belongs to " in folders._owner(Path("data"))
    assert "and this is user 54321" in folders._owner(Path("data"))


def test_a_database_that_only_another_account_may_write_is_named(monkeypatch):
    Path("data").mkdir()
    Path("data/framekiln.db").mkdir()  # the nearest thing that root cannot open either
    finding = found("framekiln.db")
    assert finding.blocks
    assert "cannot be written" in finding.text


def test_looking_leaves_nothing_behind():
    list(folders.examine_folders(load_settings()))
    assert list(Path.cwd().iterdir()) == []
    for name in ("data", "models"):
        Path(name).mkdir()
    list(folders.examine_folders(load_settings()))
    assert [path for path in Path.cwd().rglob("*") if path.is_file()] == []


def test_open_folders_are_said_and_mended_by_the_next_start():
    Path("data").mkdir(mode=0o755)
    Path("data").chmod(0o755)
    finding = found("privacy")
    assert not finding.blocks
    assert "other accounts can use 1 of the bot's files" in finding.text


@pytest.mark.parametrize("source", [".env", "framekiln.toml", "the environment"])
def test_a_wrong_setting_is_to_be_corrected_where_it_stands(monkeypatch, source):
    if source == ".env":
        Path(".env").write_text("FRAMEKILN_FPS=many\n")
    elif source == "framekiln.toml":
        Path("framekiln.toml").write_text('fps = "many"\n')
    else:
        monkeypatch.setenv("FRAMEKILN_FPS", "many")
    [finding] = [each for each in examine() if each.name == "settings"]
    assert finding.mend.startswith(f"Correct it in {source}.")


def latin_terminal(monkeypatch):
    out = io.TextIOWrapper(io.BytesIO(), encoding="latin-1", errors="strict")
    monkeypatch.setattr(sys, "stdout", out)
    monkeypatch.setattr(sys, "stderr", out)
    return out


COMMANDS = [[name] for name in main.commands] + [
    [name, below]
    for name, group in main.commands.items()
    if isinstance(group, click.Group)
    for below in group.commands
]


def test_every_command_can_be_shown_on_a_terminal_of_eight_bits(monkeypatch):
    out = latin_terminal(monkeypatch)
    for words in [[], *COMMANDS]:
        assert not main([*words, "--help"], standalone_mode=False)
    assert main(["settings"], standalone_mode=False) is None
    with pytest.raises(SystemExit):
        main(["doctor"])
    with pytest.raises(SystemExit):
        main(["check"])
    out.flush()
    shown = out.buffer.getvalue().decode("latin-1")
    assert "? python: " in shown
    assert "Traceback" not in shown


TOKEN = "MTAw" * 6 + ".G" + "abcde" + "." + "kQ4" * 12


@pytest.mark.parametrize(
    "words",
    [
        ["render", "--prompt", "x", "-o", f"{TOKEN}/clip.gif"],
        ["render", TOKEN, "-o", "clip.mp4"],
        ["backup", TOKEN],
        ["restore", TOKEN],
        ["judge", TOKEN],
        ["models", "pull", TOKEN],
        [TOKEN],
        ["render", "--prompt", "x", "--engine", TOKEN, "-o", "clip.mp4"],
    ],
)
def test_no_error_repeats_a_token_that_was_given_in_a_wrong_place(words):
    run = CliRunner().invoke(main, words)
    assert run.exit_code != 0
    assert TOKEN[-20:] not in run.output
    assert "Traceback" not in run.output


def test_the_settings_error_names_its_file():
    Path("framekiln.toml").write_text("fps = = 1\n")
    with pytest.raises(BadSettings) as caught:
        load_settings()
    assert caught.value.places == ("framekiln.toml",)
