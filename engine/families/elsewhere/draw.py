"""Takes that another machine draws, as frames."""

from __future__ import annotations

import numpy as np

from engine.clips.ffmpeg import EncodeFailed
from engine.clips.pcm import read_sound
from engine.clips.read_clip import read_clip
from engine.core.errors import HopelessTake
from engine.core.family import Frames, Hooks, Inputs, SourceClip, WithSound
from engine.core.recipe import Recipe, SoundSource
from engine.core.sentence import Sentence
from engine.core.sound import Sound, fitted, samples_for
from engine.runtime.context import EngineContext
from engine.vision.crop import cover

MISSING = 0.05
"""The share of a take's length that may be missing at its end; its last frame stands for the rest. Servers
round lengths to what their models draw."""


class ElsewhereFamily:
    """Fetches a take, and brings it to the size, the length and the rate of its recipe."""

    def __init__(self, context: EngineContext) -> None:
        """Make it; nothing of the context is needed."""
        del context

    def draw(self, recipe: Recipe, inputs: Inputs, *, seed: int, hooks: Hooks) -> Frames | WithSound:
        """Fetch a take; see :meth:`engine.core.family.Family.draw`.

        Raises:
            HopelessTake: what came back is too short, is no clip, or lacks its sound.
            NotDrawn: nothing came back.
        """
        del inputs  # they have gone to the other machine as files
        take = hooks.elsewhere(recipe, seed)
        for note in take.notes:
            hooks.gave_up(note)
        hooks.cancel.check()
        try:
            clip = read_clip(take.clip)
            sound = None if take.sound is None else read_sound(take.sound)
        except (ValueError, EncodeFailed) as error:
            raise HopelessTake(Sentence("what came back is not a readable clip")) from error
        frames = at_pace(clip, recipe)
        if recipe.sound is not SoundSource.DRAWN:
            return frames
        return WithSound(frames=frames, sound=_heard(sound, recipe))


def at_pace(clip: SourceClip, recipe: Recipe) -> Frames:
    """The frames of a clip that its recipe asks for.

    Args:
        clip: of any size and rate.
        recipe: names the frames, their rate and their size.

    Returns:
        uint8 ``[recipe.frames, recipe.height, recipe.width, 3]``.

    Raises:
        HopelessTake: the clip ends too early.
    """
    wanted = np.rint(np.arange(recipe.frames) * clip.fps / recipe.native_fps).astype(int)
    there = len(clip.frames)
    if wanted[-1] - (there - 1) > max(1, MISSING * wanted[-1]):
        seconds = there / clip.fps
        raise HopelessTake(Sentence("what came back is only {seconds:.1f} s long", seconds=seconds))
    return np.stack([_sized(clip.frames[min(at, there - 1)], recipe) for at in wanted])


def _sized(frame: Frames, recipe: Recipe) -> Frames:
    if frame.shape == (recipe.height, recipe.width, 3):
        return frame
    return cover(frame, recipe.width, recipe.height)


def _heard(sound: Sound | None, recipe: Recipe) -> Sound:
    if sound is None:
        raise HopelessTake(Sentence("what came back has no sound"))
    return fitted(sound, samples_for(recipe.frames, recipe.native_fps))
