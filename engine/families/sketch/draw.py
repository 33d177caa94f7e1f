"""An honest moving sketch of the words, without any weights.

It is used where no model that reads words is installed. A small lexicon picks place, hour, weather,
things and movement out of the prompt; the rest of the text and the seed choose colours and layout. The
prompt is written along its foot and a mark in the corner says "sketch", so that nobody takes it for what a
model would draw.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import cv2
import numpy as np

from engine.core.family import Frames, Hooks, Inputs
from engine.core.recipe import Camera, Recipe
from engine.families.sketch.language.reading import read
from engine.families.sketch.lettering import Lettering
from engine.families.sketch.scene import Scene
from engine.families.sketch.view import PACE, View, turned, view_at
from engine.runtime.context import EngineContext

_FINE_ENOUGH = 1000  # pixels of the longer side; smaller frames are drawn twice as large, then averaged


class SketchFamily:
    """Draws what a lexicon finds in the prompt; the picture, where there is one, is not used."""

    def __init__(self, _context: EngineContext | None = None) -> None:
        """Make one; it needs no weights and no GPU."""

    def draw(
        self,
        recipe: Recipe,
        inputs: Inputs,  # noqa: ARG002 - a sketch follows the words alone
        *,
        seed: int,
        hooks: Hooks,
    ) -> Frames:
        """Draw one take; see :class:`engine.families.Family`. Returns uint8 ``[T, H, W, 3]``."""
        width, height, count = recipe.width, recipe.height, recipe.frames
        enlarged = 2 if max(width, height) <= _FINE_ENOUGH else 1
        size = (width * enlarged, height * enlarged)
        vision = read(recipe.prompt)
        for note in vision.notes:
            hooks.gave_up(note)
        pace, length = PACE[recipe.motion] * vision.pace, count / recipe.native_fps
        scene = Scene(vision, width=size[0], height=size[1], seed=seed, length=length * pace)
        lettering = Lettering(recipe.prompt, width=width, height=height)
        frames = np.empty((count, height, width, 3), np.uint8)
        for number in range(count):
            hooks.cancel.check()
            second = number / recipe.native_fps
            view, drift = seen_at(second, length, scene, size=size, camera=recipe.camera, pace=pace)
            drawn = turned(scene.draw(view, drift), view.roll)
            frames[number] = cv2.resize(drawn, (width, height), interpolation=cv2.INTER_AREA)
            lettering.lay_over(frames[number])
            hooks.progress((number + 1) / count)
        return frames


def seen_at(
    second: float, length: float, scene: Scene, *, size: tuple[int, int], camera: Camera, pace: float
) -> tuple[View, float]:
    """The camera after ``second`` of ``length`` seconds, and how far it has gone with the things of a scene.

    Without orders it goes along with what travels, and no farther than leaves everything in the frame. Where
    nothing does, it goes the other way: what faces ahead never slides backwards.
    """
    side = scene.side if scene.follow else -scene.side
    ask = partial(view_at, length=length, size=size, camera=camera, pace=pace, side=side)
    view = ask(second)
    if camera is not Camera.AUTO:
        return view, 0.0
    half, end = ask(length / 2), ask(length)
    gone = view.x - half.x  # what is in the middle stays there
    if scene.follow:
        drift = gone + scene.side * scene.follow * (view.seconds - half.seconds)
        return replace(view, x=drift), drift
    return replace(view, x=gone * min(1.0, scene.room(end) / abs(end.x - half.x))), 0.0
