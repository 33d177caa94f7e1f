"""Faults of a followed face: what grows to the end of the take and is not the face's own doing.

Each face has witnesses (:mod:`engine.gate.meaning.witnesses`). How much they weigh for each kind of fault,
and from which odds on it is told, was fitted (:mod:`engine.gate.meaning.limits`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from engine.gate.meaning.faces import Followed, Look
from engine.gate.meaning.fault import Fault
from engine.gate.meaning.limits import shipped
from engine.gate.meaning.witnesses import witnesses_of
from engine.vision.box import Box
from engine.vision.eyes import Eyes

LOST = "face_lost"

_AWAY = 0.35
"""Radians, from which a face that is seen no more may have turned away."""


def faults_of(face: Followed, eyes: Eyes, *, plain: bool) -> Iterator[Fault]:
    """How much of a fault a followed face shows, however little that is.

    Args:
        face: through the take.
        eyes: judge how it moved.
        plain: the detector is sure of it; else it is partly covered, or drawn.
    """
    seen = [look for look in face.looks if look.mesh is not None]
    if seen:
        kind, odds = shipped().likeliest(witnesses_of(face, eyes, plain=plain))
        yield Fault(code=kind, value=max(0.0, odds), frame=seen[-1].number, box=_box(seen[-1]))
    yield from _lost(face.looks)


def _lost(looks: Sequence[Look]) -> Iterator[Fault]:
    """The share of the looks at the end in which the network sees no face where the last one was.

    A face that was about to look away is not lost.
    """
    last = max((n for n, look in enumerate(looks) if look.mesh is not None), default=None)
    if last is None or last == len(looks) - 1 or looks[last].turned > _AWAY:
        return
    yield Fault(
        code=LOST,
        value=(len(looks) - 1 - last) / len(looks),
        frame=looks[last + 1].number,
        box=_box(looks[last]),
    )


def _box(look: Look) -> Box:
    if look.mesh is None:
        raise ValueError("there is no face in this look")
    return Box.around(look.mesh.points)
