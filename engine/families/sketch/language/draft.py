"""What has been read of a prompt so far."""

from __future__ import annotations

from dataclasses import dataclass, field

from engine.families.sketch.language.tokens import Token
from engine.families.sketch.words import RGB, Action, Hour, Link, Place, Subject, Weather

PLACED = frozenset({Link.ON, Link.OVER, Link.UNDER, Link.IN, Link.WITH})
DONE = frozenset(
    {
        *(Link.EAT, Link.DRINK, Link.RIDE, Link.DRIVE, Link.HOLD, Link.LIFT, Link.WEAR),
        *(Link.CHASE, Link.FLEE, Link.WATCH),
    }
)
"""What the living do."""
MOST_KINDS = 5
"""Kinds of things in one scene."""


@dataclass
class Draft:
    """The things that have been read, and what waits for the next one.

    Attributes:
        count, scale, colour, action, link: wait for the next thing.
        tint: the colour of a place, an hour or the weather.
        loose: what is done to a thing, as long as no thing has taken it.
        clear: the sky is said to be blue.
        afloat: something lies on water.
        kin: how large the next thing is, if it is the young or a parent of the one before.
        plays: somebody plays, with something or without.
        raining: things rain.
        before: the last word that is no mere adjective.
        strange: words that were not understood.
        of_next: the waiting verb is said of the very next word: "a melting iceberg".
        weak_place: the place only says of what kind a thing is, and gives way to another one.
        kinds: the things right before the next one that only say of what kind it is.
        kind: of the last word that is no small one.
        words: thing → the word that named it last.
        named: the thing that was named last, for the first time or again.
        again: it, as it would be if it were a second one, of another colour.
        since: what was read behind the last thing; empty right behind it.
        joined: the things that "and" joins to the one before.
        below: what the last thing is to the one that comes next, where "on" stands behind: "on a roof a cat".
    """

    language: str
    things: list[Subject] = field(default_factory=list)
    place: Place | None = None
    weak_place: bool = False
    hour: Hour | None = None
    weather: set[Weather] = field(default_factory=set)
    pace: float = 1.0
    count: int = 0
    scale: float = 1.0
    colour: RGB | None = None
    tint: RGB | None = None
    action: Action | None = None
    of_next: bool = False
    link: Link | None = None
    loose: Link | None = None
    below: Link | None = None
    words: dict[str, str] = field(default_factory=dict)
    named: int = 0
    again: Subject | None = None
    since: list[Token] = field(default_factory=list)
    joined: set[int] = field(default_factory=set)
    clear: bool = False
    afloat: bool = False
    kin: float | None = None
    plays: bool = False
    kinds: list[Token] = field(default_factory=list)
    kind: str = ""
    raining: bool = False
    before: str = ""
    strange: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
