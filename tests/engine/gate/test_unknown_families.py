"""A family that the gate was not fitted to is only warned about, until it has learnt its clips."""

import numpy as np
import pytest

from engine.core.receipt import FEWEST_KEPT, Outcome
from engine.families import FAMILIES
from engine.gate import MEASURES, TROUBLES, judge
from engine.gate.calibration import shipped
from engine.gate.local_calibration import KeptClip, fit_tails, has_learnt
from engine.gate.measure import Reading
from engine.gate.verdict import weigh
from engine.rendering.takes import is_known
from tests.engine.smooth.moving_scenes import pan


def usual():
    medians = {name: scale.median for name, scale in shipped().scales.items()}
    return {name: Reading(medians.get(name, 0.0)) for name in MEASURES}


def odd(trouble):
    """Readings within every limit that the score rejects for a trouble."""
    readings = usual()
    for name, weight in shipped().with_input[trouble].weights.items():
        scale, limit = shipped().scales[name], MEASURES[name].warn
        far = scale.median + 12 * scale.spread * float(np.sign(weight))
        readings[name] = Reading(min(far, 0.99 * limit))
    return readings


@pytest.mark.parametrize("trouble", ["colours_flicker", "fresh_noise"])
def test_the_score_only_warns_of_a_family_that_it_does_not_know(trouble):
    known, unknown = (
        weigh(odd(trouble), 8, shipped(), has_input=True, known=known) for known in (True, False)
    )
    assert known.outcome is Outcome.REJECTED
    assert not known.spared
    assert unknown.outcome is Outcome.WARNED
    assert unknown.spared
    assert {finding.code for finding in unknown.findings} == {finding.code for finding in known.findings}
    assert unknown.score == known.score


@pytest.mark.parametrize("known", [True, False])
def test_the_limits_reject_whatever_drew_the_clip(known):
    black = pan().copy()
    black[8:] = 0
    verdict = judge(black, None, 8, known=known)
    assert verdict.rejected
    assert not verdict.spared


def test_a_clip_that_is_accepted_is_not_spared():
    assert not weigh(usual(), 8, shipped(), has_input=True, known=False).spared


def test_the_families_whose_like_was_fitted_are_named():
    fitted = {name for name, spec in FAMILIES.items() if spec.fitted}
    assert fitted == {"animatediff", "animatediff-control", "camera", "sketch", "svd"}


NOT_FITTED = sorted(name for name, spec in FAMILIES.items() if not spec.fitted)


def learnt(clips, **more):
    kept = [KeptClip.of({name: 0.01 for name in TROUBLES if name in MEASURES}, **more)] * clips
    return fit_tails(shipped(), kept).applied_to(shipped())


def test_the_new_families_start_with_warnings():
    assert {"ltx", "wan", "wan-vace"} <= set(NOT_FITTED)


@pytest.mark.parametrize("has_input", [True, False])
def test_a_family_is_known_once_enough_of_its_clips_were_kept(has_input):
    for name in NOT_FITTED:
        assert not is_known(name, None, has_input=has_input)
        assert not is_known(name, shipped(), has_input=has_input)
    enough = learnt(FEWEST_KEPT, has_input=has_input)
    assert all(is_known(name, enough, has_input=has_input) for name in NOT_FITTED)
    with pytest.raises(ValueError, match="at least"):
        learnt(FEWEST_KEPT - 1, has_input=has_input)


def test_clips_without_a_picture_teach_nothing_of_those_with_one():
    assert not is_known("wan", learnt(FEWEST_KEPT, has_input=False), has_input=True)
    assert is_known("wan", learnt(FEWEST_KEPT, has_input=True), has_input=False)
    assert is_known("svd", None, has_input=True)
    assert not has_learnt(shipped(), has_input=False)
    assert not is_known("gone", None, has_input=False)
