"""How large a thing is in a scene."""

from __future__ import annotations

from engine.families.sketch.habits import LARGE, SMALL, is_bust

_LARGE, _USUAL, _SMALL = 0.56, 0.44, 0.24  # heights
_OWN = {"couch-and-lamp": 0.62, "bed": 0.52}
_BUST = 1.1  # a person of whom only head and shoulders are drawn is so much larger than others
_ALONE = 1.2
_SMALL_ALONE = 0.38
_NOT_MAIN = 0.92


def size_of(thing: str, *, main: bool = False, alone: bool = False) -> float:
    """The size of a thing, in heights.

    Args:
        main: it is the first thing of the text.
        alone: nothing else has a place of its own.
    """
    size = _OWN.get(thing) or (_LARGE if thing in LARGE else _SMALL if thing in SMALL else _USUAL)
    if is_bust(thing):
        size *= _BUST
    if alone:
        return _SMALL_ALONE if thing in SMALL else size * _ALONE
    return size * (1.0 if main or thing in LARGE else _NOT_MAIN)
