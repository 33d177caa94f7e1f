"""What is planned for AnimateDiff, as a table: nothing here needs its weights, or torch."""

from __future__ import annotations

import pytest

from engine.core.capabilities import Capabilities
from engine.core.errors import UserError
from engine.core.recipe import Camera, Kind, Motion, Quality, Style
from engine.core.request import Request, Subject
from engine.families import FAMILIES
from engine.planning.plan import plan
from tests.present import present

LCM, LIGHTNING, V2, V3 = "animatelcm", "lightning", "motion-v1-5-2", "motion-v1-5-3"
PICTURE = Subject(sha256="ab" * 32, width=300, height=200)


def planned(
    *weights, checkpoints=("epicrealism",), owned=(), subject=None, like=None, reference=None, **request
):
    capabilities = Capabilities(weights=frozenset((*weights, *checkpoints)), checkpoints=owned, slow=True)
    asked = Request(**{"kind": Kind.TEXT2VIDEO, "prompt": "a red fox", "engine": "animatediff", **request})
    return plan(asked, subject, like=like, reference=reference, capabilities=capabilities)


def said(recipe, words):
    return any(words in reason for reason in recipe.reasons)


@pytest.mark.parametrize(
    ("weights", "quality", "way", "steps", "guidance", "motion"),
    [
        ((LCM, LIGHTNING, V3), Quality.FAST, "lcm", 6, 1.5, LCM),
        ((LIGHTNING, V3), Quality.FAST, "lightning", 4, 1.0, LIGHTNING),
        ((LCM, LIGHTNING, V3), Quality.BALANCED, "lcm", 8, 2.0, LCM),
        ((LIGHTNING, V3), Quality.BALANCED, "full", 20, 7.5, V3),
        ((LIGHTNING,), Quality.BALANCED, "lightning", 8, 1.0, LIGHTNING),
        ((LCM, V2), Quality.BEST, "full", 25, 7.5, V2),
        ((V2, V3), Quality.BEST, "full", 25, 7.5, V3),
        ((LCM,), Quality.BEST, "lcm", 8, 2.0, LCM),
        ((V3,), Quality.FAST, "full", 20, 7.5, V3),
    ],
)
def test_weights_come_with_their_own_steps_and_guidance(weights, quality, way, steps, guidance, motion):
    recipe = planned(*weights, quality=quality)
    assert (recipe.way, recipe.steps, recipe.guidance) == (way, steps, guidance)
    assert recipe.settings["motion"] == motion


@pytest.mark.parametrize(
    ("weights", "path", "motion", "camera", "why"),
    [
        ((V2, "motion-lora-zoom-in"), Camera.PUSH_IN, V2, "motion-lora-zoom-in", "camera: push in"),
        (
            (V2, V3, "motion-lora-tilt-up"),
            Camera.TILT_UP,
            V2,
            "motion-lora-tilt-up",
            "motion adapter made for it",
        ),
        ((V3, "motion-lora-tilt-up"), Camera.TILT_UP, V3, None, "motion-v1-5-2 is not installed"),
        ((V2,), Camera.PAN_LEFT, V2, None, "motion-lora-pan-left is not installed"),
        ((V2,), Camera.ORBIT, V2, None, "has no camera path “orbit”"),
        ((V2, "motion-lora-zoom-in"), Camera.AUTO, V2, None, None),
        ((V2, "motion-lora-zoom-in"), Camera.STILL, V2, None, "has no camera path “still”"),
        ((V2, "motion-lora-roll-left"), Camera.ROLL_LEFT, V2, "motion-lora-roll-left", "camera: roll left"),
    ],
)
def test_the_camera_goes_where_a_motion_lora_and_its_adapter_can_take_it(weights, path, motion, camera, why):
    recipe = planned(*weights, quality=Quality.BEST, camera=path)
    assert (recipe.settings["motion"], recipe.settings.get("camera")) == (motion, camera)
    assert why is None or said(recipe, why)


@pytest.mark.parametrize(("adapter", "weight"), [(LCM, 0.8), (LIGHTNING, 0.7)])
def test_the_distilled_adapters_follow_the_camera_too(adapter, weight):
    recipe = planned(adapter, "motion-lora-pan-right", quality=Quality.FAST, camera=Camera.PAN_RIGHT)
    assert recipe.settings["camera"] == "motion-lora-pan-right"
    assert recipe.settings["camera_weight"] == weight
    assert recipe.settings["motion"] == adapter


@pytest.mark.parametrize(
    ("checkpoints", "owned", "asked", "model"),
    [
        (("sd15", "epicrealism"), (), {}, "epicrealism"),
        (("sd15",), ("toonish",), {}, "sd15"),
        ((), ("mine",), {}, "mine"),
        (("epicrealism",), ("toonish",), {"prompt": "an anime girl"}, "toonish"),
        (("epicrealism",), ("toonish",), {"model": "toonish"}, "toonish"),
        (("epicrealism",), ("mine",), {"prompt": "an anime girl"}, "epicrealism"),
    ],
)
def test_the_checkpoint_suits_the_words_and_is_said(checkpoints, owned, asked, model):
    recipe = planned(V3, checkpoints=checkpoints, owned=owned, **asked)
    assert recipe.model == model
    assert said(recipe, f"checkpoint {model}")


def test_a_checkpoint_that_is_not_there_is_named_with_those_that_are():
    with pytest.raises(UserError, match=r"no checkpoint “dream”.*epicrealism, mine"):
        planned(V3, owned=("mine",), model="dream")


def test_a_checkpoint_that_draws_is_steered_away_from_photographs():
    photo, drawn = planned(V3), planned(V3, owned=("toonish",), model="toonish")
    assert "cartoon" in photo.negative
    assert "photo" in drawn.negative
    assert planned(V3, negative="rain").negative == "rain"
    assert planned(V3, raw=True).words == "a red fox"
    assert photo.words.startswith("a red fox")


@pytest.mark.parametrize(
    ("weights", "asked", "recorded", "is_said"),
    [
        (LIGHTNING, "rain", "", True),
        (LIGHTNING, None, "", False),
        (LIGHTNING, "", "", False),
        (LCM, "rain", "rain", False),
    ],
)
def test_without_guidance_nothing_is_steered_away_from(weights, asked, recorded, is_said):
    recipe = planned(weights, quality=Quality.FAST, negative=asked)
    assert recipe.negative == recorded
    assert said(recipe, "ignores the negative prompt") is is_said


def test_only_the_best_quality_is_drawn_several_times_over():
    assert planned(V3, quality=Quality.BEST).settings["rounds"] == 3
    assert "rounds" not in planned(V3, quality=Quality.BALANCED).settings
    assert "rounds" not in planned(LCM, quality=Quality.BEST).settings


@pytest.mark.parametrize(("asked", "steps"), [(0.0, 1), (0.01, 1), (0.5, 4), (1.0, 8), (None, 4)])
@pytest.mark.parametrize("quality", list(Quality))
def test_a_clip_drawn_anew_has_a_step_to_be_drawn_in(asked, steps, quality):
    recipe = planned(LCM, V3, kind=Kind.RESTYLE, strength=asked, reference=PICTURE, quality=quality)
    assert int(recipe.steps * recipe.strength) >= 1
    if recipe.steps == 8:
        assert int(recipe.steps * recipe.strength) == steps
    assert "rounds" not in recipe.settings


def test_frames_are_drawn_at_eight_a_second_and_long_clips_say_how():
    short, usual, long = (planned(V3, seconds=seconds) for seconds in (2, 4, 8))
    assert (short.frames, short.native_fps) == (17, 8)
    assert (usual.frames, usual.native_fps) == (32, pytest.approx(7.83, abs=0.01))
    assert (long.frames, long.native_fps) == (65, 8)
    assert said(long, "windows of 16")
    assert not said(usual, "windows"), "the usual length in one look"


@pytest.mark.parametrize("quality", list(Quality))
def test_a_first_frame_is_drawn_with_what_sparsectrl_was_trained_beside(quality):
    here = (LCM, LIGHTNING, V2, V3, "sparsectrl-rgb", "motion-lora-v1-5-3", "motion-lora-zoom-in")
    recipe = planned(*here, subject=PICTURE, quality=quality, camera=Camera.PUSH_IN)
    assert (recipe.way, recipe.settings["motion"]) == ("full", V3)
    assert recipe.settings["first_lora"] == "motion-lora-v1-5-3"
    assert "camera" not in recipe.settings, "the camera's LoRAs belong to another adapter"
    assert said(recipe, "camera “push in” has no effect here")
    without = planned(LCM, V3, "sparsectrl-rgb", subject=PICTURE, quality=quality)
    assert "first_lora" not in without.settings
    assert said(without, "drawn without motion-lora-v1-5-3")


def test_a_first_frame_without_that_adapter_is_refused_with_the_way_out():
    with pytest.raises(UserError, match="framekiln models pull motion-v1-5-3"):
        planned(LCM, V2, "sparsectrl-rgb", subject=PICTURE)


@pytest.mark.parametrize(
    ("quality", "subject", "size"),
    [
        (Quality.FAST, PICTURE, (576, 384)),
        (Quality.BALANCED, PICTURE, (640, 448)),
        (Quality.BEST, Subject(sha256="ab" * 32, width=100, height=100), (576, 576)),
        (Quality.FAST, Subject(sha256="ab" * 32, width=100, height=100), (448, 448)),
        (Quality.BALANCED, Subject(sha256="ab" * 32, width=100, height=100), (512, 512)),
    ],
)
def test_frames_are_about_as_large_as_the_model_was_trained_on(quality, subject, size):
    recipe = planned(V3, "sparsectrl-rgb", subject=subject, quality=quality)
    assert (recipe.width, recipe.height) == size


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"subject": PICTURE}, "sparsectrl-rgb"),
        ({"like": PICTURE}, "sd15-ip-adapter"),
    ],
)
def test_a_picture_that_cannot_be_used_is_said_before_anything_is_drawn(given, words):
    with pytest.raises(UserError, match=words):
        planned(V3, **given)
    assert planned(V3, words, **given).engine == "animatediff"


def test_what_steers_nothing_is_said():
    assert said(planned(V3, motion=Motion.WILD), "“wild” motion has no effect")
    assert not said(planned(V3), "has no effect")
    assert said(planned(V3, prompt="0: a bud | 8: a flower"), "prompt by frame")


def test_the_styles_travel_with_the_recipe():
    styles = (Style(name="ink", weight=0.7),)
    assert planned(V3, styles=styles).styles == styles


def test_without_any_motion_adapter_or_checkpoint_the_family_says_what_it_lacks():
    spec = FAMILIES["animatediff"]
    assert "motion-v1-5-3" in present(spec.lacks(Capabilities(weights=frozenset({"epicrealism"}), slow=True)))
    assert "epicrealism" in present(spec.lacks(Capabilities(weights=frozenset({V3}), slow=True)))
    both = "its weights (motion-v1-5-3) and a checkpoint; framekiln models pull motion-v1-5-3 epicrealism"
    assert spec.lacks(Capabilities(slow=True)) == both
    assert spec.lacks(Capabilities(weights=frozenset({V3}), checkpoints=("mine",), slow=True)) is None
    assert "GPU" in present(spec.lacks(Capabilities(weights=frozenset({V3, "sd15"}))))


def test_the_same_defect_twice_slows_the_camera_then_draws_twice_over_then_gives_up():
    spec = FAMILIES["animatediff"]
    recipe = planned(V2, "motion-lora-zoom-in", quality=Quality.BALANCED, camera=Camera.PUSH_IN)
    slower = present(spec.calm(recipe))
    assert (slower.recipe.settings["camera_weight"], slower.changed) == (0.5, "the camera moves more slowly")
    twice = present(spec.calm(slower.recipe))
    assert twice.recipe.settings["rounds"] == 2
    assert spec.calm(twice.recipe) is None
    assert spec.calm(planned(LCM, quality=Quality.FAST)) is None
