"""Checkpoints and styles of the bot's owner at a worker: fetched once, and drawn under local names."""

from __future__ import annotations

import hashlib
import os
from dataclasses import replace

import pytest

from bot.fleet.capability import Ability
from bot.link.messages import FailKind, OfferedFile
from bot.worker.copies import COPIES
from bot.worker.local_files import with_local_names
from engine.core.errors import EngineClosed, Unsupported
from engine.core.recipe import Recipe, Style
from engine.weights.own_files import OwnFiles, OwnKind
from engine.weights.store import Store
from tests.bot.worker.conftest import POLICY
from tests.engine.weights import kinds
from tests.fleet.sleeper import Sleeper, order_text
from tests.fleet.small_bot import new_order


def a_style(tmp_path, rank=1):
    """A LoRA's bytes, of random weights."""
    path = kinds.write(tmp_path / "owner.safetensors", {kinds.KOHYA: (rank, 768)})
    data = path.read_bytes()
    data = data[: -1536 * rank] + os.urandom(1536 * rank)
    return data, hashlib.sha256(data).hexdigest()


def offered(small_bot, *styles):
    for data, sha256 in styles:
        small_bot.files.setdefault(sha256, data)
    small_bot.offers = tuple(
        OfferedFile(kind=OwnKind.STYLE, sha256=sha256, size=len(data)) for data, sha256 in styles
    )


def copies(tmp_path, folder="worker"):
    return {path.stem for path in (tmp_path / folder / COPIES / "styles").glob("*.safetensors")}


def styled(*names, model="", **changes):
    return order_text(0.05, engine="animatediff", styles=tuple(map(style, names)), model=model, **changes)


def style(name):
    return Style(name=name, weight=0.7)


class Watching(Sleeper):
    """Remembers what it was told to draw."""

    def __init__(self, spool):
        super().__init__(spool)
        self.recipes: list[Recipe] = []

    async def render(self, recipe, inputs, **more):
        self.recipes.append(recipe)
        return await super().render(recipe, inputs, **more)


async def test_a_style_that_is_offered_is_fetched_told_of_and_drawn_with(small_bot, working, tmp_path):
    data, sha256 = a_style(tmp_path)
    watching = Watching(tmp_path / "spool")
    offered(small_bot, (data, sha256))
    async with working(draws=watching):
        await small_bot.until(lambda: small_bot.hellos[-1:] and small_bot.hellos[-1].caps.files == (sha256,))
        assert copies(tmp_path) == {sha256}
        order = new_order(styled("ink"))
        ability = Ability(engine="animatediff", files=(sha256,)).to_json()
        small_bot.put(order.model_copy(update={"ability": ability}))
        await small_bot.until(lambda: order.job in small_bot.clips)
    assert watching.recipes[0].styles == (Style(name=sha256, weight=0.7),)
    assert (tmp_path / "worker" / COPIES / "styles" / f"{sha256}.safetensors").read_bytes() == data


async def test_a_fetch_that_a_process_began_is_ended_by_the_next_from_where_it_was(
    small_bot, working, tmp_path
):
    small_bot.gives_weights = 8
    style = a_style(tmp_path, rank=2000)  # 3 MB
    offered(small_bot, style)
    part = tmp_path / "worker" / COPIES / "parts" / style[1]
    async with working():
        await small_bot.until(lambda: len(small_bot.weights) > 8 and part.exists() and part.stat().st_size)
    begun = part.stat().st_size
    small_bot.weights.clear()
    small_bot.gives_weights = 1_000_000
    async with working():
        await small_bot.until(lambda: copies(tmp_path) == {style[1]})
    assert small_bot.weights[0].offset == begun
    assert begun >= 1_000_000


async def test_copies_take_no_more_room_than_they_may_and_the_oldest_makes_it(small_bot, working, tmp_path):
    small, other, large = a_style(tmp_path, 10), a_style(tmp_path, 10), a_style(tmp_path, 100)
    room = len(small[0]) + len(other[0]) // 2
    async with working(policy=replace(POLICY, weights_bytes=room)):
        offered(small_bot, small, large)
        await small_bot.until(lambda: copies(tmp_path) == {small[1]})
        offered(small_bot, other)
        await small_bot.until(lambda: copies(tmp_path) == {other[1]})
    assert large[1] not in {asked.sha256 for asked in small_bot.weights}


async def test_what_never_comes_whole_is_asked_for_three_times(small_bot, working, tmp_path):
    data, _ = a_style(tmp_path)
    wrong = "a" * 64
    offered(small_bot, (data, wrong))
    async with working():
        await small_bot.until(lambda: len(small_bot.weights) == 3)
        beats = len(small_bot.beats)
        await small_bot.until(lambda: len(small_bot.beats) > beats + 3)
    assert len(small_bot.weights) == 3
    assert not copies(tmp_path)


async def test_a_job_whose_style_is_here_no_more_goes_back_at_no_cost(small_bot, working):
    order = new_order(styled("ink"))
    ability = Ability(engine="animatediff", files=("b" * 64,)).to_json()
    small_bot.put(order.model_copy(update={"ability": ability}))
    async with working():
        await small_bot.until(lambda: order.job in small_bot.failures)
    assert small_bot.failures[order.job].kind is FailKind.SHUTDOWN


@pytest.fixture
def own(tmp_path):
    """This machine's own files: a checkpoint and a style, under names of its owner's."""
    folder = tmp_path / "models"
    kinds.write(folder / "checkpoints" / "mine.safetensors", kinds.SD15)
    kinds.write(folder / "styles" / "scratch.safetensors", kinds.LORA_SD15)
    found = OwnFiles(Store(folder), tmp_path / "digests.json")
    found.look()
    return found


def test_a_recipe_is_drawn_with_files_that_have_other_names_here(own):
    checkpoint, style = (next(file for file in own.found if file.kind is kind) for kind in OwnKind)
    recipe = Recipe.from_json(styled("ink", model="theirs"))
    ability = Ability(engine="animatediff", files=(checkpoint.sha256, style.sha256)).to_json()
    local = with_local_names(recipe, ability, own)
    assert (local.model, local.styles) == ("mine", (Style(name="scratch", weight=0.7),))
    assert replace(local, model=recipe.model, styles=recipe.styles) == recipe
    swapped = Ability(engine="animatediff", files=(style.sha256, checkpoint.sha256)).to_json()
    with pytest.raises(EngineClosed):
        with_local_names(recipe, swapped, own)


@pytest.mark.parametrize("ability", ["", Ability(engine="animatediff").to_json()])
def test_a_name_without_a_digest_is_not_guessed_at(own, ability):
    with pytest.raises(Unsupported):
        with_local_names(Recipe.from_json(styled("scratch")), ability, own)
    plain = Recipe.from_json(order_text(1.0))
    assert with_local_names(plain, ability, own) is plain
