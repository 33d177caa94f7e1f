"""What somebody has in the hands or at the mouth, beside it, or over the head as a roof."""

from __future__ import annotations

from dataclasses import replace

from engine.families.sketch.figures import Figure
from engine.families.sketch.groups.group import BESIDE, Group, Prop
from engine.families.sketch.habits import INSTRUMENTS, SMALL
from engine.families.sketch.words import Link, Subject


def hold(group: Group, prop: Subject, hands: int) -> Group:
    """Put a thing into a hand, or to the mouth; ``hands``: how many things are held already."""
    figure = Figure(prop.thing)
    standing = prop.thing == "musical-keyboard" or (prop.thing in INSTRUMENTS and "drum" in prop.thing)
    size = 0.55 if standing else 0.5 if prop.thing in INSTRUMENTS else 0.28 if prop.thing in SMALL else 0.4
    x, eyes, _ = group.figure.head
    side = -1 if hands % 2 == 0 else 1
    # A muzzle is at the front: the first thing is held there, and it stays free.
    muzzle = hands == 0 and abs(x) > BESIDE and not standing
    mouth = muzzle or prop.link in {Link.EAT, Link.DRINK}
    low = figure.high * size if muzzle else 0.62 * size
    reach = (
        0.5 * group.figure.wide + 0.42 * figure.wide * size
        if muzzle
        else 0.42 * group.figure.wide + 0.3 * figure.wide * size
    )
    y = 0.0 if standing else (eyes + low if mouth else -0.2)
    held = Prop(figure=figure, colour=prop.colour, size=size, x=side * reach, y=min(0.0, y) - group.raised)
    return replace(group, props=(*group.props, held), wide=group.wide + figure.wide * size * 0.9)


def shelter(group: Group, prop: Subject) -> Group:
    """Hold an umbrella over the head."""
    figure, size = Figure(prop.thing), 0.8
    held = Prop(figure=figure, colour=prop.colour, size=size, x=-0.16, y=-0.62 - group.raised, behind=True)
    return replace(group, props=(*group.props, held), high=group.high + 0.45, wide=max(group.wide, size))
