"""The picture that comes with ``/queue stats``: clips by day, and what was discarded and why."""

from __future__ import annotations

import io
from collections import Counter

from PIL import Image, ImageDraw, ImageFont

from bot.ops.stats import Stats, so_many

SIZE = (900, 420)
MARGIN = 28
MOST_CAUSES = 8
BACK, INK, SOFT, BAR, RED = (24, 25, 28), (230, 230, 232), (130, 132, 138), (88, 134, 240), (226, 92, 84)


def chart(stats: Stats) -> bytes:
    """Draw it.

    Returns:
        A PNG.
    """
    image = Image.new("RGB", SIZE, BACK)
    draw = ImageDraw.Draw(image)
    middle = SIZE[0] // 2
    _bars_by_day(draw, stats.by_day, (MARGIN, MARGIN, middle - MARGIN, SIZE[1] - MARGIN))
    causes: Counter[str] = sum((drawn.discarded for drawn in stats.engines.values()), Counter())
    _causes(draw, causes, (middle + MARGIN, MARGIN, SIZE[0] - MARGIN, SIZE[1] - MARGIN))
    out = io.BytesIO()
    image.save(out, "PNG", optimize=True)
    return out.getvalue()


def _bars_by_day(draw: ImageDraw.ImageDraw, days: list[int], box: tuple[int, int, int, int]) -> None:
    left, top, right, foot = box
    most = max(1, *days) if days else 1
    draw.text((left, top), f"clips by day (most: {most})", INK, font=_font(18))
    draw.text((left, foot - 16), f"{so_many(len(days), 'day')} ago", SOFT, font=_font(14))
    draw.text((right, foot - 16), "today", SOFT, font=_font(14), anchor="ra")
    ground, head = foot - 24, top + 40
    wide = (right - left) / max(1, len(days))
    for number, count in enumerate(days):
        x = left + number * wide
        high = (ground - head) * count / most
        draw.rectangle((x + 1, ground - high, x + max(2.0, wide - 2), ground), fill=BAR)
    draw.line((left, ground, right, ground), SOFT)


def _causes(draw: ImageDraw.ImageDraw, causes: Counter[str], box: tuple[int, int, int, int]) -> None:
    left, top, right, _ = box
    total = sum(causes.values())
    draw.text((left, top), f"discarded takes by cause ({total})", INK, font=_font(18))
    most = max(causes.values(), default=1)
    for row, (cause, count) in enumerate(causes.most_common(MOST_CAUSES)):
        y = top + 40 + row * 38
        draw.text((left, y), cause.replace("_", " "), SOFT, font=_font(14))
        draw.rectangle((left, y + 18, left + (right - left - 40) * count / most, y + 28), fill=RED)
        draw.text((right, y + 14), str(count), INK, font=_font(14), anchor="ra")


def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)
