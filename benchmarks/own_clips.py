"""Clips that this repository can draw itself: the weightless engines' and a few plain scenes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.core.family import Hooks, Inputs, RawFrames, frames_of
from engine.core.recipe import Camera, Kind, Motion, Recipe
from engine.families import load
from engine.runtime.context import EngineContext

Frames = NDArray[np.uint8]

LAKE = Path(__file__).parents[1] / "examples" / "lake.png"
PROMPTS = (
    "a red balloon over the sea",
    "a lighthouse in a storm at night",
    "three fish in a coral reef",
    "a yellow taxi in a neon city in the rain",
    "a rocket in space",
    "a cat in a snowy forest",
    "nothing that it knows",
    "birds over hills at dawn",
    "a house on a white field, snow falling",
    "two butterflies over a meadow",
    "a boat on a calm lake at sunset",
    "a train through the desert",
)
_FPS, _FRAMES = 12.0, 20
_PATHS = [camera for camera in Camera if camera is not Camera.AUTO]


@dataclass(frozen=True, kw_only=True)
class Own:
    """A clip, and the input picture where there was one."""

    frames: Frames
    reference: Frames | None


def _recipe(engine: str, *, turn: int, size: tuple[int, int], prompt: str = "") -> Recipe:
    return Recipe(
        kind=Kind.ANIMATE if engine == "camera" else Kind.TEXT2VIDEO,
        engine=engine,
        seed=turn,
        width=size[0],
        height=size[1],
        frames=_FRAMES,
        native_fps=_FPS,
        fps=2 * _FPS,
        length=2 * _FRAMES - 1,
        camera=_PATHS[turn % len(_PATHS)],
        motion=tuple(Motion)[turn % len(Motion)],
        prompt=prompt,
    )


def camera(turn: int, picture: Frames, *, size: tuple[int, int] = (384, 224)) -> Own:
    """The camera through a picture; paths and motions come in turn."""
    recipe = _recipe("camera", turn=turn, size=size)
    frames = load("camera", EngineContext()).draw(recipe, Inputs(picture=picture), seed=turn, hooks=Hooks())
    return Own(frames=_bytes(frames_of(frames)), reference=picture)


def sketch(turn: int, prompt: str, *, size: tuple[int, int] = (320, 192)) -> Own:
    """The sketch of a prompt."""
    recipe = _recipe("sketch", turn=turn, size=size, prompt=prompt)
    frames = load("sketch", EngineContext()).draw(recipe, Inputs(), seed=turn, hooks=Hooks())
    return Own(frames=_bytes(frames_of(frames)), reference=None)


def flat(turn: int, background: int) -> Own:
    """A drawing in flat colours; a square walks past a disc."""
    canvas = np.full((_FRAMES, 216, 384, 3), background, np.uint8)
    for t, frame in enumerate(canvas):
        cv2.circle(frame, (240 - turn * 20, 100), 60, (30, 90, 220), -1, cv2.LINE_AA)
        left = 10 + (3 + turn) * t
        cv2.rectangle(frame, (left, 60), (left + 70, 160), (250, 60, 60), -1)
    return Own(frames=canvas, reference=canvas[0])


def still(grain: float) -> Own:
    """A still camera before a textured wall; a ball rolls by. ``grain`` in levels."""
    rng = np.random.default_rng(0)
    wall = np.full((216, 384, 3), 120, np.float32)
    for sigma, levels in ((60, 40), (20, 30), (7, 20), (3, 10), (1.2, 8)):
        field = cv2.GaussianBlur(rng.standard_normal(wall.shape).astype(np.float32), (0, 0), sigma)
        wall += field / field.std() * levels
    film = np.clip(np.stack([wall] * _FRAMES), 5, 250)
    for t, frame in enumerate(film):
        cv2.circle(frame, (30 + 9 * t, 110), 18, (240, 240, 60), -1, cv2.LINE_AA)
    film += grain * rng.standard_normal((*film.shape[:3], 1)).astype(np.float32)
    frames = np.clip(film + 0.5, 0, 255).astype(np.uint8)
    return Own(frames=frames, reference=frames[0])


def lake() -> Frames:
    """The example picture, RGB."""
    picture = cv2.imread(str(LAKE), cv2.IMREAD_COLOR)
    if picture is None:
        raise FileNotFoundError(LAKE)
    return np.ascontiguousarray(picture[..., ::-1], np.uint8)


def _bytes(frames: RawFrames) -> Frames:
    if frames.dtype == np.uint8:
        return np.asarray(frames, np.uint8)
    return np.asarray(np.clip(frames * 255.0 + 0.5, 0, 255).astype(np.uint8))
