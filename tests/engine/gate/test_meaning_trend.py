"""What is steady drift of a followed face, and what its turning, its liveliness or its clothes explain."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from engine.gate.clip import Clip
from engine.gate.meaning import FAULTS, find_faults
from engine.gate.meaning.drift import faults_of
from engine.gate.meaning.eye_loss import EyePair
from engine.gate.meaning.faces import EYE_HIGH, EYE_WIDE, Followed, Look
from engine.gate.meaning.limits import shipped
from engine.gate.meaning.look import FACE_SIDES
from engine.gate.meaning.shape import CELL, COARSE, Crop, coarse, places, stiffly
from engine.gate.meaning.trend import Trend
from tests.engine.gate.drawn_face import eyes, mesh, picture

TIMES = np.linspace(0.1, 1, 10).astype(np.float32)
TO_AND_FRO = np.stack([0.3 * np.sin(3 * TIMES), 0.2 * np.cos(5 * TIMES) - 0.2], axis=1).astype(np.float32)


@pytest.mark.parametrize("drift", [0.0, 0.1])
def test_what_turning_explains_is_no_drift(drift):
    series = drift * TIMES + TO_AND_FRO @ (0.4, -0.3)
    trend = Trend.of(TIMES, series, TO_AND_FRO)
    assert trend.slope == pytest.approx(drift, abs=0.01)
    assert trend.late == pytest.approx(drift, abs=0.01)
    assert np.abs(trend.wavers).max() < 0.01
    assert abs(Trend.of(TIMES, series).slope - drift) > 0.03


def test_a_face_that_hardly_turns_keeps_its_drift():
    turns = np.repeat(0.01 * TIMES[:, None], 2, axis=1)
    assert Trend.of(TIMES, 0.1 * TIMES, turns).slope == pytest.approx(0.1, abs=0.01)


def test_rigid_motions_are_taken_off_many_fields_as_off_one():
    crop = Crop(picture()[..., 0], mesh())
    moved = np.random.default_rng(6).normal(size=(3, 468, 2)).astype(np.float32) * 0.02
    moved[1] += crop.points[:, [1, 0]] * (-0.2, 0.2) + crop.points[:, 2:] * 0.3 + 0.1
    together = stiffly(crop, moved, crop.weights)
    for one, other in zip(moved, together, strict=True):
        assert np.allclose(stiffly(crop, one, crop.weights), other, atol=1e-5)
    rigid = crop.points[:, [1, 0]] * (-0.2, 0.2) + crop.points[:, 2:] * 0.3 + 0.1
    assert np.abs(stiffly(crop, rigid.astype(np.float32), crop.weights)).max() < 1e-4


def followed(fields, width=1.0, agrees=1.0):
    """A face with these flows, whose mesh bends by so much of them; ``width`` scales it."""
    across, down = (Crop(picture()[..., 0], mesh(width)).pixels // CELL).T
    looks = [
        Look(
            number=n + 1,
            mesh=mesh(),
            flow=flow.astype(np.float32),
            bent=(agrees * flow[down, across]).astype(np.float32),
        )
        for n, flow in enumerate(fields)
    ]
    blank = (np.zeros((EYE_HIGH, EYE_WIDE), np.uint8),) * 2
    return Followed(Crop(picture()[..., 0], mesh(width)), blank, tuple(looks))


def read(fields, width=1.0, agrees=1.0):
    return {fault.code: fault.value for fault in faults_of(followed(fields, width, agrees))}


def drifting(full, shake=0.0):
    rng = np.random.default_rng(8)
    return [full * (share + shake * rng.normal()) for share in TIMES]


def field(across, down):
    x, y = (coarse(axis) for axis in places())
    return np.dstack([np.broadcast_to(part(x, y), COARSE) for part in (across, down)])


def test_a_slight_bend_is_a_fault_of_a_face_that_keeps_still_only():
    full = field(lambda x, y: 0.016 * np.sin(9 * y), lambda x, y: 0.016 * np.sin(9 * x))
    assert read(drifting(full))["face_bends"] > FAULTS["face_bends"].warn
    assert read(drifting(full, 0.4))["face_bends"] < FAULTS["face_bends"].warn
    assert read(drifting(full / 8))["face_bends"] < FAULTS["face_bends"].warn / 2, "too slight to tell"


@pytest.mark.parametrize(
    ("code", "full", "part"),
    [
        (
            "face_grows",
            field(
                lambda x, y: 0.3 * x * (np.hypot(x, y) < 0.6), lambda x, y: 0.3 * y * (np.hypot(x, y) < 0.6)
            ),
            lambda x, y: np.hypot(x, y) > 0.6,
        ),
        ("head_slides", field(lambda x, y: 0.2 * (y < 0.65), lambda x, y: 0 * x), lambda x, y: y > 0.65),
    ],
)
def test_what_moves_in_many_ways_around_a_face_tells_little_of_it(code, full, part):
    """Hair in the wind, hands over the chest."""
    inside = part(*(coarse(axis) for axis in places()))[..., None]
    loose = full + inside * np.random.default_rng(9).normal(size=(*COARSE, 2)) * 0.12
    assert read(drifting(full))[code] > FAULTS[code].warn
    assert read(drifting(loose))[code] < read(drifting(full))[code] / 3


def test_a_small_neck_tells_less():
    full = field(lambda x, y: 0.2 * (y < 0.65), lambda x, y: 0 * x)
    assert read(drifting(full), 0.4)["head_slides"] < 0.7 * read(drifting(full))["head_slides"]


def eye_patches():
    """An eye, skin painted over it that kept the shadow of the brow, and petals in front of it."""
    soft = np.full((EYE_HIGH, EYE_WIDE), 150, np.float32)
    cv2.ellipse(soft, (24, 16), (16, 8), 0, 0, 360, 60, -1)
    soft = np.asarray(cv2.GaussianBlur(soft, (0, 0), 3), np.float32)
    eye = soft.copy()
    cv2.ellipse(eye, (24, 16), (9, 3), 0, 0, 360, 150, -1)
    cv2.circle(eye, (24, 16), 3, 20, -1)
    texture = np.random.default_rng(7).normal(size=eye.shape).astype(np.float32)
    petals = eye.mean() + 500 * cv2.GaussianBlur(texture, (0, 0), 1.2)
    return tuple(
        cv2.GaussianBlur(one, (0, 0), 0.8).clip(0, 255).astype(np.uint8) for one in (eye, soft, petals)
    )


def test_a_face_that_is_too_small_at_first_is_looked_for_in_a_larger_picture(monkeypatch):
    frames = np.repeat(picture()[None], 9, axis=0)
    seen = eyes([mesh()])
    sides, found = [], seen.faces

    def faces(shown, *, side):
        sides.append(side)
        return found(shown, side=side) if side == FACE_SIDES[1] else ()

    monkeypatch.setattr(seen, "faces", faces)
    monkeypatch.setattr(seen, "_meshes", [mesh()] * 3 + [None])
    assert [fault.code for fault in find_faults(Clip(frames, None, 8), seen)] == ["face_lost"]
    assert sides[:2] == list(FACE_SIDES)


def seen(pairs, turned=0.0):
    """What became of these pairs of eyes, one for each look."""
    looks = tuple(Look(number=n, mesh=mesh(), eyes=pair, turned=turned) for n, pair in enumerate(pairs))
    return EyePair(replace(followed([]), eyes=pairs[0], looks=looks))


def test_an_eye_that_gets_into_the_shadow_is_not_gone():
    eye, skin, _ = eye_patches()
    dark, limit = (eye * 0.3).astype(np.uint8), shipped().warn["eye_disappears"]
    assert seen([(eye, eye)] * 5 + [(eye, dark)] * 5).gap < 0.9 * limit
    assert seen([(eye, eye)] * 5 + [(eye, skin)] * 5).gap >= limit


def uneven(pairs, turned=0.0):
    return seen(pairs, turned).uneven


def test_one_eye_gone_is_seen_in_a_face_that_became_another():
    eye, _, _ = eye_patches()
    limit = shipped().warn["eye_uneven"]
    other, skin = cv2.flip(eye, 1), np.full_like(eye, 150)
    assert uneven([(eye, eye)] * 5 + [(other, skin)] * 5) > limit
    assert uneven([(eye, eye)] * 5 + [(skin, other)] * 5) > limit
    assert uneven([(eye, eye)] * 5 + [(other, other)] * 5) < 0.01
    assert uneven([(eye, eye)] * 5 + [(skin, skin)] * 5) < 0.01, "both: a blink, or sleep"
    assert uneven([(eye, skin)] * 5 + [(eye, eye)] * 5) < 0.01, "one comes into sight"
    assert uneven([(eye, eye)] * 5 + [(eye, skin), (eye, eye)] * 3) < limit, "winks"
    assert uneven([(eye, eye)] * 5 + [(other, skin)] * 5, turned=0.9) is None, "the nose may hide it"


def test_a_bend_counts_by_how_much_the_mesh_agrees():
    full = field(lambda x, y: 0.02 * np.sin(9 * y), lambda x, y: 0.02 * np.sin(9 * x))
    agree, silent, differ = (read(drifting(full), agrees=share)["face_bends"] for share in (1.0, 0.0, -1.0))
    assert agree > FAULTS["face_bends"].reject
    assert silent < 0.6 * agree
    assert differ < 0.6 * silent


def test_a_flow_that_lost_the_face_is_no_larger_bend():
    """No face bends by a fifth of its width: it was covered, or the light jumped."""
    full = field(lambda x, y: 0.06 * np.sin(9 * y), lambda x, y: 0.06 * np.sin(9 * x))
    lost = [flow + 0.3 * np.sin(3 * n) * full / 0.06 for n, flow in enumerate(drifting(full * 8))]
    assert read(lost)["face_bends"] < FAULTS["face_bends"].warn


def test_an_eye_whose_detail_fell_below_all_that_it_was_is_gone_though_its_shadow_wavers():
    eye, shadow, petals = eye_patches()
    limit, early = shipped().warn["eye_disappears"], [(eye, eye)] * 4
    gone = early + [(eye, (shadow * share).astype(np.uint8)) for share in (0.7, 1.0)]
    assert uneven(gone) < shipped().warn["eye_uneven"]
    assert seen(gone).gap > limit
    assert seen([pair[::-1] for pair in gone]).gap > limit
    assert seen(early + [(shadow, shadow)] * 2).gap < 0.01, "both: a blink, or sleep"
    assert seen([*early, (eye, shadow), (eye, eye)]).gap < 0.01, "a wink"
    assert seen([(eye, eye), (eye, shadow), *early[2:], *gone[-2:]]).gap < 0.01, "it had been seen so before"
    assert seen(early + [(eye, petals)] * 2).gap < 0.01, "covered, and not gone"
    assert seen([(eye, shadow)] * 4 + [(eye, eye)] * 2).gap < 0.01, "one comes into sight"
    assert seen(gone, turned=0.9).gap is None, "the nose may hide it"
