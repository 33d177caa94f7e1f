"""The names that an owner gave styles and models, as members may write them; and what is left unsaid."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Collection, Mapping

from engine.core.capabilities import Capabilities
from engine.core.errors import Code, UserError
from engine.core.recipe import Follow, Kind, Role, Style
from engine.core.request import AUTO, Feature, Request
from engine.core.sentence import Sentence, as_is, sentence
from engine.families import families_of
from engine.planning.choice import engines_for

MAX_WEIGHT = 2.0
MAX_STYLES = 5
SHOWN = 10
"""Names that a refusal lists."""

FOLLOWED_FIRST = (Follow.DEPTH, Follow.SOFT_EDGES, Follow.EDGES, Follow.POSE)
"""What is followed in a clip by default: depth fits any scene, poses only people."""


def styles_of(text: str | None) -> tuple[Style, ...]:
    """Read ``ink, neon:0.6``: names, each with its weight where one is given.

    Raises:
        UserError: a weight is out of its range, or there are too many.
    """
    parts = [part.strip() for part in (text or "").split(",")]
    styles = tuple(_style(part) for part in parts if part)
    if len(styles) > MAX_STYLES:
        raise UserError(Code.STYLE, "A clip can have up to {most} styles.", most=MAX_STYLES)
    return styles


def styles_here(capabilities: Capabilities) -> tuple[str, ...]:
    """Styles that something here can draw in."""
    families = families_of(capabilities)
    draws = any(Feature.STYLE in families[name].features for name in engines_for(capabilities))
    return capabilities.styles if draws else ()


def models_here(capabilities: Capabilities, kind: Kind) -> tuple[str, ...]:
    """Models that may be chosen for a kind of clip: the owner's, and installed ones of the catalogue."""
    families = families_of(capabilities)
    able = [families[name] for name in engines_for(capabilities) if kind in families[name].kinds]
    installed = dict.fromkeys(name for spec in able for name in spec.base if name in capabilities.weights)
    own = capabilities.checkpoints if any(spec.needs_checkpoint for spec in able) else ()
    return tuple(dict.fromkeys((*own, *installed)))


def follow_here(capabilities: Capabilities, engine: str = AUTO) -> Follow:
    """What is followed in a clip by default: the first that the engine, or any that is here, can follow."""
    families = families_of(capabilities)
    asked = [families[engine]] if engine in families else families.values()
    able = (
        follow for follow in FOLLOWED_FIRST if any(spec.can_follow(follow, capabilities) for spec in asked)
    )
    return next(able, FOLLOWED_FIRST[0])


def settled(request: Request, files: Collection[Role], capabilities: Capabilities) -> Request:
    """Turn what was written into names of the owner's list, and say what is followed of a reference.

    Args:
        request: as it was written.
        files: what came with it.
        capabilities: what this machine has.

    Raises:
        UserError: there is no such style or model; the text lists those there are.
    """
    styles = tuple(
        dataclasses.replace(
            style, name=_find(Code.STYLE, style.name, styles_here(capabilities), capabilities.unusable)
        )
        for style in request.styles
    )
    model = request.model and _find(
        Code.MODEL, request.model, models_here(capabilities, request.kind), capabilities.unusable
    )
    follow = request.follow
    if follow is None and request.kind is Kind.TEXT2VIDEO and Role.REFERENCE in files:
        follow = follow_here(capabilities, request.engine)
    return dataclasses.replace(request, styles=styles, model=model, follow=follow)


def _style(part: str) -> Style:
    name, colon, written = part.rpartition(":")
    if not colon:
        return Style(name=part)
    try:
        weight = float(written)
    except ValueError:
        return Style(name=part)  # the colon belongs to the name
    if not (math.isfinite(weight) and 0 < weight <= MAX_WEIGHT):
        raise UserError(
            Code.STYLE, "A style's strength must be more than 0 and at most {most:g}.", most=MAX_WEIGHT
        )
    return Style(name=name.strip(), weight=weight)


def _find(what: Code, written: str, known: Collection[str], unusable: Mapping[str, str]) -> str:
    """The known name that was meant: the same, or the only one that begins so, whatever its case."""
    if written in known:
        return written
    meant = [name for name in known if name.casefold() == written.casefold()] or [
        name for name in known if name.casefold().startswith(written.casefold())
    ]
    if len(meant) == 1:
        return meant[0]
    for name, why in unusable.items():
        if name.casefold() == written.casefold():
            raise UserError(
                what,
                "“{name}” cannot be used, because {why}. Choose another one.",
                name=as_is(name[:60]),
                why=sentence(why),
            )
    if not known:
        none = (
            Sentence("There are no styles here to choose from.")
            if what is Code.STYLE
            else Sentence("There are no models here to choose from.")
        )
        raise UserError(what, none)
    raise _unknown(what, written, known)


def _unknown(what: Code, written: str, known: Collection[str]) -> UserError:
    names = {"written": written[:60], "known": list(known)[:SHOWN]}
    more = len(known) - SHOWN
    if what is Code.STYLE and more > 0:
        return UserError(
            Code.STYLE,
            "There is no style {written} here. Choose from: {known} and {more} more.",
            **names,
            more=more,
        )
    if what is Code.STYLE:
        return UserError(Code.STYLE, "There is no style {written} here. Choose from: {known}.", **names)
    if more > 0:
        return UserError(
            Code.MODEL,
            "There is no model {written} here. Choose from: {known} and {more} more.",
            **names,
            more=more,
        )
    return UserError(Code.MODEL, "There is no model {written} here. Choose from: {known}.", **names)
