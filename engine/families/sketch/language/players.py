"""Who plays what in English, where the game stands before its player."""

from __future__ import annotations

from dataclasses import replace

from engine.families.sketch.habits import is_alive
from engine.families.sketch.language.draft import Draft
from engine.families.sketch.language.tokens import Token
from engine.families.sketch.language.vocabulary import Meaning
from engine.families.sketch.words import Link, Subject

_PLAYERS = frozenset({"player", "players"})
_CRICKET = "cricket-game"
_BATTED = frozenset({"baseball", "softball", _CRICKET})
_OF_THE_GAME = frozenset({"player", "players", "bat", "bats", "ball", "match", "game", "team"})
"""Behind “cricket” they tell that it is no insect."""
_MACHINES = frozenset({"dvd", "optical-disk", "videocassette", "film-frames"})
_SEVERAL = 3


def of_the_game(reading: Draft, token: Token, rest: tuple[Token, ...]) -> Meaning | None:
    """What a word of games means where it stands: a bat, a gamer, cricket. None for any other word."""
    if reading.language != "en" or token.meaning is None:
        return None
    follows = rest[0] if rest else None
    if token.text == "cricket" and follows is not None and follows.text in _OF_THE_GAME:
        return Meaning("thing", _CRICKET)
    if token.meaning.key == "bat" and any(one.thing == _CRICKET for one in reading.things):
        reading.link = None
        return Meaning("small", "idle")  # the game shows one
    if token.meaning.key == "bat" and any(one.thing in _BATTED for one in reading.things):
        return Meaning("thing", _CRICKET)  # which shows a bat
    named = follows.meaning if follows is not None else None
    if token.text == "gamer" and named is not None and named.kind == "thing" and is_alive(named.key):
        return Meaning("small", "idle")  # "a gamer cat"
    return None


def joins_game(reading: Draft, token: Token, name: str) -> bool:
    """Let a player hold the game that was named right before: "a tennis player" is one, who has a ball."""
    if reading.language != "en" or token.text not in _PLAYERS or not reading.things or reading.since:
        return False
    game, at = reading.things[-1], len(reading.things) - 1
    if is_alive(game.thing):
        return False
    if game.thing in _MACHINES:
        return True
    several = token.text.endswith("s") and game.count == 1
    reading.things[-1] = replace(game, thing=name, count=_SEVERAL if several else game.count)
    reading.things.append(Subject(thing=game.thing, link=Link.HOLD, to=at))
    reading.named = at
    return True


def is_cricket_bat(token: Token, name: str) -> bool:
    """Whether the bat of a game is drawn as the game."""
    return token.text == "bat" and name != "bat"
