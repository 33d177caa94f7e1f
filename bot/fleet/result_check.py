"""A stranger's clip and receipt, held against what was ordered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bot.fleet.results import Unfit
from bot.intake.clip_intake import CleanClip
from engine.clips.encode import SCALES
from engine.core.receipt import SKETCH, Outcome, Receipt, TakeRecord
from engine.core.recipe import Kind, Recipe, Stage
from engine.families import FAMILIES
from engine.process.remake import Remade

_SAME_RATE = 0.01
"""Frames per second."""


def check_shape(clean: CleanClip, recipe: Recipe) -> None:
    """Hold a clip's size, rate and length against its recipe.

    Raises:
        Unfit: one of them is another.
    """
    if not same_shape(clean, recipe, exactly=True):
        width, height = size_of(recipe)
        raise Unfit(f"it is {clean.width}×{clean.height}, and {width}×{height} was ordered")
    if abs(clean.fps - recipe.fps) > _SAME_RATE:
        raise Unfit(f"it has {clean.fps:g} frames a second, and {recipe.fps:g} were ordered")
    frames, most = round(clean.seconds * clean.fps), frames_of(recipe)
    if frames > most or (frames < most and not recipe.loop):
        raise Unfit(f"it has {frames} frames, and {most} were ordered")


def size_of(recipe: Recipe) -> tuple[int, int]:
    """Width and height of the finished clip, before it is made smaller to fit."""
    if recipe.before is not None and (recipe.only_remade or recipe.kind is not Kind.UPSCALE):
        return recipe.before.width, recipe.before.height
    return recipe.width, recipe.height


def frames_of(recipe: Recipe) -> int:
    """Frames of the finished clip; a loop may have fewer."""
    if recipe.before is None or recipe.only_remade or recipe.kind is Kind.UPSCALE:
        return recipe.length
    return recipe.before.frames + recipe.length - 1  # the last frame of the one is the first of the other


def same_shape(clean: CleanClip, recipe: Recipe, *, exactly: bool = False) -> bool:
    """Whether a clip has the shape that was ordered: its size, or one that the encoder may make of it.

    Args:
        clean: it.
        recipe: of the job.
        exactly: it must be one of the encoder's sizes; a first look may be of any.
    """
    width, height = size_of(recipe)
    if exactly:
        scales = SCALES[:1] if recipe.kind is Kind.UPSCALE else SCALES
        return any(
            abs(clean.width - width * scale) <= 2 and abs(clean.height - height * scale) <= 2  # noqa: PLR2004 - both are made even
            for scale in scales
        )
    # Both sides of a first look are rounded, to multiples of 16 at worst.
    return abs(clean.width / clean.height - width / height) * clean.height <= 16 * (1 + width / height)


def believable_takes(receipt: Receipt, recipe: Recipe, most: int) -> tuple[TakeRecord, ...]:
    """The takes, as far as they can be believed: no words, and no readings that the gate would learn from.

    Raises:
        Unfit: there cannot have been these takes.
    """
    told = receipt.takes
    if len(told) > most or [take.number for take in told] != list(range(1, len(told) + 1)):
        raise Unfit("the receipt tells of takes that cannot have been")
    if receipt.kept not in range(len(told) + 1):
        raise Unfit("the receipt keeps a take that there was not")
    try:
        return tuple(
            TakeRecord(
                number=take.number,
                seed=recipe.take_seed(take.number),
                outcome=take.outcome,
                score=min(100.0, max(0.0, float(take.score))),
                seconds=max(0.0, float(take.seconds)),
            )
            for take in told
        )
    except (TypeError, ValueError) as error:
        raise Unfit(f"the receipt cannot be read: {error}") from error


def check_tried(takes: Sequence[TakeRecord], most: int, wasted: float) -> None:
    """See that a worker which kept a take that its own gate rejected had tried for as long as it might.

    Raises:
        Unfit: it had not, or it does not say that the take was rejected.
    """
    if any(take.outcome is not Outcome.REJECTED for take in takes):
        raise Unfit("the receipt tells of a good take that was not kept")
    if len(takes) < most and sum(take.seconds for take in takes) < wasted:
        raise Unfit(f"after {len(takes)} takes it kept one that the gate rejects, and it might draw {most}")


def true_receipt(made: Remade, told: Receipt, takes: tuple[TakeRecord, ...], recipe: Recipe) -> Receipt:
    """A receipt of what the bot has made and seen. Only times are taken from the worker's."""
    if made.score is not None and told.kept:
        seen = replace(
            takes[told.kept - 1],
            score=made.score,
            reasons=made.reasons,
            outcome=_outcome(made),
        )
        takes = (*takes[: told.kept - 1], seen, *takes[told.kept :])
    family = FAMILIES.get(recipe.engine)
    sketch = not recipe.only_remade and family is not None and family.sketch
    return Receipt(
        engine=recipe.engine,
        takes=takes,
        kept=told.kept,
        forced=bool(told.forced),
        width=made.width,
        height=made.height,
        frames=made.frames,
        fps=recipe.fps,
        sha256=made.sha256,
        size=made.size,
        seconds={stage: float(told.seconds[stage]) for stage in Stage if stage in told.seconds},
        ladder=(*made.ladder, *((SKETCH,) if sketch else ())),
        nudity=made.nudity,
        sound=made.sound,
    )


def _outcome(made: Remade) -> Outcome:
    if made.rejects:
        return Outcome.REJECTED
    return Outcome.WARNED if made.reasons else Outcome.ACCEPTED
