"""Who floats on water, where the same verb is also to fly: "an otter floating on its back in the river"."""

from __future__ import annotations

from dataclasses import replace

from engine.families.sketch.habits import BOARDS, FLOATERS, FLYERS, is_alive
from engine.families.sketch.language.doing import doers
from engine.families.sketch.language.draft import Draft
from engine.families.sketch.language.tokens import Token
from engine.families.sketch.words import Action, Link, Place

_WATER = frozenset({Place.SEA, Place.BEACH, Place.LAKE})
_ABOVE = frozenset({Link.OVER, Link.UNDER, Link.WITH})


def lies_on_water(reading: Draft, rest: tuple[Token, ...]) -> bool:
    """Whether what floats does so on water, or on a thing; ``rest``: what stands behind the verb."""
    found = doers(reading, Action.FLY)
    if not found or any(reading.things[at].thing in FLYERS for at in found):
        return False
    first = rest[0].meaning if rest else None
    if first is not None and first.kind == "relation" and first.key in _ABOVE:
        return False
    for token in rest:
        meaning = token.meaning
        if meaning is None or meaning.kind not in {"place", "thing", "weather", "verb", "transitive"}:
            continue
        if meaning.kind == "place":
            return meaning.key in _WATER
        on = first is not None and (first.kind, first.key) == ("relation", Link.ON)
        if meaning.kind == "thing":
            return on and meaning.key not in FLYERS | BOARDS
        return on and token.other == "ice"
    return reading.place in _WATER


def float_(reading: Draft) -> None:
    """Let those before the verb lie on the water: what lives there does so anyway, the others swim."""
    reading.afloat, reading.link = True, None
    for at in doers(reading, Action.FLY):
        thing = reading.things[at]
        if is_alive(thing.thing) and thing.thing not in FLOATERS:
            reading.things[at] = replace(thing, action=Action.SWIM)
