"""What hints tell to type."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from bot.cli.finding import Finding
from bot.ops.program_name import as_called, program


@pytest.fixture
def called(tmp_path, monkeypatch):
    """The program in a folder whose name has a blank, called by its path."""
    path = tmp_path / "my bot" / "framekiln"
    path.parent.mkdir()
    path.touch(mode=0o755)
    monkeypatch.setattr(sys, "argv", [str(path), "setup"])
    monkeypatch.setenv("PATH", str(tmp_path / "nowhere"))
    return path


def test_what_was_called_by_its_path_is_called_so_in_hints(called):
    assert program() == shlex.quote(str(called))
    told = as_called("Run framekiln models list, or framekiln setup.")
    assert told == f"Run {program()} models list, or {program()} setup."
    found = Finding(name="eyes", ok=False, text="are missing", mend="framekiln models pull eyes")
    assert found.lines()[1] == f"    → {program()} models pull eyes"


def test_what_a_shell_finds_by_its_name_is_called_by_it(called, monkeypatch):
    monkeypatch.setenv("PATH", str(called.parent))
    assert program() == "framekiln"
    monkeypatch.setattr(sys, "argv", ["/usr/lib/bot/__main__.py"])
    assert program() == "framekiln"


@pytest.mark.parametrize(
    "text",
    [
        "There: framekiln worker join fkw1.x",
        "and framekiln broker run FOLDER",
        "systemctl --user start framekiln",
        "/srv/framekiln run",
    ],
)
def test_commands_for_another_machine_and_other_words_stay(called, text):
    assert as_called(text) == text


def test_what_is_printed_can_be_pasted(tmp_path):
    """The installed program, where the shell does not find it by its name."""
    ours = Path(sys.executable).with_name("framekiln")
    found = [each for each in os.environ["PATH"].split(os.pathsep) if not Path(each, "framekiln").exists()]
    environment = {**os.environ, "PATH": os.pathsep.join(found), "FRAMEKILN_MODELS_DIR": str(tmp_path)}
    done = subprocess.run(
        [ours, "models", "list"], cwd=tmp_path, env=environment, capture_output=True, text=True, check=True
    )
    assert f"To download one:  {shlex.quote(str(ours))} models pull NAME" in done.stdout
