from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from bot.cli import demo
from bot.cli.main import main
from engine.core.errors import UserError
from engine.core.recipe import Role
from engine.effects.shipped import SHIPPED


@pytest.fixture
def asked(tmp_path, monkeypatch):
    """What the command line asks for, without making it; or what it says instead."""
    monkeypatch.chdir(tmp_path)
    Path("cat.png").write_bytes(b"cat")
    found: dict[str, Any] = {}

    async def make_clip(request, files, target, **_):
        found.update(request=request, files=files)
        raise UserError("E_TEST", "enough")

    monkeypatch.setattr(demo, "make_clip", make_clip)

    def ask(name, *words):
        found.clear()
        done = CliRunner().invoke(main, ["effect", name, "cat.png", "-o", "clip.mp4", *words])
        assert done.exit_code == 1
        return found or done.output

    return ask


def test_an_effect_is_found_by_its_name_in_any_case(asked):
    found = asked("OLD film", "--seed", "7")
    assert (found["request"].effect, found["request"].seed) == (SHIPPED["old film"].request().effect, 7)
    assert found["files"] == {Role.PICTURE: b"cat"}


def test_a_servers_effect_works_from_its_file(asked):
    own = SHIPPED["confetti"].renamed("Payday")
    Path("payday.framekiln-effect").write_text(own.to_json(), "utf-8")
    assert asked("payday.framekiln-effect")["request"].effect == own.request().effect


def test_what_is_no_effect_is_said_plainly(asked):
    assert "framekiln effect --list" in asked("no such")
    assert "No such file" in asked("away.framekiln-effect")
    Path("wrong.framekiln-effect").write_text("{}")
    assert "effect" in asked("wrong.framekiln-effect")
    Path("large.framekiln-effect").write_text(" " * 20_000)
    assert "16 KiB" in asked("large.framekiln-effect")


def test_the_effects_are_listed():
    done = CliRunner().invoke(main, ["effect", "--list"])
    assert done.exit_code == 0
    assert all(effect.name in done.output and effect.about in done.output for effect in SHIPPED.values())
