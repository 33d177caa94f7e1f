import json
from dataclasses import replace

import cv2
import numpy as np
import pytest

from benchmarks.clips import labelled
from benchmarks.defects import DEFECTS
from benchmarks.harmless import ARGUABLE, BENIGN
from benchmarks.own_clips import PROMPTS, camera, flat, lake, sketch, still
from engine.core.receipt import Outcome
from engine.gate import MEASURES, judge
from engine.gate.calibration import shipped
from engine.gate.measure import Reading, measure
from engine.gate.verdict import weigh
from tests import ROOT
from tests.engine.smooth.moving_scenes import ball, drawing, pan, zoom

CLIPS = ROOT.parent / "shared" / "quality-clips"

# Each defect with the measures of which one must name it.
NAMED = {
    "not_finite": {"not_finite"},
    "blank": {"blank"},
    "frozen": {"frozen"},
    "stutter": {"stutter"},
    "brightness_flickers": {"brightness_flickers"},
    "colour_flickers": {"colours_flicker"},
    "boils": {"light_boils"},
    "strobes": {"part_strobes"},
    "cut": {"scene_cut"},
    "corrupt_end": {"broken_end"},
    "blur_collapses": {"blur_collapses"},
    "colour_fades": {"colours_fade"},
    "colour_drifts": {"colours_drift"},
    "latent_noise": {"fresh_blotches"},
    "fresh_noise": {"fresh_noise"},
    "static_noise": {"noise"},
    "tearing": {"torn"},
    "burnt": {"burnt"},
    "oversaturated": {"oversaturated"},
}


def codes(verdict):
    return {finding.code for finding in verdict.findings}


@pytest.mark.parametrize("name", NAMED)
def test_a_gross_defect_is_rejected_and_named(name):
    frames = pan(height=192, width=288)
    spoilt = DEFECTS[name](frames, 3, np.random.default_rng(5))
    verdict = judge(spoilt, frames[0], 8)
    assert verdict.outcome is Outcome.REJECTED
    assert verdict.rejected
    assert codes(verdict) & NAMED[name], verdict.reasons
    assert verdict.score <= 40


@pytest.mark.parametrize("scene", [pan, zoom, ball, drawing])
def test_a_good_clip_is_accepted_without_a_word(scene):
    frames = scene()
    verdict = judge(frames, frames[0], 8, travels=scene is zoom)
    assert verdict.outcome is Outcome.ACCEPTED or codes(verdict) == {"overexposed"}, verdict.reasons
    assert verdict.score > 50


@pytest.mark.parametrize("name", [name for name in BENIGN if name not in ARGUABLE])
@pytest.mark.parametrize("scene", [pan, ball])
def test_a_benign_change_is_never_rejected(name, scene):
    frames = BENIGN[name](scene(height=192, width=288), 2, np.random.default_rng(7))
    assert not judge(frames, None, 8).rejected


def test_a_reason_says_the_second_at_which_it_happens():
    frames = pan(frames=20)
    frames[13:] = pan(frames=20, seed=9)[13:, :, ::-1]
    verdict = judge(frames, None, 10)
    assert "there is a hard cut at 1.3 s" in verdict.reasons
    assert next(f.second for f in verdict.findings if f.code == "scene_cut") == pytest.approx(1.3)


def test_a_frozen_clip_is_named_from_the_second_it_stops():
    frames = pan()
    frames[6:] = frames[6]
    assert "nothing moves at 0.8 s" in judge(frames, None, 8).reasons


def test_worst_reason_comes_first():
    frames = pan()
    frames[5:] = 0
    severities = [finding.severity for finding in judge(frames, None, 8).findings]
    assert len(severities) > 1
    assert severities == sorted(severities, reverse=True)


def test_floats_before_rounding_get_the_verdict_of_their_bytes():
    frames = pan()
    assert judge((frames / 255).astype(np.float32), None, 8) == judge(frames, None, 8)


def test_an_infinity_in_one_pixel_is_rejected_with_its_second():
    frames = (pan() / 255).astype(np.float32)
    frames[4, 3, 2, 1] = np.inf
    assert judge(frames, None, 8).reasons[0] == "the picture contains invalid numbers at 0.5 s"


def test_burn_without_a_reference_is_at_most_a_warning():
    frames = DEFECTS["burnt"](pan(), 3, np.random.default_rng(0))
    assert not judge(frames, None, 8).rejected
    assert judge(frames, pan()[0], 8).rejected


def test_a_reference_of_another_size_is_fitted():
    frames = pan()
    picture = cv2.resize(frames[0], (900, 623), interpolation=cv2.INTER_CUBIC)
    assert judge(frames, picture, 8).outcome is Outcome.ACCEPTED


@pytest.mark.parametrize(
    "shape", [(1, 64, 64, 3), (2, 48, 64, 3), (3, 33, 47, 3), (9, 1, 1, 3), (9, 5, 301, 3)]
)
def test_short_tiny_and_odd_clips_get_a_verdict(shape):
    frames = np.random.default_rng(1).integers(0, 256, shape, dtype=np.uint8)
    verdict = judge(frames, frames[0], 8)
    assert set(verdict.scores) == set(MEASURES)
    assert np.isfinite([*verdict.scores.values(), verdict.score]).all()


def test_a_single_good_frame_is_no_frozen_clip():
    assert judge(pan()[:1], None, 8).outcome is Outcome.ACCEPTED


@pytest.mark.parametrize(
    ("frames", "reference", "fps", "words"),
    [
        (np.zeros((64, 64, 3), np.uint8), None, 8, r"\[T, H, W, 3\]"),
        (np.zeros((0, 64, 64, 3), np.uint8), None, 8, "at least one frame"),
        (np.zeros((4, 64, 64, 3), np.int32), None, 8, "uint8"),
        (np.zeros((4, 64, 64, 3), np.uint8), np.zeros((64, 64), np.uint8), 8, "reference"),
        (np.zeros((4, 64, 64, 3), np.uint8), np.zeros((64, 64, 3), np.float32), 8, "reference"),
        (np.zeros((4, 64, 64, 3), np.uint8), None, 0, "fps"),
    ],
)
def test_what_is_no_clip_is_refused_in_words(frames, reference, fps, words):
    with pytest.raises(ValueError, match=words):
        judge(frames, reference, fps)


def test_the_given_frames_are_not_touched():
    frames = pan()
    before = frames.copy()
    judge(frames, frames[0], 8)
    assert (frames == before).all()


def test_limits_out_of_order_are_refused():
    with pytest.raises(ValueError, match="usual < warn <= reject"):
        measure(unit="levels", words="odd", warn=2, reject=1)(lambda clip: Reading(0))


def test_a_measure_that_warns_without_words_is_refused():
    with pytest.raises(ValueError, match="needs words"):
        measure(unit="levels", warn=1, reject=2)(lambda clip: Reading(0))


def usual():
    """Readings of the most ordinary clip."""
    scales = shipped().scales
    return {name: Reading(scales[name].median if name in scales else 0.0) for name in MEASURES}


def test_the_most_ordinary_clip_has_all_points():
    verdict = weigh(usual(), 8, shipped(), has_input=True)
    assert verdict.outcome is Outcome.ACCEPTED
    assert verdict.score > 95


def test_a_value_between_the_limits_warns():
    entry = MEASURES["frozen"]
    readings = usual() | {"frozen": Reading((entry.warn + entry.reject) / 2, 4)}
    verdict = weigh(readings, 8, shipped(), has_input=True)
    assert verdict.outcome is Outcome.WARNED
    assert verdict.reasons == ("nothing moves at 0.5 s",)


def test_a_level_between_the_thresholds_warns_and_above_them_rejects():
    readings = usual() | {"torn": Reading(2.5, 4)}
    level = shipped().levels(readings, has_input=True)["torn"]
    assert level > 0
    lenient = replace(shipped(), warn=level - 0.1, reject={})
    strict = replace(lenient, reject={"torn": level - 0.05})
    assert weigh(readings, 8, lenient, has_input=True).reasons == ("a frame is torn at 0.5 s",)
    assert weigh(readings, 8, strict, has_input=True).rejected


def test_a_take_is_judged_by_the_given_calibration():
    frames = DEFECTS["tearing"](pan(height=192, width=288), 2, np.random.default_rng(5))
    blind = replace(shipped(), warn=1e9, reject={}, reject_without_input={})
    assert judge(frames, frames[0], 8).rejected
    assert not judge(frames, frames[0], 8, calibration=blind).rejected


def test_no_more_than_four_reasons_are_told():
    names = ("blank", "frozen", "stutter", "scene_cut", "torn", "noise")
    readings = usual() | {name: Reading(2 * MEASURES[name].reject, 1) for name in names}
    verdict = weigh(readings, 8, shipped(), has_input=True)
    assert len(verdict.findings) >= len(names)
    assert len(verdict.reasons) == 4


@pytest.mark.parametrize(
    ("name", "strength"),
    [("brightness_flickers", 1.5), ("colour_flickers", 2.0), ("strobes", 1.0), ("cut", 1.0)],
)
def test_what_is_hardly_visible_is_caught(name, strength):
    frames = pan(height=192, width=288)
    assert judge(DEFECTS[name](frames, strength, np.random.default_rng(5)), frames[0], 8).rejected


def test_the_weightless_engines_clips_pass():
    drawn = [camera(turn, lake(), size=(256, 144)) for turn in (1, 6)]
    drawn += [sketch(turn, PROMPTS[turn], size=(256, 144)) for turn in (0, 4)]
    drawn += [flat(0, 255), flat(2, 0), still(0.0), still(4.0)]
    rejected = [turn for turn, own in enumerate(drawn) if judge(own.frames, own.reference, 12).rejected]
    assert rejected == []


@pytest.mark.skipif(not CLIPS.exists(), reason="the development clips are not here")
def test_real_clean_clips_pass():
    assert json.loads((CLIPS / "labels.json").read_text())
    clean = [clip for clip in labelled(CLIPS) if clip.label == "clean"][::5]
    rejected = [c.path.name for c in clean if judge(c.frames(16, 384), None, c.fps).rejected]
    assert rejected == []
