"""The plan: sizes, lengths, ways."""

from __future__ import annotations

import pytest

from engine.core.capabilities import Capabilities
from engine.core.recipe import Camera, Motion, Quality
from engine.core.request import Subject
from engine.families import FAMILIES
from tests.engine.families.svd.bench import ALL, planned
from tests.present import present


@pytest.mark.parametrize(
    ("weights", "quality", "way", "steps", "guidance", "model"),
    [
        (ALL, Quality.FAST, "turbo", 4, 1.0, "svd-xt"),
        ({"svd-xt"}, Quality.FAST, "quick", 20, 3.0, "svd-xt"),
        ({"svd-xt", "svd"}, Quality.BALANCED, "light", 20, 3.0, "svd-xt"),
        ({"svd"}, Quality.BEST, "full", 25, 3.0, "svd"),
    ],
)
def test_the_way_follows_the_quality_and_what_is_installed(weights, quality, way, steps, guidance, model):
    recipe = planned(frozenset(weights), quality=quality)
    assert (recipe.engine, recipe.way, recipe.steps) == ("svd", way, steps)
    assert (recipe.guidance, recipe.model) == (guidance, model)


@pytest.mark.parametrize(
    ("shape", "quality", "size"),
    [
        ((160, 90), Quality.FAST, (576, 320)),
        ((160, 90), Quality.BALANCED, (768, 448)),
        ((160, 90), Quality.BEST, (1024, 576)),
        ((90, 160), Quality.BEST, (576, 1024)),
    ],
)
def test_the_frame_has_the_sizes_that_the_model_knows(shape, quality, size):
    subject = Subject(sha256="ab" * 32, width=shape[0], height=shape[1])
    recipe = planned(subject=subject, quality=quality)
    assert (recipe.width, recipe.height) == size


@pytest.mark.parametrize(
    ("motion", "bucket"), [(Motion.GENTLE, 60), (Motion.NORMAL, 127), (Motion.WILD, 200)]
)
def test_the_motion_that_was_wanted_is_a_motion_bucket(motion, bucket):
    recipe = planned(motion=motion)
    assert recipe.settings["motion_bucket"] == bucket
    assert any(f"bucket {bucket}" in reason for reason in recipe.reasons)


def test_what_the_model_cannot_follow_is_said():
    reasons = " ".join(planned(prompt="a storm", camera=Camera.PAN_LEFT).reasons)
    assert "ignores prompts" in reasons
    assert "“pan left” has no effect" in reasons
    assert "no effect" not in " ".join(planned().reasons)


@pytest.mark.parametrize(
    ("weights", "go"), [({"svd-xt"}, 25), ({"svd"}, 14), ({"svd", "animatelcm-svd"}, 25)]
)
def test_so_many_frames_are_drawn_in_one_go_as_the_weights_were_trained_on(weights, go):
    recipe = planned(frozenset(weights), quality=Quality.FAST, seconds=8)
    assert recipe.settings["go"] == go
    assert any(f"more than {go} frames" in reason for reason in recipe.reasons)


def test_four_seconds_are_one_go():
    recipe = planned()
    assert (recipe.frames, recipe.native_fps, recipe.settings["fps"]) == (25, 6.0, 6)


def test_without_weights_the_family_says_what_it_lacks():
    assert "svd-xt" in present(FAMILIES["svd"].lacks(Capabilities(slow=True)))
    assert FAMILIES["svd"].lacks(Capabilities(weights=frozenset({"svd"}), slow=True)) is None
    assert "GPU" in present(FAMILIES["svd"].lacks(Capabilities(weights=frozenset({"svd"}))))
