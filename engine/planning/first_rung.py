"""Where a clip begins on its family's memory ladder, before anything is loaded: by counted sizes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from engine.core.recipe import Recipe
from engine.families import FAMILIES


@dataclass(frozen=True, kw_only=True)
class Beginning:
    """Where a clip begins.

    Attributes:
        rungs: names of what is given up from the start.
        about: what the last of them is, in words a member can read; "": nothing is given up.
        needed: bytes of the GPU that it then takes.
        fits: whether they are there. If not, it may still go well: the figures are of whole clips.
    """

    rungs: tuple[str, ...]
    about: str
    needed: int
    fits: bool


def beginning(recipe: Recipe, free: int) -> Beginning | None:
    """Where a recipe begins; imports torch.

    Args:
        recipe: what is to be drawn, with weights of the size that the catalogue's have.
        free: bytes of the GPU.

    Returns:
        None where its family knows no figures.
    """
    spec = FAMILIES.get(recipe.engine)
    if spec is None or not spec.ladder:
        return None
    from engine.diffusion.ladder import first_rung  # noqa: PLC0415 - imports torch

    module, _, name = spec.ladder.partition(":")
    usual_costs: Any = getattr(import_module(module), name)
    rungs: Sequence[Any]
    rungs, needed = usual_costs(recipe)
    first = first_rung(needed, free)
    given_up = rungs[:first]
    return Beginning(
        rungs=tuple(rung.name for rung in given_up),
        about=given_up[-1].about if given_up else "",
        needed=needed[first],
        fits=needed[first] <= free,
    )
