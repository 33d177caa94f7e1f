"""The answer to the Recipe button: all that decided a clip, in words, and as data to keep."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from bot.text.foreign import disarm, quote
from bot.text.messages import MESSAGE_LIMIT, fit
from bot.text.prompts import show_prompt
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
    yield f"**Recipe** · {_name(recipe.engine)}{way}{model} · seed `{recipe.seed}`"
    drawn = f"{recipe.frames} frames at {recipe.native_fps:g} a second"
    if recipe.native_fps != recipe.fps:
        drawn += f", smoothed to {recipe.fps:g}"
    chosen = f"motion {recipe.motion} · camera {recipe.camera} · quality {recipe.quality}"
    shape = f"{recipe.width}×{recipe.height} · {drawn}"
    yield shape if recipe.kind is Kind.UPSCALE else f"{shape} · {chosen}"
    yield from _drawing(recipe)
    if recipe.effect is not None:
        loops = ", played there and back" if recipe.effect.loops else ""
        yield f"effect {_name(recipe.effect.name)} at {recipe.effect.amount:.0%}{loops}"
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
        yield f"prompt as read: {show_prompt(recipe.words, SHOWN_WORDS)}"
    if recipe.negative:
        yield f"negative prompt: {show_prompt(recipe.negative, SHOWN_WORDS)}"
    numbers = []
    if recipe.steps:
        numbers += [f"{recipe.steps} steps", f"guidance {recipe.guidance:g}"]
    if recipe.strength:
        numbers.append(f"strength {recipe.strength:g}")
    if recipe.follow is not None:
        numbers.append(f"follows the clip's {recipe.follow}")
    numbers += [f"style {_name(style.name)} at {style.weight:g}" for style in recipe.styles]
    numbers += [
        f"{disarm(f'{name} {value}'.replace('_', ' '))}" for name, value in sorted(recipe.settings.items())
    ]
    if numbers:
        yield " · ".join(numbers)


def _name(text: str) -> str:
    """A name that an owner gave a file, or that stood in one, as it may stand in a message."""
    return quote(text, SHOWN_NAME)
