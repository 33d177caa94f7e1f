"""Hands that fall apart, and hands that only hide, leave, or were never certain."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from engine.gate.clip import Clip
from engine.gate.meaning import FAULTS
from engine.gate.meaning.hand_loss import hand_faults
from engine.vision.bodies import POINTS, WRISTS, Body
from engine.vision.box import Box
from engine.vision.faces import Face
from engine.vision.hands import POINTS as HAND_POINTS
from engine.vision.hands import Glimpse

LENGTH, SIDE = 21, 200
FACE = Face(box=Box(left=80, top=10, width=40, height=50), points=np.zeros((5, 2), np.float32), certainty=0.9)
LIMIT = FAULTS["hand_melts"].warn


def glimpse(least, most=None, at=(100.0, 120.0), size=40.0, apart=0.05):
    points = np.zeros((HAND_POINTS, 2), np.float32) + at
    points[1] += size
    return Glimpse(points=points, least=least, most=least if most is None else most, apart=apart)


class Seen:
    """Sees a body, and at its left wrist what a test says of each frame, whose number is its grey."""

    def __init__(self, hand: Any, *, wrist: Any = lambda number: 0.95) -> None:
        self._hand, self._wrist = hand, wrist
        self.looks = 0

    def has(self, eye):
        return True

    def body(self, picture, start, *, looks=3):
        self.looks += 1
        visible = np.zeros(POINTS, np.float32)
        visible[WRISTS[0]] = self._wrist(int(picture[0, 0, 0]))
        middle = np.full(2, 100, np.float32)
        points = np.full((POINTS, 2), 100, np.float32)
        return Body(points=points, visible=visible, certainty=1.0, middle=middle, along=middle)

    def hand(self, picture, body, side, *, enough=0.0):
        assert side == 0, "the other wrist is hidden"
        return self._hand(int(picture[0, 0, 0]))


def values(eyes, face=FACE):
    frames = np.stack([np.full((SIDE, SIDE, 3), n, np.uint8) for n in range(LENGTH)])
    return [fault.value for fault in hand_faults(Clip(frames, None, 8), frames[0], eyes, [face])]


def lost(number):
    """A hand until three quarters of the take."""
    return glimpse(0.95 if number < 15 else 0.05)


def test_a_hand_that_falls_apart_is_found_where_it_was():
    frames = np.stack([np.full((SIDE, SIDE, 3), n, np.uint8) for n in range(LENGTH)])
    eyes: Any = Seen(lost)
    (fault,) = hand_faults(Clip(frames, None, 8), frames[0], eyes, [FACE])
    assert fault.value == pytest.approx(0.9)
    assert fault.value > LIMIT
    assert fault.frame == LENGTH - 1
    assert fault.box == glimpse(0.05).box
    assert not fault.rejects


@pytest.mark.parametrize(
    "hand",
    [
        lambda number: glimpse(0.95),
        lambda number: glimpse(0.95 if number < 20 else 0.05),  # a blur in the last frame
        lambda number: glimpse(0.95 if number < 15 else 0.05, 0.95),  # one of two looks sees it
        lambda number: glimpse(0.95 if number < 3 else 0.05),  # it was turned away early
        lambda number: glimpse(0.7 if number < 15 else 0.0),  # it was never certain
        lambda number: glimpse(0.4, 0.92) if number == 6 else lost(number),  # nor soon after, in a sleeve
        lambda number: replace(lost(number), apart=0.5),
        lambda number: glimpse(lost(number).least, size=20.0),  # too small
        lambda number: glimpse(lost(number).least, at=(180.0, 120.0)),  # half out of the frame
        lambda number: lost(number) if number < 15 else None,
    ],
)
def test_what_is_no_certain_loss_is_none(hand):
    assert all(value < LIMIT for value in values(Seen(hand)))


def test_a_wrist_that_is_hidden_at_the_end_hides_its_hand():
    assert values(Seen(lost, wrist=lambda number: 0.95 if number < 20 else 0.3)) == []


@pytest.mark.parametrize(
    "face",
    [
        replace(FACE, certainty=0.5),
        replace(FACE, box=Box(left=80, top=60, width=70, height=90)),  # no room below it
    ],
)
def test_a_portrait_costs_nothing(face):
    eyes = Seen(lost)
    assert values(eyes, face) == []
    assert eyes.looks == 0


def test_a_body_without_hands_costs_one_look():
    eyes = Seen(lost, wrist=lambda number: 0.2)
    assert values(eyes) == []
    assert eyes.looks == 1


def test_a_take_of_five_frames_is_too_short_to_tell():
    frames = np.stack([np.full((SIDE, SIDE, 3), 4 * n, np.uint8) for n in range(5)])
    eyes: Any = Seen(lost)
    assert not list(hand_faults(Clip(frames, None, 8), frames[0], eyes, [FACE]))
