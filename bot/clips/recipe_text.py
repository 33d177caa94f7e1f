"""The answer to the Recipe button: all that decided a clip, in words, and as data to keep."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from bot.text import word_help_texts
from bot.text.foreign import disarm, quote
from bot.text.messages import MESSAGE_LIMIT, fit
from bot.text.prompts import show_prompt
from bot.text.wording import CHOICE, number, say, say_many, translated
from engine.core.receipt import Receipt
from engine.core.recipe import Kind, Recipe
from engine.core.sentence import row_of
from engine.provenance.statement import sound_of

SHOWN_WORDS = 400
"""Characters of what is read, and of what is steered away from; the data holds the rest."""

SHOWN_REASONS = 12
SHOWN_NAME = 60


@dataclass(frozen=True, kw_only=True)
class RecipeText:
    """What is shown.

    Attributes:
        text: fits one message.
        data: the recipe as JSON, to be attached; None where the text holds it.
    """

    text: str
    data: bytes | None = None


def recipe_text(recipe: Recipe, receipt: Receipt | None) -> RecipeText:
    """Lay out a recipe and, where the clip is made, what happened to it."""
    text = "\n".join(_lines(recipe, receipt))
    # Zero-width spaces leave no three backticks in a row, so that no prompt can end the block.
    data = recipe.to_json().replace("``", "`\u200b`")
    block = f"\n```json\n{data}\n```"
    if len(text) + len(block) <= MESSAGE_LIMIT:
        return RecipeText(text=text + block)
    return RecipeText(text=fit(text), data=recipe.to_json().encode())


def _lines(recipe: Recipe, receipt: Receipt | None) -> Iterator[str]:
    way = f" ({_name(recipe.way)})" if recipe.way else ""
    model = f" · {_name(recipe.model)}" if recipe.model else ""
    seed = say("seed {seed}", seed=f"`{recipe.seed}`")
    yield f"**{say('Recipe')}** · {_name(recipe.engine)}{way}{model} · {seed}"
    frames, drawn_fps = recipe.frames, number(recipe.native_fps)
    if recipe.native_fps == recipe.fps:
        drawn = say("{frames} frames at {fps} a second", frames=frames, fps=drawn_fps)
    else:
        drawn = say(
            "{frames} frames at {fps} a second, smoothed to {smooth}",
            frames=frames,
            fps=drawn_fps,
            smooth=number(recipe.fps),
        )
    chosen = say(
        "motion {motion} · camera {camera} · quality {quality}",
        motion=translated(recipe.motion, CHOICE),
        camera=translated(recipe.camera, CHOICE),
        quality=translated(recipe.quality, CHOICE),
    )
    shape = f"{recipe.width}×{recipe.height} · {drawn}"
    yield shape if recipe.kind is Kind.UPSCALE else f"{shape} · {chosen}"
    if recipe.helped is not None:
        yield word_help_texts.by_a_helper(recipe.helped)
    yield from _drawing(recipe)
    if recipe.effect is not None:
        named, amount = _name(recipe.effect.name), f"{recipe.effect.amount:.0%}"
        if recipe.effect.loops:
            yield say("effect {name} at {amount}, played there and back", name=named, amount=amount)
        else:
            yield say("effect {name} at {amount}", name=named, amount=amount)
    if sound := sound_of(recipe):
        lost = receipt is not None and not receipt.sound
        yield f"with {disarm(sound)}{', which did not fit' if lost else ''}"
    if receipt is not None:
        yield from (f"- {disarm(given_up)}" for given_up in receipt.ladder)
        for take in receipt.takes:
            reasons = f" ({disarm(row_of(take.reasons))})" if take.reasons else ""
            yield f"- take {take.number}: {take.outcome}, {take.score:.0f} of 100{reasons}"
    yield from (f"- {disarm(reason)}" for reason in recipe.reasons[:SHOWN_REASONS])


def _drawing(recipe: Recipe) -> Iterator[str]:
    """What a model was told; nothing for an engine that has no model."""
    if recipe.words:
        yield say("prompt as read: {words}", words=show_prompt(recipe.words, SHOWN_WORDS))
    if recipe.negative:
        yield say("negative prompt: {words}", words=show_prompt(recipe.negative, SHOWN_WORDS))
    numbers = []
    if recipe.steps:
        numbers += [
            say_many("{n} step", "{n} steps", recipe.steps),
            say("guidance {n}", n=number(recipe.guidance)),
        ]
    if recipe.strength:
        numbers.append(say("strength {n}", n=number(recipe.strength)))
    if recipe.follow is not None:
        numbers.append(say("follows the clip's {what}", what=translated(recipe.follow, CHOICE)))
    numbers += [
        say("style {name} at {weight}", name=_name(style.name), weight=number(style.weight))
        for style in recipe.styles
    ]
    numbers += [
        f"{disarm(f'{name} {value}'.replace('_', ' '))}" for name, value in sorted(recipe.settings.items())
    ]
    if numbers:
        yield " · ".join(numbers)


def _name(text: str) -> str:
    """A name that an owner gave a file, or that stood in one, as it may stand in a message."""
    return quote(text, SHOWN_NAME)
