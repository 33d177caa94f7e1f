"""What a line of text says before and after it lost its shape.

Letters lose their shape to a comparison of pixels also where something moves behind a watermark, or where a
white caption stands before white. A reader is not misled by either. It is asked only where the shape is lost.
"""

from __future__ import annotations

from difflib import SequenceMatcher

import numpy as np
from numpy.typing import NDArray

from engine.gate.meaning.letters import SIDE, Followed
from engine.vision.box import Box
from engine.vision.eyes import Eyes
from engine.vision.text_reader import Words
from engine.vision.text_regions import TextLine

Picture = NDArray[np.uint8]

_SAME = 0.88
"""How alike two readings are that say the same: a letter in ten may be misread."""
_LOST = 0.5
"""Share of a line's shape that is lost, from which it is broken, whatever it says."""
_AS_PRINTED, _MOSTLY = 0.95, 0.65
"""The reader's certainty of letters as plain as print, and how alike a part of a line is to all of it: of
a watermark, what is behind it hides two letters."""
_PLAINLY, _OTHER = 0.9, 0.5
"""The reader's certainty of words that are whole, and how alike two lines are that say something else."""
_OVER = 0.5
"""Share of the smaller of two boxes, from which they lie over each other."""


def is_text(line: TextLine, picture: Picture, eyes: Eyes) -> bool:
    """Whether a line is letters at all; it is taken to be where it cannot be read here."""
    words = _words(line, picture, eyes)
    return words is None or words.is_text


def is_unreadable(followed: Followed, before: Picture, now: Picture, eyes: Eyes) -> bool:
    """Whether a line that lost its shape was text, and can be read no more.

    Args:
        followed: the line.
        before: the picture in which it was found, uint8 ``[H, W, 3]``, RGB.
        now: the one in which it is worst.
        eyes: read it. Where they cannot, its shape alone counts, and has to be lost the more.
    """
    words = _words(followed.line, before, eyes)
    if words is None:
        return followed.fault.value >= _LOST
    if not words.is_text:
        return False
    # A line that is lost is followed somewhere else; what stands in the frame stood here before.
    places = (followed.there, followed.line)
    again = (eyes.read(now, place) for place in places)
    if any(one is not None and _is_same(words, one) for one in again):
        return False
    return not _is_replaced(words, [place.box for place in places], now, eyes)


def _words(line: TextLine, picture: Picture, eyes: Eyes) -> Words | None:
    """What a line says in the picture in which it was found; some were read to find them."""
    return line.words or eyes.read(picture, line)


def _is_same(words: Words, again: Words) -> bool:
    return _alike(words, again) >= (_MOSTLY if again.certainty >= _AS_PRINTED else _SAME)


def _is_replaced(words: Words, places: list[Box], now: Picture, eyes: Eyes) -> bool:
    """Whether other words stand there by now, as plainly as words do: the next subtitle."""
    there = (one for one in eyes.text(now, side=SIDE) if any(_lies_over(one.box, at) for at in places))
    others = (other for one in there if (other := _words(one, now, eyes)) is not None)
    return any(other.certainty >= _PLAINLY and _alike(words, other) < _OTHER for other in others)


def _alike(one: Words, other: Words) -> float:
    """How alike two readings are, 0 … 1; the reader often misses spaces, and small letters for large ones."""
    return SequenceMatcher(None, _letters(one), _letters(other)).ratio()


def _letters(words: Words) -> str:
    return "".join(letter for letter in words.text.casefold() if letter.isalnum())


def _lies_over(one: Box, other: Box) -> bool:
    return one.shared(other) > _OVER * min(one.area, other.area)
