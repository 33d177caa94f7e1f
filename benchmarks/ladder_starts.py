"""Where the memory ladder of each family begins on GPUs of several sizes, and whether it fits there.

    python -m benchmarks.ladder_starts

The plan's own clips of full size, with the sizes of the real models and the figures of
benchmarks/meta_memory.py; a desktop and CUDA take 0.6 GiB. Nothing is drawn.
"""

from __future__ import annotations

from collections.abc import Iterator

from engine.core.capabilities import Capabilities
from engine.core.precision import Precision, precision_of
from engine.core.recipe import Kind, Quality, Recipe
from engine.core.request import Request, Subject
from engine.families import CATALOGUE
from engine.planning.first_rung import beginning
from engine.planning.plan import plan
from engine.planning.recommended import USUAL, sold_as

GIB = 2**30
TAKEN = 0.6
GPUS = (6, 8, 12, 16, 24, 80)
"""Gigabytes, as they are sold."""

SEEN = Subject(sha256="0" * 64, width=1600, height=900)


def clips() -> Iterator[tuple[str, Request]]:
    """What is asked for, and its name."""
    for quality in Quality:
        yield f"`svd` {quality}", Request(kind=Kind.ANIMATE, engine="svd", quality=quality)
        yield f"`animatediff` {quality}", _words("animatediff", quality, 4)
    yield "`animatediff` best, 8 s", _words("animatediff", Quality.BEST, 8)
    yield "`wan` 5 s", _words("wan", Quality.BEST, 5)
    yield "`wan-5b` 5 s", _words("wan-5b", Quality.BEST, 5)
    yield "`wan-vace` 5 s", _words("wan-vace", Quality.BEST, 5)
    yield "`wan-a14b` 5 s", _words("wan-a14b", Quality.BEST, 5)
    moved = Request(kind=Kind.ANIMATE, prompt="a fox", engine="wan-a14b-i2v", quality=Quality.BEST, seconds=5)
    yield "`wan-a14b-i2v` 5 s", moved
    yield "`ltx` 5 s", _words("ltx", Quality.BALANCED, 5)


def table() -> str:
    """The table in Markdown."""
    lines = [
        f"| Clip | {' | '.join(f'{gigabytes} GB' for gigabytes in GPUS)} |",
        f"|{'---|' * (len(GPUS) + 1)}",
    ]
    for name, request in clips():
        cells = []
        for gigabytes in GPUS:
            here = Capabilities(device=sold_as(gigabytes), weights=frozenset(CATALOGUE), packages=USUAL)
            recipe = plan(request, SEEN if request.kind is Kind.ANIMATE else None, capabilities=here)
            cells.append(_cell(recipe, gigabytes))
        lines.append(f"| {name} {recipe.width}×{recipe.height}, {recipe.frames} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _cell(recipe: Recipe, gigabytes: int) -> str:
    begins = beginning(recipe, int((gigabytes - TAKEN) * GIB))
    if begins is None:
        return "not counted"
    size = f"{begins.needed / GIB:.1f}"
    kept = precision_of(recipe)
    if kept is not Precision.BF16:
        size += f" ({kept})"
    return (
        f"{begins.rungs[-1] if begins.rungs else 'nothing'}, {size}"
        if begins.fits
        else f"does not fit: {size}"
    )


def _words(engine: str, quality: Quality, seconds: float) -> Request:
    return Request(
        kind=Kind.TEXT2VIDEO, prompt="a fox", engine=engine, quality=quality, seconds=float(seconds)
    )


if __name__ == "__main__":
    print(table())
