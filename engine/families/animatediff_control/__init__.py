"""AnimateDiff with ControlNet: a clip that does what a member's clip does, and shows what the words say.

This module can be imported without torch; :mod:`engine.families.animatediff_control.draw` draws. The
rest is as in :mod:`engine.families.animatediff`, with whose weights it draws.
"""

from __future__ import annotations

from dataclasses import replace

from engine.core.errors import Code, UserError
from engine.core.family_spec import Outline, Tuned
from engine.core.recipe import Kind
from engine.core.request import Feature, word
from engine.core.sentence import Sentence
from engine.families.animatediff import SPEC as ANIMATEDIFF
from engine.families.animatediff.tune import tune as tune_animatediff
from engine.families.animatediff_control.weights import CONTROLNETS, WEIGHTS
from engine.following.needs import EXTRACTOR, insist, warnings_of, with_each_way

__all__ = ["SPEC", "WEIGHTS", "tune"]

OWN = {follow: (controlnet,) for follow, controlnet in CONTROLNETS.items()}
"""What it takes to follow each thing, beside what finds it."""


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
    way = insist(follow, OWN, outline.capabilities.weights)
    tuned = tune_animatediff(outline)
    reasons = (
        Sentence(
            "follows the {what} of the clip ({extractor} and {controlnet})",
            what=word(follow),
            extractor=way.extractor,
            controlnet=CONTROLNETS[follow],
        ),
        *warnings_of(way),
    )
    return replace(
        tuned, settings={**tuned.settings, EXTRACTOR: way.name}, reasons=(*reasons, *tuned.reasons)
    )


SPEC = replace(
    ANIMATEDIFF,
    name="animatediff-control",
    target=f"{__name__}.draw:AnimateDiffControl",
    ladder=f"{__name__}.ladder:usual_costs",
    kinds=frozenset({Kind.TEXT2VIDEO}),
    about=Sentence("AnimateDiff makes a clip from a prompt, with the motion of another clip"),
    rank=25,
    any_of=tuple(CONTROLNETS.values()),
    follows=with_each_way(OWN),
    features=frozenset({Feature.PROMPT, Feature.FOLLOW, Feature.STYLE, Feature.MODEL, Feature.LIKE}),
    tune=tune,
)
