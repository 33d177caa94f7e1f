"""In how many bits a transformer's weights are kept. It computes in half precision, whatever that is."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from engine.core.errors import Unsupported
from engine.core.recipe import Recipe
from engine.core.sentence import Sentence

PRECISION = "precision"
"""The name among a recipe's settings; without it, the weights are kept as they are."""


class Precision(StrEnum):
    """How weights are kept in memory."""

    BF16 = "bf16"
    """16 bits, as they were trained."""
    INT8 = "int8"
    """8 bits and a scale for each row, by torchao."""
    FP8 = "fp8"
    """8 bits, without a scale: diffusers' layerwise casting. It needs no package."""
    GGUF = "gguf"
    """As they are in a GGUF file: 4 bits for most, more for some."""


EIGHT_BITS = (Precision.INT8, Precision.FP8)
"""Of the same size; the one that is nearer to 16 bits comes first."""

PACKAGES: Mapping[Precision, str] = {Precision.INT8: "torchao", Precision.GGUF: "gguf"}
"""The Python package that each needs beside the extra ``models``' usual ones, by its import name."""

ABOUT: Mapping[Precision, str] = {
    Precision.INT8: Sentence("weights kept in 8 bits (int8) to save memory (nearly the same picture)"),
    Precision.FP8: Sentence("weights kept in 8 bits (fp8) to save memory (nearly the same picture)"),
    Precision.GGUF: Sentence("weights kept in about 4 bits (GGUF)"),
}
"""What was given up, in words a member can read."""


def precision_of(recipe: Recipe) -> Precision:
    """How a recipe's weights are kept.

    Raises:
        Unsupported: the recipe names something else.
    """
    named = str(recipe.settings.get(PRECISION, Precision.BF16))
    if named not in set(Precision):
        raise Unsupported(Sentence("This engine cannot keep weights as “{precision}”.", precision=named[:20]))
    return Precision(named)
