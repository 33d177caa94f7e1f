"""The network that sees a face come apart."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.movement_faults import broken
from engine.gate.meaning.shape import COARSE, Crop
from engine.vision.eyes import Eyes
from engine.vision.face_movement import ANSWERS, FIELDS, PLANES, mirrored
from engine.weights.store import Store
from tests.engine.gate.drawn_face import mesh, picture, still_movement

POINTS = Crop(picture()[..., 0], mesh()).points.astype(np.float32)


@pytest.fixture
def seeing(tmp_path):
    return Eyes(Store(tmp_path))


def any_movement():
    return np.random.default_rng(2).normal(size=(len(PLANES), *COARSE)).astype(np.float32) * 0.05


def test_it_comes_with_the_engine_and_answers_without_any_weights_pulled(seeing):
    answers = seeing.face_movement(any_movement())
    assert answers.shape == (len(ANSWERS),)
    assert np.isfinite(answers).all()


def test_a_mirror_image_is_judged_alike(seeing):
    movement = any_movement()
    assert seeing.face_movement(mirrored(movement)) == pytest.approx(seeing.face_movement(movement), abs=1e-4)


@pytest.mark.parametrize("fault", range(len(ANSWERS) - 1), ids=ANSWERS[:-1])
def test_most_faults_are_told_from_a_face_that_is_still(seeing, fault):
    whole = seeing.face_movement(still_movement())
    several = [
        seeing.face_movement(broken(still_movement(), POINTS, fault, np.random.default_rng(n)))
        for n in range(12)
    ]
    assert whole.max() < -1
    told = np.median(several, axis=0)
    assert told[-1] > whole[-1] + 2
    assert told[:-1].argmax() == fault


def test_a_face_over_letters_is_not_broken_for_that(seeing):
    hidden = still_movement()
    hidden[: len(FIELDS), 30:] = 0
    assert seeing.face_movement(hidden).max() < 0
