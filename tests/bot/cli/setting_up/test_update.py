"""`framekiln update`: with real git, a backup first, back where something fails, never under a bot."""

from __future__ import annotations

import subprocess
import sys

import pytest
from click.testing import CliRunner

from bot.cli.main import main
from bot.cli.setting_up import update as module
from bot.cli.setting_up.installation import Checkout, Installed, UpdateFailed
from bot.config.paths import BACKUPS, DATABASE
from bot.ops import health
from tests.ready_database import put_database

YES, NO = ("true",), ("false",)


def git(where, *words):
    identity = ("-c", "user.name=x", "-c", "user.email=x@example.org", "-c", "commit.gpgsign=false")
    command = ["git", *identity, *words]
    done = subprocess.run(command, cwd=where, check=True, capture_output=True, text=True)
    return done.stdout.strip()


@pytest.fixture
def origin(tmp_path):
    where = tmp_path / "origin"
    where.mkdir()
    git(where, "init", "-q", "-b", "main")
    return commit(where, "one")


def commit(where, text):
    (where / "file").write_text(text)
    git(where, "add", "file")
    git(where, "commit", "-qm", text)
    return where


@pytest.fixture
def root(origin, tmp_path):
    git(tmp_path, "clone", "-q", str(origin), "here")
    return tmp_path / "here"


@pytest.fixture
def data(tmp_path, monkeypatch):
    monkeypatch.setenv("FRAMEKILN_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setattr(module, "_is_running_unit", lambda: False)
    put_database(tmp_path / "data" / DATABASE)
    return tmp_path / "data"


@pytest.fixture
def run(root, data, monkeypatch):
    def go(*words, install=YES):
        monkeypatch.setattr(module, "installation", lambda: Checkout(root=root, install=install))
        return CliRunner().invoke(main, ["update", *words])

    return go


def backups(data):
    return list((data / BACKUPS).glob("*.db"))


def test_nothing_newer_is_said_and_nothing_done(run, data):
    done = run("--yes")
    assert (done.exit_code, done.output) == (0, "There is nothing newer.\n")
    assert run("--check").exit_code == 1
    assert backups(data) == []


def test_what_would_be_done_is_said_first_and_not_done_unasked(run, data, origin, root):
    commit(origin, "two")
    for words in (("--check",), ()):
        done = run(*words)
        assert " two\n" in done.output
        assert (root / "file").read_text() == "one"
        assert backups(data) == []
    assert done.exit_code == 1
    assert "--yes" in done.output


def test_an_update_backs_up_first(run, data, origin, root):
    commit(origin, "two")
    done = run("--yes")
    assert done.exit_code == 0, done.output
    assert (root / "file").read_text() == "two"
    assert len(backups(data)) == 1


def test_what_cannot_be_installed_is_put_back(run, data, origin, root):
    commit(origin, "two")
    done = run("--yes", install=NO)
    assert done.exit_code == 1
    assert "as it was" in done.output
    assert (root / "file").read_text() == "one"
    assert len(backups(data)) == 1


def test_without_a_backup_nothing_is_done(run, data, origin, root):
    commit(origin, "two")
    (data / BACKUPS).write_text("in the way")
    done = run("--yes")
    assert done.exit_code == 1
    assert "nothing was done" in done.output
    assert (root / "file").read_text() == "one"


def test_the_code_is_not_changed_under_a_bot_that_runs(run, data, origin, root, monkeypatch):
    commit(origin, "two")
    monkeypatch.setattr(health, "look", lambda *_, **__: (True, "alive"))
    done = run("--yes")
    assert done.exit_code == 1
    assert "stop it first" in done.output
    assert (root / "file").read_text() == "one"


@pytest.mark.parametrize("install", [YES, NO])
def test_a_unit_is_stopped_and_started_again_whatever_happens(
    run, data, origin, tmp_path, monkeypatch, install
):
    commit(origin, "two")
    told = tmp_path / "told"
    programs = tmp_path / "programs"
    programs.mkdir()
    (programs / "systemctl").write_text(f'#!/bin/sh\necho "$2" >> {told}\n')
    (programs / "systemctl").chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:/usr/bin:/bin")
    monkeypatch.setattr(module, "_is_running_unit", lambda: True)
    monkeypatch.setattr(health, "look", lambda *_, **__: (True, "alive"))
    assert run("--yes", install=install).exit_code == (0 if install is YES else 1)
    assert told.read_text().split() == ["stop", "start"]


def test_changes_of_ones_own_are_never_lost(run, origin, root):
    commit(origin, "two")
    (root / "file").write_text("mine")
    done = run("--yes")
    assert "changes of your own" in done.output
    assert (root / "file").read_text() == "mine"
    git(root, "checkout", "-q", "file")
    commit(root, "mine too")
    assert "commits of your own" in run("--yes").output


def test_pip_is_asked_what_it_would_do_and_goes_back_when_it_fails(tmp_path):
    told = tmp_path / "told"
    script = (
        "import sys; words = sys.argv[1:]; "
        f"open({str(told)!r}, 'a').write(' '.join(words) + '\\n'); "
        "print('Would install framekiln-9.0.0') if '--dry-run' in words else None; "
        "sys.exit('--upgrade' in words and '--dry-run' not in words)"
    )
    found = Installed(pip=(sys.executable, "-c", script))
    assert found.pending() == ["Would install framekiln-9.0.0"]
    with pytest.raises(UpdateFailed):
        found.apply()
    last = told.read_text().splitlines()[-1]
    assert last.startswith("install framekiln")
    assert "==0.1.0" in last


def test_a_stopped_bot_is_known_by_its_sign_of_life(data):
    assert not module._is_running()
