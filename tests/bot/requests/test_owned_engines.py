"""Engines that the owner's folder adds, from the bot's side."""

from __future__ import annotations

import shutil
from functools import partial
from pathlib import Path

import pytest

from bot.requests import inventory
from bot.requests.inventory import Inventory
from bot.requests.style_names import follow_here
from engine.core.capabilities import Capabilities
from engine.core.recipe import Follow
from engine.elsewhere.owned import NO_SERVER, owned_families
from engine.families import FAMILIES
from engine.weights.store import Store
from tests import ROOT
from tests.bot.clips.test_clip_actions import delivered, refusal
from tests.bot.fixtures import count_of

SHIPPED = ROOT / "workflows"


def copied(name: str, folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    for kind in ("json", "toml"):
        shutil.copy(SHIPPED / f"{name}.{kind}", folder)


def inventory_of(folder: Path, *, server: str = "http://x") -> Inventory:
    named = {"FRAMEKILN_WORKFLOWS_DIR": str(folder), "FRAMEKILN_COMFYUI": server}
    store = Store(folder / "models")
    return Inventory(store, lambda: None, slow=False, owned=partial(owned_families, named))


async def test_a_running_bot_finds_a_workflow_that_is_added_and_forgets_one_that_is_removed(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(inventory, "FRESH_SECONDS", 0.0)
    copied("test", tmp_path)
    here = inventory_of(tmp_path)
    assert "comfyui/test" in here.families(), "before the first look, too"
    assert set((await here.capabilities()).added) == {"comfyui/test"}
    copied("wan-animate", tmp_path)
    assert set((await here.capabilities()).added) == {"comfyui/test", "comfyui/wan-animate"}
    (tmp_path / "test.json").unlink()
    assert set((await here.capabilities()).added) == {"comfyui/wan-animate"}
    assert set(here.families()) == {*FAMILIES, "comfyui/wan-animate"}


async def test_what_is_wrong_is_logged_once_and_again_when_it_comes_back(tmp_path, monkeypatch, caplog):
    monkeypatch.setattr(inventory, "FRESH_SECONDS", 0.0)
    here = inventory_of(tmp_path)
    (tmp_path / "mill.json").write_text("{")
    for _ in range(3):
        await here.capabilities()
    assert caplog.text.count("mill cannot be used") == 1
    (tmp_path / "mill.json").unlink()
    await here.capabilities()
    (tmp_path / "mill.json").write_text("{")
    await here.capabilities()
    assert caplog.text.count("mill cannot be used") == 2


async def test_without_a_server_the_owner_is_told_what_to_set(tmp_path):
    copied("test", tmp_path)
    capabilities = await inventory_of(tmp_path, server="").capabilities()
    assert capabilities.added["comfyui/test"].lacks(capabilities) == NO_SERVER


@pytest.mark.parametrize("gone", ["comfyui/gone", "no-such-engine"])
async def test_a_clip_whose_engine_was_taken_away_is_not_made_again(fake, channel, ada, app, bot, gone):
    recipe = {"engine": gone}
    _, message = await delivered(app, ada, channel, recipe=recipe)
    said = await refusal(await fake.click(ada, message, "Reroll"))
    assert "which is not here any more. Ask for a new clip." in said
    assert await count_of(app) == 1


def test_a_clip_is_followed_in_what_the_engine_asked_for_can_follow():
    weights = {name for ways in FAMILIES["animatediff-control"].follows.values() for name in ways[-1]}
    owned = owned_families({"FRAMEKILN_WORKFLOWS_DIR": str(SHIPPED), "FRAMEKILN_COMFYUI": "x"})
    here = Capabilities(weights=frozenset(weights), added=owned.specs)
    assert follow_here(here) is Follow.DEPTH
    assert follow_here(here, "comfyui/wan-animate") is Follow.POSE
