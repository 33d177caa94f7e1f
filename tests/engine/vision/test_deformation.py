"""The eye that sees a face out of shape."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from benchmarks.deformed_faces import CENTRE, FINER, ROOM, Photographed, shown
from engine.gate.meaning.shape import EYES
from engine.vision.deformation import ANSWERS, FACE, SIDE, ellipse, standard
from engine.vision.eyes import Eyes
from engine.weights.store import Store

RNG = np.random.default_rng(3)


@pytest.fixture
def eyes(tmp_path):
    return Eyes(Store(tmp_path))


def any_face():
    return RNG.integers(30, 220, (SIDE, SIDE), np.uint8)


def test_it_comes_with_the_engine_and_answers_without_any_weights_pulled(eyes):
    answers = eyes.deformation(any_face())
    assert answers.shape == (len(ANSWERS),)
    assert np.isfinite(answers).all()


def test_a_mirror_image_is_judged_alike(eyes):
    face = any_face()
    assert eyes.deformation(face) == pytest.approx(eyes.deformation(face[:, ::-1]), abs=1e-4)


def test_light_and_contrast_do_not_matter():
    face = np.full((1, SIDE, SIDE), 90, np.float32) + RNG.normal(size=(1, SIDE, SIDE)).astype(np.float32) * 30
    assert standard(face * 1.5 + 20) == pytest.approx(standard(face), abs=0.3)


def test_what_is_around_the_face_does_not_matter(eyes):
    face = any_face()
    other = np.where(ellipse() > 0, face, any_face()).astype(np.uint8)
    assert eyes.deformation(other) == pytest.approx(eyes.deformation(face), abs=1e-4)


@pytest.fixture(scope="module")
def drawn():
    """A face of a few strokes."""
    x, y = (round(at) for at in CENTRE)
    picture = np.full((ROOM, ROOM), 60, np.uint8)
    cv2.ellipse(picture, (x, y), (58, 74), 0, 0, 360, 175, -1, cv2.LINE_AA)
    points = np.zeros((468, 2), np.float32)
    points[:, 1] = np.linspace(-0.66, 0.66, len(points))
    for side, eye in zip((-25, 25), EYES, strict=True):
        cv2.ellipse(picture, (x + side, y - 17), (12, 6), 0, 0, 360, 235, -1, cv2.LINE_AA)
        cv2.circle(picture, (x + side, y - 17), 6, 40, -1, cv2.LINE_AA)
        cv2.ellipse(picture, (x + side, y - 31), (15, 5), 0, 190, 350, 70, 3, cv2.LINE_AA)
        points[list(eye)] = (side / FINER / FACE, -17 / FINER / FACE)
    cv2.ellipse(picture, (x, y + 10), (9, 5), 0, 20, 160, 110, 3, cv2.LINE_AA)
    cv2.line(picture, (x - 4, y - 14), (x - 6, y + 8), 150, 2, cv2.LINE_AA)
    cv2.ellipse(picture, (x, y + 38), (22, 7), 0, 0, 360, 90, -1, cv2.LINE_AA)
    return Photographed(np.asarray(cv2.GaussianBlur(picture, (0, 0), 1.5), np.uint8), points)


@pytest.mark.parametrize("fault", range(len(ANSWERS)), ids=ANSWERS)
def test_a_face_out_of_shape_is_seen_and_a_whole_one_is_not(eyes, drawn, fault):
    """It was taught on photographs; it knows what a face is in a drawing, too."""

    def answer(fault_shown):
        rngs = (np.random.default_rng(seed) for seed in range(12))
        views = [shown(drawn, fault_shown, 1.0, rng) for rng in rngs]
        return float(np.median([eyes.deformation(view)[fault] for view in views]))

    assert answer(None) < -1
    assert answer(fault) > answer(None) + 2
