"""What somebody has on: on the head, round the neck, on the back or on the body."""

from __future__ import annotations

from dataclasses import replace

from engine.families.sketch.drawings import drawing
from engine.families.sketch.figures import Figure
from engine.families.sketch.groups.group import BESIDE, Group, Prop
from engine.families.sketch.habits import (
    CLOTHES,
    COATS,
    CROWNED,
    DRESSES,
    EYEWEAR,
    GLOVES,
    NECKWEAR,
    ROBES,
    SHOES,
    SWIMWEAR,
    TROUSERS,
)
from engine.families.sketch.pen import mix
from engine.families.sketch.puppet import Clothes
from engine.families.sketch.words import Subject


def wear(group: Group, prop: Subject) -> Group:
    """Dress a body in clothes; all else is a thing of its own, put where it is worn."""
    if prop.thing == "crown" and group.figure.thing in CROWNED:
        return group
    if prop.thing in CLOTHES and group.figure.body is not None:
        return replace(group, clothes=_dressed(group.clothes, prop))
    figure = Figure(prop.thing)
    x, y, size, behind = _place(group.figure, figure)
    size *= prop.scale
    worn = Prop(
        figure=figure,
        colour=prop.colour,
        size=size,
        x=x,
        y=y - group.raised,
        behind=behind,
        worn=True,
    )
    high = max(group.high, figure.high * size - y + group.raised)
    return replace(group, props=(*group.props, worn), high=high)


def _place(wearer: Figure, worn: Figure) -> tuple[float, float, float, bool]:
    """Where the foot of what is worn is, its size, and whether it is behind: ``(x, y, size, behind)``."""
    x, eyes, top = wearer.head
    size, behind = wearer.head_size / worn.wide, False
    if worn.thing in EYEWEAR:
        y = eyes + 0.5 * worn.high * size
    elif worn.thing in NECKWEAR:
        y = eyes + 1.5 * worn.high * size
    elif worn.thing == "headphone":
        size = wearer.head_wide / worn.wide
        y = max(top + 0.88 * worn.high * size, eyes + 0.2 * worn.high * size)
    elif worn.thing == "backpack":
        size, behind = 0.42 * wearer.high, abs(x) < BESIDE
        x, y = (0.5 * wearer.wide - 0.15, -0.2) if behind else (0.1, -0.6 * wearer.high)
    elif worn.thing in SHOES | GLOVES:
        x, y, size = -0.22 * wearer.wide, 0.0, 0.28
    elif worn.thing in CLOTHES:
        x, y, size = 0.0, -0.15 * wearer.high, 0.5 * wearer.high / worn.high
    else:
        y = top + 0.22 * size
    return x, y, size, behind


def _dressed(worn: Clothes, prop: Subject) -> Clothes:
    """What a body has on, and one thing more."""
    shown = drawing(prop.thing)
    colour = prop.colour or shown.parts[shown.seen].colour
    if prop.thing in SHOES:  # darker, or they could not be seen beside fur of that colour
        return replace(worn, shoes=prop.colour or mix(colour, (24, 20, 40), 0.55))
    if prop.thing in GLOVES:
        return replace(worn, hands=colour)
    if prop.thing in TROUSERS:
        return replace(worn, legs=colour)
    hem, flare = _cut(prop.thing)
    sleeves = prop.thing not in DRESSES | SWIMWEAR
    return replace(worn, top=colour, sleeves=sleeves, hem=hem, flare=flare)


def _cut(top: str) -> tuple[float, float]:
    """Hem and flare of what covers the upper body; see :class:`.puppet.Clothes`."""
    if top in DRESSES:
        return 0.09, 1.6
    if top in ROBES:
        return 0.05, 1.05
    if top in COATS:
        return 0.12, 1.15
    return 0.0, 1.0
