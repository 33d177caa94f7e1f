"""Animals, vehicles and products, as the network's numbers tell them."""

from __future__ import annotations

import numpy as np
import pytest

from engine.core.sight import ThingKind
from engine.vision.things import KINDS, LABELS, find_things
from tests.engine.vision.answers import says

ANCHORS = 1917
MIDDLE = 1083 + 600 + 12 * 6
"""The first anchor of the middle of the grid of 5 × 5: a square of half the picture, about."""
CORNER = 0


def network(*seen, size=(0.0, 0.0)):
    """One that says these labels, each at an anchor with a score."""
    classes = np.full((1, ANCHORS, 24), -9.0)
    boxes = np.zeros((1, ANCHORS, 4))
    for label, anchor, score in seen:
        classes[0, anchor, LABELS.index(label)] = np.log(score / (1 - score))
        boxes[0, anchor] = [0, 0, *size]
    return says(classes, boxes)


PICTURE = np.zeros((200, 400, 3), np.uint8)


@pytest.mark.parametrize(
    ("label", "kind"),
    [
        ("cat", "animal"),
        ("cattle", "animal"),
        ("car", "vehicle"),
        ("bottle", "product"),
        ("camera", "product"),
    ],
)
def test_a_thing_is_told_with_its_place(label, kind):
    (found,) = find_things(PICTURE, network((label, MIDDLE, 0.8)))
    assert found.kind.value == kind
    assert found.certainty == pytest.approx(0.8)
    assert found.box.centre == pytest.approx((200, 100))
    assert found.box.width / 400 == pytest.approx(0.5, abs=0.01)
    assert found.box.height / 200 == pytest.approx(0.5, abs=0.01)


def test_the_numbers_move_and_stretch_the_anchor():
    (found,) = find_things(PICTURE, network(("dog", MIDDLE, 0.9), size=(5 * np.log(1.2), 5 * np.log(0.5))))
    assert found.box.height / 200 == pytest.approx(0.6, abs=0.01)
    assert found.box.width / 400 == pytest.approx(0.25, abs=0.01)


@pytest.mark.parametrize(
    "seen",
    [
        [],
        [("cat", MIDDLE, 0.5)],
        [("car", MIDDLE, 0.65)],
        [("table", MIDDLE, 0.9)],
        [("book", MIDDLE, 0.9)],
        [("chair", MIDDLE, 0.9)],
        [("person", MIDDLE, 0.9)],
        [("footwear", MIDDLE, 0.7), ("person", CORNER, 0.4)],
    ],
    ids=["nothing", "doubt", "more doubt", "table", "page", "chair", "person", "worn"],
)
def test_doubt_and_what_belongs_to_somebody_is_nothing(seen):
    assert find_things(PICTURE, network(*seen)) == ()


def test_one_thing_is_told_once_and_two_things_twice():
    same = find_things(PICTURE, network(("dog", MIDDLE, 0.7), ("cat", MIDDLE + 1, 0.9)))
    assert [round(found.certainty, 2) for found in same] == [0.9]
    assert same[0].box.width > find_things(PICTURE, network(("cat", MIDDLE, 0.9)))[0].box.width
    apart = find_things(PICTURE, network(("dog", MIDDLE, 0.7), ("dog", CORNER, 0.8)))
    assert len(apart) == 2
    assert apart[0].box.left == pytest.approx(0)


def test_an_animal_beside_a_person_is_still_one():
    (found,) = find_things(PICTURE, network(("dog", MIDDLE, 0.7), ("person", CORNER, 0.9)))
    assert found.kind is ThingKind.ANIMAL


def test_every_label_is_the_networks_and_belongs_to_one_kind():
    told = [label for labels in KINDS.values() for label in labels]
    assert len(LABELS) == 24
    assert len(set(told)) == len(told)
    assert set(told) <= set(LABELS)
