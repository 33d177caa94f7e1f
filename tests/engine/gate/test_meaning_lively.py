"""What people do of their own will is no fault."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from engine.gate.clip import Clip
from engine.gate.meaning import FAULTS, find_faults
from engine.vision.optical_flow import grid
from tests.engine.gate.drawn_face import MIDDLE, SIZE, WIDTH, eyes, mesh, picture
from tests.engine.gate.test_meaning_faces import STEPS, flow_of, odds, within

CHIN = 0.62
LIMIT = FAULTS["head_slides"].warn

LIVELY = {
    "the chest turns": lambda x, y: (0.05 * np.maximum(y - CHIN - 0.1, 0), -0.05 * x * (y > CHIN + 0.1)),
    "the chin drops": lambda x, y: (0 * x, 0.05 * (np.hypot(x / 0.3, (y - 0.5) / 0.2) < 1)),
    "one corner of the mouth smiles": lambda x, y: (0.03 * within(x - 0.2, y - 0.3, 0.2), 0 * x),
    "nothing moves": lambda x, y: (0 * x, 0 * y),
}


def read(moves):
    return odds([flow_of(moves) * share for share in STEPS])


@pytest.mark.parametrize("moves", LIVELY.values(), ids=LIVELY)
def test_what_people_do_is_none(moves):
    assert read(moves) < LIMIT


def nearer(scale, whole_body):
    """The drawn picture; the face, or the head with what is below it, is so much larger than the rest."""
    places_ = grid(SIZE, SIZE)
    x, y = ((places_ - MIDDLE) / WIDTH).transpose(2, 0, 1)
    head = np.hypot(x / 0.5, y / CHIN) - (1.8 if whole_body else 0.9)
    body = np.maximum(np.abs(x) - 0.9, 0.7 - y)
    edge = np.minimum(head, body) if whole_body else head
    inside = np.clip(0.5 - edge * 8, 0, 1)[..., None]
    source = (MIDDLE + (places_ - MIDDLE) / scale).astype(np.float32)
    near = cv2.remap(picture(), source, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)  # type: ignore[call-overload]
    return (near * inside + picture() * (1 - inside)).astype(np.uint8)


@pytest.mark.parametrize(("whole_body", "told"), [(True, False), (False, True)])
def test_somebody_who_comes_nearer_grows_as_a_whole(whole_body, told):
    scales = np.linspace(1, 1.25, 9)
    frames = np.stack([nearer(scale, whole_body) for scale in scales])
    found = find_faults(Clip(frames, None, 8), eyes([mesh(scale) for scale in scales]))
    assert bool(found) is told
