"""Whether a hand that was one for certain still is: not melted, not gone, no fingers drawn out.

Hands are looked for at the wrists of the body under a face. The network that fits their points is sure of a
hand as long as it has a hand's shape; of one that melts it no longer is. Arms are not measured: the body's
network draws a plausible arm over one that is twice too long.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from engine.gate.clip import Clip
from engine.gate.meaning.fault import Fault
from engine.vision.bodies import WRISTS, Body
from engine.vision.eyes import Eye, Eyes
from engine.vision.faces import Face
from engine.vision.hands import Glimpse

CODE = "hand_melts"

_ROOM = 1.2
"""Of a face's height, that must be below it in the frame for hands to be seen."""
_PLAIN = 0.6
"""The detector's certainty of the face, below which no body is looked for."""
_SHOWN = 0.7
"""How certain a wrist must be seen."""
_SURE, _APART, _SMALLEST = 0.9, 0.2, 30.0
"""A hand that is known: its least certainty, how far two looks are apart, its longer side in pixels."""
_FEWEST = 6
"""Frames of a take, below which its last looks are one."""
_STILL = 0.8
"""The certainty at which a hand is one still."""
_EARLY, _ON_THE_WAY, _LATE = 0.3, (0.6,), (0.88, 1.0)
"""Shares of the take at which a hand must still be one, at which the body is followed, and at which the hand
must be lost."""


def hand_faults(clip: Clip, base: NDArray[np.uint8], eyes: Eyes, faces: Sequence[Face]) -> Iterator[Fault]:
    """How much of its certainty each hand lost, however little that is.

    Args:
        clip: the take.
        base: its input picture or first frame, uint8 ``[H, W, 3]``, of its frames' size.
        eyes: see bodies and hands; without their weights nothing is said.
        faces: in ``base``; the body under the largest is looked at.
    """
    first, last = base, len(clip) - 1
    found = [face for face in faces if face.certainty >= _PLAIN and _has_room(face, first.shape[0])]
    if len(clip) < _FEWEST or not found or not (eyes.has(Eye.BODIES) and eyes.has(Eye.HANDS)):
        return
    body = eyes.body(first, max(found, key=lambda face: face.box.area), looks=1)
    body = None if body is None or not _sides(body, first) else eyes.body(first, body)
    sides = [] if body is None else _sides(body, first)
    known = {side: None if body is None else _seen(first, body, side, eyes, enough=_SURE) for side in sides}
    sure = {side: hand for side, hand in known.items() if hand is not None and _is_known(hand)}
    if body is None or not sure:
        return
    bodies = _followed(clip, eyes, body)
    for side, hand in sure.items():
        late: list[Glimpse] = []
        for share in (*_LATE[::-1], _EARLY):
            number = round(share * last)
            there = bodies.get(number)
            seen = None if there is None else _seen(clip.frames[number], there, side, eyes)
            if seen is None or not (_is_still(seen) if share == _EARLY else seen.most < _STILL):
                break  # hidden, or a hand at the end as well, or none for certain long before
            if share != _EARLY:
                late.append(seen)
        else:
            value = hand.least - max(look.most for look in late)
            yield Fault(code=CODE, value=value, frame=last, box=late[0].box)


def _has_room(face: Face, height: int) -> bool:
    return height - face.box.bottom >= _ROOM * face.box.height


def _followed(clip: Clip, eyes: Eyes, body: Body) -> dict[int, Body]:
    """The body in some frames, by their numbers, as far as it can be followed."""
    last, there = len(clip) - 1, body
    bodies: dict[int, Body] = {}
    for number in sorted({round(share * last) for share in (_EARLY, *_ON_THE_WAY, *_LATE)}):
        found = eyes.body(clip.frames[number], there)
        if found is None:
            break
        there = bodies[number] = found
    return bodies


def _sides(body: Body, picture: NDArray[np.uint8]) -> list[int]:
    """The hands whose wrists are seen in the frame."""
    height, width = picture.shape[:2]
    return [
        side
        for side, wrist in enumerate(WRISTS)
        if body.visible[wrist] >= _SHOWN
        and 0 <= body.points[wrist][0] < width
        and 0 <= body.points[wrist][1] < height
    ]


def _seen(
    picture: NDArray[np.uint8], body: Body, side: int, eyes: Eyes, *, enough: float = 0.0
) -> Glimpse | None:
    """What is at a wrist; None where the wrist is hidden, or not all of the hand lies in the frame."""
    glimpse = eyes.hand(picture, body, side, enough=enough) if side in _sides(body, picture) else None
    if glimpse is None:
        return None
    height, width = picture.shape[:2]
    return glimpse if glimpse.box.within(width, height).area >= 0.99 * glimpse.box.area else None


def _is_still(hand: Glimpse) -> bool:
    """Whether both looks say so, and agree: one alone may see a hand in a sleeve or a glove."""
    return hand.least >= _STILL and hand.apart <= _APART


def _is_known(hand: Glimpse) -> bool:
    size = max(hand.box.width, hand.box.height)
    return hand.least >= _SURE and hand.apart <= _APART and size >= _SMALLEST
