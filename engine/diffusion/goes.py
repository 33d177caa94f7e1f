"""Clips that are drawn in several goes, each beginning with the last frame of the one before.

What is finished stays finished: where memory runs out while a go is decoded, its latents are in hand, and the
next attempt only decodes.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from engine.core.family import Frames, Picture
from engine.diffusion.ladder import Phase

NEXT_GO = 0x85EBCA6B
"""Between the seeds of a take's goes. Odd, and not the distance of a job's takes."""


def goes(frames: int, most: int) -> tuple[int, ...]:
    """Divide a clip into goes of about equal length, each beginning with the last frame of the one before.

    Args:
        frames: of the clip, at least 2.
        most: frames of a go, at least 2.

    Returns:
        The number of frames of each go. All but the first lose one, the doubled frame.
    """
    count = math.ceil((frames - 1) / (most - 1))
    least, more = divmod(frames - 1, count)
    return tuple(least + 1 + (number < more) for number in range(count))


@dataclass(frozen=True, kw_only=True)
class Go:
    """One go: how many frames, from which seed and picture, and its part of the take.

    Attributes:
        picture: what it begins with; None: nothing but words.
        begin, end: the shares of the take at which it begins and ends.
    """

    frames: int
    seed: int
    picture: Picture | None
    begin: float
    end: float


class Unfinished:
    """A clip on its way, from one attempt at it to the next."""

    def __init__(self, shape: tuple[int, int, int], *, seed: int, picture: Picture | None) -> None:
        """Begin.

        Args:
            shape: frames, height and width of the clip.
            seed: of the take.
            picture: what the first go begins with, at the clip's own size.
        """
        self._clip: Frames = np.empty((*shape, 3), np.uint8)
        self._seed = seed
        self._picture = picture
        self._done = 0
        self._number = 0
        self._in_hand: tuple[Go, Any] | None = None

    @property
    def phase(self) -> Phase:
        """What comes next."""
        return Phase.DENOISE if self._in_hand is None else Phase.DECODE

    def draw(self, most: int, denoise: Callable[[Go], Any], decode: Callable[[Any, Go], Frames]) -> Frames:
        """Draw what is left of the clip.

        Args:
            most: frames of a go.
            denoise: gives a go's latents. They are kept until they are decoded.
            decode: makes at least the go's frames of them, uint8 ``[frames, height, width, 3]``.

        Returns:
            The whole clip.
        """
        total = len(self._clip)
        while self._done < total:
            if self._in_hand is None:
                go = self._next(most)
                self._in_hand = go, denoise(go)
            go, latents = self._in_hand
            drawn = decode(latents, go)[: go.frames]
            self._in_hand = None
            doubled = min(self._number, 1)
            new = drawn[doubled:]
            self._clip[self._done : self._done + len(new)] = new
            self._done += len(new)
            self._number += 1
            self._picture = drawn[-1]
        return self._clip

    def _next(self, most: int) -> Go:
        total, doubled = len(self._clip), min(self._number, 1)
        frames = goes(total - self._done + doubled, most)[0]
        return Go(
            frames=frames,
            seed=(self._seed + self._number * NEXT_GO) % 2**32,
            picture=self._picture,
            begin=self._done / total,
            end=(self._done + frames - doubled) / total,
        )
