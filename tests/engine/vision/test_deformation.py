"""The eye that sees a face out of shape."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from engine.vision import deformation
from engine.vision.deformation import ANSWERS, SIDE, ellipse, standard
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


def test_a_damaged_file_is_told_once_and_means_that_nothing_is_known(tmp_path, monkeypatch, caplog):
    damaged = tmp_path / "deformation.onnx"
    damaged.write_bytes(Path(deformation.PATH).read_bytes()[:1000])
    monkeypatch.setattr(deformation, "PATH", damaged)
    eyes = Eyes(Store(tmp_path))
    assert [eyes.deformation(any_face()) for _ in range(3)] == [None] * 3
    (told,) = caplog.records
    assert "deformation.onnx" in told.message
    assert "reinstall" in told.message.lower()
