"""What tells of a broken face, each in its own unit, and made comparable.

Three networks and two measures look at a face in different ways: how it moved, how each look's picture of it
looks by itself, and what became of its eyes beside each other.
"""

from __future__ import annotations

import numpy as np

from engine.gate.meaning.deformed import WAYS, rises
from engine.gate.meaning.eye_loss import EyePair
from engine.gate.meaning.faces import Followed
from engine.gate.meaning.movement import movement_of
from engine.vision.eyes import Eyes
from engine.vision.face_movement import ANSWERS
from engine.vision.optical_flow import Floats

SLIGHT = {
    **dict.fromkeys(WAYS, 0.5),
    "eye disappears": 0.05,
    "eye uneven": 0.05,
}
"""A reading of each that is next to nothing: how many times smaller one is says nothing any more."""

SQUARED = {name: f"{name} squared" for name in SLIGHT}

WITNESSES = (*ANSWERS, "moved", *SLIGHT, *SQUARED.values())
"""By name: the network's answers on how a face moved, in natural logarithms of odds; whether it could be
asked, 1 or 0; the logarithm of how many times larger than slight each reading is, plus one; and its square:
where one of them is certain, it does not take another."""


def witnesses_of(face: Followed, eyes: Eyes, *, plain: bool) -> dict[str, float]:
    """What each of :data:`WITNESSES` says of a face.

    Args:
        face: through the take.
        eyes: judge how it moved.
        plain: the detector is sure of it.
    """
    planes = movement_of(face, plain=plain)
    return witnesses_from(None if planes is None else eyes.face_movement(planes), readings_of(face))


def readings_of(face: Followed) -> dict[str, float]:
    """What needs no look at the movement, by the names of :data:`SLIGHT`; 0 where too little was seen."""
    pair, risen = EyePair(face), rises(face)
    return {
        **{way: risen.get(way, 0.0) for way in WAYS},
        "eye disappears": pair.gap or 0.0,
        "eye uneven": pair.uneven or 0.0,
    }


def witnesses_from(answers: Floats | None, readings: dict[str, float]) -> dict[str, float]:
    """Put together what was read; without answers nothing speaks for or against what only they tell."""
    told = np.zeros(len(ANSWERS), np.float32) if answers is None else answers
    witnesses = dict(zip(ANSWERS, map(float, told), strict=True)) | {"moved": float(answers is not None)}
    for name, slight in SLIGHT.items():
        witnesses[name] = float(np.log1p(readings[name] / slight))
        witnesses[SQUARED[name]] = witnesses[name] ** 2
    return witnesses
