"""A contact sheet of the sketch: one frame of each prompt in a list, to be looked at.

``python -m benchmarks.sketch_sheet sheet.png`` draws the prompts of sketch_prompts.txt; another list is named
with ``--prompts``. Each is drawn as a clip of four seconds; the frame is its middle one.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.core.family import Hooks, Inputs
from engine.core.recipe import Kind, Recipe
from engine.families import load
from engine.runtime.context import EngineContext

PROMPTS = Path(__file__).with_name("sketch_prompts.txt")
_SIZE = (704, 464)
_SECONDS = 4
_RATE = 2  # frames a second are enough for a sheet
_CELL = (352, 232)
_COLUMNS = 5


def drawn(prompt: str, seed: int) -> tuple[NDArray[np.uint8], list[str]]:
    """The frames of a prompt, uint8 ``[T, H, W, 3]``, and what the sketch says about it."""
    said: list[str] = []
    count = _SECONDS * _RATE + 1
    recipe = Recipe(
        kind=Kind.TEXT2VIDEO, engine="sketch", seed=seed, width=_SIZE[0], height=_SIZE[1], frames=count,
        native_fps=_RATE, fps=_RATE, length=count, prompt=prompt,
    )  # fmt: skip
    hooks = Hooks(gave_up=said.append)
    return np.asarray(load("sketch", EngineContext()).draw(recipe, Inputs(), seed=seed, hooks=hooks)), said


def main() -> None:
    """Draw the sheet, and print what the sketch says about each prompt."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sheet", type=Path)
    parser.add_argument("--prompts", type=Path, default=PROMPTS)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--moments", type=int, default=1, help="frames shown of each prompt")
    asked = parser.parse_args()
    cells = []
    begun = time.process_time()
    prompts = [line for line in asked.prompts.read_text("utf-8").splitlines() if line.strip()]
    for number, prompt in enumerate(prompts, 1):
        frames, said = drawn(prompt, asked.seed)
        print(f"{number:3} {prompt}  {' · '.join(said)}")
        shares = (np.arange(asked.moments) + 1) / (asked.moments + 1)
        for at in (shares * (len(frames) - 1)).round().astype(int):
            cell = cv2.resize(frames[at], _CELL, interpolation=cv2.INTER_AREA)
            cells.append(cv2.putText(cell, str(number), (6, 20), 0, 0.6, (255, 255, 255), 1, cv2.LINE_AA))
    columns = asked.moments if asked.moments > 1 else _COLUMNS
    cells += [np.zeros_like(cells[0])] * (-len(cells) % columns)
    rows = [np.concatenate(cells[row : row + columns], axis=1) for row in range(0, len(cells), columns)]
    cv2.imwrite(str(asked.sheet), np.concatenate(rows)[..., ::-1])
    print(f"{len(prompts)} prompts in {time.process_time() - begun:.0f} CPU s")


if __name__ == "__main__":
    main()
