"""A virtual camera that moves through a still picture. Needs no weights, and no GPU.

The picture is looked at for what is near and what is far, taken apart into sheets, and filmed along an eased
path; water ripples and clouds drift where they are certain to be water and clouds.
"""

from __future__ import annotations

import cv2
import numpy as np

from engine.core.errors import Unsupported
from engine.core.family import Frames, Hooks, Inputs, Picture
from engine.core.recipe import Camera, Quality, Recipe
from engine.families.camera.layers import Window, take_apart
from engine.families.camera.life import Life
from engine.families.camera.path import choose, travel
from engine.families.camera.render import Stage
from engine.families.camera.scene import study
from engine.runtime.context import EngineContext
from engine.vision.crop import cover

WIDEST = 1.8
"""How much wider or taller than the frame a picture may be before the rest of it is left out."""
OVERSAMPLING = {Quality.FAST: 1.0, Quality.BALANCED: 1.0, Quality.BEST: 1.5}

ONSET_SECONDS = 1.0
"""Where a clip goes on, its water is already bent: new waves rise as slowly as that."""


class CameraFamily:
    """Films a picture. Keeps nothing between takes."""

    def __init__(self, _context: EngineContext | None = None) -> None:
        """Make one; it needs no weights and no GPU."""

    def draw(self, recipe: Recipe, inputs: Inputs, *, seed: int, hooks: Hooks) -> Frames:
        """Film one take; see :meth:`engine.families.Family.draw`.

        Returns:
            uint8 ``[recipe.frames, recipe.height, recipe.width, 3]``, RGB.

        Raises:
            Cancelled: a stop was asked for.
            Unsupported: there is no picture to move through.
        """
        picture, cancel = inputs.picture, hooks.cancel
        if picture is None:
            raise Unsupported("The camera needs a picture to move through.")
        cancel.check()
        finer = OVERSAMPLING[recipe.quality]
        size = (round(recipe.width * finer), round(recipe.height * finer))
        beyond = _spare(picture, size)
        picture = _trim(picture, size)
        cancel.check()
        scene = study(picture, cancel.check)

        spare = _spare(picture, size)
        camera = recipe.camera
        if camera is Camera.AUTO:
            camera = choose(
                seed=seed, subject=scene.subject is not None, landscape=scene.sky is not None, spare=beyond
            )
        times = np.arange(recipe.frames) / recipe.native_fps
        path = travel(camera, motion=recipe.motion, seed=seed, times=times, size=size, spare=spare)
        canvas_size = path.needs(*size)
        if recipe.before is not None:
            path, canvas_size = path.onward(*size), size
        canvas = cover(picture, *canvas_size)
        cancel.check()

        window = Window(size=canvas_size, picture=(picture.shape[1], picture.shape[0]))
        sheets = take_apart(canvas, scene, window, cancel.check)
        unit = float(np.sqrt(size[0] * size[1]))
        life = Life.of(
            recipe.motion,
            seed=seed,
            unit=unit,
            horizon=window.row(scene.waterline),
            foot=window.row(1.0),
            onset=0.0 if recipe.before is None else ONSET_SECONDS,
        )
        # A bilinear frame is softer, and takes a third of the time to sample.
        sampling = cv2.INTER_LINEAR if recipe.quality is Quality.FAST else cv2.INTER_CUBIC
        stage = Stage(sheets=sheets, path=path, life=life, size=size, interpolation=sampling)

        frames = np.empty((recipe.frames, recipe.height, recipe.width, 3), np.uint8)
        for index, seconds in enumerate(times):
            cancel.check()
            frame = stage.frame(index, float(seconds))
            if scene.flatness > 0:
                frame = life.light(frame, scene.flatness, float(seconds))
            if finer != 1:
                frame = np.asarray(
                    cv2.resize(frame, (recipe.width, recipe.height), interpolation=cv2.INTER_AREA)
                )
            frames[index] = frame
            hooks.progress((index + 1) / recipe.frames)
        return frames


def _trim(picture: Picture, size: tuple[int, int]) -> Picture:
    """Leave out, on both sides alike, what no path can reach; and all resolution that no frame can show."""
    rows, columns = picture.shape[:2]
    wide = min(columns, max(1, round(rows * size[0] / size[1] * WIDEST)))
    tall = min(rows, max(1, round(columns * size[1] / size[0] * WIDEST)))
    left, top = (columns - wide) // 2, (rows - tall) // 2
    picture = picture[top : top + tall, left : left + wide]
    scale = 2.0 * max(size[0] / wide, size[1] / tall)
    if scale < 1:
        reduced = (max(1, round(wide * scale)), max(1, round(tall * scale)))
        picture = np.asarray(cv2.resize(picture, reduced, interpolation=cv2.INTER_AREA), np.uint8)
    return np.ascontiguousarray(picture)


def _spare(picture: Picture, size: tuple[int, int]) -> tuple[float, float]:
    """How much of the picture lies outside the frame's shape, as shares of the frame's width and height."""
    wider = picture.shape[1] / picture.shape[0] / (size[0] / size[1])
    return max(0.0, wider - 1), max(0.0, 1 / wider - 1)
