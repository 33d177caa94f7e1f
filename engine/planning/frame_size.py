"""The size of a frame: a shape near to the picture's, with about as many pixels as the quality is worth."""

from __future__ import annotations

import math

from engine.core.family_spec import FamilySpec
from engine.core.recipe import Quality
from engine.core.request import Request, Subject

MACROBLOCK = 16
"""H.264's; a family that draws at any size gets multiples of it, or what was asked for."""


AREA = {Quality.FAST: 512 * 288, Quality.BALANCED: 768 * 432, Quality.BEST: 1280 * 720}
"""Pixels of a frame, about; the picture's own shape is kept."""

SHAPES = ((16, 9), (3, 2), (4, 3), (1, 1), (3, 4), (2, 3), (9, 16))
"""Frames have one of these shapes: few shapes keep compiled models warm and fill a phone's screen."""


def choose_size(
    request: Request, subject: Subject | None, spec: FamilySpec, max_side: int
) -> tuple[int, int, str]:
    """The frame's size: asked for, or the shape nearest to the picture's at the quality's area.

    Returns:
        Width and height in pixels, and why.
    """
    if request.size is not None:
        step = 2 if spec.multiple <= MACROBLOCK else spec.multiple
        width, height = (max(step, side - side % step) for side in request.size)
        said = (
            "as asked" if (width, height) == request.size else f"the nearest size that {spec.name} can draw"
        )
        return width, height, f"{width}×{height}, {said}"
    aspect = 16 / 9 if subject is None else subject.width / subject.height
    across, down = min(SHAPES, key=lambda shape: abs(math.log(aspect * shape[1] / shape[0])))
    area = (spec.area or AREA)[request.quality]
    width, height, scale = _sized(across, down, area, spec.multiple, max_side)
    why = f"{width}×{height} ({across}:{down})"
    if scale < 1:
        why += ", the largest size the owner allows"
    if subject is None:
        return width, height, why
    shown = min(aspect * down / across, across / (aspect * down))
    if shown < 0.99:  # noqa: PLR2004 - less than one pixel in a hundred is not worth a sentence
        cut = round((1 - shown) * 100)
        why += f", the nearest shape to the picture: {cut} % is cropped, nothing is stretched"
    return width, height, why


def usual_sizes(spec: FamilySpec) -> frozenset[tuple[int, int]]:
    """The sizes that a family's clips have when neither the member nor the owner chose one."""
    return frozenset(
        _sized(across, down, area, spec.multiple, math.inf)[:2]
        for across, down in SHAPES
        for area in (spec.area or AREA).values()
    )


def _sized(across: int, down: int, area: int, multiple: int, max_side: float) -> tuple[int, int, float]:
    """Width and height of a shape, and by which factor both were made smaller to fit."""
    wide, high = math.sqrt(area * across / down), math.sqrt(area * down / across)
    scale = min(1.0, max_side / max(wide, high))
    most = max_side if math.isinf(max_side) else max_side - max_side % multiple
    width, height = (_multiple(min(side * scale, most), multiple) for side in (wide, high))
    return width, height, scale


def _multiple(pixels: float, of: int) -> int:
    return max(of, round(pixels / of) * of)
