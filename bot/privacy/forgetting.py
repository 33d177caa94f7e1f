"""Removes a member from recipes and receipts; the rest can still be read as one."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Sequence

from engine.core.recipe import Receipt, Recipe

NOTHING = "{}"
"""What is left of a text that cannot be parsed."""


class RecipeRedactor:
    """The :class:`db.privacy.erase.Words` of this program."""

    def forget(self, recipe: str) -> str:
        """The recipe without words, files and seed: it can't be drawn again, but still counts."""
        try:
            read = Recipe.from_json(recipe)
        except ValueError:
            return NOTHING
        return dataclasses.replace(
            read, prompt="", words="", negative="", inputs={}, reasons=(), seed=0
        ).to_json()

    def forget_receipt(self, receipt: str) -> str:
        """The receipt without the clip's digest."""
        try:
            return dataclasses.replace(Receipt.from_json(receipt), sha256="").to_json()
        except ValueError:
            return NOTHING

    def forget_these(self, recipe: str, others: Sequence[str], digests: Collection[str]) -> str:
        """The recipe without these files and the others' words; its very text where it has none of them."""
        try:
            read = Recipe.from_json(recipe)
        except ValueError:
            return recipe
        prompts = {one.prompt for one in map(_read, others) if one is not None} - {""}
        kept = {role: digest for role, digest in read.inputs.items() if digest not in digests}
        if kept == read.inputs and read.prompt not in prompts:
            return recipe
        changes = {"prompt": "", "words": "", "reasons": ()} if read.prompt in prompts else {}
        return dataclasses.replace(read, inputs=kept, **changes).to_json()  # type: ignore[arg-type]


def _read(recipe: str) -> Recipe | None:
    try:
        return Recipe.from_json(recipe)
    except ValueError:
        return None
