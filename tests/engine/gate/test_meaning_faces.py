"""Faces that bend, grow, slide and lose an eye, and faces that only move, turn, blink and talk."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from benchmarks.meaning_faults import BEHEADED, FACE_FAULTS, zoomed
from engine.gate.clip import Clip
from engine.gate.meaning import FAULTS, find_faults
from engine.gate.meaning.eye_loss import EyePair
from engine.gate.meaning.face_faults import faults_of
from engine.gate.meaning.faces import EYE_HIGH, EYE_WIDE, Followed, Look, follow_face
from engine.gate.meaning.look import follow_faces
from engine.gate.meaning.shape import Crop, coarse, places, pose_of
from engine.vision.face_mesh import Mesh
from engine.vision.optical_flow import grid
from engine.vision.text_regions import TextLine
from tests.engine.gate.drawn_face import MIDDLE, SIZE, WIDTH, eyes, mesh, picture, place

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


def letters(top):
    """A line of them as wide as the face, so many of its heights below its top."""
    left, right = 160 - WIDTH / 2, 160 + WIDTH / 2
    high = 1.24 * WIDTH
    above = 120 - high / 2 + top * high
    corners = [(left, above), (right, above), (right, above + 20), (left, above + 20)]
    return TextLine(corners=np.array(corners, np.float32), certainty=0.9)


@pytest.mark.parametrize(
    ("top", "judged"),
    [
        (0.4, set()),
        (1.1, {"lower face slid", "eye gone", "face grown"}),
        (1.36, {"lower face slid", "eye gone", "face grown", "head slid"}),
    ],
)
def test_letters_hide_what_they_lie_over_and_no_more(still, top, judged):
    told = set()
    for name, code in CODES.items():
        frames, meshes = spoilt(still, name)
        seen = eyes([mesh(), *meshes], lines=(letters(top),))
        told |= {name for fault in find_faults(Clip(frames, None, 8), seen) if fault.code == code}
    assert told == judged


def test_a_word_on_the_wall_whose_end_is_beside_the_chin_hides_no_face(still):
    """Of the face's box it covers a corner, where no face is."""
    corner = (160 - WIDTH / 2 + 10, 120 + 0.62 * WIDTH - 25)
    corners = [(20, corner[1]), corner, (corner[0], corner[1] + 25), (20, corner[1] + 25)]
    wall = TextLine(corners=np.array(corners, np.float32), certainty=0.9)
    frames, meshes = spoilt(still, "lower face slid")
    (fault,) = find_faults(Clip(frames, None, 8), eyes([mesh(), *meshes], lines=(wall,)))
    assert fault.code == "mouth_slides"


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
    assert found(bent(still, 0.12))
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


def flow_of(change):
    """The flow on the coarse grid, of a function of x and y in widths from the face's middle."""
    x, y = (coarse(axis) for axis in places())
    return np.dstack(np.broadcast_arrays(*change(x, y), x)[:2]).astype(np.float32)


def within(x, y, reach=1.0):
    """1 in the face, 0 outside, smooth between."""
    return np.clip((reach + 0.15 - np.hypot(x / 0.5, y / 0.62)) / 0.3, 0, 1)


CHANGES = {
    "face_bends": lambda x, y: [0.06 * within(x, y) * np.sin(8 * axis) for axis in (y, x)],
    "face_grows": lambda x, y: [axis * 0.25 * within(x, y) for axis in (x, y)],
    "mouth_slides": lambda x, y: (0.15 * within(x, y, 1.1) * np.clip((y - 0.05) / 0.2, 0, 1), 0),
    "head_slides": lambda x, y: (0.15 * np.clip((y - 0.62) / 0.25 + 0.1, 0, 1), 0),
}
"""What moves beside the face's own motion, which is taken off: a chest stays behind a head that slides."""


def followed(flows, eyes=None, turned=0.0):
    """A face with these flows in its looks, and these pairs of eyes."""
    eye = cv2.GaussianBlur(
        np.random.default_rng(3).uniform(0, 255, (EYE_HIGH, EYE_WIDE)).astype(np.float32), (0, 0), 2
    )
    known = (eye - eye.mean()) * 4 + 128
    pairs = eyes or [(1.0, 1.0)] * len(flows)
    looks = [
        Look(
            number=n + 1,
            mesh=mesh(),
            flow=flow,
            turned=turned,
            eyes=tuple(((known - 128) * left + 128).clip(0, 255).astype(np.uint8) for left in pair),
        )
        for n, (flow, pair) in enumerate(zip(flows, pairs, strict=True))
    ]
    first = tuple(known.clip(0, 255).astype(np.uint8) for _ in range(2))
    return Followed(Crop(picture()[..., 0], mesh()), first, tuple(looks))


def read(*arguments, **options):
    return worst(followed(*arguments, **options))


def worst(face, *, plain=True):
    """What a face shows of each fault, in the way that shows most."""
    return {
        fault.code: fault.value
        for fault in sorted(faults_of(face, eyes([mesh()]), plain=plain), key=lambda one: one.value)
    }


def odds(flows, eyes_of=None, deformed=None):
    """Natural logarithm of the odds that a face with these flows is broken; 0 at least."""
    face = followed(flows, eyes_of)
    if deformed is not None:
        looks = tuple(replace(look, deformed=one) for look, one in zip(face.looks, deformed, strict=True))
        face = replace(face, looks=looks, deformed=deformed[0])
    return max(fault.value for fault in faults_of(face, eyes([mesh()]), plain=True))


STEPS = np.linspace(0.1, 1, 10)


@pytest.mark.parametrize("code", CHANGES)
def test_what_drifts_is_a_fault_and_what_comes_and_goes_is_none(code):
    full = flow_of(CHANGES[code])
    told = read([full * share for share in STEPS])
    assert max(told.values()) > FAULTS[code].reject
    # What grows within the outline of a face bends it as well.
    assert code in told or (code == "face_grows" and "face_bends" in told)
    for shares in ([float(n == 4) for n in range(10)], np.sin(2 * np.arange(10))):
        assert odds([full * share for share in shares]) < FAULTS[code].warn


def test_a_lively_face_is_given_more_than_a_still_one():
    rng = np.random.default_rng(5)
    full = flow_of(CHANGES["face_bends"])
    lively = odds([full * (share + 0.4 * rng.normal()) for share in STEPS])
    assert lively < odds([full * share for share in STEPS])


def test_too_few_looks_tell_nothing():
    full = flow_of(CHANGES["face_grows"])
    assert odds([full] * 4) < FAULTS["face_grows"].warn
    assert odds([full * share for share in STEPS[-5:]]) > FAULTS["face_grows"].warn


def test_an_eye_that_fades_is_found_and_a_blink_or_the_dark_is_not():
    flows, limit = [flow_of(lambda x, y: (0, 0))] * 10, FAULTS["eye_disappears"].warn
    gone, both, blink = [(1.0, 0.02)] * 5, [(0.1, 0.1)] * 5, [(1.0, 1.0), (0.1, 1.0), *[(1.0, 1.0)] * 3]
    values = [odds(flows, eyes_of=[(1.0, 1.0)] * 5 + late) for late in (gone, both, blink)]
    assert values[1:] == [0, 0]
    # The network that sees each look by itself has no part in this; with it, less suffices.
    assert values[0] > 0
    looks_gone = [np.array((-3, -3, -3 + 4 * (n > 4)), np.float32) for n in range(10)]
    assert odds(flows, eyes_of=[(1.0, 1.0)] * 5 + gone, deformed=looks_gone) > limit


def test_a_face_that_gets_lost_is_found_where_it_was_last(still):
    lost = found(still, [mesh(), mesh(), mesh(), None])["face_lost"]
    assert lost.frame == 4
    assert lost.value == pytest.approx(5 / 8)


def test_the_input_picture_counts_as_the_first_look(still):
    frames, meshes = spoilt(still, "head slid")
    slid = np.repeat(frames[-1:], 6, axis=0)
    assert "head_slides" not in found(slid, meshes[-1:])
    assert "head_slides" in found(slid, meshes[-1:], reference=still[0])


@pytest.mark.parametrize("name", CODES)
def test_a_flat_drawings_faces_are_not_judged(still, name):
    frames, meshes = spoilt(still, name)
    seen = [find_faults(Clip(frames, None, 8), eyes([mesh(), *meshes]), flat=flat) for flat in (False, True)]
    assert seen[0]
    assert not seen[1]


def test_a_face_that_goes_far_in_a_long_take_is_held_on_to():
    """Looks at a take of eight seconds are a second apart; a face goes half of its width in that time."""
    path = [(60 * np.sin(2 * np.pi * t / 64), 0) for t in range(97)]
    frames = np.zeros((97, SIZE, SIZE, 3), np.uint8)
    for frame, (right, _) in zip(frames, path, strict=True):
        frame[:] = np.roll(picture(), round(right), axis=1)
    numbered = {frame.ctypes.data: n for n, frame in enumerate(frames)}
    seen = eyes([mesh()])

    def fit(frame, start):
        now = mesh(shift=path[numbered.get(frame.ctypes.data, 0)])
        slips = isinstance(start, Mesh) and np.abs(now.points - start.points).max() > WIDTH / 3
        return start if slips else now

    seen.mesh = fit
    ((face, _),) = follow_faces(Clip(frames, None, 12), seen)
    for look in face.looks:
        there = MIDDLE + path[look.number]
        assert look.mesh is not None
        assert look.mesh.points[:, :2].mean(axis=0) == pytest.approx(there, abs=0.1 * WIDTH)


@pytest.mark.parametrize(("shift", "known"), [((0, 0), True), ((130, 0), False), ((0, -115), False)])
def test_an_eye_beyond_the_edge_of_the_picture_is_not_known(shift, known):
    moved = np.roll(picture(), shift[::-1], axis=(0, 1))
    face = follow_face(moved[None], [0], picture(), mesh(), eyes([mesh(shift=shift)]), stride=3)
    assert (face.looks[0].eyes is not None) is known


@pytest.mark.parametrize(("aside", "told"), [(0.3, True), (1.0, False)])
def test_an_eye_behind_the_nose_of_a_face_from_the_side_is_not_gone(aside, told):
    late = [(1.0, 1.0)] * 5 + [(1.0, 0.02)] * 5
    face = followed([flow_of(lambda x, y: (0, 0))] * 10, late)
    looks = tuple(replace(look, aside=aside * (look.number > 5)) for look in face.looks)
    assert bool(EyePair(replace(face, looks=looks)).gap) is told
