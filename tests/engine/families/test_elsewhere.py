"""A take that another machine drew: brought to the size, the rate and the length of its recipe."""

from __future__ import annotations

import wave
from dataclasses import replace

import numpy as np
import pytest

from engine.clips.encode import encode
from engine.core.cancel import CancelToken
from engine.core.elsewhere import TakeFile
from engine.core.errors import HopelessTake, Unsupported
from engine.core.family import Hooks, Inputs, SourceClip, WithSound
from engine.core.recipe import Kind, Recipe, SoundSource
from engine.core.sound import RATE
from engine.families.elsewhere.draw import ElsewhereFamily, at_pace
from engine.runtime.context import EngineContext

RECIPE = Recipe(
    kind=Kind.TEXT2VIDEO,
    engine="far/away",
    seed=1,
    width=64,
    height=48,
    frames=9,
    native_fps=8,
    fps=24,
    length=25,
)


def clip(frames, fps, *, size=(48, 64)):
    """Frame n is of the grey n."""
    grey = np.arange(frames, dtype=np.uint8)[:, None, None, None]
    return SourceClip(frames=np.broadcast_to(grey, (frames, *size, 3)), fps=fps)


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        (clip(9, 8.0), [0, 1, 2, 3, 4, 5, 6, 7, 8]),
        (clip(12, 8.0), [0, 1, 2, 3, 4, 5, 6, 7, 8]),
        (clip(17, 16.0), [0, 2, 4, 6, 8, 10, 12, 14, 16]),
        (clip(8, 8.0), [0, 1, 2, 3, 4, 5, 6, 7, 7]),
        (clip(5, 4.0), [0, 0, 1, 2, 2, 2, 3, 4, 4]),
    ],
    ids=["as wanted", "longer", "twice the rate", "a frame short", "half the rate"],
)
def test_frames_are_taken_at_their_times(given, shown):
    frames = at_pace(given, RECIPE)
    assert frames.shape == (9, 48, 64, 3)
    assert frames[:, 0, 0, 0].tolist() == shown


def test_what_ends_too_early_is_hopeless():
    with pytest.raises(HopelessTake, match=r"only 0\.9 s long"):
        at_pace(clip(7, 8.0), RECIPE)


def test_another_size_is_cropped_to_the_one_that_was_asked_for():
    assert at_pace(clip(9, 8.0, size=(90, 90)), RECIPE).shape == (9, 48, 64, 3)


class Returned:
    """A take on disk, as a far machine would have sent it."""

    def __init__(self, folder):
        self.clip, self.sound = folder / "take.mp4", folder / "take.wav"
        frames = np.full((9, 48, 64, 3), 128, np.uint8)
        encode(
            frames,
            fps=8,
            path=self.clip,
            metadata={},
            max_bytes=10**6,
            progress=lambda _: None,
            cancel=CancelToken(),
        )
        with wave.open(str(self.sound), "wb") as file:
            file.setnchannels(2)
            file.setsampwidth(2)
            file.setframerate(RATE)
            file.writeframes(np.full((RATE, 2), 1000, np.int16).tobytes())

    def draw(self, recipe, *, sound=True):
        gave_up: list[str] = []
        take = TakeFile(clip=self.clip, sound=self.sound if sound else None, notes=("made far away",))
        hooks = Hooks(gave_up=gave_up.append, elsewhere=lambda recipe, seed: take)
        drawn = ElsewhereFamily(EngineContext()).draw(recipe, Inputs(), seed=7, hooks=hooks)
        return drawn, gave_up


@pytest.fixture
def returned(tmp_path):
    return Returned(tmp_path)


def test_a_mute_recipe_gets_frames_and_the_notes_go_on_the_receipt(returned):
    frames, gave_up = returned.draw(RECIPE)
    assert frames.shape == (9, 48, 64, 3)
    assert abs(int(frames.mean()) - 128) < 3
    assert gave_up == ["made far away"]


def test_sound_is_cut_to_the_frames(returned):
    drawn, _ = returned.draw(replace(RECIPE, sound=SoundSource.DRAWN))
    assert isinstance(drawn, WithSound)
    assert drawn.sound.shape == (round(9 / 8 * RATE), 2)
    assert drawn.sound[100, 0] == pytest.approx(1000 / 32768, abs=1e-4)


def test_missing_sound_and_unreadable_files_are_hopeless(returned):
    with pytest.raises(HopelessTake, match="no sound"):
        returned.draw(replace(RECIPE, sound=SoundSource.DRAWN), sound=False)
    returned.clip.write_bytes(b"<html>")
    with pytest.raises(HopelessTake, match="not a readable clip"):
        returned.draw(RECIPE)


def test_without_a_way_there_the_recipe_is_unsupported():
    with pytest.raises(Unsupported, match="another machine"):
        ElsewhereFamily(EngineContext()).draw(RECIPE, Inputs(), seed=7, hooks=Hooks())
