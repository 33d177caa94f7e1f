"""Scaling a large picture down without holding copies of it."""

from __future__ import annotations

from collections.abc import Callable

from PIL import Image

WHOLE_PIXELS = 2_000_000
"""A picture with no more pixels is scaled as a whole."""

STRIP_PIXELS = 250_000
"""Pixels of a larger one that are converted at once."""

_MULTIPLIED = {"RGBA": "RGBa", "LA": "La"}
"""Modes whose colours are multiplied by alpha while they are mixed, so that what cannot be seen adds none."""


def scaled(
    image: Image.Image, size: tuple[int, int], plain: Callable[[Image.Image], Image.Image]
) -> Image.Image:
    """Scale a picture, and give its memory back. The picture itself cannot be used afterwards.

    Pillow scales the rows first and then the columns. Here the rows are converted and scaled strip by strip,
    so beside the picture there is only one that is as wide as the answer. The pixels are the same, but for a
    shortcut that Pillow may take with pictures more than four times as large.

    Args:
        image: loaded, in any mode.
        size: width and height of the answer; not larger than the picture.
        plain: converts a part of it to a mode that can be scaled: L, LA, RGB, RGBA or CMYK.
    """
    if image.width * image.height <= WHOLE_PIXELS:
        return plain(image).resize(size, Image.Resampling.LANCZOS, reducing_gap=2.0)
    rows: Image.Image | None = None
    step = max(1, STRIP_PIXELS // image.width)
    for top in range(0, image.height, step):
        strip = plain(image.crop((0, top, image.width, min(image.height, top + step))))
        strip = strip.convert(_MULTIPLIED.get(strip.mode, strip.mode))
        strip = strip.resize((size[0], strip.height), Image.Resampling.LANCZOS)
        if rows is None:
            rows = Image.new(strip.mode, (size[0], image.height))
        rows.paste(strip, (0, top))
    image.close()
    if rows is None:
        raise ValueError("a picture without rows")
    made = rows.resize(size, Image.Resampling.LANCZOS)
    plain_modes = {multiplied: mode for mode, multiplied in _MULTIPLIED.items()}
    return made.convert(plain_modes.get(made.mode, made.mode))
