"""The parts of two pictures that a clip goes from and to, where they have another shape than the frame.

A plan crops them around faces and things, as far as somebody looked for these. What stands out is known here;
and where both show one scene, what one of them tells is true of the other.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from engine.families.camera.aim import held, part, shown, shown_share, told
from engine.families.camera.known import Area, Known
from engine.families.camera.two_pictures.pairing import carried, pair
from engine.vision.crop import cover

Pixels = NDArray[np.uint8]
End = tuple[Pixels, Known]
"""A picture, uint8 ``[H, W, 3]``, and what is known of it."""

_MIDDLE: Area = (0.45, 0.45, 0.55, 0.55)


def both_ends(first: End, last: End, size: tuple[int, int]) -> tuple[End, End]:
    """The parts of the first and the last picture, each in the frame's shape.

    Args:
        first, last: the whole pictures.
        size: width and height of the frame.
    """
    begun, ended = (held(*end, shown_share(end[0], size)) for end in (first, last))
    if told(last[1]) is None:
        return begun, _alike(last, ended, begun, size)
    if told(first[1]) is None:
        return _alike(first, begun, ended, size), ended
    return begun, ended


def _alike(whole: End, seen: End, other: End, size: tuple[int, int]) -> End:
    """The part of a picture that holds what the other one of its scene is about; else what was seen of it."""
    picture, known = whole
    pairing = None if seen[0] is picture else pair(cover(other[0], *size), cover(seen[0], *size))
    if pairing is None:
        return seen
    left, top, right, bottom = told(other[1]) or _MIDDLE
    corners = np.array([(left, top), (right, top), (right, bottom), (left, bottom)]) * size
    there = np.clip(carried(pairing.matrix, corners) / size, -1, 2)
    share = shown_share(picture, size)
    window = shown(known, share)
    x, y = (window[axis] + there[:, axis] * share[axis] for axis in range(2))
    about: Area = float(x.min()), float(y.min()), float(x.max()), float(y.max())
    return part(picture, known, shown(replace(known, things=(about,)), share))
