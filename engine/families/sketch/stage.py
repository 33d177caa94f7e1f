"""What every place of the sketch is built from: hills, firs, grass, and numbers to scatter them by."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.families.sketch.light import Light
from engine.families.sketch.pen import Pen, Points
from engine.families.sketch.view import View
from engine.families.sketch.words import RGB, Vision

BELOW = 1.6  # land goes on below the frame, for a camera that looks down


class Dice:
    """Endless numbers in 0 … 1 by index, the same for the same seed; layers repeat after 256 things."""

    def __init__(self, seed: int) -> None:
        self._table: NDArray[np.float64] = np.random.default_rng(seed).random(256)

    def at(self, index: int, kind: int) -> float:
        """The number ``kind`` of thing ``index``; a thing has as many as it needs."""
        return float(self._table[(index * 37 + kind * 101) % 256])


@dataclass(frozen=True, kw_only=True)
class Stage:
    """All that one moment is drawn from.

    Attributes:
        kept: where nothing at our feet may stand before the things: from x to x, in heights.
    """

    pen: Pen
    view: View
    vision: Vision
    light: Light
    dice: Dice
    kept: tuple[tuple[float, float], ...] = ()

    def hides(self, x: float, half: float) -> bool:
        """Whether what is at ``x``, and ``half`` as wide, would stand before a thing."""
        return any(left - half < x < right + half for left, right in self.kept)


def hills(
    view: View, near: float, base: float, rise: float, dice: Dice, kind: int, rough: float = 0.0
) -> Points:
    """The outline of rolling hills, closed below the frame; ``rough`` adds jags."""
    left, right = view.span(near, 0.05)
    x = np.linspace(left, right, 120)
    y = np.full_like(x, base)
    for wave in range(4):
        turn = 2 * math.pi * dice.at(kind, wave)
        y -= rise * 0.5 ** (wave + 1) * np.sin(x * (1.7 + dice.at(kind, wave + 9)) * 1.9**wave + turn)
    if rough:
        for wave in range(4):
            swing = (x * (1.5 + 0.6 * dice.at(kind, wave + 20)) * 2.1**wave + dice.at(kind, wave + 30)) % 1
            y -= rough * 0.5**wave * (1 - 2 * np.abs(swing - 0.5))
    return view.put(np.concatenate([x, [right, left]]), np.concatenate([y, [BELOW, BELOW]]), near)


def each(view: View, near: float, every: float, margin: float) -> Iterator[int]:
    """The indices of the things that stand ``every`` so far apart and can be seen."""
    left, right = view.span(near, margin)
    yield from range(math.floor(left / every), math.ceil(right / every) + 1)


def grass(pen: Pen, view: View, colour: RGB, dice: Dice, base: float) -> None:
    """Blades that bow to the wind, on ground at ``base``."""
    near, every = 1.0, 0.022
    blades = []
    for index in each(view, near, every, 0.1):
        x = (index + dice.at(index, 1)) * every
        high = 0.05 + 0.06 * dice.at(index, 2)
        lean = 0.02 * math.sin(view.seconds * 2.2 + x * 5) + 0.02 * (dice.at(index, 3) - 0.5)
        blades.append(
            view.put([x - 0.006, x + lean, x + 0.006], [base + 0.08, base - high, base + 0.08], near)
        )
    pen.fill_all(blades, colour)
    left, right = view.span(near, 0.05)
    pen.fill(view.put([left, right, right, left], [base + 0.06, base + 0.06, BELOW, BELOW], near), colour)


def firs(
    stage: Stage,
    colour: RGB,
    *,
    near: float,
    base: float,
    every: float,
    high: float,
    kind: int,
    front: bool = False,
) -> None:
    """A row of firs; in ``front`` none stands before a thing."""
    pen, view, dice = stage.pen, stage.view, stage.dice
    for index in each(view, near, every, 0.3):
        x = (index + 0.8 * dice.at(index, kind)) * every
        tall = high * (0.65 + 0.7 * dice.at(index, kind + 1))
        sway = 0.012 * math.sin(view.seconds * 1.3 + index)
        wide = tall * 0.27
        if front and stage.hides(x, wide):
            continue
        foot = base + 0.02 * dice.at(index, kind + 2)
        tiers = [
            view.put(
                [x - 0.012, x + 0.012, x + 0.012, x - 0.012],
                [foot + 0.2, foot + 0.2, foot - tall / 2, foot - tall / 2],
                near,
            )
        ]
        for tier in range(3):
            low, top = foot - tall * (0.12 + 0.24 * tier), foot - tall * (0.55 + 0.225 * tier)
            half = wide * (1 - 0.26 * tier)
            tiers.append(
                view.put([x - half, x + sway * (1 + tier) * tall * 3, x + half], [low, top, low], near)
            )
        pen.fill_all(tiers, colour)
