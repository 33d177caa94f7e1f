"""What VACE is shown: frames that stay, frames to draw by, and pictures whose look is taken.

Where its mask is black, a frame stays as it is; where it is white, it is drawn, by what the frame shows: grey
for nothing, or a map of poses, depth or edges.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import cv2
import numpy as np
from PIL import Image

from engine.core.family import Frames, Picture

UNKNOWN = 128
"""The grey of a frame of which nothing is known."""

STAYS, DRAWN = 0, 255
"""Of the mask."""

PAPER = 255
"""The white around a picture whose look is taken."""


def conditions(
    size: tuple[int, int], frames: int, *, control: Frames | None, kept: Mapping[int, Picture]
) -> dict[str, Any]:
    """The arguments ``video`` and ``mask`` of a WanVACEPipeline.

    Args:
        size: width and height in pixels.
        frames: of the clip.
        control: uint8 ``[T, height, width, 3]``, what it is drawn by; the last one stays where there are
            fewer. None: words alone.
        kept: pictures of this size, by the numbers of the frames that are to be them.

    Returns:
        Nothing where it is drawn from words alone.
    """
    if control is None and not kept:
        return {}
    width, height = size
    if control is None:
        shown = [Image.new("RGB", size, (UNKNOWN,) * 3)] * frames
    else:
        last = len(control) - 1
        shown = [Image.fromarray(control[min(number, last)]) for number in range(frames)]
    masks = [Image.new("L", size, DRAWN)] * frames
    for number, picture in kept.items():
        if picture.shape != (height, width, 3):
            raise ValueError(f"a picture of {picture.shape} for frames of {height}×{width}")
        shown[number] = Image.fromarray(picture)
        masks[number] = Image.new("L", size, STAYS)
    return {"video": shown, "mask": masks}


def on_paper(picture: Picture, size: tuple[int, int]) -> Image.Image:
    """A picture whose look is taken: whole, in the middle of white paper, as VACE learned from them.

    Args:
        picture: uint8 ``[H, W, 3]``, of any size.
        size: width and height of the paper in pixels.
    """
    width, height = size
    scale = min(width / picture.shape[1], height / picture.shape[0])
    wide, high = (
        max(1, min(most, round(side * scale)))
        for side, most in zip((picture.shape[1], picture.shape[0]), size, strict=True)
    )
    fitted = cv2.resize(picture, (wide, high), interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)
    paper = np.full((height, width, 3), PAPER, np.uint8)
    top, left = (height - high) // 2, (width - wide) // 2
    paper[top : top + high, left : left + wide] = fitted
    return Image.fromarray(paper)


def without_colours(frames: Frames) -> Frames:
    """The same frames in grey, uint8 ``[T, H, W, 3]``."""
    grey = [cv2.cvtColor(cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB) for frame in frames]
    return np.stack(grey).astype(np.uint8, copy=False)
