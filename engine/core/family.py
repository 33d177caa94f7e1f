"""What the engine asks of a family of models, and what it gives it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from engine.core.cancel import CancelToken
from engine.core.elsewhere import TakeFile
from engine.core.errors import Unsupported
from engine.core.recipe import Recipe
from engine.core.sentence import Sentence
from engine.core.sound import Sound

Frames = NDArray[np.uint8]
"""uint8 ``[T, H, W, 3]``, RGB."""

Picture = NDArray[np.uint8]
"""uint8 ``[H, W, 3]``, RGB."""

RawFrames = NDArray[np.uint8] | NDArray[np.float32]
"""What a family returns: uint8, or float32 in 0 … 1 so that the gate can still see a NaN."""


@dataclass(frozen=True, kw_only=True)
class WithSound:
    """What a family returns that makes sound as well: frames, and the sound that goes with them.

    Attributes:
        frames: ``[T, H, W, 3]``.
        sound: float32 ``[S, 2]``, 48,000 samples a second, as long as the frames to within one of them.
    """

    frames: RawFrames
    sound: Sound


def frames_of(drawn: RawFrames | WithSound) -> RawFrames:
    """The frames of what a family returned."""
    return drawn.frames if isinstance(drawn, WithSound) else drawn


@dataclass(frozen=True, kw_only=True)
class SourceClip:
    """A clip as it was taken in or made: its frames, frames per second, and its sound where it has any.

    ``even``: at that rate, each frame is shown when it was shown in the file it came from, or nearly.
    """

    frames: Frames
    fps: float
    sound: Sound | None = None
    even: bool = True


@dataclass(frozen=True, kw_only=True)
class Inputs:
    """A member's files, decoded. Each has its own size and shape; the family crops it.

    Attributes:
        picture: what is animated, or the first frame.
        end: the last frame.
        like: what the clip should look like.
        reference: whose poses, depth or edges are followed, or what is drawn anew.
        before: the finished clip that is continued; its last frame is ``picture``, at the size to draw.
        sound: what the clip is to sound like where a member gave it; families make no use of it.
    """

    picture: Picture | None = None
    end: Picture | None = None
    like: Picture | None = None
    reference: SourceClip | None = None
    before: SourceClip | None = None
    sound: Sound | None = None


def _nothing(_: object) -> None:
    """The default of a hook: do nothing."""


def _from_nowhere(recipe: Recipe, _seed: int) -> TakeFile:
    """The default of :attr:`Hooks.elsewhere`: there is no way to another machine."""
    raise Unsupported(
        Sentence(
            "{engine} draws on another machine, and there is no way to it from here.", engine=recipe.engine
        )
    )


@dataclass(frozen=True, kw_only=True)
class Hooks:
    """How a family hears from the render around it, and reports to it.

    Attributes:
        cancel: looked at once a frame, step or decoded chunk.
        progress: told the share of the take that is done, 0 … 1, at least once a frame or step.
        draft: shown a first look, small uint8 ``[T, h, w, 3]`` at ``recipe.native_fps``; at most once a take.
        gave_up: told what was given up, for example to save memory, in words a member can read; it goes on
            the receipt.
        elsewhere: fetches this take from the machine that draws it.
    """

    cancel: CancelToken = field(default_factory=CancelToken)
    progress: Callable[[float], None] = _nothing
    draft: Callable[[Frames], None] = _nothing
    gave_up: Callable[[str], None] = _nothing
    elsewhere: Callable[[Recipe, int], TakeFile] = _from_nowhere


class Family(Protocol):
    """A family of models that can draw a clip. Made once in the engine process, then used job after job."""

    def draw(self, recipe: Recipe, inputs: Inputs, *, seed: int, hooks: Hooks) -> RawFrames | WithSound:
        """Draw one take.

        Args:
            recipe: what to draw; ``recipe.frames`` frames of ``recipe.width`` × ``recipe.height`` pixels, at
                ``recipe.native_fps``.
            inputs: the member's files.
            seed: the seed of this take: the same seed gives the same bytes.
            hooks: told of progress, asked whether to stop.

        Returns:
            ``[recipe.frames, recipe.height, recipe.width, 3]``, uint8, or float32 in 0 … 1; with its
            sound if ``recipe.sound`` is ``drawn``.

        Raises:
            Cancelled: a stop was asked for.
            Unsupported: this engine cannot draw this recipe.
        """
        ...
