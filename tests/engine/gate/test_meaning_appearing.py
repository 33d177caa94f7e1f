"""Letters that appear during a take, and those that were there, come in, or stand on what comes in."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from engine.gate.meaning import FAULTS
from engine.gate.meaning.appearing import find_appearing, may_have_appeared
from engine.vision.text_regions import TextLine

WIDE, HIGH = 320, 200
AT = (90, 120)
WORDS, SCALE = "PREVIEW", 0.8


def scene():
    rng = np.random.default_rng(6)
    small = rng.uniform(50, 170, (20, 32)).astype(np.float32)
    return cv2.resize(small, (WIDE, HIGH), interpolation=cv2.INTER_CUBIC).clip(0, 255).astype(np.uint8)


def written(picture, x=AT[0], y=AT[1], scale=SCALE):
    made = picture.copy()
    cv2.putText(made, WORDS, (x, y), cv2.FONT_HERSHEY_DUPLEX, scale, 255, 2, cv2.LINE_AA)
    return made


def line(x=AT[0], y=AT[1]):
    (wide, tall), low = cv2.getTextSize(WORDS, cv2.FONT_HERSHEY_DUPLEX, SCALE, 2)
    corners = [(x, y - tall), (x + wide, y - tall), (x + wide, y + low), (x, y + low)]
    return TextLine(corners=np.array(corners, np.float32), certainty=0.9)


def found(first, last, *, lines=None, known=(), moved=(0.0, 0.0)):
    lines = [line()] if lines is None else lines

    def origin(box, begin):
        return np.array(moved, np.float32)

    return [fault for _, fault in find_appearing({0: first}, last, 9, known, lines, origin)]


def test_letters_that_appear_are_found_where_they_are():
    (fault,) = found(scene(), written(scene()))
    assert fault.value > FAULTS["text_appears"].warn
    assert fault.frame == 9
    assert fault.box == line().box


def test_letters_that_appear_on_a_moving_scene_are_found():
    moved = np.roll(scene(), 12, axis=1)
    (fault,) = found(scene(), written(moved), moved=(12.0, 0.0))
    assert fault.value > FAULTS["text_appears"].warn


@pytest.mark.parametrize("before", [written(scene()), written(scene(), scale=0.7), written(scene(), x=94)])
def test_letters_that_the_detector_only_missed_are_no_fault(before):
    assert all(fault.value < FAULTS["text_appears"].warn for fault in found(before, written(scene())))


def test_letters_that_were_known_are_left_out():
    assert found(scene(), written(scene()), known=[line(x=100)]) == []


def test_letters_that_come_in_from_outside_are_left_out():
    moved = np.roll(scene(), 100, axis=1)
    assert found(scene(), written(moved), moved=(100.0, 0.0)) == []


def test_letters_on_something_that_came_in_are_left_out():
    van = scene()
    van[80:160, 60:280] = np.random.default_rng(8).integers(0, 255, (80, 220), np.uint8)
    assert found(scene(), written(van)) == []


def test_a_tall_or_short_line_is_no_watermark():
    tall = TextLine(corners=line().corners * np.array([1, 4], np.float32), certainty=0.9)
    assert found(scene(), written(scene()), lines=[tall]) == []


@pytest.mark.parametrize("size", [1, 3])
def test_letters_are_looked_for_only_where_there_is_a_row_of_new_detail(size):
    """At any size of the frame."""

    def shown(picture):
        return cv2.resize(picture, None, fx=size, fy=size, interpolation=cv2.INTER_CUBIC)

    first, dot = shown(scene()), scene()
    cv2.circle(dot, AT, 4, 255, -1)
    new = shown(written(scene()))
    assert may_have_appeared(first, [new, new])
    assert not may_have_appeared(first, [first, first])
    assert not may_have_appeared(first, [shown(np.roll(scene(), 12, axis=1))] * 2)
    assert not may_have_appeared(first, [shown(dot)] * 2), "no row"
    assert not may_have_appeared(new, [first, first]), "letters that vanish"
    assert not may_have_appeared(first, [shown(written(scene(), y=60)), new]), "detail that moves on"


def test_letters_that_appear_while_the_scene_changes_are_found():
    """Around them nothing is left of the first frame; in a frame soon before they stood, much is."""

    def around(seed):
        made = scene()
        part = np.random.default_rng(seed).uniform(40, 180, (6, 11)).astype(np.float32)
        made[80:160, 60:280] = cv2.resize(part, (220, 80), interpolation=cv2.INTER_CUBIC).clip(0, 255)
        return made

    earlier = {0: around(1), 4: around(2), 6: written(around(2)), 8: written(around(3))}
    (fault,) = [
        fault
        for _, fault in find_appearing(
            earlier, written(around(4)), 9, (), [line()], lambda box, begin: np.zeros(2, np.float32)
        )
    ]
    assert fault.value > FAULTS["text_appears"].warn
    del earlier[6]
    assert not any(
        fault.value >= FAULTS["text_appears"].warn
        for _, fault in find_appearing(
            earlier, written(around(4)), 9, (), [line()], lambda box, begin: np.zeros(2, np.float32)
        )
    )
