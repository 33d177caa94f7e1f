"""The picture of a simulated day: what each member was told, and how it came."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from benchmarks.told import DAY, Told

SIZE = (1200, 520)
LEFT, TOP, RIGHT, BOTTOM = 70, 46, 20, 40
SHORTEST, LONGEST = 3.0, 40_000.0
BACK, INK, GRID = (24, 25, 28), (230, 230, 232), (58, 60, 66)
RANGE, TRUE, MISSED = (70, 96, 150), (120, 214, 140), (240, 110, 92)
MARKS = ((10, "10 s"), (60, "1 min"), (600, "10 min"), (3600, "1 h"), (4 * 3600, "4 h"))


def plot(stories: Sequence[Told], path: Path) -> None:
    """Draw each request at the time it was asked: the range it was told, and a dot where the truth lay.

    Args:
        stories: of one day.
        path: a PNG.
    """
    image = Image.new("RGB", SIZE, BACK)
    draw = ImageDraw.Draw(image)
    font = ImageFont.load_default(15)
    for seconds, name in MARKS:
        y = _height(seconds)
        draw.line((LEFT, y, SIZE[0] - RIGHT, y), fill=GRID)
        draw.text((8, y - 9), name, fill=INK, font=font)
    for hour in range(0, 25, 3):
        x = _place(hour * 3600.0)
        draw.line((x, TOP, x, SIZE[1] - BOTTOM), fill=GRID)
        draw.text((x - 16, SIZE[1] - BOTTOM + 8), f"{hour:02}:00", fill=INK, font=font)
    for told in stories:
        x = _place(told.asked)
        draw.line((x, _height(told.wait.high), x, _height(told.wait.low)), fill=RANGE)
    for told in stories:
        x, y = _place(told.asked), _height(told.took)
        draw.ellipse((x - 2, y - 2, x + 2, y + 2), fill=TRUE if told.held else MISSED)
    held = sum(told.held for told in stories) / len(stories)
    words = (
        f"{len(stories)} requests in a day: the range that was told (line), the true wait (dot; "
        f"red where it lay outside): {held:.1%} inside"
    )
    draw.text((LEFT, 14), words, fill=INK, font=font)
    image.save(path, optimize=True)


def _place(asked: float) -> float:
    return LEFT + (SIZE[0] - LEFT - RIGHT) * min(1.0, asked / DAY)


def _height(seconds: float) -> float:
    share = math.log(min(LONGEST, max(SHORTEST, seconds)) / SHORTEST) / math.log(LONGEST / SHORTEST)
    return SIZE[1] - BOTTOM - share * (SIZE[1] - TOP - BOTTOM)
