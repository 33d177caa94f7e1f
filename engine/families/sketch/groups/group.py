"""A thing and its props, put together."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from engine.families.sketch.figures import Figure
from engine.families.sketch.puppet import BARE, Clothes
from engine.families.sketch.words import RGB, Subject

BESIDE = 0.15
"""Whose eyes are farther from its middle is seen from the side, and has its back above it."""


class Zone(StrEnum):
    """What a thing stands on, swims in or flies through."""

    GROUND = "ground"
    WATER = "water"
    AIR = "air"


@dataclass(frozen=True, kw_only=True)
class Prop:
    """A thing that goes with another.

    Attributes:
        size: in sizes of the one that it goes with, and so are ``x``, ``y`` (of its foot, facing left).
        behind: it is drawn before the other.
        angle: radians, clockwise, by which it is turned about its foot.
        worn: it does not move by itself.
        abreast: it is on the same thing, beside who is on it.
    """

    figure: Figure
    colour: RGB | None
    size: float
    x: float
    y: float
    behind: bool = False
    angle: float = 0.0
    worn: bool = False
    abreast: bool = False


@dataclass(frozen=True, kw_only=True)
class Group:
    """A thing and its props.

    Attributes:
        clothes: what its body has on.
        lifts: its arms are up.
        size: heights, of the thing itself.
        raised: how far its own feet are above the group's, in its sizes.
        wide, high: of all together, in its sizes.
    """

    figure: Figure
    subject: Subject
    zone: Zone
    size: float
    clothes: Clothes = BARE
    lifts: bool = False
    raised: float = 0.0
    props: tuple[Prop, ...] = ()
    wide: float = 1.0
    high: float = 1.0

    def raised_props(self, by: float) -> tuple[Prop, ...]:
        """Its props, where they are once something ``by`` high is put under its feet."""
        return tuple(replace(prop, y=prop.y - by) for prop in self.props)
