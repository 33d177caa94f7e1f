"""A face that looks out of shape at the end, and did not at the beginning."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from engine.gate.meaning import FAULTS
from engine.gate.meaning.deformed import FEWEST, WAYS, rises
from engine.gate.meaning.face_faults import faults_of
from engine.gate.meaning.faces import Followed, Look
from engine.gate.meaning.shape import Crop
from tests.engine.gate.drawn_face import eyes, mesh, picture

COUNT = 9


def followed(answers, first=(-3.0, -3.0, -3.0)):
    """A face of which the network says this, look by look."""
    pair = (np.full((32, 48), 90, np.uint8),) * 2
    looks = tuple(
        Look(
            number=3 * n + 1,
            mesh=mesh(),
            eyes=pair,
            deformed=None if answer is None else np.array(answer, np.float32),
        )
        for n, answer in enumerate(answers)
    )
    return Followed(Crop(picture()[..., 0], mesh()), pair, looks, deformed=np.array(first, np.float32))


def rising(way, most, start=-3.0):
    """One answer rises evenly, the others stay."""
    rows = np.full((COUNT, len(WAYS)), start)
    rows[:, WAYS.index(way)] += np.linspace(0.1, 1, COUNT) * most
    return rows


@pytest.mark.parametrize("way", WAYS)
def test_what_rises_is_read_in_its_own_way(way):
    read = rises(followed(rising(way, 6.0)))
    assert read[way] == pytest.approx(6.0, rel=0.15)
    assert all(read[other] == 0 for other in WAYS if other != way)


def test_a_face_that_looks_odd_throughout_did_not_rise():
    read = rises(followed(rising(WAYS[0], 0.0, start=5.0), first=(5.0, 5.0, 5.0)))
    assert max(read.values()) == 0


def test_a_moment_is_no_rise():
    rows = rising(WAYS[1], 0.0)
    rows[COUNT // 2, 1] += 9
    assert rises(followed(rows))[WAYS[1]] < 1.5


def test_a_last_look_alone_counts_little():
    rows = rising(WAYS[0], 0.0)
    rows[-1, 0] += 9
    assert rises(followed(rows))[WAYS[0]] < 1.0


@pytest.mark.parametrize(
    "face",
    [
        followed([None] * COUNT),
        replace(followed(rising(WAYS[0], 6.0)), deformed=None),
        followed(rising(WAYS[0], 6.0)[: FEWEST - 1]),
        followed([*rising(WAYS[0], 6.0)[:-1], None]),
    ],
    ids=["nobody to ask", "nothing known of the start", "too few looks", "a look nobody judged"],
)
def test_without_all_answers_nothing_is_said(face):
    assert rises(face) == {}


@pytest.mark.parametrize(
    ("way", "code", "counts"), [("looks slid", "mouth_slides", False), ("looks gone", "eye_disappears", True)]
)
def test_it_is_told_as_the_fault_that_it_is_and_rejects_nothing_by_itself(way, code, counts):
    """Another witness has to agree: helmets take eyes for gone, and a mouth that slides is seen to move."""

    def fault(most):
        face = followed(rising(way, most))
        return max(faults_of(face, eyes([mesh()]), plain=True), key=lambda one: one.value)

    assert fault(0.0).value == 0
    assert fault(8.0).code == code
    assert (fault(8.0).value > 0) is counts
    assert fault(8.0).value < FAULTS[code].reject


def test_how_sure_it_is_that_nothing_is_wrong_does_not_matter():
    """As with a helmet: from odds of one to a million, to odds of one to thirty."""
    face = followed(rising(WAYS[1], 10.5, start=-14.0), first=(-14.0, -14.0, -14.0))
    assert rises(face)[WAYS[1]] == 0
