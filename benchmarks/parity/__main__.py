"""Each way of drawing beside the stock pipeline, from the same seed and weights: is the arithmetic the same?

    python -m benchmarks.parity
    python -m benchmarks.parity --family wan --steps 2

The weights are small and random, in the layout of the real ones. The recipe is the plan's own, in a small
size; it is drawn by the family, and by the library's pipeline as its documentation shows it. What is inexact
by design says why. It ends with status 1 where anything else is below 90 dB.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from types import ModuleType

import torch

import engine.diffusion  # noqa: F401 - puts the libraries in order before they are imported

from benchmarks.parity import a14b, animatediff, control, ltx, svd, vace, wan  # isort: skip
from benchmarks.parity.case import Case, Likeness, compare  # isort: skip
from engine.families import load  # isort: skip
from engine.runtime.context import EngineContext  # isort: skip
from engine.weights.store import Store  # isort: skip

SAME = 90.0
"""Decibels from which on two clips are the same: a byte of fifteen thousand is one off."""

FAMILIES: dict[str, ModuleType] = {
    "svd": svd,
    "animatediff": animatediff,
    "animatediff-control": control,
    "wan": wan,
    "wan-vace": vace,
    "wan-a14b": a14b,
    "ltx": ltx,
}


def rows(family: str, steps: int | None) -> Iterator[tuple[Case, Likeness]]:
    """Each case of a family, drawn both ways, in at most so many steps."""
    module = FAMILIES[family]
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        module.build(folder)
        context = EngineContext(store=Store(folder))
        with control.given_maps() if module is control else nullcontext():
            for each in module.cases(context.store):
                case = each if steps is None else each.shorter(steps)
                yield case, compare(case, load(case.family, context), other_seed=True)


def line(case: Case, found: Likeness) -> str:
    """A row of the table."""
    picture = "equal" if found.most == 0 else f"{found.picture:.1f} dB"
    sound = "" if found.sound is None else f", sound {found.sound:.1f} dB"
    verdict = case.inexact or ("the same" if found.worst >= SAME else "**not the same**")
    other = "" if found.other is None else f"{found.other:.0f} dB"
    cells = (case.family, case.way, case.recipe.steps, picture + sound, found.most, other, verdict)
    return f"| {' | '.join(map(str, cells))} |"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--family", action="append", choices=list(FAMILIES), help="repeatable")
    parser.add_argument("--steps", type=int, help="at most, of ways with guidance; the recipe's own else")
    options = parser.parse_args()
    torch.set_num_threads(1)
    print("| engine | way | steps | PSNR to stock | most of 255 | another seed | verdict |")
    print("|---|---|---|---|---|---|---|")
    failed = 0
    for family in options.family or list(FAMILIES):
        for case, found in rows(family, options.steps):
            print(line(case, found), flush=True)
            failed += not case.inexact and found.worst < SAME
    sys.exit(int(failed > 0))


if __name__ == "__main__":
    main()
