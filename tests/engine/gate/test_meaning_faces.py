"""Faces that bend, grow, slide and lose an eye, and faces that only move, turn, blink and talk."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from benchmarks.meaning_faults import BEHEADED, FACE_FAULTS, zoomed
from engine.gate.clip import Clip
from engine.gate.meaning import FAULTS, find_faults
from engine.gate.meaning.faces import Look, faults_of
from engine.gate.meaning.shape import Crop, pose_of
from engine.vision.optical_flow import grid
from engine.vision.text_regions import TextLine
from tests.engine.gate.drawn_face import SIZE, WIDTH, eyes, mesh, picture, place

LENGTH = 9
CODES = {
    "face grown": "face_grows",
    "eye gone": "eye_disappears",
    "lower face slid": "mouth_slides",
    "head slid": "head_slides",
}


@pytest.fixture(scope="module")
def still():
    return np.repeat(picture()[None], LENGTH, axis=0)


def found(frames, meshes=(), reference=None):
    """What is found, by its code; without meshes the face's own points stay where they were."""
    seen = find_faults(Clip(frames, reference, 8), eyes([mesh(), *(meshes or [mesh()])]))
    return {fault.code: fault for fault in seen}


def ramp():
    return np.linspace(0, 1, LENGTH)


def spoilt(still, name, strength=3):
    """A fault, and what a network would say of the face: its mesh follows what it can."""
    frames = FACE_FAULTS[name](still, [place()] * LENGTH, strength, np.random.default_rng(4))
    side = np.random.default_rng(4).choice([-1, 1])
    meshes = {
        "face grown": [mesh(1 + 0.12 * strength * share) for share in ramp()],
        "head slid": [mesh(1, (side * BEHEADED[strength - 1] * WIDTH * share, 0)) for share in ramp()],
    }
    return frames, meshes.get(name, [mesh()])[-8:]


def bent(still, most):
    """The face waves, by at most so much of its width."""
    places = grid(SIZE, SIZE)
    x, y = place().own(places)
    inside = np.clip(1.2 - np.hypot(x, y), 0, 0.3) / 0.3
    made = still.copy()
    for frame, share in zip(made, ramp(), strict=True):
        source = places.copy()
        source[..., 0] += most * WIDTH * share * inside * np.sin(4 * y)
        frame[:] = cv2.remap(frame, source.astype(np.float32), None, cv2.INTER_LINEAR)  # type: ignore[call-overload]
    return made


@pytest.mark.parametrize("name", CODES)
def test_a_fault_is_found_at_its_end_with_its_place(still, name):
    fault = found(*spoilt(still, name))[CODES[name]]
    assert fault.frame >= LENGTH - 3
    assert fault.box.left < place().middle[0] < fault.box.right
    assert fault.box.top < place().middle[1] < fault.box.bottom


def test_a_face_that_bends_is_found(still):
    assert "face_bends" in found(bent(still, 0.12))
    assert found(bent(still, 0.01)) == {}


@pytest.mark.parametrize("name", ["face grown", "lower face slid", "head slid"])
def test_a_stronger_fault_has_a_larger_value(still, name):
    values = [
        one[CODES[name]].value if CODES[name] in (one := found(*spoilt(still, name, strength))) else 0.0
        for strength in (1, 3)
    ]
    assert values[0] < values[1]


def test_a_still_face_and_a_slow_zoom_show_nothing(still):
    assert found(still) == {}
    steps = np.linspace(1, 1.15, LENGTH)[1:]
    offset = (np.array((160.0, 120.0)) - SIZE / 2) * (steps[:, None] - 1)
    nearer = [mesh(scale, shift) for scale, shift in zip(steps, offset, strict=True)]
    assert found(zoomed(still), nearer) == {}


def test_a_face_that_walks_through_the_frame_shows_nothing(still):
    moved, meshes = still.copy(), []
    for t in range(LENGTH):
        shift = np.array([[1, 0, 4 * t], [0, 1, -2 * t]], np.float32)
        moved[t] = cv2.warpAffine(still[t], shift, (SIZE, SIZE), borderMode=cv2.BORDER_REFLECT)
        meshes.append(mesh(1.0, (4.0 * t, -2.0 * t)))
    assert found(moved, meshes[1:]) == {}


@pytest.mark.parametrize("yaw", [0.1, -0.4, 0.7])
def test_a_turn_is_told_from_a_bend(yaw):
    crop = Crop(picture()[..., 0], mesh())
    pose = pose_of(crop, mesh(1.1, (5, -3), yaw))
    assert pose.turned == pytest.approx(abs(yaw), abs=0.01)
    assert pose.scale == pytest.approx(1.1, abs=0.01)
    assert np.abs(pose.bent).max() < 0.01


def look(number, **changes):
    return Look(number=number, mesh=mesh(), **changes)


def test_what_lasts_for_one_look_is_no_fault():
    for changes in ({"bends": 1.0}, {"eyes": (0.9, 0.0)}, {"slides": 1.0}, {"grows": 1.0}, {"leaves": 1.0}):
        looks = [look(n, **(changes if n == 3 else {})) for n in range(8)]
        assert all(fault.value < FAULTS[fault.code].warn for fault in faults_of(looks)), changes
        looks = [look(n, **(changes if n > 3 else {})) for n in range(8)]
        assert any(fault.value > FAULTS[fault.code].warn for fault in faults_of(looks)), changes


def test_both_eyes_closed_are_no_eye_gone():
    values = {fault.code: fault.value for fault in faults_of([look(n, eyes=(0.8, 0.8)) for n in range(8)])}
    assert values["eye_disappears"] == 0


def test_the_further_a_face_turned_the_less_its_changes_count():
    near, far = (
        {
            fault.code: fault.value
            for fault in faults_of([look(n, bends=0.1, turned=turned) for n in range(8)])
        }
        for turned in (0.0, 0.5)
    )
    assert far["face_bends"] < near["face_bends"] / 2


def test_a_face_that_gets_lost_is_found_where_it_was_last(still):
    lost = found(still, [mesh(), mesh(), mesh(), None])["face_lost"]
    assert lost.frame == 3
    assert lost.value == pytest.approx(5 / 8)


def test_the_input_picture_counts_as_the_first_look(still):
    frames, _ = spoilt(still, "lower face slid")
    assert "mouth_slides" not in found(frames[-4:-1])
    assert "mouth_slides" in found(frames[-4:], reference=still[0])


def test_a_clip_without_a_face_or_too_short_is_not_looked_at(still):
    assert find_faults(Clip(still, None, 8), eyes([mesh()], faces=0)) == ()
    assert find_faults(Clip(still[:3], None, 8), eyes([mesh()])) == ()


def test_a_face_under_a_caption_is_not_judged(still):
    frames, meshes = spoilt(still, "lower face slid")
    corners = np.array([(120, 100), (200, 100), (200, 120), (120, 120)], np.float32)
    line = TextLine(corners=corners, certainty=0.9)
    assert "mouth_slides" in found(frames, meshes)
    seen = find_faults(Clip(frames, None, 8), eyes([mesh()], lines=(line,)))
    assert [fault.code for fault in seen if fault.code != "text_garbled"] == []
