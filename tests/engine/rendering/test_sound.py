"""A clip's sound on its way through a render: drawn, given, gone on with, looped, judged."""

from __future__ import annotations

import dataclasses
import json
from typing import Any, ClassVar

import numpy as np
import pytest

from engine.clips.read_clip import read_clip
from engine.core.cancel import CancelToken
from engine.core.errors import Unsupported
from engine.core.family import WithSound
from engine.core.family_spec import FamilySpec
from engine.core.receipt import Outcome, Receipt
from engine.core.recipe import Before, Kind, Recipe, Role, SoundSource
from engine.core.sound import RATE, silence
from engine.families import FAMILIES
from engine.provenance.statement import metadata, sound_of
from engine.rendering.render import CLIP_NAME, Renderer, RenderLimits
from tests import sounds
from tests.engine.rendering.test_render import good

RECIPE = Recipe(
    kind=Kind.TEXT2VIDEO, engine="loud", seed=11, width=96, height=64,
    frames=25, native_fps=24.0, fps=24.0, length=24, prompt="waves", sound=SoundSource.DRAWN,
)  # fmt: skip
SECONDS = 25 / 24


class Loud:
    """Draws a pattern, and the sounds that a test has written down, take by take."""

    takes: ClassVar[list[Any]] = []
    drawn: ClassVar[int] = 0

    def __init__(self, context):
        pass

    def draw(self, recipe, inputs, *, seed, hooks):
        Loud.drawn += 1
        sound = self.takes[min(Loud.drawn, len(self.takes)) - 1]
        return good(recipe) if sound is None else WithSound(frames=good(recipe), sound=sound)


@pytest.fixture
def render(monkeypatch, tmp_path):
    spec = FamilySpec(
        name="loud", target=f"{__name__}:Loud", kinds=frozenset(Kind), needs_picture=False,
        max_native_fps=24, about="draws and sounds", fitted=True,
    )  # fmt: skip
    monkeypatch.setitem(FAMILIES, "loud", spec)

    def make(*takes, recipe=RECIPE, inputs=None, work="work", **limits):
        monkeypatch.setattr(Loud, "takes", list(takes))
        monkeypatch.setattr(Loud, "drawn", 0)
        folder = tmp_path / work
        folder.mkdir()
        receipt = Renderer().render(
            recipe,
            inputs or {},
            work=folder,
            limits=RenderLimits(**limits),
            on_event=lambda _: None,
            cancel=CancelToken(),
        )
        return receipt, folder / CLIP_NAME

    return make


def heard(path):
    clip = read_clip(path)
    assert clip.sound is not None
    assert abs(len(clip.sound) / RATE - len(clip.frames) / clip.fps) <= 1 / clip.fps
    return clip.sound


def test_what_is_drawn_is_heard_and_the_receipt_says_so(render):
    receipt, clip = render(sounds.sine(SECONDS, 997, onset=0.5))
    assert (receipt.sound, receipt.takes[0].outcome) == (True, Outcome.ACCEPTED)
    assert Receipt.from_json(receipt.to_json()) == receipt
    assert sounds.onset(heard(clip)) == pytest.approx(0.5, abs=1 / 24)
    assert sounds.frequency(heard(clip)[round(0.55 * RATE) :]) == pytest.approx(997, abs=5)


@pytest.mark.parametrize(
    ("sound", "cause"),
    [
        (silence(round(SECONDS * RATE)), "sound_is_missing"),
        (np.full((round(SECONDS * RATE), 2), np.nan, np.float32), "sound_is_broken"),
        (sounds.sine(SECONDS, level=4), "sound_is_clipped"),
        (sounds.sine(0.5), "sound_has_another_length"),
    ],
)
def test_a_take_that_sounds_wrong_is_drawn_again(render, sound, cause):
    receipt, clip = render(sound, sounds.music(SECONDS))
    assert [take.outcome for take in receipt.takes] == [Outcome.REJECTED, Outcome.ACCEPTED]
    assert cause in receipt.takes[0].causes
    assert any(reason.endswith(" s") for reason in receipt.takes[0].reasons)
    assert heard(clip).any()


def test_a_family_that_forgets_its_sound_is_a_bug_and_no_silent_clip(render):
    with pytest.raises(ValueError, match="loud drew no sound, and was asked for it"):
        render(None)


def test_sound_that_is_not_wanted_is_left_out(render):
    receipt, clip = render(sounds.sine(SECONDS), recipe=dataclasses.replace(RECIPE, sound=SoundSource.NONE))
    assert not receipt.sound
    assert read_clip(clip).sound is None


@pytest.fixture
def given(tmp_path):
    """A member's sound, as it was taken in."""
    from tests.bot.intake.test_sound_intake import made

    path = tmp_path / "given.wav"
    path.write_bytes(made("wav"))
    return path


def test_a_sound_that_was_given_is_heard_and_not_judged(render, given):
    recipe = dataclasses.replace(RECIPE, sound=SoundSource.GIVEN, inputs={Role.SOUND: "a" * 64})
    receipt, clip = render(None, recipe=recipe, inputs={Role.SOUND: given})
    assert len(receipt.takes) == 1
    assert sounds.onset(heard(clip)) == pytest.approx(0.5, abs=1 / 24)
    with pytest.raises(Unsupported, match="The sound of this job is missing"):
        render(None, recipe=recipe, work="again")
    given.write_bytes(b"no sound")
    with pytest.raises(Unsupported, match="can no longer be read"):
        render(None, recipe=recipe, inputs={Role.SOUND: given}, work="third")


@pytest.mark.parametrize("part", [SoundSource.DRAWN, SoundSource.NONE])
def test_a_longer_clip_keeps_the_old_sound_and_goes_on_with_its_own(render, part):
    _, old = render(sounds.sine(SECONDS, 440), work="old")
    before = Before(width=96, height=64, frames=24, engines=("loud",), real=False, sound=True)
    recipe = dataclasses.replace(RECIPE, before=before, inputs={Role.BEFORE: "a" * 64}, sound=part)
    receipt, clip = render(sounds.sine(SECONDS, 700), recipe=recipe, inputs={Role.BEFORE: old}, max_takes=1)
    whole = heard(clip)
    assert receipt.sound
    assert "sound_clicks" not in receipt.takes[0].causes
    assert len(read_clip(clip).frames) == 24 + 24 - 1
    assert sounds.frequency(whole[: RATE // 2]) == pytest.approx(440, abs=4)
    rest = whole[round(1.2 * RATE) : round(1.8 * RATE)]
    if part is SoundSource.DRAWN:
        assert sounds.frequency(rest) == pytest.approx(700, abs=4)
    else:
        assert np.abs(rest).max() < 0.01


def test_a_loop_keeps_the_sound(render):
    _, old = render(sounds.sine(SECONDS, 440), work="old")
    before = Before(width=96, height=64, frames=24, engines=("loud",), real=False, sound=True)
    recipe = dataclasses.replace(
        RECIPE, before=before, loop=True, length=46, inputs={Role.BEFORE: "a" * 64}, sound=SoundSource.NONE
    )
    receipt, clip = render(recipe=recipe, inputs={Role.BEFORE: old})
    assert receipt.sound
    assert sounds.frequency(heard(clip)) == pytest.approx(440, abs=4)


def test_slow_motion_shows_every_frame_twice_as_late_and_has_no_sound(render):
    _, old = render(sounds.sine(SECONDS, 440), work="old")
    before = Before(width=96, height=64, frames=24, engines=("loud",), real=False, sound=True)
    recipe = dataclasses.replace(
        RECIPE, before=before, slow=2, length=47, inputs={Role.BEFORE: "a" * 64}, sound=SoundSource.NONE
    )
    receipt, clip = render(recipe=recipe, inputs={Role.BEFORE: old})
    first, slow = read_clip(old), read_clip(clip)
    assert (len(slow.frames), slow.fps) == (47, first.fps)
    apart = np.abs(slow.frames[::2].astype(int) - first.frames.astype(int)).mean()
    assert apart < 3  # encoded twice
    assert (receipt.sound, receipt.takes) == (False, ())
    assert "slowed down, it has no sound" in receipt.ladder
    assert Recipe.from_json(recipe.to_json()) == recipe
    assert "slow" not in json.loads(RECIPE.to_json())


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({}, "sound made by the engine loud"),
        ({"sound": SoundSource.GIVEN}, "sound that a member gave"),
        ({"sound": SoundSource.NONE}, ""),
    ],
)
def test_the_file_says_where_its_sound_comes_from(changes, says):
    recipe = dataclasses.replace(RECIPE, **changes)
    assert sound_of(recipe) == says
    assert (says or "machine (loud).") in metadata(recipe)["description"]
