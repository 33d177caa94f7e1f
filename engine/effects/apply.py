"""Laying a look over the frames of a clip."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

import numpy as np

from engine.core.cancel import CancelToken
from engine.core.family import Frames
from engine.core.recipe import Effect
from engine.effects.looks import look_called
from engine.effects.scene import Area, Painter, Pixels, Plane, Scene
from engine.vision.eyes import Eyes

HAIR = 0.45
"""Room above a face, as a share of its height; half as much on its other sides."""
CERTAIN, LEAST, MOST = 0.8, 0.04, 0.7
"""How sure the eye must be of what stands out, and which share of the frame that may be."""
IN_IT = 0.8
"""What stands out holds this share of each face, or it is not all of it."""


def there_and_back(frames: Frames) -> Frames:
    """As many frames, which go half of the way and come back, so that the last leads to the first."""
    count = len(frames)
    turn = (1 - np.cos(2 * np.pi * np.arange(count) / count)) / 2
    return np.asarray(frames[np.round(turn * (count - 1) / 2).astype(int)])


def with_effect(
    frames: Frames,
    effect: Effect,
    *,
    fps: float,
    seed: int,
    eyes: Eyes | None = None,
    progress: Callable[[float], None] = lambda _: None,
    cancel: CancelToken | None = None,
) -> Frames:
    """Lay an effect over a clip.

    Args:
        frames: uint8 ``[T, H, W, 3]``, RGB; they may be changed.
        effect: what to lay over them.
        fps: frames per second.
        seed: of the take.
        eyes: look for faces, letters and what stands out in the first frame; None: nothing is known of it.
        progress: told the share that is done, 0 … 1.
        cancel: looked at before each frame.

    Returns:
        As many frames of the same size.

    Raises:
        UserError: there is no such look.
        Cancelled: a stop was asked for.
    """
    cancel = cancel or CancelToken()
    if effect.loops:
        frames = there_and_back(frames)
    if not effect.look:
        return frames
    spec = look_called(effect.look)
    scene = seen_in(frames[0].copy(), eyes, count=len(frames), fps=fps, seed=seed, effect=effect)
    module, _, name = spec.target.partition(":")
    made: Any = getattr(import_module(module), name)(scene)
    paint: Painter = made
    if not frames.flags.writeable:
        frames = frames.copy()
    for index in range(len(frames)):
        cancel.check()
        frames[index] = paint(frames[index], index)
        progress((index + 1) / len(frames))
    return frames


def seen_in(first: Pixels, eyes: Eyes | None, *, count: int, fps: float, seed: int, effect: Effect) -> Scene:
    """What a look is told of a clip, as far as the eyes that are here can tell."""
    faces: tuple[Area, ...] = ()
    texts: tuple[Area, ...] = ()
    subject: Plane | None = None
    if eyes is not None:
        found = [face.box for face in eyes.faces(first)]
        faces = tuple(_roomy(box) for box in found)
        texts = tuple(
            (line.box.left, line.box.top, line.box.right, line.box.bottom) for line in eyes.text(first)
        )
        subject = _subject(first, eyes, found)
    return Scene(
        first=first,
        count=count,
        fps=fps,
        seed=seed,
        amount=effect.amount,
        loops=effect.loops,
        faces=faces,
        texts=texts,
        subject=subject,
    )


def _roomy(box: Any) -> Area:
    high = box.bottom - box.top
    return (
        box.left - HAIR / 2 * high,
        box.top - HAIR * high,
        box.right + HAIR / 2 * high,
        box.bottom + HAIR / 2 * high,
    )


def _subject(first: Pixels, eyes: Eyes, faces: list[Any]) -> Plane | None:
    """Who stands out, where that is certain and holds every face whole.

    People only: a house or a tree that is cut out floats, because the ground that it stands on stays behind.
    """
    if not faces:
        return None
    cut = eyes.cutout(first)
    if cut is None or not cut.whole or cut.certainty < CERTAIN or not LEAST <= cut.share <= MOST:
        return None
    for box in faces:
        part = cut.mask[
            max(0, round(box.top)) : round(box.bottom), max(0, round(box.left)) : round(box.right)
        ]
        if not part.size or float(part.mean()) < IN_IT:
            return None
    return cut.mask
