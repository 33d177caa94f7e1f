"""The process that compiles ahead: it draws recipes that nobody waits for. See :mod:`engine.process.warming`.

It reads a recipe a line, and answers with a line. It ends with its parent, and with its input.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import system
from engine.core.device import Device, DeviceKind
from engine.core.family import Hooks, Inputs
from engine.core.recipe import Recipe, Role
from engine.process.warming import DREW, LEFT

if TYPE_CHECKING:
    from engine.runtime.context import EngineContext

NICENESS = 19

PICTURES = (Role.PICTURE, Role.END, Role.LIKE)


def answers(lines: Iterable[str], context: EngineContext) -> Iterator[str]:
    """Draw what there is room for beside the engine, and say of each recipe what became of it.

    Args:
        lines: a recipe as JSON in each.
        context: where to draw.
    """
    from engine.families import load  # noqa: PLC0415 - heavy

    for line in lines:
        recipe = Recipe.from_json(line)
        if reason := _no_room(recipe, context.device):
            yield f"{LEFT} {reason}"
            continue
        try:
            load(recipe.engine, context).draw(recipe, _inputs(recipe), seed=0, hooks=Hooks())
        except Exception as error:  # noqa: BLE001 - the parent hears of it, and no clip depends on it
            yield f"{LEFT} {type(error).__name__}"
        else:
            yield DREW


def _no_room(recipe: Recipe, device: Device) -> str:
    """Why a recipe cannot be drawn whole beside what the engine holds; "" where it can, or without CUDA.

    A clip for which something is given up is not drawn compiled.
    """
    if device.kind is not DeviceKind.CUDA:
        return ""
    import torch  # noqa: PLC0415 - heavy

    from engine.planning.first_rung import beginning  # noqa: PLC0415 - imports torch

    begins = beginning(recipe, torch.cuda.mem_get_info()[0])
    return "there is no room on the GPU" if begins is not None and begins.rungs else ""


def _inputs(recipe: Recipe) -> Inputs:
    """Noise in place of each of the member's pictures."""
    import numpy as np  # noqa: PLC0415 - heavy

    noise = np.random.default_rng(0).integers(0, 256, (recipe.height, recipe.width, 3), np.uint8)
    picture, end, like = (noise if role in recipe.inputs else None for role in PICTURES)
    return Inputs(picture=picture, end=end, like=like)


def main() -> None:
    """Draw what the parent writes; its process id is the argument."""
    system.die_with(int(sys.argv[1]))
    system.give_way(NICENESS)
    from engine.runtime.context import context_of  # noqa: PLC0415 - heavy

    for answer in answers(sys.stdin, context_of(os.environ)):
        sys.stdout.write(answer + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
