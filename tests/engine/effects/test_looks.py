"""The effects that ship, on a picture that has something of everything."""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np
import pytest

from engine.core.cancel import CancelToken
from engine.core.errors import Cancelled, UserError
from engine.core.recipe import Effect
from engine.effects.apply import there_and_back, with_effect
from engine.effects.flashes import count_flashes
from engine.effects.looks import LOOKS, look_called
from engine.effects.scene import Scene
from engine.effects.shipped import SHIPPED
from engine.gate import TROUBLES
from engine.gate.measures import MEASURES
from engine.rendering.effects import faults_of

FPS = 12.0
HIGH, WIDE = 96, 128


@cache
def bare(seconds=2.0):
    """A sky, a ground, a sun and a few bars, and a camera that comes a little nearer."""
    y, x = np.mgrid[: HIGH * 2, : WIDE * 2].astype(np.float32)
    sky = np.stack([110 + 60 * y / HIGH / 2, 150 + 40 * y / HIGH / 2, 215 - 20 * y / HIGH / 2], axis=2)
    picture = np.where(
        (y > 120)[..., None], np.stack([70 + x / 6, 105 + 12 * np.sin(x / 5), 60 + y / 8], axis=2), sky
    )
    drawn = picture.astype(np.uint8)
    cv2.circle(drawn, (180, 50), 22, (250, 220, 150), -1, cv2.LINE_AA)
    for bar in range(5):
        cv2.rectangle(drawn, (30 + bar * 26, 90), (42 + bar * 26, 150), (90 + 20 * bar, 60, 40), -1)
    count = round(seconds * FPS)
    frames = np.empty((count, HIGH, WIDE, 3), np.uint8)
    for index in range(count):
        matrix = cv2.getRotationMatrix2D((WIDE, HIGH), 0, 1 + 0.06 * index / count)
        frames[index] = cv2.resize(
            cv2.warpAffine(drawn, matrix, (WIDE * 2, HIGH * 2)), (WIDE, HIGH), interpolation=cv2.INTER_AREA
        )
    return frames


def made_with(recipe, seed=3, frames=None):
    effect = recipe.request().effect
    return with_effect((bare() if frames is None else frames).copy(), effect, fps=FPS, seed=seed)


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_effect_keeps_its_promises(name):
    recipe = SHIPPED[name]
    made = made_with(recipe)
    assert made.shape == bare().shape
    assert made.dtype == np.uint8
    assert np.abs(made.astype(int) - bare()).mean() > 0.8, "nothing is to be seen of it"
    assert count_flashes(made, FPS, loops=recipe.loops).count <= 2
    assert faults_of(made, FPS, recipe.look) == ()
    if recipe.loops:
        steps = np.abs(np.diff(made.astype(int), axis=0)).mean(axis=(1, 2, 3))
        assert np.abs(made[0].astype(int) - made[-1]).mean() <= 1.3 * steps.max() + 0.5


@pytest.mark.parametrize("name", ["snow globe", "confetti", "glitch", "old film"])
def test_the_same_seed_gives_the_same_bytes_and_another_does_not(name):
    first, again, other = (made_with(SHIPPED[name], seed) for seed in (3, 3, 4))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


@pytest.mark.parametrize("look", LOOKS)
def test_every_look_is_in_an_effect_that_ships(look):
    assert look in {effect.look for effect in SHIPPED.values()}


@pytest.mark.parametrize("look", LOOKS)
def test_what_is_on_purpose_is_something_that_the_gate_finds(look):
    assert set(MEASURES) | set(TROUBLES) >= LOOKS[look].on_purpose


@pytest.mark.parametrize("look", ["glitch", "old film", "confetti"])
def test_what_an_effect_does_on_purpose_hides_no_real_fault(look):
    made = made_with(next(effect for effect in SHIPPED.values() if effect.look == look))
    made[10:14] = 0
    made[14:18] = np.random.default_rng(1).integers(0, 255, made[14:18].shape)
    assert faults_of(made, FPS, look)


def test_there_and_back_is_as_long_and_closes():
    frames = there_and_back(bare())
    assert len(frames) == len(bare())
    assert np.abs(frames[0].astype(int) - frames[-1]).mean() < 1


def test_an_effect_stops_when_it_is_told_to():
    token = CancelToken()
    token.cancel()
    with pytest.raises(Cancelled):
        with_effect(bare().copy(), Effect(name="x", look="confetti"), fps=FPS, seed=1, cancel=token)


def test_an_unknown_look_is_refused_by_its_name():
    with pytest.raises(UserError, match="kaleidoscope"):
        look_called("kaleidoscope")


FACES = ((10.0, 12.0, 34.0, 44.0), (92.0, 20.0, 118.0, 54.0))


def dotted():
    """A picture with a mark of its own in each corner of what must stay whole."""
    picture = np.full((HIGH, WIDE, 3), 90, np.uint8)
    for left, top, right, bottom in FACES:
        cv2.rectangle(picture, (int(left), int(top)), (int(right), int(bottom)), (250, 40, 40), 2)
    return picture


@pytest.mark.parametrize("name", ["meme zoom", "snow globe", "polaroid", "dolly zoom", "heartbeat"])
def test_two_faces_at_the_sides_stay_in_the_frame(name):
    from importlib import import_module

    module, _, function = LOOKS[name].target.partition(":")
    first = dotted()
    scene = Scene(first=first, count=24, fps=FPS, seed=1, faces=FACES)
    paint = getattr(import_module(module), function)(scene)
    last = paint(first.copy(), 23)
    red = (last[..., 0].astype(int) - last[..., 1] > 60) & (last[..., 0] > 110)
    # Two frames are two rings; a ring that the edge cuts has no hole.
    count, _, stats, _ = cv2.connectedComponentsWithStats(red.astype(np.uint8))
    rings = [one for one in stats[1:count] if one[cv2.CC_STAT_AREA] > 20]
    assert len(rings) == 2
    for left, top, wide, high, area in rings:
        assert left > 0
        assert top > 0
        assert left + wide < WIDE
        assert top + high < HIGH
        assert area < 0.75 * wide * high
