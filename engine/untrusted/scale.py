"""Scaling a large picture down without holding copies of it."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Protocol

from PIL import Image

WHOLE_PIXELS = 2_000_000
"""A picture with no more pixels is scaled as a whole."""

STRIP_PIXELS = 250_000
"""Pixels of a larger one that are converted at once."""

BAND_ROWS = 256
"""Rows of a larger one from which rows of the answer are made at once."""

_REACH = 3
"""Rows of the answer, above and below one of them, whose pixels Lanczos mixes into it."""

_MULTIPLIED = {"RGBA": "RGBa", "LA": "La"}
"""Modes whose colours are multiplied by alpha while they are mixed, so that what cannot be seen adds none."""


class Source(Protocol):
    """What can be scaled: a picture, or what gives it part by part."""

    @property
    def width(self) -> int:
        """Pixels."""

    @property
    def height(self) -> int:
        """Pixels."""

    def crop(self, box: tuple[int, int, int, int], /) -> Image.Image:
        """Copy a part: left, top, right, bottom."""

    def close(self) -> None:
        """Give the memory back."""


def scaled(image: Source, size: tuple[int, int], plain: Callable[[Image.Image], Image.Image]) -> Image.Image:
    """Scale a picture, and give its memory back. The picture itself cannot be used afterwards.

    A large one is converted and scaled in bands, so beside the picture there is little more than the answer.
    The pixels are the same, but for a shortcut that Pillow may take with pictures more than four times as
    large.

    Args:
        image: loaded, in any mode.
        size: width and height of the answer; not larger than the picture.
        plain: converts a part of it to a mode that can be scaled: L, LA, RGB, RGBA or CMYK.
    """
    if image.width * image.height <= WHOLE_PIXELS:
        whole = plain(image.crop((0, 0, image.width, image.height)))
        return whole.resize(size, Image.Resampling.LANCZOS, reducing_gap=2.0)
    shrink = image.height / size[1]
    reach = math.ceil(_REACH * max(1.0, shrink)) + 1
    step = max(1, int(BAND_ROWS / shrink))
    made: Image.Image | None = None
    for first in range(0, size[1], step):
        last = min(size[1], first + step)
        top = max(0, math.floor(first * shrink) - reach)
        rows = _rows(image, size[0], top, min(image.height, math.ceil(last * shrink) + reach), plain)
        box = (0, first * shrink - top, size[0], min(last * shrink - top, rows.height))
        band = rows.resize((size[0], last - first), Image.Resampling.LANCZOS, box=box)
        if made is None:
            made = Image.new(band.mode, size)
        made.paste(band, (0, first))
    image.close()
    if made is None:
        raise ValueError("a picture without rows")
    plain_modes = {multiplied: mode for mode, multiplied in _MULTIPLIED.items()}
    return made.convert(plain_modes.get(made.mode, made.mode))


def _rows(
    image: Source, width: int, top: int, bottom: int, plain: Callable[[Image.Image], Image.Image]
) -> Image.Image:
    """Some rows as wide as the answer, converted a few at a time."""
    rows: Image.Image | None = None
    step = max(1, STRIP_PIXELS // image.width)
    for start in range(top, bottom, step):
        strip = plain(image.crop((0, start, image.width, min(bottom, start + step))))
        strip = strip.convert(_MULTIPLIED.get(strip.mode, strip.mode))
        strip = strip.resize((width, strip.height), Image.Resampling.LANCZOS)
        if rows is None:
            rows = Image.new(strip.mode, (width, bottom - top))
        rows.paste(strip, (0, start - top))
    if rows is None:
        raise ValueError("a picture without rows")
    return rows
