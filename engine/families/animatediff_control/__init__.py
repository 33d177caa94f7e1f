"""AnimateDiff with ControlNet: a clip that does what a member's clip does, and shows what the words say.

This module can be imported without torch; :mod:`engine.families.animatediff_control.draw` draws. The
rest is as in :mod:`engine.families.animatediff`, with whose weights it draws.
"""

from __future__ import annotations

from dataclasses import replace

from engine.core.errors import Code, UserError
from engine.core.family_spec import Feature, Outline, Tuned
from engine.core.recipe import Follow, Kind
from engine.families.animatediff import SPEC as ANIMATEDIFF
from engine.families.animatediff.tune import tune as tune_animatediff
from engine.families.animatediff_control.follow_needs import EXTRACTOR, NEEDS, nearest_way, way_here
from engine.families.animatediff_control.weights import WEIGHTS

__all__ = ["SPEC", "WEIGHTS", "tune"]


def tune(outline: Outline) -> Tuned:
    """As AnimateDiff does, with what following takes; the setting ``extractor`` names what finds it.

    Raises:
        UserError: nothing is to be followed, or what that needs is not installed here.
    """
    follow = outline.request.follow
    if follow is None:
        raise UserError(
            Code.FOLLOW,
            "This engine follows a clip. Please attach one as the reference, and choose what to follow.",
        )
    weights = outline.capabilities.weights
    needs = way_here(follow, weights)
    if needs is None:
        raise UserError(Code.WEIGHTS, _what_is_missing(follow, weights))
    tuned = tune_animatediff(outline)
    reasons = [f"follows the {follow} of the clip ({needs.extractor} and {needs.controlnet})"]
    if not needs.sold:
        reasons.append(f"{needs.extractor} is for non-commercial use only: do not sell this clip")
    return replace(
        tuned, settings={**tuned.settings, EXTRACTOR: needs.name}, reasons=(*reasons, *tuned.reasons)
    )


def _what_is_missing(follow: Follow, weights: frozenset[str]) -> str:
    missing = [name for name in nearest_way(follow, weights).weights if name not in weights]
    able = [str(kind) for kind in NEEDS if way_here(kind, weights) is not None]
    instead = f" Here you can follow {' or '.join(able)}." if able else ""
    return (
        f"To follow {follow}, this needs {' and '.join(missing)}, which the owner can get with"
        f" “framekiln models pull {' '.join(missing)}”.{instead}"
    )


SPEC = replace(
    ANIMATEDIFF,
    name="animatediff-control",
    target=f"{__name__}.draw:AnimateDiffControl",
    kinds=frozenset({Kind.TEXT2VIDEO}),
    about="AnimateDiff makes a clip from a prompt, with the motion of another clip",
    rank=25,
    any_of=tuple(ways[0].controlnet for ways in NEEDS.values()),
    features=frozenset({Feature.PROMPT, Feature.FOLLOW, Feature.STYLE, Feature.LIKE}),
    tune=tune,
)
