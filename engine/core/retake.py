"""What follows a rejected take: another seed, another way, or no further take.

The first rejection can be bad luck, so only the seed changes. The same cause twice is no luck: what causes it
changes too. A broken face or broken text changes it at once. Takes and seconds are limited; when they are
spent, the best of the rejected is kept and says so.
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from engine.core.receipt import Outcome, TakeRecord
from engine.core.recipe import Motion, Recipe
from engine.core.sentence import Sentence

CALMER = {Motion.WILD: Motion.NORMAL, Motion.NORMAL: Motion.GENTLE}
"""How much less may move, where what moves breaks."""

_LESS = {
    Motion.NORMAL: Sentence("normal motion instead of wild"),
    Motion.GENTLE: Sentence("gentle motion instead of normal"),
}

TWICE = 2

MORE = 1.5
"""As many steps as before, where details break."""

FEWEST_FOR_MORE, MOST_STEPS = 15, 60


@dataclass(frozen=True, kw_only=True)
class Retake:
    """The next take.

    Attributes:
        recipe: what to draw.
        changed: what is not as it was asked for, in words a member can read; "" where only the seed is new.
    """

    recipe: Recipe
    changed: str = ""


@dataclass(frozen=True, kw_only=True)
class Budget:
    """What may be spent on one clip.

    Attributes:
        takes: in all.
        seconds: of the engine's time on takes that were thrown away.
    """

    takes: int
    seconds: float


def next_take(
    recipe: Recipe,
    records: Sequence[TakeRecord],
    *,
    budget: Budget,
    calm: Callable[[Recipe], Retake | None],
    no_luck: Collection[str] = (),
) -> Retake | None:
    """Decide what follows the takes so far.

    Args:
        recipe: the last take's.
        records: all takes so far, in their order.
        budget: what may be spent.
        calm: the family's own way of changing what causes a defect; None from it: there is none left.
        no_luck: causes that change something the first time; where the family has no way of its own left,
            it takes more steps.

    Returns:
        The next take, or None: it is enough, the best is kept.
    """
    if records and records[-1].outcome is not Outcome.REJECTED:
        return None
    spent = sum(record.seconds for record in records)
    if len(records) >= budget.takes or (records and spent >= budget.seconds):
        return None
    if records:
        meant = not set(records[-1].causes).isdisjoint(no_luck)
        calmed = calm(recipe) if meant or _seen_before(records) else None
        if calmed is None and meant:
            calmed = more_steps(recipe)
        if calmed is not None:
            return calmed
    return Retake(recipe=recipe)


def less_motion(recipe: Recipe) -> Retake | None:
    """The way of families that know nothing better: less moves."""
    calmer = CALMER.get(recipe.motion)
    if calmer is None:
        return None
    return Retake(
        recipe=dataclasses.replace(recipe, motion=calmer),
        changed=_LESS[calmer],
    )


def more_steps(recipe: Recipe) -> Retake | None:
    """A more careful drawing. Models that need few steps are trained for their number, and keep it."""
    steps = round(recipe.steps * MORE)
    if recipe.steps < FEWEST_FOR_MORE or steps > MOST_STEPS:
        return None
    return Retake(
        recipe=dataclasses.replace(recipe, steps=steps),
        changed=Sentence("{steps} steps instead of {fewer}", steps=steps, fewer=recipe.steps),
    )


def _seen_before(records: Sequence[TakeRecord]) -> bool:
    """Whether something that spoils the last take has spoilt one before."""
    counts = Counter(cause for record in records for cause in set(record.causes))
    return any(counts[cause] >= TWICE for cause in records[-1].causes)
