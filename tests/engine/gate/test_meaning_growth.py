"""Faces that grow on their heads, and heads that grow with them."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from engine.gate.clip import Clip
from engine.gate.meaning import FAULTS, find_faults
from engine.gate.meaning.drift import faults_of
from engine.gate.meaning.faces import Followed, Look, follow_face
from engine.gate.meaning.paths import Path, follow_paths
from engine.gate.meaning.shape import Crop, coarse, places
from engine.vision.optical_flow import grid
from tests.engine.gate.drawn_face import MIDDLE, SIZE, WIDTH, eyes, mesh, picture

LOOKS = 10
NONE = np.zeros((*coarse(places()[0]).shape, 2), np.float32)
LIMIT = FAULTS["face_grows"].warn


def grown(across, down):
    """A face that grows by shares of its size, and what is around it does not: flow on the coarse grid."""
    x, y = (coarse(axis) for axis in places())
    inside = np.hypot(x / 0.5, y / 0.62) < 0.9
    return np.dstack([across * x * inside, down * y * inside]).astype(np.float32)


def looks_of(flows, turned=0.0):
    pair = (np.full((32, 48), 128, np.uint8),) * 2
    return tuple(
        Look(number=n + 1, mesh=mesh(), flow=flow, turned=turned, eyes=pair) for n, flow in enumerate(flows)
    )


def growth_of(flows, paths=(), turned=0.0):
    looks = looks_of(flows, turned)
    assert looks[0].eyes is not None
    face = Followed(Crop(picture()[..., 0], mesh()), looks[0].eyes, looks, tuple(paths))
    return max((fault.value for fault in faults_of(face) if fault.code == "face_grows"), default=None)


def drift(flow):
    return [flow * share for share in np.linspace(0.1, 1, LOOKS)]


def test_a_face_grows_that_becomes_wider_and_longer_at_once():
    assert growth_of(drift(grown(0.1, 0.1))) > LIMIT
    assert growth_of(drift(grown(0.2, 0.2))) > growth_of(drift(grown(0.1, 0.1)))


@pytest.mark.parametrize("ways", [(0.3, 0), (0, 0.3), (0.3, -0.2), (-0.2, 0.3)])
def test_one_that_turns_or_drops_its_chin_does_not_grow(ways):
    assert growth_of(drift(grown(*ways))) == pytest.approx(0, abs=0.005)


def test_a_lively_face_has_to_grow_more():
    rng = np.random.default_rng(5)
    calm, full = drift(grown(0.15, 0.15)), grown(0.3, 0.3)
    assert growth_of([flow + 0.8 * rng.normal() * full for flow in calm]) < growth_of(calm) / 2


def test_a_face_that_turned_away_is_told_by_its_paths_alone():
    seen = np.ones(NONE.shape[:2], np.bool_)
    paths = [Path(flow, seen, seen) for flow in drift(grown(0.2, 0.2))]
    assert growth_of([NONE] * LOOKS, turned=1.0) is None
    assert growth_of([NONE] * LOOKS, paths, turned=1.0) > LIMIT


def test_a_face_that_leaves_the_frame_tells_nothing():
    seen = np.ones(NONE.shape[:2], np.bool_)
    gone = seen.copy()
    gone[:, : gone.shape[1] // 2] = False
    flows = drift(grown(0.2, 0.2))
    paths = [Path(flow, seen, seen) for flow in flows[:-1]] + [Path(flows[-1], seen, gone)]
    assert growth_of([NONE] * LOOKS, paths, turned=1.0) == 0


def nearer(scale, whole_body):
    """The drawn picture; the face, or the head with what is below it, is so much larger than the rest."""
    places_ = grid(SIZE, SIZE)
    x, y = ((places_ - MIDDLE) / WIDTH).transpose(2, 0, 1)
    head = np.hypot(x / 0.5, y / 0.62) - (1.8 if whole_body else 0.9)
    body = np.maximum(np.abs(x) - 0.9, 0.7 - y)
    edge = np.minimum(head, body) if whole_body else head
    inside = np.clip(0.5 - edge * 8, 0, 1)[..., None]
    source = (MIDDLE + (places_ - MIDDLE) / scale).astype(np.float32)
    near = cv2.remap(picture(), source, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)  # type: ignore[call-overload]
    return (near * inside + picture() * (1 - inside)).astype(np.uint8)


@pytest.mark.parametrize(("whole_body", "told"), [(True, set()), (False, {"face_grows"})])
def test_somebody_who_comes_nearer_grows_as_a_whole(whole_body, told):
    scales = np.linspace(1, 1.25, 9)
    frames = np.stack([nearer(scale, whole_body) for scale in scales])
    found = find_faults(Clip(frames, None, 8), eyes([mesh(scale) for scale in scales]))
    assert {fault.code for fault in found} & {"face_grows"} == told


def test_places_are_followed_through_pictures_that_are_unlike_the_first():
    """A pattern that fades into another one while the face moves by a pixel a frame."""
    one, other = (picture()[..., 0], picture()[::-1, ::-1, 0])
    count, first = 12, Crop(one, mesh())
    looks = []
    for n in range(1, count + 1):
        shift = np.array([[1, 0, n], [0, 1, 0]], np.float32)
        faded = cv2.addWeighted(one, 1 - 0.5 * n / count, other, 0.5 * n / count, 0)
        moved = cv2.warpAffine(faded, shift, (SIZE, SIZE), borderMode=cv2.BORDER_REFLECT)
        looks.append((moved.astype(np.uint8), mesh()))
    end = follow_paths(first, looks)[-1]
    assert np.median(end.flow[..., 0]) == pytest.approx(count / WIDTH, abs=0.02)
    assert np.median(end.flow[..., 1]) == pytest.approx(0, abs=0.01)
    assert end.seen[1:].all()  # the first row lies above the picture


def test_only_a_face_that_cannot_be_compared_with_its_first_picture_is_followed_from_look_to_look():
    frames = [picture()] * 6
    still = follow_face(frames, range(1, 7), picture(), mesh(), eyes([mesh()]))
    turning = follow_face(frames, range(1, 7), picture(), mesh(), eyes([mesh(yaw=0.1 * n) for n in range(6)]))
    assert still.paths == ()
    assert len(turning.paths) == len(turning.looks) == 6
