"""`framekiln setup` against the fake Discord: what it writes, what it keeps, what it asks."""

from __future__ import annotations

import asyncio
import os
import re
import stat
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import discord
import pytest
from click.testing import CliRunner

from bot.cli.main import main
from bot.cli.setting_up import setup as module
from bot.cli.setting_up.service_files import UNIT_NAME, compose, unit
from bot.cli.setting_up.written_settings import with_env, with_toml, written_in_env
from bot.discord_io.invitation import NEEDED, invitation
from tests import ROOT
from tests.fake_discord import TOKEN

WRONG = "MTA0.wrong.token"


def here(name):
    return Path(name)


@pytest.fixture(autouse=True)
def alone(tmp_path, monkeypatch):
    """A folder of its own, no setting of this machine, no GPU and no systemd."""
    for name in os.environ:
        if name.startswith(("FRAMEKILN_", "DISCORD_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("PATH", str(tmp_path / "programs"))
    folder = tmp_path / "bot"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def run(fake):
    """Runs the command beside the fake's loop."""

    async def go(*words, typed=None, token=TOKEN):
        here("token").write_text(f" {token}\n")
        given = () if typed else ("--token-file", "token")
        with fake.point():
            return await asyncio.to_thread(
                CliRunner().invoke, main, ["setup", *given, *map(str, words)], input=typed
            )

    return go


def there(name):
    return written_in_env(here(".env"), name)


async def test_the_token_is_checked_and_written_where_nobody_else_reads_it(run, fake):
    done = await run("--guild", "77", "--data-dir", "store", "--service", "none")
    assert done.exit_code == 0, done.output
    assert (there("DISCORD_TOKEN"), there("DISCORD_GUILD_ID")) == (TOKEN, "77")
    assert there("FRAMEKILN_DATA_DIR") == "store"
    assert stat.S_IMODE(here(".env").stat().st_mode) == 0o600
    assert TOKEN not in done.output
    assert invitation(fake.world.application_id) in done.output
    assert "The bot can run." in done.output


async def test_a_token_that_discord_does_not_know_is_not_written(run):
    done = await run(token=WRONG)
    assert done.exit_code == 1
    assert "does not know this token" in done.output
    assert WRONG not in done.output
    assert not here(".env").exists()


async def test_a_second_run_changes_nothing_and_asks_nothing(run):
    first = ("--guild", "77", "--service", "systemd")
    assert (await run(*first)).exit_code == 0
    files = [here(".env"), *here(os.environ["XDG_CONFIG_HOME"]).rglob(UNIT_NAME)]
    before = {file: (file.read_bytes(), file.stat().st_mtime_ns) for file in files}
    assert len(before) == 2
    again = await run(*first)
    assert again.exit_code == 0
    assert again.output.count("stays as it is") == 2
    assert {file: (file.read_bytes(), file.stat().st_mtime_ns) for file in files} == before


async def test_what_is_there_is_kept_unless_it_is_to_be_replaced(run):
    here(".env").write_text("# mine\nDISCORD_GUILD_ID=5\nFRAMEKILN_FPS=24 # smooth\n")
    done = await run("--guild", "77")
    assert "is kept; --replace replaces it" in done.output
    assert there("DISCORD_GUILD_ID") == "5"
    await run("--guild", "77", "--replace")
    assert there("DISCORD_GUILD_ID") == "77"
    text = here(".env").read_text()
    assert text.startswith("# mine\n")
    assert "FRAMEKILN_FPS=24 # smooth" in text


async def test_without_a_terminal_what_cannot_be_asked_is_named(alone):
    done = await asyncio.to_thread(CliRunner().invoke, main, ["setup"])
    assert done.exit_code == 1
    assert "--token-file" in done.output


async def test_somebody_at_a_terminal_is_asked_and_can_try_again(run, monkeypatch):
    monkeypatch.setattr(module, "_somebody_is_here", lambda: True)
    done = await run(typed=f"{WRONG}\nnot a token\n{TOKEN}\n77\nnone\n")
    assert done.exit_code == 0, done.output
    assert there("DISCORD_TOKEN") == TOKEN
    assert there("DISCORD_GUILD_ID") == "77"
    assert TOKEN not in done.output


async def test_a_token_is_written_though_discord_cannot_be_asked(run, fake, monkeypatch):
    monkeypatch.setattr(discord.Client, "login", _away)
    done = await run()
    assert done.exit_code == 0
    assert "could not be checked" in done.output
    assert there("DISCORD_TOKEN") == TOKEN


async def test_without_discord_it_is_said_how_the_link_is_had_later(run, monkeypatch):
    monkeypatch.setattr(discord.Client, "login", _away)
    for _ in range(2):
        said = (await run()).output
        assert "Run setup again when Discord can be reached: it prints the link" in said
    assert ".env stays as it is." in said


@pytest.mark.parametrize("given", ["garbage", "tökèn.ä.b", "104000000000000001", "a b.c.d", "a.b.c.d", "''"])
async def test_what_has_not_the_form_of_a_token_is_not_written(run, monkeypatch, given):
    monkeypatch.setattr(discord.Client, "login", _away)
    done = await run(token=given)
    assert done.exit_code == 1
    assert "That is no token" in done.output
    assert not here(".env").exists()


@pytest.mark.parametrize("mark", ["'", '"'])
async def test_quotes_around_a_token_are_no_part_of_it(run, mark):
    done = await run(token=f"{mark}{TOKEN}{mark}")
    assert done.exit_code == 0, done.output
    assert there("DISCORD_TOKEN") == TOKEN


async def _away(*_):
    raise OSError("no route")


async def test_settings_go_into_the_toml_that_is_there(run):
    here("framekiln.toml").write_text("# ours\nfps = 24\n")
    await run("--data-dir", "store")
    assert here("framekiln.toml").read_text() == 'data_dir = "store"\n# ours\nfps = 24\n'
    assert there("FRAMEKILN_DATA_DIR") is None
    await run("--data-dir", "other", "--keep")
    assert 'data_dir = "store"' in here("framekiln.toml").read_text()
    await run("--data-dir", "other", "--replace")
    assert 'data_dir = "other"' in here("framekiln.toml").read_text()


async def test_a_unit_is_enabled_where_there_is_systemd(run, tmp_path):
    programs = tmp_path / "programs"
    programs.mkdir()
    (programs / "systemctl").write_text(f'#!/bin/sh\necho "$@" >> {tmp_path}/told\n')
    (programs / "systemctl").chmod(0o755)
    done = await run("--service", "systemd")
    assert "and enabled" in done.output
    assert done.output.count("Start it:") == 1
    assert "Start it:  systemctl --user start framekiln\n" in done.output
    assert (tmp_path / "told").read_text() == f"--user daemon-reload\n--user enable {UNIT_NAME}\n"
    text = next((tmp_path / "config").rglob(UNIT_NAME)).read_text()
    assert f"WorkingDirectory={Path.cwd()}" in text
    assert re.search(r'^ExecStart=(".*" run|".*" -m bot)$', text, re.MULTILINE)


async def test_where_systemd_is_not_reached_the_bot_is_started_by_hand(run, tmp_path):
    programs = tmp_path / "programs"
    programs.mkdir()
    (programs / "systemctl").write_text("#!/bin/sh\necho 'Failed to connect to bus' >&2\nexit 1\n")
    (programs / "systemctl").chmod(0o755)
    for _ in range(2):
        done = await run("--service", "systemd")
        assert "but not enabled: Failed to connect to bus" in done.output
        assert "Start it:  framekiln run\n" in done.output
        assert "systemctl --user start" not in done.output


async def test_the_compose_file_is_printed_and_is_one(run):
    import yaml

    done = await run("--service", "compose")
    assert "Start it:  docker compose up -d\n" in done.output
    assert "ghcr.io/framekiln/framekiln" in done.output
    told = yaml.safe_load(compose("1.2.3"))
    assert told["services"]["bot"]["image"].endswith(":1.2.3")
    assert told["services"]["gpu"]["env_file"] == ".env"


def test_a_unit_for_a_folder_that_systemd_cannot_read_is_refused():
    with pytest.raises(ValueError, match="systemd"):
        unit(here("/srv/100%"))


def test_the_invitation_has_exactly_what_the_page_names():
    text = (ROOT / "docs/start.md").read_text("utf-8")
    listed = re.search(r"these permissions:\s+\*\*([^*]+)\*\*", text)
    assert listed is not None
    names = {name.strip().lower().replace(" ", "_") for name in listed[1].split(",")}
    assert names == {name.replace("read_messages", "view_channels") for name, on in NEEDED if on}
    asked = parse_qs(urlsplit(invitation(5)).query)
    assert asked["permissions"] == [str(NEEDED.value)]
    assert asked["scope"] == ["bot applications.commands"]


@pytest.mark.parametrize(
    "before",
    ["", "X=1", "A=old\nX=1\n", "# A=\nX=1\n", "export A=old\n", "#A=proposed\nX='a b'\n"],
)
@pytest.mark.parametrize("value", ["plain", "two words", "it's", "a#b", "back\\slash", "$HOME"])
def test_a_value_comes_back_as_it_was_written_and_others_stay(tmp_path, before, value):
    path = tmp_path / ".env"
    path.write_text(before)
    others = {name: written_in_env(path, name) for name in ("X",)}
    text = with_env(before, "A", value)
    path.write_text(text)
    assert written_in_env(path, "A") == value
    assert {name: written_in_env(path, name) for name in ("X",)} == others
    assert with_env(text, "A", value) == text


def test_a_toml_keeps_its_tables():
    import tomllib

    text = with_toml("fps = 24\n[table]\na = 1\n", "data_dir", 'C:\\"x"')
    assert tomllib.loads(text) == {"data_dir": 'C:\\"x"', "fps": 24, "table": {"a": 1}}
