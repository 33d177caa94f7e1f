"""Settings that depend on one another, and what single ones take."""

from __future__ import annotations

from collections import Counter
from types import FunctionType

import pytest

from bot.config.settings import BadSettings, Settings, load_settings


@pytest.mark.parametrize(
    ("written", "read"),
    [("1", (1,)), ("1,2", (1, 2)), (" 1 , 2 ,", (1, 2)), (",", ())],
)
def test_moderator_roles_are_numbers_between_commas(monkeypatch, written, read):
    monkeypatch.setenv("FRAMEKILN_MODERATOR_ROLES", written)
    assert load_settings().moderator_roles == read


METHOD = (classmethod, staticmethod, property, FunctionType)


def test_no_two_parts_of_the_settings_have_a_method_of_the_same_name():
    """The later one would be lost: of two validators of one name, pydantic keeps one."""
    ours = [part for part in Settings.__mro__ if part.__module__.startswith("bot.config")]
    own = [name for part in ours for name, value in vars(part).items() if isinstance(value, METHOD)]
    named = Counter(name for name in own if not name.startswith("__"))
    assert "_is_no_token" in named
    assert [name for name, times in named.items() if times > 1] == []


def test_the_usual_rate_is_one_that_members_may_ask_for(monkeypatch):
    monkeypatch.setenv("FRAMEKILN_MAX_FPS", "30")
    assert load_settings(fps=30.0).fps == 30.0
    with pytest.raises(
        BadSettings, match="FRAMEKILN_FPS: must be at most 30, the limit set by FRAMEKILN_MAX_FPS"
    ):
        load_settings(fps=31.0)


@pytest.mark.parametrize("name", ["auto", "camera", "sketch"])
def test_the_owner_can_choose_the_engine(monkeypatch, name):
    monkeypatch.setenv("FRAMEKILN_ENGINE", name)
    assert load_settings().engine == name


def test_the_log_level_can_be_lower_case(monkeypatch):
    monkeypatch.setenv("FRAMEKILN_LOG_LEVEL", "debug")
    assert load_settings().log_level == "DEBUG"


def test_a_prompt_helper_needs_the_name_of_a_model(monkeypatch):
    monkeypatch.setenv("FRAMEKILN_PROMPT_HELPER_URL", "http://localhost:11434/v1")
    with pytest.raises(BadSettings, match="FRAMEKILN_PROMPT_HELPER_MODEL"):
        load_settings()
    monkeypatch.setenv("FRAMEKILN_PROMPT_HELPER_MODEL", "tiny")
    assert load_settings().prompt_helper_url == "http://localhost:11434/v1"
    monkeypatch.setenv("FRAMEKILN_PROMPT_HELPER_URL", "https://ann:word@example.org/v1")
    with pytest.raises(BadSettings) as caught:
        load_settings()
    assert "word" not in str(caught.value)


def test_commands_of_one_server_alone_and_direct_messages_exclude_each_other(monkeypatch):
    monkeypatch.setenv("DISCORD_GUILD_ID", "123456789012345678")
    load_settings()
    monkeypatch.setenv("FRAMEKILN_DIRECT_MESSAGES", "servers")
    with pytest.raises(BadSettings, match="FRAMEKILN_DIRECT_MESSAGES"):
        load_settings()
