"""What an upscaled clip will be, and when there will be none."""

from __future__ import annotations

import dataclasses

import pytest

from engine.core.capabilities import Capabilities
from engine.core.device import Device, DeviceKind
from engine.core.errors import UserError
from engine.core.recipe import Before, Kind, Recipe, Role, SoundSource
from engine.core.request import Request, Subject
from engine.families.upscale import SPAN
from engine.planning.choice import engines_for
from engine.planning.plan import PlanLimits, plan
from engine.planning.upscaling import UpscaleLimits, upscaled

CARD = Device(kind=DeviceKind.CUDA, name="a card", memory=8 * 2**30)
HERE = Capabilities(device=CARD, weights=frozenset({SPAN}))
BEFORE = Before(width=576, height=320, frames=96, engines=("svd",), real=True, sound=True)
CLIP = {str(Role.BEFORE): "b" * 64}


def made(before=BEFORE, capabilities=HERE, **limits):
    return upscaled(
        before, CLIP, fps=24, capabilities=capabilities, limits=UpscaleLimits(**limits), prompt="a fox"
    )


def refusal(**changes):
    with pytest.raises(UserError) as raised:
        made(**changes)
    assert raised.value.code == "E_UPSCALE"
    return str(raised.value)


def test_a_clip_becomes_twice_as_large_and_nothing_else():
    recipe = made()
    assert (recipe.width, recipe.height, recipe.frames, recipe.length) == (1152, 640, 96, 96)
    assert (recipe.fps, recipe.native_fps, recipe.prompt) == (24, 24, "a fox")
    assert (recipe.kind, recipe.asked, recipe.before) == (Kind.UPSCALE, "upscale", BEFORE)
    assert recipe.sounds
    assert recipe.reasons == (
        "upscale: shows a finished clip at twice its size (SPAN)",
        "1152×640; the clip was 576×320",
    )
    assert Recipe.from_json(recipe.to_json()) == dataclasses.replace(recipe, inputs={"before": "b" * 64})


@pytest.mark.parametrize(
    ("size", "side", "larger"),
    [
        ((1024, 576), 1920, (1920, 1080)),
        ((576, 1024), 1920, (1080, 1920)),
        ((704, 704), 1920, (1408, 1408)),
        ((500, 302), 640, (640, 386)),
        ((64, 64), 1920, (128, 128)),
    ],
)
def test_its_longest_side_has_a_limit(size, side, larger):
    width, height = size
    recipe = made(dataclasses.replace(BEFORE, width=width, height=height), side=side)
    assert (recipe.width, recipe.height) == larger


def test_what_is_large_enough_is_refused_with_the_sizes():
    told = refusal(before=dataclasses.replace(BEFORE, width=1920, height=1080))
    assert told.startswith("That clip is large enough: it is 1920×1080")
    assert "1920 pixels" in told
    refusal(before=dataclasses.replace(BEFORE, width=520), side=640)


def test_what_is_too_long_is_refused_with_the_length_that_is_not():
    assert made(frames=96).frames == 96
    assert "96 frames" in refusal(frames=95)
    assert "95 at most, which is 3.96 s at its rate" in refusal(frames=95)


@pytest.mark.parametrize(
    "here", [Capabilities(), Capabilities(weights=frozenset({SPAN})), Capabilities(device=CARD)]
)
def test_without_weights_or_anything_quick_to_run_them_on_it_is_refused(here):
    told = refusal(capabilities=here)
    assert told.startswith("I can't upscale clips on this machine. It is missing ")
    assert told.endswith("models pull span-x2." if SPAN not in here.weights else "missing a GPU.")
    assert made(capabilities=Capabilities(weights=frozenset({SPAN}), slow=True))


def test_a_file_that_was_given_is_planned_too_and_keeps_its_sound():
    clip = Subject(sha256="c" * 64, width=640, height=360, seconds=2.0, fps=25.0)
    sound = Subject(sha256="d" * 64, width=0, height=0, seconds=2.0)
    request = Request(kind=Kind.UPSCALE)
    recipe = plan(request, reference=clip, sound=sound, capabilities=HERE)
    assert (recipe.width, recipe.height, recipe.frames, recipe.fps) == (1280, 720, 50, 25)
    assert recipe.inputs == {"before": "c" * 64, "sound": "d" * 64}
    assert recipe.sound is SoundSource.GIVEN
    assert recipe.before is not None
    assert recipe.before.real
    assert plan(request, reference=clip, capabilities=HERE).sound is SoundSource.NONE
    early = dataclasses.replace(sound, seconds=0.5, notes=("it hums",))
    noted = dataclasses.replace(clip, notes=("it is dark",))
    told = plan(request, reference=noted, sound=early, capabilities=HERE).reasons[2:]
    assert told == ("it is dark", "the sound you gave is 0.5 s long; silence follows", "it hums")
    limits = PlanLimits(upscale=UpscaleLimits(side=1000))
    assert plan(request, reference=clip, capabilities=HERE, limits=limits).width == 1000
    with pytest.raises(UserError, match="no clip"):
        plan(request, clip, capabilities=HERE)


def test_nobody_can_ask_for_it_as_an_engine():
    assert "upscale" in engines_for(HERE)
    picture = Subject(sha256="e" * 64, width=640, height=360)
    with pytest.raises(UserError, match=r"no engine called .upscale. here\. Choose from: camera\.$"):
        plan(Request(kind=Kind.ANIMATE, engine="upscale"), picture, capabilities=HERE)
    assert plan(Request(kind=Kind.ANIMATE), picture, capabilities=HERE).engine == "camera"
