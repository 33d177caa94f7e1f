"""How findings of faces and text reach the verdict, with eyes that see what a test wants."""

from __future__ import annotations

import numpy as np
import pytest

from engine.core.receipt import Outcome
from engine.gate import FAULTS, judge
from engine.gate.clip import Clip
from engine.gate.meaning import Fault, find_faults
from engine.gate.verdict import with_faults
from engine.rendering.report import AMBER, RED, report
from engine.vision.box import Box
from engine.vision.eyes import Eye, Eyes
from engine.weights.store import Store
from tests.engine.gate.drawn_face import eyes
from tests.engine.smooth.moving_scenes import pan

BOX = Box(left=20, top=10, width=30, height=20)


@pytest.fixture(scope="module")
def clean():
    return judge(pan(), None, 8)


def fault(code, value, frame=5):
    return Fault(code=code, value=value, frame=frame, box=BOX)


def test_without_weights_the_verdict_is_the_same(clean, tmp_path):
    assert judge(pan(), None, 8, eyes=Eyes(Store(tmp_path))) == clean


def test_a_damaged_eye_changes_no_verdict(clean, tmp_path):
    store = Store(tmp_path)
    for name, file in (("centerface", "centerface.onnx"), ("face-mesh", "face_landmark.tflite")):
        store.path(name).mkdir(parents=True)
        (store.path(name) / file).write_bytes(b"no network")
    assert judge(pan(), None, 8, eyes=Eyes(store)) == clean


@pytest.mark.parametrize("code", FAULTS)
def test_a_fault_warns_from_its_limit_on_and_rejects_from_the_other(clean, code):
    kind = FAULTS[code]
    warned = with_faults(clean, [fault(code, kind.warn)], 8)
    assert warned.outcome is Outcome.WARNED
    assert warned.reasons[0] == f"{kind.words} at 0.6 s"
    assert warned.findings[0].box == BOX
    assert warned.score < clean.score
    worse = with_faults(clean, [fault(code, min(kind.reject, 10.0))], 8)
    assert worse.rejected is (kind.reject < 10)
    assert worse.score < warned.score
    assert worse.readings == clean.readings, "a calibration never sees them"


def test_the_sheet_shows_where_a_fault_is_on_the_frame_where_it_is_worst(clean):
    frames = np.full((24, 60, 80, 3), 120, np.uint8)
    for value, colour in ((FAULTS["mouth_slides"].warn, AMBER), (FAULTS["mouth_slides"].reject, RED)):
        seen = with_faults(clean, [fault("mouth_slides", value, frame=11)], 8)
        drawn = report(frames, 8, seen)
        plain = report(frames, 8, clean)
        above = slice(0, plain.shape[0] - 190)
        assert (drawn[above] == colour).all(axis=2).sum() > 150
        assert not (plain[above] == colour).all(axis=2).any()
    assert (frames == 120).all(), "the frames themselves stay as they are"


def test_where_there_is_no_face_its_mesh_is_not_read(monkeypatch):
    asked = []
    without = eyes([None], faces=0)
    monkeypatch.setattr(without, "has", lambda eye: asked.append(eye) or True)
    assert find_faults(Clip(pan(), None, 8), without) == ()
    assert Eye.TEXT in asked
    assert Eye.MESH not in asked
