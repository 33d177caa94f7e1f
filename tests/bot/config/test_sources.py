"""Where settings are read from, which of the places wins, and what is said of a place that cannot be read."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.config.settings import BadSettings, load_settings, unknown_variables, variable
from tests.bot.config.canary import CANARY


def test_the_environment_comes_before_dotenv_and_that_before_the_toml(monkeypatch):
    Path("framekiln.toml").write_text("per_member_waiting = 11\nper_member_hour = 12\ntotal_waiting = 13\n")
    Path(".env").write_text("FRAMEKILN_PER_MEMBER_WAITING=21\nFRAMEKILN_PER_MEMBER_HOUR=22\n")
    monkeypatch.setenv("FRAMEKILN_PER_MEMBER_WAITING", "31")
    settings = load_settings()
    assert (settings.per_member_waiting, settings.per_member_hour, settings.total_waiting) == (31, 22, 13)
    assert load_settings(per_member_waiting=41).per_member_waiting == 41


def test_discords_two_keep_their_usual_names(monkeypatch):
    Path(".env").write_text(f"DISCORD_TOKEN={CANARY}\nDISCORD_GUILD_ID=123456789012345678\n")
    settings = load_settings()
    assert settings.discord_token is not None
    assert settings.discord_token.get_secret_value() == CANARY
    assert settings.discord_guild_id == 123456789012345678


def test_moderator_roles_are_a_list_in_the_toml():
    Path("framekiln.toml").write_text("moderator_roles = [1, 2]\n")
    assert load_settings().moderator_roles == (1, 2)


ENCODINGS = ["utf-8", "utf-8-sig", "utf-16"]
"""The last two begin with a byte order mark."""


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_a_byte_order_mark_does_not_hide_the_first_line_of_a_file(encoding):
    Path(".env").write_text(f"DISCORD_TOKEN={CANARY}\nFRAMEKILN_FSP=1\n", encoding)
    Path("framekiln.toml").write_text("fps = 30\n# ümlaut\n", encoding)
    settings = load_settings()
    assert settings.discord_token is not None
    assert settings.discord_token.get_secret_value() == CANARY
    assert settings.fps == 30
    assert unknown_variables() == ["FRAMEKILN_FSP"]


def set_in(source, field, value, monkeypatch):
    if source == "the environment":
        monkeypatch.setenv(variable(field), value)
    elif source == ".env":
        Path(".env").write_text(f"{variable(field)}={value}\n")
    elif source == "framekiln.toml":
        Path("framekiln.toml").write_text(f'{field} = "{value}"\n')
    return {field: value} if source == "the command line" else {}


@pytest.mark.parametrize("source", ["the environment", ".env", "framekiln.toml", "the command line"])
@pytest.mark.parametrize("field", ["fps", "discord_guild_id", "discord_token", "moderator_roles"])
def test_a_wrong_value_says_where_it_was_set(monkeypatch, source, field):
    given = set_in(source, field, "many", monkeypatch)
    if field == "discord_token":  # any text may be one
        Path("framekiln.toml").write_text("discord_token = 1\n")
        given, source = {}, "framekiln.toml"
        monkeypatch.delenv("DISCORD_TOKEN", raising=False)
        Path(".env").unlink(missing_ok=True)
    with pytest.raises(BadSettings) as caught:
        load_settings(**given)
    assert caught.value.places == (source,)
    assert str(caught.value).endswith(f"(set in {source})")


def test_a_wrong_value_is_looked_for_in_the_place_that_wins(monkeypatch):
    Path("framekiln.toml").write_text("fps = 30\n")
    Path(".env").write_text("FRAMEKILN_FPS=many\nFRAMEKILN_BACKUPS=\n")
    monkeypatch.setenv("FRAMEKILN_BACKUPS", "-1")
    with pytest.raises(BadSettings) as caught:
        load_settings()
    assert caught.value.places == (".env", "the environment")


def test_a_toml_key_that_does_not_exist_is_named():
    Path("framekiln.toml").write_text("fps = 24\nframes_per_second = 24\n")
    with pytest.raises(BadSettings, match=r"^framekiln\.toml .*: frames_per_second$"):
        load_settings()


@pytest.mark.parametrize("content", [b"fps = = 24\n", b"fps = '\xff'\n"])
def test_a_toml_that_cannot_be_read_is_one_line(content):
    Path("framekiln.toml").write_bytes(content)
    with pytest.raises(BadSettings, match=r"\Aframekiln\.toml cannot be read: [^\n]+\Z"):
        load_settings()


def test_a_dotenv_that_cannot_be_read_is_one_line():
    Path(".env").write_bytes(b"FRAMEKILN_ENGINE=\xff\n")
    with pytest.raises(BadSettings, match=r"\A\.env cannot be read: [^\n]+\Z"):
        load_settings()


def test_variables_that_look_like_ours_and_are_not_are_found(monkeypatch):
    monkeypatch.setenv("FRAMEKILN_FPS", "24")
    monkeypatch.setenv("FRAMEKILN_FSP", "24")
    Path(".env").write_text("FRAMEKILN_KEEP_CLIP_DAYS=3\nFRAMEKILN_KEEP_CLIPS_DAYS=3\nOTHER=1\n")
    assert unknown_variables() == ["FRAMEKILN_FSP", "FRAMEKILN_KEEP_CLIP_DAYS"]
