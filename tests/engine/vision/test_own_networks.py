"""The two small networks of our own that come with the engine, when one of their files is damaged."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from engine.gate.meaning.shape import COARSE
from engine.vision import deformation, face_movement
from engine.vision.eyes import Eyes
from engine.weights.store import Store

FACE = np.full((deformation.SIDE, deformation.SIDE), 90, np.uint8)
MOVEMENT = np.zeros((len(face_movement.PLANES), *COARSE), np.float32)


@pytest.mark.parametrize(
    ("module", "ask"),
    [
        (deformation, lambda eyes: eyes.deformation(FACE)),
        (face_movement, lambda eyes: eyes.face_movement(MOVEMENT)),
    ],
    ids=["deformation", "face movement"],
)
def test_a_damaged_file_is_told_once_and_means_that_nothing_is_known(
    tmp_path, monkeypatch, caplog, module, ask
):
    shipped = Path(module.PATH)
    damaged = tmp_path / shipped.name
    damaged.write_bytes(shipped.read_bytes()[:1000])
    monkeypatch.setattr(module, "PATH", damaged)
    eyes = Eyes(Store(tmp_path))
    assert [ask(eyes) for _ in range(3)] == [None] * 3
    (told,) = caplog.records
    assert shipped.name in told.message
    assert "reinstall" in told.message.lower()
