"""What one thing does with another, or where it is to it, and what a thing does by itself."""

from __future__ import annotations

from dataclasses import replace

from engine.families.sketch.habits import (
    BOARDS,
    FLOATERS,
    FLYERS,
    FOR_LYING,
    FOUR_LEGGED,
    ROLLERS,
    ROOTED,
    is_alive,
)
from engine.families.sketch.language.doing import awaits_object, doers, lifts_something
from engine.families.sketch.language.draft import PLACED, Draft
from engine.families.sketch.language.floating import float_, lies_on_water
from engine.families.sketch.language.grammar import (
    OBJECT_FIRST,
    is_indefinite,
    is_said_of_next,
    says_at,
    says_floating,
    stands_behind,
)
from engine.families.sketch.language.tokens import Token
from engine.families.sketch.words import Action, Link

_TOPS = (ROLLERS | FLOATERS | ROOTED | FOR_LYING | FOUR_LEGGED | BOARDS) - FLYERS
_PLAY = "play"  # the verb that may go without an object: "dogs playing"


def take_verb(reading: Draft, token: Token, key: str, rest: tuple[Token, ...]) -> None:
    """A verb goes to the things before it that do nothing yet; without any, to the next."""
    if lifts_something(reading, token, rest):
        take_transitive(reading, token, Link.LIFT, rest)
        return
    action, waits = Action(key), awaits_object(reading)
    if action is Action.FLY and says_floating(reading.language, token.text) and lies_on_water(reading, rest):
        float_(reading)
        return
    noun = is_indefinite(reading.language, reading.before)  # "a fight"
    reading.link = None
    found = doers(reading, action)
    if is_said_of_next(reading.language, token.text, rest):
        reading.action, reading.of_next = action, False
    elif found and not noun and not waits:
        for at in found:
            reading.things[at] = replace(reading.things[at], action=action)
    else:
        reading.action, reading.of_next = action, noun


def take_transitive(reading: Draft, token: Token, key: str, __: tuple[Token, ...]) -> None:
    """Let a verb wait for what it is done to; where that stands before the verb, link it."""
    if token.guessed:
        reading.strange.append(token.text)  # who throws a ball is shown with it, not throwing
    reading.plays |= key == _PLAY
    link, things = Link.HOLD if key == _PLAY else Link(key), reading.things
    if (
        reading.language in OBJECT_FIRST
        and reading.kind == "thing"
        and len(things) > 1
        and things[-1].to is None
        and is_alive(things[-2].thing)
        and not is_alive(things[-1].thing)
    ):
        things[-1] = replace(things[-1], link=link, to=len(things) - 2)
    else:
        reading.link = reading.loose = link


def take_relation(reading: Draft, token: Token, key: str, rest: tuple[Token, ...]) -> None:
    """A preposition links two things, unless a verb already does."""
    if says_at(reading.language, token.text) and not _is_top(rest):
        key = Link.IN
    if key != Link.WITH and stands_behind(reading.language, token.text):
        if reading.kind == "thing" and reading.things:
            _behind(reading, Link(key))
    elif _is_of_weather(reading):
        reading.link = None
    elif reading.link is None or reading.link in PLACED:
        reading.link = Link(key)


def _is_of_weather(reading: Draft) -> bool:
    """Whether what a comma sets apart is weather: "a bowl of soup, rain on the window"."""
    before = reading.since[-1] if reading.since else None
    said = before.meaning if before is not None else None
    return said is not None and said.kind == "weather" and before is not None and before.apart


def _is_top(rest: tuple[Token, ...]) -> bool:
    """Whether the next thing is one that others are on."""
    named = (one.meaning.key for one in rest if one.meaning is not None and one.meaning.kind == "thing")
    return next(named, "") in _TOPS


def _behind(reading: Draft, link: Link) -> None:
    """A preposition that stands behind its thing: who is there was named before, or comes next."""
    last = len(reading.things) - 1
    if reading.things[last].link is Link.WITH:  # 在城堡上空
        reading.things[last] = replace(reading.things[last], link=link)
    elif last and reading.things[last].to is None and is_alive(reading.things[last - 1].thing):
        reading.things[last] = replace(reading.things[last], link=link, to=last - 1)
    elif reading.things[last].to is None:
        reading.below = link
