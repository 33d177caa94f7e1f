"""``framekiln worker``: what it writes, what it says, and what it does without."""

from __future__ import annotations

import configparser
import os
import plistlib
import re
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from bot.cli.main import main
from bot.worker.ends import FINAL
from bot.worker.invitation_file import RunsAlready, locked
from bot.worker.service_file import service_file
from engine.core.errors import Code, RenderFailed
from tests import ROOT
from tests.bot.link.test_invitation import GOOD


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("FRAMEKILN_WORKER_DIR", str(tmp_path / "worker"))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    return tmp_path / "worker"


def framekiln(*args):
    return CliRunner().invoke(main, ["worker", *args])


def test_an_invitation_is_kept_for_this_account_alone(folder):
    done = framekiln("join", GOOD.line(), "--no-test")
    assert done.exit_code == 0
    assert "[2001:db8::1]:4222" in done.output
    assert GOOD.seed not in done.output
    assert (folder / "invitation").stat().st_mode & 0o777 == 0o600
    assert folder.stat().st_mode & 0o777 == 0o700
    assert framekiln("join", GOOD.line(), "--no-test").exit_code == 0


def test_joining_ends_with_a_test_clip_that_is_drawn_and_looked_at_here(folder, monkeypatch):
    monkeypatch.setenv("FRAMEKILN_MODELS_DIR", str(folder.parent / "models"))
    done = framekiln("join", GOOD.line())
    assert done.exit_code == 0, done.output
    assert re.search(r"The test clip is good: camera drew it in \d+\.\d s\.", done.output)
    assert [path.name for path in folder.iterdir()] == ["invitation"]


def test_a_test_clip_that_fails_is_told_in_plain_words_and_the_invitation_kept(folder, monkeypatch):
    def broken(_):
        raise RenderFailed(Code.ENGINE, "The GPU does not answer.")

    monkeypatch.setattr("bot.cli.remote.worker_trial._planned", lambda *_: broken(0))
    done = framekiln("join", GOOD.line())
    assert done.exit_code == 1
    assert "The test clip failed. The GPU does not answer." in done.output
    assert (folder / "invitation").exists()


def test_a_damaged_invitation_is_refused_in_words_and_nothing_is_kept(folder):
    done = framekiln("join", GOOD.line()[:40])
    assert done.exit_code == 1
    assert "Copy the whole line" in done.output
    assert not folder.exists()


def test_without_an_invitation_it_says_what_to_do(folder):
    done = framekiln("run")
    assert done.exit_code == 1
    assert "framekiln worker join" in done.output


def test_two_do_not_work_in_one_folder(folder):
    framekiln("join", GOOD.line(), "--no-test")
    with locked(folder):
        done = framekiln("run")
        assert done.exit_code == 1
        assert "runs already" in done.output
        with pytest.raises(RunsAlready), locked(folder):
            pass


def test_without_its_packages_it_says_how_to_install_them(folder, monkeypatch):
    monkeypatch.setattr("bot.cli.remote.worker.find_spec", lambda _: None)
    done = framekiln("join", GOOD.line(), "--no-test")
    assert done.exit_code == 1
    assert 'pip install "framekiln[worker]"' in done.output


def test_a_unit_runs_the_worker_and_does_not_start_it_again_after_a_final_end():
    file = service_file(
        platform="linux",
        home=Path("/opt/ada"),
        folder=Path("/opt/ada/100% mine"),
        settings={"FRAMEKILN_WORKER_DIR": '/opt/ada/a "b"'},
        command=("/opt/ada/$x/framekiln", "worker", "run"),
    )
    unit = configparser.RawConfigParser(strict=False)
    unit.optionxform = str  # type: ignore[assignment, method-assign]  # as the manual has it
    unit.read_string(file.content.decode())
    assert file.path == Path("/opt/ada/.config/systemd/user/framekiln-worker.service")
    assert unit["Service"]["ExecStart"] == '"/opt/ada/$$x/framekiln" "worker" "run"'
    assert unit["Service"]["Environment"] == '"FRAMEKILN_WORKER_DIR=/opt/ada/a \\"b\\""'
    assert unit["Service"]["WorkingDirectory"] == "/opt/ada/100%% mine"
    assert unit["Service"]["RestartPreventExitStatus"] == str(FINAL)


def test_on_macos_it_is_an_agent_of_launchd():
    file = service_file(
        platform="darwin",
        home=Path("/opt/bob"),
        folder=Path("/opt/bob"),
        settings={"A": "b"},
        command=("/x", "run"),
    )
    told = plistlib.loads(file.content)
    assert (told["ProgramArguments"], told["EnvironmentVariables"]) == (["/x", "run"], {"A": "b"})
    assert file.path.parent == Path("/opt/bob/Library/LaunchAgents")


def test_the_service_is_written_and_its_commands_are_told(folder, tmp_path, monkeypatch):
    monkeypatch.setattr("sys.platform", "linux")
    done = framekiln("join", GOOD.line(), "--install", "--no-test")
    assert done.exit_code == 0, done.output
    written = tmp_path / "home/.config/systemd/user/framekiln-worker.service"
    assert f"FRAMEKILN_WORKER_DIR={folder}" in written.read_text()
    assert "systemctl --user" in done.output
    assert GOOD.seed not in written.read_text()


LOOK = """
import sys
import bot.cli.main, bot.drawing_policies, bot.ops.logs
import bot.worker.abilities, bot.worker.running, bot.worker.service_file
import bot.link.connection, engine.process.host
heavy = {"discord", "aiosqlite", "torch"} & set(sys.modules)
heavy |= {name for name in sys.modules if name.startswith(("db.", "bot.discord_io")) and name not in ALLOWED}
print(sorted(heavy))
"""


def test_it_runs_without_discord_and_without_a_database(folder):
    """The command line names kinds of files, for which it has the database's errors; nothing opens one."""
    code = LOOK.replace("ALLOWED", repr({"db.errors", "db.files"}))
    env = {key: value for key, value in os.environ.items() if key != "DISCORD_TOKEN"}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, env=env, check=True
    )
    assert done.stdout.strip() == "[]"


def test_the_room_itself_imports_neither():
    code = (
        "import sys, pkgutil, importlib, bot.worker, bot.link\n"
        "for room in (bot.worker, bot.link):\n"
        "    for each in pkgutil.iter_modules(room.__path__):\n"
        "        importlib.import_module(f'{room.__name__}.{each.name}')\n"
        "heavy = {'db', 'discord', 'aiosqlite', 'torch', 'nats'}\n"
        "print(sorted(heavy & {name.split('.')[0] for name in sys.modules}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout.strip() == "[]"
