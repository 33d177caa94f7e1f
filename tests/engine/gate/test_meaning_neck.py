"""A head that slides on its body, and one that leans, tilts and nods."""

from __future__ import annotations

import numpy as np
import pytest

from engine.gate.meaning import FAULTS
from engine.gate.meaning.neck import step_of
from engine.gate.meaning.shape import COARSE, Crop
from tests.engine.gate.drawn_face import mesh, picture
from tests.engine.gate.test_meaning_faces import STEPS, flow_of, read

CHIN = 0.62
TURN = 0.15
LIMIT = FAULTS["head_slides"].warn


def step(across, sure=None, shares=STEPS):
    """Of a motion across, a function of the height below the chin, that grows as the shares do."""
    flows = np.stack([flow_of(lambda _, y: (across(y - CHIN), 0)) * share for share in shares])
    every = np.ones(COARSE, bool) if sure is None else sure
    turns = np.zeros((len(shares), 2), np.float32)
    return step_of(Crop(picture()[..., 0], mesh()), STEPS.astype(np.float32), flows, turns, every)


def slid(y, at=0.1, band=0.25):
    return 0.1 * np.clip((y - at) / band + 0.5, 0, 1)


def leans(y):
    """The chest turns below the neck."""
    return TURN * np.maximum(y - 0.1, 0)


def bends(y):
    """From the mouth to the chest, the motion grows as evenly as a neck bends."""
    share = np.clip((y + 0.3) / 1.0, 0, 1)
    return 0.06 * share**2 * (3 - 2 * share)


@pytest.mark.parametrize("at", [0.0, 0.1, 0.25])
@pytest.mark.parametrize("band", [0.12, 0.25, 0.35])
def test_what_slid_is_measured_wherever_the_neck_breaks(at, band):
    assert step(lambda y: slid(y, at, band)).across == pytest.approx(0.1, rel=0.25)
    assert step(lambda y: -slid(y, at, band)).across == pytest.approx(-0.1, rel=0.25)


@pytest.mark.parametrize("moves", [lambda y: 0.3 * y, lambda y: 0.2 * y**2 - 0.1 * y, leans, bends])
def test_a_turn_and_a_bend_of_the_neck_are_no_step(moves):
    assert abs(step(moves).across) < 0.02
    assert step(lambda y: moves(y) + slid(y)).across == pytest.approx(0.1, abs=0.02)


def test_who_leans_does_not_slide_and_who_slides_while_leaning_does():
    def value(across):
        full = flow_of(lambda x, y: (across(y - CHIN), -TURN * x * (y > CHIN + 0.1)))
        return read([full * share for share in STEPS])["head_slides"]

    assert value(leans) < LIMIT
    assert value(lambda y: leans(y) + slid(y)) > 2 * LIMIT


def test_a_neck_that_bends_evenly_is_no_slide_and_one_that_shears_is():
    def value(across):
        full = flow_of(lambda _, y: (across(y - CHIN), 0))
        return read([full * share for share in STEPS])["head_slides"]

    assert value(bends) < LIMIT
    assert value(lambda y: 0.15 * np.clip((y + 0.3) / 0.6, 0, 1)) > LIMIT, "softly, but far"


def test_a_neck_that_wavers_says_so_and_what_comes_back_is_no_slide():
    rng = np.random.default_rng(6)
    steady, wavering = (step(slid, shares=STEPS + most * rng.normal(size=10)) for most in (0, 0.3))
    assert steady.wavers < 0.001
    assert wavering.wavers > 0.015
    assert step(slid, shares=np.where(np.arange(10) == 4, 1.0, 0.0)).across == 0


def test_a_neck_of_which_too_little_is_seen_says_nothing():
    head = flow_of(lambda _, y: (y < CHIN + 0.1, 0))[..., 0] > 0
    assert step(slid, sure=head) is None
    assert step(slid, sure=~head) is None
