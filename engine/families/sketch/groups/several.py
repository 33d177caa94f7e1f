"""How several share what they have or are on, and how many more of it stand by themselves."""

from __future__ import annotations

from dataclasses import replace

from engine.families.sketch.groups.belonging import is_shaded
from engine.families.sketch.habits import BOARDS, OF_ONE, PERCHES, SHOULDERED, VESSELS, is_person
from engine.families.sketch.words import Link, Subject

_IN_HAND, _UNDER_FOOT = 5, 3  # of a kind at most
_MOST_TOGETHER, _MOST_WITHIN = 3, 5  # on one thing, in one thing
_HELD = frozenset({Link.HOLD, Link.WITH, Link.EAT, Link.DRINK})
_UNDER = frozenset({Link.RIDE, Link.DRIVE, Link.ON, Link.IN, Link.LIFT})
_SETS = BOARDS | PERCHES | {"roller-skate", "drum", "long-drum", "water-wave", "lotus"}
"""Of what there may be several, one drawing is enough."""


def shares(props: list[Subject], among: int) -> list[list[Subject]]:
    """What each of several has of all that they have: one of each kind at least."""
    return [[replace(prop, count=_share(prop, at, among)) for prop in props] for at in range(among)]


def left_over(prop: Subject, among: int) -> int:
    """How many more were asked for than those who have it, or are on it, are drawn with."""
    if prop.link not in _HELD | _UNDER or _is_set(prop):
        return 0
    return max(0, prop.count - sum(_share(prop, at, among) for at in range(among)))


def are_together(subject: Subject, props: list[Subject]) -> bool:
    """Whether several are on or in one and the same thing: "two cats on a car"."""
    if len(props) != 1 or subject.count == 1:
        return False
    (prop,) = props
    if is_shaded(prop, subject):
        return subject.count <= _MOST_WITHIN
    within = prop.link is Link.IN and prop.thing in VESSELS
    if subject.count > (_MOST_WITHIN if within else _MOST_TOGETHER):
        return False
    if is_person(prop.thing) and not (subject.thing in SHOULDERED and subject.count == 2):  # noqa: PLR2004
        return False
    return prop.link in {Link.ON, Link.IN, Link.DRIVE} and prop.count == 1 and prop.thing not in OF_ONE


def _share(prop: Subject, at: int, among: int) -> int:
    if _is_set(prop):
        return 1
    each, more = divmod(prop.count, among)
    return max(1, min(each + (at < more), _IN_HAND if prop.link in _HELD else _UNDER_FOOT))


def _is_set(prop: Subject) -> bool:
    plural = prop.thing.endswith("s") and not prop.thing.endswith("ss")  # the drawing shows several
    return plural or prop.thing in _SETS
