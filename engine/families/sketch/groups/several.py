"""How many of a thing somebody has who is drawn with it, and how many more stand by themselves."""

from __future__ import annotations

from engine.families.sketch.habits import BOARDS, PERCHES
from engine.families.sketch.words import Link, Subject

_IN_HAND, _UNDER_FOOT = 5, 3  # of a kind at most
_HELD = frozenset({Link.HOLD, Link.WITH, Link.EAT, Link.DRINK})
_UNDER = frozenset({Link.RIDE, Link.DRIVE, Link.ON, Link.IN, Link.LIFT})
_SETS = BOARDS | PERCHES | {"roller-skate", "drum", "long-drum", "water-wave", "lotus"}
"""Of what there may be several, one drawing is enough."""


def at_once(prop: Subject, by: Subject) -> int:
    """How many of a thing each one is drawn with who has it, or is on it."""
    return max(1, min(_each(prop, by), _IN_HAND if prop.link in _HELD else _UNDER_FOOT))


def left_over(prop: Subject, by: Subject) -> int:
    """How many more were asked for than those who have it, or are on it, are drawn with."""
    if prop.link not in _HELD | _UNDER or _is_set(prop):
        return 0
    return max(0, prop.count - at_once(prop, by) * by.count)


def _each(prop: Subject, by: Subject) -> int:
    return 1 if _is_set(prop) else prop.count // by.count


def _is_set(prop: Subject) -> bool:
    plural = prop.thing.endswith("s") and not prop.thing.endswith("ss")  # the drawing shows several
    return plural or prop.thing in _SETS
