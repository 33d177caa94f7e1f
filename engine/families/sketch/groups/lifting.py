"""What somebody lifts: over the head, or hanging below who flies."""

from __future__ import annotations

from dataclasses import replace

from engine.families.sketch.figures import Figure
from engine.families.sketch.groups.group import Group, Prop, Zone
from engine.families.sketch.groups.sizes import size_of
from engine.families.sketch.habits import is_person
from engine.families.sketch.words import Subject

_BELLY = 0.3  # how high above its lowest point the belly is of what the sketch draws itself
_LEAST, _LARGEST = 0.4, 1.6  # sizes of who lifts it


def lift(group: Group, prop: Subject, largest: float = _LARGEST) -> Group:
    """Put what is lifted over the head; what flies has it below. ``largest``: in sizes of who lifts it."""
    figure = Figure(prop.thing)
    size = min(largest, max(_LEAST, size_of(prop.thing) / size_of(group.subject.thing)))
    size *= prop.scale / group.subject.scale
    flies = group.zone is Zone.AIR and not is_person(group.subject.thing)
    hangs = _BELLY if group.figure.own else 0.0
    raised = max(0.0, 0.96 * figure.high * size - hangs) if flies else 0.0
    foot = 0.0 if flies else 0.03 - group.figure.high - group.raised
    pile = tuple(
        Prop(figure=figure, colour=prop.colour, size=size, x=0.0, y=foot - at * figure.high * size, worn=True)
        for at in range(1 if flies else prop.count)
    )
    return replace(
        group,
        lifts=not flies,
        raised=group.raised + raised,
        props=(*group.raised_props(raised), *pile),
        wide=max(group.wide, figure.wide * size),
        high=group.high + (raised if flies else figure.high * size * prop.count),
    )
