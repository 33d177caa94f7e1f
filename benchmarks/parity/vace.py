"""Wan VACE beside its stock pipeline."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
from PIL import Image

from benchmarks.parity.case import Case, Drawn, as_bytes, asked, planned
from benchmarks.parity.wan import LIGHTER, OWN_LEVERS, given, sampler, with_levers, without_levers
from engine.core.family import Hooks, Inputs, SourceClip
from engine.core.recipe import Follow, Kind, Quality, Recipe
from engine.following.extractors import find_edges
from engine.weights.store import Store
from tests.engine.tiny import wan_vace as tiny

SIDE, FRAMES = 32, 9
_ROWS, _COLUMNS = np.mgrid[0:SIDE, 0:SIDE]
FIRST = np.stack([_COLUMNS * 8, _ROWS * 8, _ROWS * 0], axis=2).astype(np.uint8)
LAST = 255 - FIRST
FILM = np.stack([np.roll(FIRST, 3 * number, axis=1) for number in range(FRAMES)])
FILM[:, 8:16, 8:16] = (250, 40, 40)
CLIP = SourceClip(frames=FILM, fps=16.0)
LOOK = np.full((20, 40, 3), (200, 30, 60), np.uint8)
PAPER = np.full((SIDE, SIDE, 3), 255, np.uint8)
PAPER[8:24] = (200, 30, 60)
"""The look on white paper, as its authors show one."""


def build(folder: Path) -> None:
    """Write its weights, small and random."""
    tiny.build(folder)


def pictures(frames: Any) -> list[Image.Image]:
    """Frames as the pipeline takes them."""
    return [Image.fromarray(frame) for frame in frames]


_GREY, _BLACK, _WHITE = (
    Image.new("RGB", (SIDE, SIDE), (128,) * 3),
    *(Image.new("L", (SIDE, SIDE), level) for level in (0, 255)),
)
_MASK = [_WHITE] * FRAMES
_COLOURLESS = [cv2.cvtColor(cv2.cvtColor(f, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB) for f in FILM]


def ways() -> dict[str, tuple[dict[str, Any], Inputs, dict[str, Any]]]:
    """By name: the request, what goes with it, and what the stock pipeline is shown."""
    edges = pictures(find_edges(FILM, Hooks()))
    begins = [Image.fromarray(FIRST), *[_GREY] * (FRAMES - 1)]
    return {
        "words": ({}, Inputs(), {}),
        "control": (
            {"follow": Follow.EDGES},
            Inputs(reference=CLIP),
            {"video": edges, "mask": _MASK},
        ),
        "first frame": (
            {"kind": Kind.ANIMATE},
            Inputs(picture=FIRST),
            {"video": begins, "mask": [_BLACK, *_MASK[1:]]},
        ),
        "first and last frame": (
            {"kind": Kind.ANIMATE},
            Inputs(picture=FIRST, end=LAST),
            {"video": [*begins[:-1], Image.fromarray(LAST)], "mask": [_BLACK, *_MASK[2:], _BLACK]},
        ),
        "the look of a picture": (
            {},
            Inputs(like=LOOK),
            {"reference_images": [Image.fromarray(PAPER)]},
        ),
        "a new look": (
            {"kind": Kind.RESTYLE, "strength": 0.3},
            Inputs(reference=CLIP),
            {"video": pictures(_COLOURLESS), "mask": _MASK},
        ),
        "control, a first frame and a look": (
            {"follow": Follow.EDGES},
            Inputs(reference=CLIP, picture=FIRST, like=LOOK),
            {
                "video": [Image.fromarray(FIRST), *edges[1:]],
                "mask": [_BLACK, *_MASK[1:]],
                "reference_images": [Image.fromarray(PAPER)],
            },
        ),
    }


def cases(store: Store) -> tuple[Case, ...]:
    """All that a clip is drawn by."""
    pipe: Any = tiny.pipeline(store.folder)

    def stock(recipe: Recipe, shown: dict[str, Any]) -> Drawn:
        pipe.scheduler = sampler(recipe)
        return as_bytes(pipe(**given(store, recipe), **shown).frames[0])

    def lighter(recipe: Recipe) -> Drawn:
        pipe.scheduler = sampler(recipe)
        own = given(store, recipe)
        return as_bytes(with_levers(pipe, recipe, lambda **more: pipe(**own, **more)).frames[0])

    def recipe_of(wish: dict[str, Any], inputs: Inputs, quality: Quality) -> Recipe:
        request = asked("wan-vace", quality=quality, **wish)
        return planned(store, request, size=(SIDE, SIDE, FRAMES), inputs=inputs)

    exact = tuple(
        Case(
            family="wan-vace",
            way=name,
            recipe=without_levers(recipe_of(wish, inputs, Quality.BEST)),
            inputs=inputs,
            stock=lambda recipe, shown=shown: stock(recipe, shown),  # type: ignore[misc]
        )
        for name, (wish, inputs, shown) in ways().items()
    )
    light = recipe_of({}, Inputs(), Quality.BALANCED)
    return (
        *exact,
        Case(family="wan-vace", way=OWN_LEVERS, recipe=light, stock=lighter),
        Case(
            family="wan-vace",
            way="words, balanced",
            recipe=light,
            stock=lambda recipe: stock(recipe, {}),
            inexact=LIGHTER,
        ),
    )
