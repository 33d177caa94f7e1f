"""The emoji that the bot's buttons and messages use, drawn: Pillow's built-in font has none."""

from __future__ import annotations

from collections.abc import Callable

from PIL import ImageDraw

Point = tuple[float, float]

WHITE, TEXT, RED = "#ffffff", "#dbdee1", "#da373c"


class Pen:
    """Shapes on an icon's 32 × 32 units."""

    def __init__(self, draw: ImageDraw.ImageDraw) -> None:
        self._draw = draw

    def polygon(self, fill: str, *points: Point) -> None:
        """A filled shape with corners."""
        self._draw.polygon([(x * 4, y * 4) for x, y in points], fill)

    def line(self, fill: str, width: float, *points: Point) -> None:
        """A line with round joints."""
        self._draw.line([(x * 4, y * 4) for x, y in points], fill, round(width * 4), joint="curve")

    def disc(self, fill: str, x: float, y: float, r: float) -> None:
        """A filled circle."""
        self._draw.ellipse([4 * (x - r), 4 * (y - r), 4 * (x + r), 4 * (y + r)], fill)

    def arc(self, fill: str, r: float, start: float, end: float, width: float) -> None:
        """Part of a circle around the middle; angles in degrees, clockwise from three o'clock."""
        ends = [4 * (16 - r), 4 * (16 - r), 4 * (16 + r), 4 * (16 + r)]
        self._draw.arc(ends, start, end, fill, round(width * 4))

    def box(self, fill: str, left: float, top: float, right: float, bottom: float, radius: float = 2) -> None:
        """A box with round corners."""
        self._draw.rounded_rectangle([4 * left, 4 * top, 4 * right, 4 * bottom], radius * 4, fill)


def _clapper(pen: Pen) -> None:
    pen.box("#8b96a3", 3, 13, 29, 28)
    pen.polygon("#2b2d31", (3, 11), (28, 4), (29, 9), (4, 16))
    for x in (6, 13, 20):
        pen.polygon(
            WHITE,
            (x, 10.4 - (x - 3) * 0.28),
            (x + 4, 9.4 - (x - 3) * 0.28),
            (x + 3, 14.6 - (x - 3) * 0.28),
            (x, 15.4 - (x - 3) * 0.28),
        )


def _clock(pen: Pen) -> None:
    pen.disc("#8b96a3", 16, 16, 13)
    pen.disc(WHITE, 16, 16, 10.5)
    pen.line("#2b2d31", 2.4, (16, 8), (16, 16), (22, 16))


def _cross(pen: Pen) -> None:
    pen.line(TEXT, 4.5, (7, 7), (25, 25))
    pen.line(TEXT, 4.5, (25, 7), (7, 25))


def _die(pen: Pen) -> None:
    pen.box(WHITE, 4, 4, 28, 28, 5)
    for x, y in ((10, 10), (22, 10), (16, 16), (10, 22), (22, 22)):
        pen.disc("#da373c", x, y, 2.6)


def _pencil(pen: Pen) -> None:
    pen.polygon("#f6b73c", (22, 4), (28, 10), (12, 26), (6, 20))
    pen.polygon("#e8d3a8", (6, 20), (12, 26), (3, 29))
    pen.polygon("#f08a9b", (22, 4), (24.5, 1.8), (30, 7.5), (28, 10))


def _forward(pen: Pen) -> None:
    pen.box("#3b88c3", 2, 2, 30, 30, 6)
    for x in (6, 16):
        pen.polygon(WHITE, (x, 8), (x + 10, 16), (x, 24))


def _repeat(pen: Pen) -> None:
    pen.box("#3b88c3", 2, 2, 30, 30, 6)
    pen.arc(WHITE, 8.5, 200, 350, 3)
    pen.arc(WHITE, 8.5, 20, 170, 3)
    pen.polygon(WHITE, (19, 13), (28, 13), (24, 19))
    pen.polygon(WHITE, (4, 19), (13, 19), (8, 13))


def _star(pen: Pen) -> None:
    outer = ((16, 2), (31, 13), (25.3, 30), (6.7, 30), (1, 13))
    inner = ((19.6, 12), (22, 19), (16, 23.5), (10, 19), (12.4, 12))
    pen.polygon("#ffac33", *(point for pair in zip(outer, inner, strict=True) for point in pair))


def _scroll(pen: Pen) -> None:
    pen.box("#ffe8b6", 8, 3, 27, 27)
    pen.box("#c1935a", 4, 24, 24, 30)
    for y in (9, 14, 19):
        pen.line("#a57939", 1.6, (12, y), (23, y))


def _bin(pen: Pen) -> None:
    pen.polygon("#cfd6dc", (7, 9), (25, 9), (23, 30), (9, 30))
    pen.box("#cfd6dc", 5, 5, 27, 9, 1)
    pen.box("#cfd6dc", 12, 2, 20, 6, 1)
    for x in (12, 16, 20):
        pen.line(RED, 1.6, (x, 13), (x, 26))


def _flag(pen: Pen) -> None:
    pen.line("#8b96a3", 2.6, (7, 2), (7, 30))
    pen.polygon("#dd2e44", (8, 3), (28, 10), (8, 18))


def _play(pen: Pen) -> None:
    pen.polygon(WHITE, (9, 4), (28, 16), (9, 28))


PLAY = "▶"
ICONS: dict[str, Callable[[Pen], None]] = {
    "🎬": _clapper,
    "🕒": _clock,
    "✖": _cross,
    "🎲": _die,
    "✏": _pencil,
    "⏩": _forward,
    "🔁": _repeat,
    "⭐": _star,
    "📜": _scroll,
    "🗑": _bin,
    "🚩": _flag,
    PLAY: _play,
}
