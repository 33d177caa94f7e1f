"""Showing the frames of a clip at a larger size, a piece at a time."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import cv2
import numpy as np

from engine.core.errors import Code, Unsupported, UserError
from engine.core.family import Frames, Hooks, Inputs, Picture
from engine.core.recipe import Recipe
from engine.core.sentence import Sentence
from engine.families.upscale import FILE, SPAN
from engine.families.upscale.network import REACH, SCALE, Span
from engine.runtime.context import EngineContext

PIXELS_AT_ONCE = 131_072
"""Pixels of the small picture that go through the network at once. It holds about ten fields of 48 channels,
a kilobyte for each pixel in half precision: a piece takes 0.13 GB of a GPU, however large the clip is."""

DAMAGED = Sentence(
    "The network that enlarges clips cannot be read. The owner can run “framekiln models verify”."
)


class Upscaler:
    """The family."""

    def __init__(self, context: EngineContext) -> None:
        """Make one; the network is loaded with the first clip."""
        self._context = context

    def draw(self, recipe: Recipe, inputs: Inputs, *, seed: int, hooks: Hooks) -> Frames:
        """Show a clip at the recipe's size.

        Args:
            recipe: its size is at most twice that of the clip.
            inputs: the clip is ``before``.
            seed: has no meaning here; nothing is random.
            hooks: told of progress, asked whether to stop.

        Returns:
            uint8 ``[recipe.frames, recipe.height, recipe.width, 3]``.

        Raises:
            Cancelled: a stop was asked for.
            Unsupported: there is no such clip, or it is not as long as the recipe says.
            UserError: the network's file is damaged.
        """
        del seed
        before = inputs.before
        if before is None or len(before.frames) != recipe.frames:
            raise Unsupported(Sentence("The clip to upscale is not the one that was planned for."))
        network = self._network()
        drawn = np.empty((recipe.frames, recipe.height, recipe.width, 3), np.uint8)
        for number, frame in enumerate(before.frames):
            large = np.empty((SCALE * frame.shape[0], SCALE * frame.shape[1], 3), np.uint8)
            for share in _enlarge(network, frame, large):
                hooks.cancel.check()
                hooks.progress((number + share) / recipe.frames)
            drawn[number] = _sized(large, recipe.width, recipe.height)
        return drawn

    def _network(self) -> Span:
        file = self._context.store.path(SPAN) / FILE
        try:
            return self._context.model_cache.get(
                SPAN, lambda: Span.load(file, self._context.device), lambda span: span.size, files=[file]
            )
        except ValueError as error:
            raise UserError(Code.WEIGHTS, DAMAGED) from error


def _enlarge(network: Span, frame: Picture, large: Picture) -> Iterator[float]:
    """Fill ``large`` piece by piece; gives the share that is done. The pieces overlap, so no seam shows."""
    height, width = frame.shape[:2]
    yield 0.0
    for top, bottom in _strips(height, width):
        above, below = max(0, top - REACH), min(height, bottom + REACH)
        piece = network.enlarge(frame[None, above:below])[0]
        cut = SCALE * (top - above)
        large[SCALE * top : SCALE * bottom] = piece[cut : cut + SCALE * (bottom - top)]
        yield bottom / height


def _sized(large: Picture, width: int, height: int) -> Picture:
    if large.shape[:2] == (height, width):
        return large
    return np.asarray(cv2.resize(large, (width, height), interpolation=cv2.INTER_AREA), np.uint8)


def _strips(height: int, width: int) -> Iterator[tuple[int, int]]:
    """The first row of each piece, and the row after its last, of about equal height."""
    rows = max(REACH, PIXELS_AT_ONCE // width)
    count = max(1, round(height / rows + 0.5 - 1e-9))
    edges = [round(number * height / count) for number in range(count + 1)]
    yield from pairwise(edges)
