"""AnimateDiff with ControlNet: a clip that does what a member's clip does, and shows what the words say.

This module can be imported without torch; :mod:`engine.families.animatediff_control.draw` draws. The
rest is as in :mod:`engine.families.animatediff`, with whose weights it draws.
"""

from __future__ import annotations

from dataclasses import replace

from engine.core.errors import Code, UserError
from engine.core.family_spec import Feature, Outline, Tuned
from engine.core.recipe import Kind
from engine.families.animatediff import SPEC as ANIMATEDIFF
from engine.families.animatediff.tune import tune as tune_animatediff
from engine.families.animatediff_control.weights import CONTROLNETS, WEIGHTS
from engine.following.needs import NEEDS, insist

__all__ = ["SPEC", "WEIGHTS", "tune"]

FOLLOWS = {follow: (controlnet, *NEEDS[follow].weights) for follow, controlnet in CONTROLNETS.items()}


def tune(outline: Outline) -> Tuned:
    """As AnimateDiff does, with what following takes.

    Raises:
        UserError: nothing is to be followed, or what that needs is not installed here.
    """
    follow = outline.request.follow
    if follow is None:
        raise UserError(
            Code.FOLLOW,
            "This engine follows a clip. Please attach one as the reference, and choose what to follow.",
        )
    insist(follow, FOLLOWS, outline.capabilities.weights)
    needs = NEEDS[follow]
    tuned = tune_animatediff(outline)
    reasons = [f"follows the {follow} of the clip ({needs.extractor} and {CONTROLNETS[follow]})"]
    if not needs.sold:
        reasons.append(f"{needs.extractor} is for non-commercial use only: do not sell this clip")
    return replace(tuned, reasons=(*reasons, *tuned.reasons))


SPEC = replace(
    ANIMATEDIFF,
    name="animatediff-control",
    target=f"{__name__}.draw:AnimateDiffControl",
    ladder=f"{__name__}.ladder:usual_costs",
    kinds=frozenset({Kind.TEXT2VIDEO}),
    about="AnimateDiff makes a clip from a prompt, with the motion of another clip",
    rank=25,
    any_of=tuple(CONTROLNETS.values()),
    follows=FOLLOWS,
    features=frozenset({Feature.PROMPT, Feature.FOLLOW, Feature.STYLE, Feature.LIKE}),
    tune=tune,
)
