"""What a prompt asks the sketch to draw: a lexicon, and what it makes of a text.

It is a list of words, not a language model: it knows some places, hours, weathers, things, colours and ways
to move. Words that it does not know still choose colours and lights, through a hash of them.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

RGB = tuple[int, int, int]
_T = TypeVar("_T")


class Place(StrEnum):
    """Where it is."""

    FIELD = "field"
    SEA = "sea"
    FOREST = "forest"
    CITY = "city"
    MOUNTAIN = "mountain"
    DESERT = "desert"
    SPACE = "space"
    UNDERWATER = "underwater"


class Hour(StrEnum):
    """What the light is like."""

    DAY = "day"
    DAWN = "dawn"
    SUNSET = "sunset"
    NIGHT = "night"


class Weather(StrEnum):
    """What falls, drifts or hides."""

    RAIN = "rain"
    SNOW = "snow"
    STORM = "storm"
    FOG = "fog"
    WIND = "wind"


class Action(StrEnum):
    """How the things move, where a word says so."""

    SPIN = "spin"
    FLY = "fly"
    FALL = "fall"
    RISE = "rise"
    DANCE = "dance"


class Shape(StrEnum):
    """The things that can be drawn."""

    BIRD = "bird"
    FISH = "fish"
    BOAT = "boat"
    CAR = "car"
    BALLOON = "balloon"
    FLOWER = "flower"
    TREE = "tree"
    FIRE = "fire"
    STAR = "star"
    MOON = "moon"
    SUN = "sun"
    CAT = "cat"
    DOG = "dog"
    DRAGON = "dragon"
    HEART = "heart"
    HOUSE = "house"
    LIGHTHOUSE = "lighthouse"
    ROCKET = "rocket"
    BUTTERFLY = "butterfly"
    JELLYFISH = "jellyfish"
    PERSON = "person"
    LANTERN = "lantern"


@dataclass(frozen=True, kw_only=True)
class Subject:
    """A thing to draw: how many of it, and in which colour, None for its usual one."""

    shape: Shape
    count: int = 1
    colour: RGB | None = None


@dataclass(frozen=True, kw_only=True)
class Vision:
    """All that the words decide.

    Attributes:
        subjects: at most four kinds; never empty.
        pace: a factor on every speed.
        tint: a colour word that belongs to no thing colours the air.
        salt: 32 bits from the whole text; equal texts give equal salts.
    """

    place: Place
    hour: Hour
    weather: frozenset[Weather]
    subjects: tuple[Subject, ...]
    action: Action | None
    pace: float
    tint: RGB | None
    salt: int


def _index(words: Mapping[_T, str]) -> dict[str, _T]:
    return {word: meaning for meaning, listed in words.items() for word in listed.split()}


_PLACES = _index({
    Place.FIELD: "field meadow hill grass garden park farm countryside prairie valley village",
    Place.SEA: "sea ocean lake river water wave beach coast island bay harbour harbor shore waterfall pond",
    Place.FOREST: "forest wood jungle grove autumn bamboo pine",
    Place.CITY: "city town street skyline downtown neon cyberpunk building skyscraper rooftop tokyo york"
    " paris london road traffic highway",
    Place.MOUNTAIN: "mountain alps peak cliff volcano canyon himalaya glacier summit ridge",
    Place.DESERT: "desert dune sahara sand cactus camel mars pyramid savanna",
    Place.SPACE: "space galaxy nebula planet cosmos cosmic universe orbit astronaut asteroid",
    Place.UNDERWATER: "underwater reef coral aquarium seabed submarine",
})  # fmt: skip
_HOURS = _index({
    Hour.DAY: "day noon daylight sunny morning afternoon bright",
    Hour.DAWN: "dawn sunrise daybreak misty pastel spring",
    Hour.SUNSET: "sunset dusk evening golden twilight autumn",
    Hour.NIGHT: "night midnight moon moonlight moonlit dark darkness stars starry star lantern neon firefly",
})  # fmt: skip
_WEATHERS = _index({
    Weather.RAIN: "rain rainy drizzle shower monsoon umbrella",
    Weather.SNOW: "snow snowy blizzard winter snowflake christmas ice frozen arctic",
    Weather.STORM: "storm stormy thunder lightning thunderstorm tempest hurricane",
    Weather.FOG: "fog foggy mist misty haze smoke",
    Weather.WIND: "wind windy breeze leaf autumn petal gust",
})  # fmt: skip
_ACTIONS = _index({
    Action.SPIN: "spin rotate twirl whirl turn roll",
    Action.FLY: "fly soar glide hover levitate float drift",
    Action.FALL: "fall drop sink descend dive tumble",
    Action.RISE: "rise ascend climb launch takeoff lift",
    Action.DANCE: "dance jump bounce hop play swing celebrate party",
})  # fmt: skip
_SHAPES = _index({
    Shape.BIRD: "bird gull seagull crow eagle owl swan goose geese dove parrot raven hawk crane phoenix",
    Shape.FISH: "fish whale shark dolphin carp koi goldfish",
    Shape.BOAT: "boat ship sailboat yacht ferry canoe sail pirate",
    Shape.CAR: "car taxi truck bus van jeep automobile",
    Shape.BALLOON: "balloon airship zeppelin",
    Shape.FLOWER: "flower rose tulip daisy poppy sunflower blossom lily orchid",
    Shape.TREE: "tree oak willow palm birch",
    Shape.FIRE: "fire flame campfire bonfire candle torch",
    Shape.STAR: "star",
    Shape.MOON: "moon moonlight moonlit crescent",
    Shape.SUN: "sun sunny sunrise sunset",
    Shape.CAT: "cat kitten kitty kittens fox",
    Shape.DOG: "dog puppy wolf hound corgi",
    Shape.DRAGON: "dragon serpent wyvern snake",
    Shape.HEART: "heart love valentine",
    Shape.HOUSE: "house cabin cottage hut barn home castle",
    Shape.LIGHTHOUSE: "lighthouse beacon",
    Shape.ROCKET: "rocket spaceship shuttle spacecraft starship",
    Shape.BUTTERFLY: "butterfly moth",
    Shape.JELLYFISH: "jellyfish octopus squid medusa",
    Shape.PERSON: "person man woman girl boy knight wizard witch dancer astronaut samurai child people"
    " monk king"
    " queen princess ninja warrior traveller traveler",
    Shape.LANTERN: "lantern orb bubble lights firefly ghost spirit",
})  # fmt: skip
_COLOURS: Mapping[str, RGB] = {
    "red": (222, 66, 58), "crimson": (190, 36, 60), "scarlet": (230, 60, 40), "orange": (243, 140, 52),
    "yellow": (250, 206, 70), "gold": (236, 186, 76), "golden": (236, 186, 76), "green": (84, 168, 92),
    "emerald": (40, 160, 110), "teal": (44, 152, 152), "turquoise": (64, 196, 190), "cyan": (84, 200, 220),
    "blue": (70, 120, 216), "azure": (80, 150, 230), "indigo": (84, 76, 176), "purple": (140, 84, 190),
    "violet": (150, 100, 206), "magenta": (210, 70, 160), "pink": (244, 146, 178), "rose": (236, 120, 140),
    "brown": (136, 92, 62), "black": (40, 40, 50), "white": (246, 244, 238), "grey": (146, 150, 160),
    "gray": (146, 150, 160), "silver": (196, 202, 212),
}  # fmt: skip
_PACES: Mapping[str, float] = {
    "slow": 0.6, "slowly": 0.6, "calm": 0.7, "peaceful": 0.7, "quiet": 0.7, "gentle": 0.75, "fast": 1.6,
    "quick": 1.5, "quickly": 1.5, "racing": 1.8, "wild": 1.6, "rapid": 1.6, "speeding": 1.8, "running": 1.4,
}  # fmt: skip
_NUMBERS: Mapping[str, int] = {
    "two": 2, "pair": 2, "three": 3, "four": 4, "five": 5, "several": 4, "many": 7, "flock": 7, "hundreds": 9,
}  # fmt: skip
_USUAL_PLACE: Mapping[Shape, Place] = {
    Shape.BOAT: Place.SEA, Shape.LIGHTHOUSE: Place.SEA, Shape.FISH: Place.UNDERWATER,
    Shape.JELLYFISH: Place.UNDERWATER, Shape.CAR: Place.CITY, Shape.ROCKET: Place.SPACE,
    Shape.DRAGON: Place.MOUNTAIN, Shape.STAR: Place.SPACE,
}  # fmt: skip
_USUAL_SUBJECT: Mapping[Place, Shape] = {
    Place.FIELD: Shape.BUTTERFLY, Place.SEA: Shape.BIRD, Place.CITY: Shape.CAR, Place.MOUNTAIN: Shape.BIRD,
    Place.DESERT: Shape.BIRD, Place.UNDERWATER: Shape.FISH,
}  # fmt: skip
FOOTED = frozenset({
    Shape.FLOWER, Shape.TREE, Shape.FIRE, Shape.CAT, Shape.HOUSE, Shape.CAR, Shape.DOG, Shape.PERSON,
})  # fmt: skip
"""What stands on firm ground."""

_SEVERAL = 4
_MOST_KINDS = 4


def read(prompt: str) -> Vision:
    """Find in any text, an empty one too, what can be drawn of it."""
    words = _words(prompt)
    salt = int.from_bytes(hashlib.blake2b(" ".join(words).encode(), digest_size=4).digest(), "big")
    subjects, tint = _subjects(words)
    named = _first(words, _PLACES) or next(
        (_USUAL_PLACE[subject.shape] for subject in subjects if subject.shape in _USUAL_PLACE), None
    )
    place = named or (Place.FIELD, Place.MOUNTAIN, Place.SEA, Place.FIELD)[salt % 4]
    hour = _first(words, _HOURS) or (Hour.DAY, Hour.DAWN, Hour.SUNSET, Hour.DAY, Hour.NIGHT)[salt // 4 % 5]
    if not subjects:
        lights = named is None or (hour is Hour.NIGHT and place in {Place.FIELD, Place.FOREST, Place.SEA})
        shape = Shape.LANTERN if lights else _USUAL_SUBJECT.get(place, Shape.LANTERN)
        subjects = [Subject(shape=shape, count=3 + salt // 32 % 4)]
    weather = frozenset(meaning for word in words if (meaning := _look_up(word, _WEATHERS)))
    action = _first(words, _ACTIONS)
    if action is Action.FALL and weather & {Weather.RAIN, Weather.SNOW, Weather.WIND}:
        action = None  # then it is the rain, the snow or the leaves that fall
    pace = 1.0
    for word in words:
        pace *= _PACES.get(word, 1.0)
    return Vision(
        place=place,
        hour=hour,
        weather=weather,
        subjects=tuple(subjects),
        action=action,
        pace=min(2.0, max(0.5, pace)),
        tint=tint,
        salt=salt,
    )


def _words(prompt: str) -> list[str]:
    # An emoji's name in Unicode is as good as a word: "ROCKET", "CAT FACE".
    spelled = "".join(
        f" {unicodedata.name(character, '')} " if unicodedata.category(character) == "So" else character
        for character in unicodedata.normalize("NFKC", prompt)
    )
    return re.findall(r"[^\W\d_]+", spelled.casefold())


def _subjects(words: list[str]) -> tuple[list[Subject], RGB | None]:
    """The things in the order of the text, each with the colour and the number that stand before it."""
    found: dict[Shape, Subject] = {}
    colour: RGB | None = None
    count = 0
    for word in words:
        colour = _COLOURS.get(word, colour)
        count = _NUMBERS.get(word, count)
        shape = _look_up(word, _SHAPES)
        if shape is None or shape in found:
            continue
        several = _SEVERAL if word.endswith("s") and word not in _SHAPES else 1
        found[shape] = Subject(shape=shape, count=count or several, colour=colour)
        colour, count = None, 0
    return list(found.values())[:_MOST_KINDS], colour


def _first(words: list[str], lexicon: Mapping[str, _T]) -> _T | None:
    return next((meaning for word in words if (meaning := _look_up(word, lexicon)) is not None), None)


def _look_up(word: str, lexicon: Mapping[str, _T]) -> _T | None:
    return next((lexicon[stem] for stem in _stems(word) if stem in lexicon), None)


def _stems(word: str) -> list[str]:
    """The word itself, then what it may be a form of."""
    stems = [word]
    for ending, others in (
        ("ies", ("y",)),
        ("ves", ("f",)),
        ("es", ("", "e")),
        ("s", ("",)),
        ("ing", ("", "e")),
        ("ed", ("", "e")),
    ):
        if word.endswith(ending):
            root = word.removesuffix(ending)
            stems += [root + other for other in others]
            if len(root) > 2 and root[-1] == root[-2]:  # noqa: PLR2004 - spin-n-ing
                stems.append(root[:-1])
    return stems
