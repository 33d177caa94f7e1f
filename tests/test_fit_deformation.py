"""Teaching the eye that sees a face out of shape."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest
import torch

from benchmarks import fit_deformation
from benchmarks.deformed_faces import ROOM, Photographed, kept, shown
from benchmarks.fit_deformation import PLAN, teach, tensor
from benchmarks.taught_network import Taught, as_onnx
from engine.gate.meaning.shape import Crop
from engine.vision.deformation import ANSWERS, SIDE, ellipse, standard
from engine.vision.eyes import Eyes
from engine.vision.network import Network
from engine.weights.store import Store
from tests.engine.gate.drawn_face import mesh, picture


@pytest.fixture(autouse=True)
def short_lessons(monkeypatch):
    monkeypatch.setattr(fit_deformation, "BATCH", 4)


@pytest.fixture(scope="module")
def face():
    """The drawn face, as a photograph would be kept."""
    points = Crop(picture()[..., 0], mesh()).points[:, :2].astype(np.float32)
    square = np.asarray(picture()[:ROOM, 48 : 48 + ROOM, 0])
    return Photographed(np.ascontiguousarray(square), points)


def view(face, fault, strength, seed):
    return shown(face, fault, strength, np.random.default_rng(seed)).astype(float)


@pytest.mark.parametrize("fault", range(len(ANSWERS)))
def test_a_fault_changes_what_the_network_sees_of_a_face(face, fault):
    whole, slight, strong = (view(face, which, s, 1) for which, s in ((None, 0), (fault, 0.0), (fault, 1.0)))
    assert slight.shape == ellipse().shape
    assert (np.abs(strong - whole) * ellipse()).mean() > (np.abs(slight - whole) * ellipse()).mean() / 2 > 0


def test_what_is_written_answers_as_what_was_taught(tmp_path, face):
    torch.manual_seed(0)
    model, share = Taught((1, SIDE, SIDE), len(ANSWERS), PLAN), itertools.count(0, 0.34)
    assert not list(teach(model, [face], np.random.default_rng(0), lambda: next(share)))
    seen = tensor([shown(face, n, 1.0, np.random.default_rng(n)) for n in range(2)])
    with torch.no_grad():
        taught = model(seen).numpy()
    path = tmp_path / "taught.onnx"
    path.write_bytes(as_onnx(model))
    network = Network(path)
    written = [network.run(one[0].numpy()[..., None])[0].ravel() for one in seen]
    assert np.array(written) == pytest.approx(taught, abs=0.01)
    assert np.ptp(taught, axis=0).max() > 0.001, "two views are two answers"


def test_a_lesson_is_learnt(face):
    torch.manual_seed(0)
    model, share = Taught((1, SIDE, SIDE), len(ANSWERS), PLAN), itertools.count(0, 0.25)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    list(teach(model, [face], np.random.default_rng(0), lambda: next(share)))
    assert any(not torch.equal(before[name], value) for name, value in model.state_dict().items())
    assert not model.training


def test_faces_that_were_found_once_are_kept(tmp_path, face):
    cache = tmp_path / "faces.npz"
    np.savez(cache, crops=face.picture[None], points=face.points[None])
    (found,) = kept([Path("nowhere")], Eyes(Store(tmp_path)), cache)
    assert np.array_equal(found.picture, face.picture)
    assert np.array_equal(found.points, face.points)


def test_what_is_shown_has_neither_light_nor_contrast(face):
    dark = Photographed((face.picture // 2).astype(np.uint8), face.points)
    one, other = (standard(view(each, None, 0, 2)[None].astype(np.float32)) for each in (face, dark))
    assert np.corrcoef(one.ravel(), other.ravel())[0, 1] > 0.98
    assert other.std() == pytest.approx(one.std(), rel=0.2)
