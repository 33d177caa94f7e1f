"""What is steady drift of a followed face, and what its turning, its liveliness or its clothes explain."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from engine.gate.clip import Clip
from engine.gate.meaning import find_faults
from engine.gate.meaning.eye_loss import EyePair
from engine.gate.meaning.faces import EYE_HIGH, EYE_WIDE, Followed, Look
from engine.gate.meaning.look import FACE_SIDES
from engine.gate.meaning.shape import Crop
from engine.gate.meaning.trend import Trend
from tests.engine.gate.drawn_face import eyes, mesh, picture

PLAIN = 0.35
"""Of an eye's look: so much is not overlooked."""

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


def followed():
    """A face with no looks yet."""
    blank = (np.zeros((EYE_HIGH, EYE_WIDE), np.uint8),) * 2
    return Followed(Crop(picture()[..., 0], mesh()), blank, ())


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


def looked_for(monkeypatch, side_that_shows_it):
    """A face that only a picture of this size shows, and that is gone at the end; the sizes tried."""
    seen = eyes([mesh()])
    sides, found = [], seen.faces

    def faces(shown, *, side):
        sides.append(side)
        return found(shown, side=side) if side == side_that_shows_it else ()

    monkeypatch.setattr(seen, "faces", faces)
    monkeypatch.setattr(seen, "_meshes", [mesh()] * 3 + [None])
    told = find_faults(Clip(np.repeat(picture()[None], 9, axis=0), None, 8), seen)
    return [fault.code for fault in told], sides


def test_a_face_that_is_too_small_at_first_is_looked_for_in_a_larger_picture(monkeypatch):
    told, sides = looked_for(monkeypatch, FACE_SIDES[1])
    assert told == ["face_lost"]
    assert sides[:2] == list(FACE_SIDES[:2])


def test_what_only_the_largest_picture_shows_is_followed_and_never_called_lost(monkeypatch):
    told, sides = looked_for(monkeypatch, FACE_SIDES[2])
    assert told == []
    assert sides[:3] == list(FACE_SIDES)


def seen(pairs, turned=0.0):
    """What became of these pairs of eyes, one for each look."""
    looks = tuple(Look(number=n, mesh=mesh(), eyes=pair, turned=turned) for n, pair in enumerate(pairs))
    return EyePair(replace(followed(), eyes=pairs[0], looks=looks))


def test_an_eye_that_gets_into_the_shadow_is_not_gone():
    eye, skin, _ = eye_patches()
    dark, limit = (eye * 0.3).astype(np.uint8), PLAIN
    assert seen([(eye, eye)] * 5 + [(eye, dark)] * 5).gap < 0.9 * limit
    assert seen([(eye, eye)] * 5 + [(eye, skin)] * 5).gap >= limit


def uneven(pairs, turned=0.0):
    return seen(pairs, turned).uneven


def test_one_eye_gone_is_seen_in_a_face_that_became_another():
    eye, _, _ = eye_patches()
    limit = PLAIN
    other, skin = cv2.flip(eye, 1), np.full_like(eye, 150)
    assert uneven([(eye, eye)] * 5 + [(other, skin)] * 5) > limit
    assert uneven([(eye, eye)] * 5 + [(skin, other)] * 5) > limit
    assert uneven([(eye, eye)] * 5 + [(other, other)] * 5) < 0.01
    assert uneven([(eye, eye)] * 5 + [(skin, skin)] * 5) < 0.01, "both: a blink, or sleep"
    assert uneven([(eye, skin)] * 5 + [(eye, eye)] * 5) < 0.01, "one comes into sight"
    assert uneven([(eye, eye)] * 5 + [(eye, skin), (eye, eye)] * 3) < limit, "winks"
    assert uneven([(eye, eye)] * 5 + [(other, skin)] * 5, turned=0.9) is None, "the nose may hide it"


def test_an_eye_whose_detail_fell_below_all_that_it_was_is_gone_though_its_shadow_wavers():
    eye, shadow, petals = eye_patches()
    limit, early = PLAIN, [(eye, eye)] * 4
    gone = early + [(eye, (shadow * share).astype(np.uint8)) for share in (0.7, 1.0)]
    assert uneven(gone) < PLAIN
    assert seen(gone).gap > limit
    assert seen([pair[::-1] for pair in gone]).gap > limit
    assert seen(early + [(shadow, shadow)] * 2).gap < 0.01, "both: a blink, or sleep"
    assert seen([*early, (eye, shadow), (eye, eye)]).gap < 0.01, "a wink"
    assert seen([(eye, eye), (eye, shadow), *early[2:], *gone[-2:]]).gap < 0.01, "it had been seen so before"
    assert seen(early + [(eye, petals)] * 2).gap < 0.01, "covered, and not gone"
    assert seen([(eye, shadow)] * 4 + [(eye, eye)] * 2).gap < 0.01, "one comes into sight"
    assert seen(gone, turned=0.9).gap is None, "the nose may hide it"
