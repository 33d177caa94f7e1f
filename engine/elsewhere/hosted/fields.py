"""From a recipe to the fields of a service's model."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from engine.core.recipe import Recipe, SoundSource
from engine.elsewhere.hosted.slugs import FILES, Slot, Slug
from engine.elsewhere.sent_files import SentFile

SHAPES = ("16:9", "4:3", "1:1", "3:4", "9:16")
"""How services name the shapes of frames."""

SEEDS = 2**31
"""Services take seeds below this."""


def values_of(slug: Slug, recipe: Recipe, seed: int) -> dict[Slot, Any]:
    """What fills each slot that is no file."""
    size = slug.size_for(recipe.quality)
    seconds = slug.drawn_seconds(recipe)
    length = int(seconds) if seconds == int(seconds) else seconds
    return {
        Slot.PROMPT: recipe.words or recipe.prompt,
        Slot.NEGATIVE: recipe.negative,
        Slot.SEED: seed % SEEDS,
        Slot.FRAMES: slug.frames_in(seconds),
        Slot.SECONDS: str(length) if slug.length_as_text else length,
        Slot.FPS: int(slug.fps) if slug.fps == int(slug.fps) else slug.fps,
        Slot.WIDTH: recipe.width,
        Slot.HEIGHT: recipe.height,
        Slot.SIZE: size.name,
        Slot.SHAPE: shape_of(recipe),
        Slot.SOUND: recipe.sound is SoundSource.DRAWN,
    }


def body_of(slug: Slug, recipe: Recipe, seed: int, files: Mapping[Slot, str]) -> dict[str, Any]:
    """The input of a model: field → value.

    Args:
        slug: which model.
        recipe: what is drawn.
        seed: of the take.
        files: where the service finds each file.
    """
    values = values_of(slug, recipe, seed)
    filled: dict[str, Any] = dict(slug.fixed)
    for slot, name in slug.fields.items():
        value = files.get(slot, values.get(slot))
        if value is not None and value != "":
            filled[name] = value
    return filled


def shape_of(recipe: Recipe) -> str:
    """The name of the shape that is nearest to the frame's."""

    def off(name: str) -> float:
        wide, high = map(int, name.split(":"))
        return abs(recipe.width * high - recipe.height * wide) / (recipe.height * high)

    return min(SHAPES, key=off)


def as_data_url(file: SentFile) -> str:
    """A file inside an address."""
    return f"data:{file.kind};base64,{base64.b64encode(file.data).decode()}"


def said_values(slug: Slug, body: Mapping[str, Any]) -> dict[str, Any]:
    """The values of a model's input by which it is known again: those that are no files."""
    files = {name for slot, name in slug.fields.items() if slot in FILES}
    return {name: value for name, value in body.items() if name not in files}
