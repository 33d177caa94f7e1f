"""Removes a member from recipes and receipts; the rest can still be read as one."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Collection, Sequence

from engine.core.prompt_schedule import is_scheduled, parse
from engine.core.receipt import Receipt
from engine.core.recipe import Recipe

NOTHING = "{}"
"""What is left of a text that cannot be parsed."""

_WORD = re.compile(r"\w+")


class RecipeRedactor:
    """The :class:`db.privacy.erase.Redactor` of this program."""

    def forget(self, recipe: str) -> str:
        """The recipe without words, files and seed: it can't be drawn again, but still counts."""
        try:
            read = Recipe.from_json(recipe)
        except ValueError:
            return NOTHING
        return dataclasses.replace(
            read, prompt="", words="", negative="", helped=None, inputs={}, reasons=(), seed=0
        ).to_json()

    def forget_receipt(self, receipt: str) -> str:
        """The receipt without the clip's digest."""
        try:
            return dataclasses.replace(Receipt.from_json(receipt), sha256="").to_json()
        except ValueError:
            return NOTHING

    def forget_these(self, recipe: str, others: Sequence[str], digests: Collection[str]) -> str:
        """The recipe without these files and the others' words; its very text where it has none of them.

        Words are the others' where they say the same, or one of them holds the other whole: a remix begins
        with the words of its clip, and a longer clip goes on with the last words of a schedule.
        """
        try:
            read = Recipe.from_json(recipe)
        except ValueError:
            return recipe
        theirs = {_plain(phrase) for other in others for phrase in self.phrases(other)} - {""}
        kept = {role: digest for role, digest in read.inputs.items() if digest not in digests}
        quotes = any(_repeats(_plain(text), theirs) for text in (read.prompt, read.negative, _own(read)))
        if kept == read.inputs and not quotes:
            return recipe
        changes = {"prompt": "", "words": "", "negative": "", "helped": None, "reasons": ()} if quotes else {}
        return dataclasses.replace(read, inputs=kept, **changes).to_json(sentences=True)  # type: ignore[arg-type]

    def retells(self, recipe: str, other: str) -> bool:
        """Whether a recipe of the same seed was read from a clip of the other: the same words, or a file."""
        mine, theirs = _read(recipe), _read(other)
        if mine is None or theirs is None:
            return False
        if mine.prompt and mine.prompt == theirs.prompt:
            return True
        return bool(set(mine.inputs.values()) & set(theirs.inputs.values()))

    def phrases(self, recipe: str) -> set[str]:
        """What a member wrote or chose: the prompt, each part of it by frame, and what to avoid."""
        read = _read(recipe)
        if read is None:
            return set()
        parts = parse(read.prompt, read.frames).values() if is_scheduled(read.prompt) else ()
        return {read.prompt, read.negative, _own(read), *parts} - {""}


def _own(recipe: Recipe) -> str:
    """What the member wrote where a language model wrote the prompt."""
    return "" if recipe.helped is None else recipe.helped.own


def _plain(text: str) -> str:
    """A text as it is compared: its words alone, each between two spaces."""
    return "".join(f" {word}" for word in _WORD.findall(text.casefold())) + " "


def _repeats(text: str, theirs: Collection[str]) -> bool:
    return bool(text.strip()) and any(other in text or text in other for other in theirs if other.strip())


def _read(recipe: str) -> Recipe | None:
    try:
        return Recipe.from_json(recipe)
    except ValueError:
        return None
