"""What the words of a prompt decide: the scene of a sketch, as plain data."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

RGB = tuple[int, int, int]


class Place(StrEnum):
    """Where it is."""

    FIELD = "field"
    BEACH = "beach"
    SEA = "sea"
    LAKE = "lake"
    FOREST = "forest"
    CITY = "city"
    MOUNTAIN = "mountain"
    DESERT = "desert"
    SPACE = "space"
    MOON = "moon"
    UNDERWATER = "underwater"
    SKY = "sky"
    ROOM = "room"
    BRIDGE = "bridge"


class Hour(StrEnum):
    """What the light is like."""

    DAY = "day"
    DAWN = "dawn"
    SUNSET = "sunset"
    NIGHT = "night"


class Weather(StrEnum):
    """What falls, drifts, hides or glows."""

    RAIN = "rain"
    SNOW = "snow"
    STORM = "storm"
    FOG = "fog"
    WIND = "wind"
    AUTUMN = "autumn"
    AURORA = "aurora"


class Action(StrEnum):
    """How a thing moves, where a word says so."""

    RUN = "run"
    WALK = "walk"
    JUMP = "jump"
    FLY = "fly"
    FALL = "fall"
    RISE = "rise"
    DANCE = "dance"
    SWIM = "swim"
    SURF = "surf"
    SLEEP = "sleep"
    WAVE = "wave"
    KISS = "kiss"
    EXPLODE = "explode"
    SPIN = "spin"
    CRY = "cry"
    LAUGH = "laugh"
    SING = "sing"
    BURN = "burn"
    FIGHT = "fight"
    SHINE = "shine"
    GROW = "grow"
    MELT = "melt"


class Link(StrEnum):
    """What one thing does with another, or where it is to it: the verb or the preposition between them."""

    RIDE = "ride"
    DRIVE = "drive"
    EAT = "eat"
    DRINK = "drink"
    WEAR = "wear"
    HOLD = "hold"
    LIFT = "lift"
    CHASE = "chase"
    FLEE = "flee"
    WATCH = "watch"
    ON = "on"
    OVER = "over"
    UNDER = "under"
    IN = "in"
    WITH = "with"


class Shape(StrEnum):
    """The things that the sketch knows by themselves; the value is the name of the thing.

    All but the moon and the sun it draws with its own pen.
    """

    BIRD = "bird"
    BOAT = "sailboat"
    BALLOON = "hot-air-balloon"
    TREE = "deciduous-tree"
    FIRE = "fire"
    FLAME = "flame"
    STAR = "star"
    MOON = "crescent-moon"
    SUN = "sun"
    DRAGON = "dragon"
    HEART = "red-heart"
    HOUSE = "house"
    LIGHTHOUSE = "lighthouse"
    ROCKET = "rocket"
    JELLYFISH = "jellyfish"
    FIREWORKS = "fireworks"
    LANTERN = "red-paper-lantern"


SHAPES = {shape.value: shape for shape in Shape}


@dataclass(frozen=True, kw_only=True)
class Subject:
    """A thing to draw.

    Attributes:
        thing: the name of a drawing, or a :class:`Shape`'s value.
        count: how many of it.
        scale: of its usual size.
        colour: None for its usual one.
        action: how it moves; None for its usual way.
        link, to: ``subjects[to]`` does this with it, or is there to it: of "a cat on a horse", the horse has
            ON and the index of the cat.
    """

    thing: str
    count: int = 1
    scale: float = 1.0
    colour: RGB | None = None
    action: Action | None = None
    link: Link | None = None
    to: int | None = None

    @property
    def shape(self) -> Shape | None:
        """The sketch's own figure of it, if there is one."""
        return SHAPES.get(self.thing)


@dataclass(frozen=True, kw_only=True)
class Vision:
    """All that the words decide.

    Attributes:
        subjects: at most five kinds; empty where the words name nothing that can be drawn.
        pace: a factor on every speed.
        tint: a colour word that belongs to no thing colours the air.
        salt: 32 bits from the whole text; equal texts give equal salts.
        notes: what a member should know: words that were not understood, and what stands in for others.
    """

    place: Place
    hour: Hour
    weather: frozenset[Weather]
    subjects: tuple[Subject, ...]
    pace: float
    tint: RGB | None
    salt: int
    notes: tuple[str, ...] = ()
