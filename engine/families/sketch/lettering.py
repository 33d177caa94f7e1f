"""The words on a sketch: the prompt along its foot, and the mark that it is a sketch.

The letters are those of the font that comes with Pillow, which knows Latin only. What can be written with
plain letters instead (ligatures, full-width forms, most accents that are missing) is; emoji and other
scripts are left out, and a prompt of which nothing is left is named by the number of its words.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from engine.families.sketch.pen import Canvas

_LINES = 2
_LEAST_LETTER = 7  # pixels; smaller lettering cannot be read
_MOST_WORDS = 60  # no caption holds more
_INK = (8, 10, 22)
_DARK = 160.0
"""Of 255: white letters then have a contrast of 4.5 : 1 even on a white frame, which WCAG asks for."""
_WHITE = (255, 255, 255, 255)
_PLAIN = {
    "\N{LATIN SMALL LETTER DOTLESS I}": "i", "ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "ø": "o", "Ø": "O",
    "æ": "ae", "Æ": "Ae", "œ": "oe", "Œ": "Oe", "ß": "ss", "ħ": "h", "ð": "d", "þ": "th", "ŋ": "ng", "ə": "e",
}  # fmt: skip
"""Letters that Unicode does not take apart, as plain ones."""


class Lettering:
    """The caption and the mark of one clip, drawn once and laid over each frame."""

    def __init__(self, prompt: str, *, width: int, height: int) -> None:
        """``width`` and ``height`` are the frame's, in pixels."""
        veil = _veil(writable(prompt), width, height)
        rows = np.flatnonzero(veil[..., 3].any(axis=1))
        self._bands = []
        for half in (rows[rows < height // 2], rows[rows >= height // 2]):
            if half.size:
                band = slice(int(half[0]), int(half[-1]) + 1)
                alpha = veil[band, :, 3:].astype(np.uint16)
                self._bands.append((band, veil[band, :, :3] * alpha, 255 - alpha))

    def lay_over(self, frame: Canvas) -> None:
        """Write on a frame, uint8 ``[H, W, 3]``, in place."""
        for band, ink, clear in self._bands:
            frame[band] = (frame[band] * clear + ink + 127) // 255


def writable(text: str) -> str:
    """What of a text the font can show; never boxes."""
    plain = re.sub(r"\s+", " ", "".join(_letters(character) for character in text)).strip()
    wanted = sum(character.isalnum() for character in text)
    shown = sum(character.isalnum() for character in plain)
    if shown >= wanted / 2 and (shown or not text.strip()):
        return plain
    words = len(text.split())
    return f"({words} {'word' if words == 1 else 'words'} in letters that this sketch cannot write)"


@lru_cache(maxsize=2048)
def _letters(character: str) -> str:
    if character.isspace() or unicodedata.category(character).startswith("C"):
        return " "
    if _has_glyph(character):
        return character
    parts = unicodedata.normalize("NFKD", _PLAIN.get(character, character))
    bare = "".join(part for part in parts if _has_glyph(part))
    return bare if bare.isascii() else ""


def _has_glyph(character: str) -> bool:
    return character == " " or _shape(character) not in {_shape("\U0010fffd"), b""}


@lru_cache(maxsize=2048)
def _shape(character: str) -> bytes:
    return bytes(_font(24).getmask(character))


@lru_cache(maxsize=16)
def _font(size: int) -> ImageFont.FreeTypeFont:
    font = ImageFont.load_default(size)
    if not isinstance(font, ImageFont.FreeTypeFont):
        raise TypeError("this Pillow was built without FreeType, which the sketch's lettering needs")
    return font


def _veil(text: str, width: int, height: int) -> NDArray[np.uint8]:
    """Caption and mark on nothing, RGBA, uint8 ``[H, W, 4]``."""
    veil = Image.new("RGBA", (width, height))
    pen = ImageDraw.Draw(veil)
    side = min(width, height)
    letter = max(_LEAST_LETTER, round(side * 0.042))
    edge = max(2, round(side * 0.035))
    font = _font(letter)
    lines = _wrapped(text, font, width - 2 * edge)
    if lines:
        step = round(letter * 1.3)
        first = height - edge - step * len(lines)
        _shadow(veil, max(0, first - 2 * edge), max(0, first - edge // 2))
        for number, line in enumerate(lines):
            pen.text((edge, first + number * step), line, font=font, fill=_WHITE)
    small = _font(max(_LEAST_LETTER, round(letter * 0.72)))
    left, top, right, bottom = pen.textbbox((0, 0), "sketch", font=small)
    if right - left + 3 * edge < width:
        pad = max(2, edge // 3)
        box = (
            width - edge - round(right - left) - 4 * pad,
            edge,
            width - edge,
            edge + round(bottom - top) + 2 * pad,
        )
        pen.rounded_rectangle(box, radius=(box[3] - box[1]) // 2, fill=(*_INK, round(_DARK)))
        pen.text((box[0] + 2 * pad - left, box[1] + pad - top), "sketch", font=small, fill=_WHITE)
    return np.asarray(veil, np.uint8)


def _shadow(veil: Image.Image, top: int, written: int) -> None:
    """Darken the foot of the frame, so that white letters can be read on snow.

    Args:
        veil: what is laid over the frame.
        top: the row where it begins, softly.
        written: the row from which it is as dark as letters need.
    """
    rows = np.full(veil.height - top, _DARK)
    rows[: written - top] = np.linspace(0, _DARK, written - top, endpoint=False)
    alpha = np.repeat(rows[:, None], veil.width, axis=1).astype(np.uint8)
    dark = Image.new("RGBA", (veil.width, veil.height - top), (*_INK, 0))
    dark.putalpha(Image.fromarray(alpha))
    veil.paste(dark, (0, top))


def _wrapped(text: str, font: ImageFont.FreeTypeFont, width: int) -> list[str]:
    """Break a text into lines of at most ``width`` pixels; what is too much ends in an ellipsis."""
    lines = [""]
    for word in text.split()[:_MOST_WORDS]:
        longer = f"{lines[-1]} {word}".strip()
        if not lines[-1] or font.getlength(longer) <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    kept = lines[:_LINES]
    for number, line in enumerate(kept):
        cut = number == len(kept) - 1 and len(lines) > _LINES
        if cut or font.getlength(line) > width:
            kept[number] = _shortened(line, font, width)
    return [line for line in kept if line]


def _shortened(line: str, font: ImageFont.FreeTypeFont, width: int) -> str:
    while line and font.getlength(line + "…") > width:
        line = line[:-1]
    return line.rstrip(" ,;:.") + "…"
