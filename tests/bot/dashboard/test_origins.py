"""Where settings come from, as the owner reads it; what is secret stays so."""

from __future__ import annotations

import os

import pytest

from bot.config.settings import load_settings
from bot.dashboard.origins import origins

CANARY = "canary-of-a-secret"


@pytest.fixture(autouse=True)
def alone(tmp_path, monkeypatch):
    for name in os.environ:
        if name.startswith(("FRAMEKILN_", "DISCORD_")):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def test_each_setting_says_where_it_has_its_value_from(tmp_path, monkeypatch):
    (tmp_path / ".env").write_text(f"DISCORD_TOKEN={CANARY}\nFRAMEKILN_MAX_TAKES=2\nFRAMEKILN_FPS=24\n")
    (tmp_path / "framekiln.toml").write_text("max_takes = 4\nbackups = 3\n")
    monkeypatch.setenv("FRAMEKILN_FPS", "30")
    found = origins(load_settings())
    chosen = {each.name: (each.value, each.place) for each in found if each.place != "default"}
    assert chosen == {
        "DISCORD_TOKEN": ("set", ".env"),
        "FRAMEKILN_MAX_TAKES": ("2", ".env"),
        "FRAMEKILN_FPS": ("30", "the environment"),
        "FRAMEKILN_BACKUPS": ("3", "framekiln.toml"),
    }
    assert [each.name for each in found[:4]] == [each.name for each in found if each.name in chosen]
    assert CANARY not in str(found)
