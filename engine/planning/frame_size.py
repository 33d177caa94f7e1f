"""The size of a frame: a shape near to the picture's, with about as many pixels as the quality is worth."""

from __future__ import annotations

import math
from collections.abc import Collection

from engine.core.family_spec import FamilySpec
from engine.core.recipe import Quality
from engine.core.request import ACROSS_AND_DOWN, Request, Shape, Subject
from engine.core.sentence import Sentence

SPARE_AREA = 0.045
"""How far from the quality's area a frame may be, as a share of it, to fit a picture better."""

NEAR = 0.03
"""How far both sides may be from those of a size that a family was trained on, to be exactly that."""

MACROBLOCK = 16
"""H.264's; a family that draws at any size gets multiples of it, or what was asked for."""


AREA = {Quality.FAST: 512 * 288, Quality.BALANCED: 768 * 432, Quality.BEST: 1280 * 720}
"""Pixels of a frame, about; the picture's own shape is kept."""

SHAPES = ((16, 9), (3, 2), (4, 3), (1, 1), (3, 4), (2, 3), (9, 16))
"""Frames have one of these shapes: few shapes keep compiled models warm and fill a phone's screen."""


def choose_size(
    request: Request, subject: Subject | None, spec: FamilySpec, max_side: int
) -> tuple[int, int, str]:
    """The frame's size: asked for, or at the quality's area, in the shape asked for or nearest the picture's.

    Returns:
        Width and height in pixels, and why.
    """
    if request.size is not None:
        step = 2 if spec.multiple <= MACROBLOCK else spec.multiple
        width, height = (max(step, side - side % step) for side in request.size)
        size = {"width": width, "height": height}
        if (width, height) == request.size:
            return width, height, Sentence("{width}×{height}, as asked", **size)
        said = Sentence("{width}×{height}, the nearest size that {engine} can draw", **size, engine=spec.name)
        return width, height, said
    asked = request.shape is not Shape.PICTURE
    if subject is not None and spec.aspect is not None and not asked:
        return _own_shape(spec.aspect(request, subject), subject, spec, request.quality, max_side)
    aspect = 16 / 9 if subject is None else subject.width / subject.height
    across, down = (
        ACROSS_AND_DOWN[request.shape]
        if asked
        else min(SHAPES, key=lambda shape: abs(math.log(aspect * shape[1] / shape[0])))
    )
    area = (spec.area or AREA)[request.quality]
    width, height, scale = _sized(across, down, area, spec.multiple, max_side, spec.trained_sizes)
    why = Sentence("{width}×{height} ({across}:{down})", width=width, height=height, across=across, down=down)
    if scale < 1:
        why = Sentence("{size}, the largest size the owner allows", size=why)
    if subject is None:
        return width, height, why
    shown = min(aspect * down / across, across / (aspect * down))
    if shown < 0.99:  # noqa: PLR2004 - less than one pixel in a hundred is not worth a sentence
        cut = round((1 - shown) * 100)
        why = (
            Sentence("{size}, as asked: {percent} % is cropped, nothing is stretched", size=why, percent=cut)
            if asked
            else Sentence(
                "{size}, the nearest shape to the picture: {percent} % is cropped, nothing is stretched",
                size=why,
                percent=cut,
            )
        )
    return width, height, why


def _own_shape(
    aspect: float, subject: Subject, spec: FamilySpec, quality: Quality, max_side: int
) -> tuple[int, int, str]:
    """The size, near the quality's area, whose shape is nearest to the one that the family wants."""
    area, step = (spec.area or AREA)[quality], spec.multiple
    width, height, scale = _sized(aspect, 1, area, step, max_side)
    # A few pixels more or fewer can fit the picture exactly: 720×480 is 3:2, 704×464 is not.
    near = [
        (wide, high)
        for wide in range(width - 4 * step, width + 5 * step, step)
        for high in range(height - 2 * step, height + 3 * step, step)
        if min(wide, high) >= step and max(wide, high) <= max_side
        # A size that the owner's limit made smaller is no smaller than it must be.
        if abs(wide * high / area - 1) < SPARE_AREA or (scale < 1 and max(wide, high) == max(width, height))
    ]
    width, height = min(
        [*near, (width, height)],
        key=lambda size: (abs(math.log(aspect * size[1] / size[0])), abs(size[0] * size[1] / area - 1)),
    )
    why = Sentence("{width}×{height}", width=width, height=height)
    if scale < 1:
        why = Sentence("{size}, the largest size the owner allows", size=why)
    own = subject.width / subject.height
    if abs(math.log(aspect / own)) < 0.01:  # noqa: PLR2004 - the same but for rounding
        return width, height, Sentence("{size}, the picture's own shape", size=why)
    if own > 1:
        over = Sentence(
            "{size}; the camera passes over the wide picture, or stays with what it is about", size=why
        )
    else:
        over = Sentence(
            "{size}; the camera passes over the tall picture, or stays with what it is about", size=why
        )
    return width, height, over


def usual_sizes(
    spec: FamilySpec, qualities: Collection[Quality] = tuple(Quality)
) -> frozenset[tuple[int, int]]:
    """The sizes that a family's clips have when neither the member nor the owner chose one."""
    return frozenset(
        _sized(across, down, area, spec.multiple, math.inf, spec.trained_sizes)[:2]
        for across, down in SHAPES
        for area in {(spec.area or AREA)[quality] for quality in qualities}
    )


def _sized(
    across: float,
    down: float,
    area: int,
    multiple: int,
    max_side: float,
    trained: tuple[tuple[int, int], ...] = (),
) -> tuple[int, int, float]:
    """Width and height of a shape, and by which factor both were made smaller to fit."""
    wide, high = math.sqrt(area * across / down), math.sqrt(area * down / across)
    for width, height in trained:
        if max(width, height) <= max_side and max(abs(width / wide - 1), abs(height / high - 1)) < NEAR:
            return width, height, 1.0
    scale = min(1.0, max_side / max(wide, high))
    most = max_side if math.isinf(max_side) else max_side - max_side % multiple
    width, height = (_multiple(min(side * scale, most), multiple) for side in (wide, high))
    return width, height, scale


def _multiple(pixels: float, of: int) -> int:
    return max(of, round(pixels / of) * of)
