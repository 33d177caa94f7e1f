"""Who flees from somebody is chased: "a cat running away from a dog"."""

from __future__ import annotations

from dataclasses import replace

from engine.families.sketch.habits import is_alive
from engine.families.sketch.language.draft import Draft
from engine.families.sketch.words import Action, Link, Subject


def chased(draft: Draft, things: list[Subject]) -> list[Subject]:
    """The same things, with who is fled from before who flees, as the one that chases.

    Nobody is chased by a fire or a house: from these one only runs, and from what is not known.
    """
    if draft.loose is Link.FLEE and things and is_alive(things[-1].thing):
        draft.loose, things[-1] = None, _running(things[-1])
    order = list(range(len(things)))
    for at, thing in enumerate(things):
        to = thing.to
        if thing.link is not Link.FLEE or to is None:
            continue
        who = things[to]
        things[at] = replace(thing, link=None, to=None)
        if not is_alive(who.thing):
            continue
        if not is_alive(thing.thing) or who.to is not None:
            things[to] = _running(who)
            continue
        things[to] = replace(who, link=Link.CHASE, to=at, action=None)
        order.remove(at)
        order.insert(order.index(to), at)
    now = {was: at for at, was in enumerate(order)}
    return [replace(things[was], to=None if (to := things[was].to) is None else now[to]) for was in order]


def _running(thing: Subject) -> Subject:
    return replace(thing, action=thing.action or Action.RUN)
