"""Where the memory ladder of each family begins on GPUs of several sizes, and whether it fits there.

    python -m benchmarks.ladder_starts

The plan's own clips of full size, with the sizes of the real models and the figures of
benchmarks/meta_memory.py; a desktop and CUDA take 0.6 GiB. Nothing is drawn.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import engine.diffusion  # noqa: F401 - puts the libraries in order before they are imported
from engine.core.capabilities import Capabilities
from engine.core.device import Device, DeviceKind
from engine.core.recipe import Kind, Quality, Recipe
from engine.core.request import Request, Subject
from engine.core.video_model import count
from engine.diffusion.ladder import Rung, first_rung
from engine.diffusion.wan import ladder as wan
from engine.families import CATALOGUE
from engine.families.animatediff import ladder as animatediff
from engine.families.svd import ladder as svd
from engine.families.wan import VERSIONS
from engine.families.wan_vace import VACE
from engine.planning.plan import plan

GIB = 2**30
TAKEN = 0.6
GPUS = (6, 8, 12, 16, 24, 80)
"""Gigabytes, as they are sold."""

SVD_MODELS = svd.Weights(vae=196 * 2**20, image_encoder=1205 * 2**20, unet=2909 * 2**20)
ANIMATEDIFF_MODELS = {"all_models": 2837 * 2**20, "largest": 2438 * 2**20}
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


def start(recipe: Recipe, gigabytes: int) -> tuple[Sequence[Rung], int, bool]:
    """The rungs in force, bytes that are needed with them, and whether those are there."""
    rungs: Sequence[Rung]
    if recipe.engine == "svd":
        rungs, needed = svd.RUNGS, svd.costs(recipe, SVD_MODELS)
    elif recipe.engine == "animatediff":
        rungs, needed = animatediff.RUNGS, animatediff.costs(recipe, **ANIMATEDIFF_MODELS)
    else:
        version = VERSIONS.get(recipe.engine, VACE)
        weights = wan.Weights(transformer=version.transformer, vae=version.vae)
        go = min(count(recipe.frames), version.trained_frames)
        needed = wan.costs(version, recipe, weights, go=go, encoded=go if version is VACE else 0)
        rungs = wan.rungs_of(version)
    free = int((gigabytes - TAKEN) * GIB)
    first = first_rung(needed, free)
    return rungs[:first], needed[first], needed[first] <= free


def table() -> str:
    """The table in Markdown."""
    lines = [
        f"| Clip | {' | '.join(f'{gigabytes} GB' for gigabytes in GPUS)} |",
        f"|{'---|' * (len(GPUS) + 1)}",
    ]
    for name, request in clips():
        cells = []
        for gigabytes in GPUS:
            device = Device(kind=DeviceKind.CUDA, name="a GPU", memory=gigabytes * GIB)
            here = Capabilities(device=device, weights=frozenset(CATALOGUE))
            recipe = plan(request, SEEN if request.kind is Kind.ANIMATE else None, capabilities=here)
            rungs, needed, fits = start(recipe, gigabytes)
            given_up = "nothing" if not rungs else rungs[-1].name
            cells.append(f"{given_up}, {needed / GIB:.1f}" if fits else f"does not fit: {needed / GIB:.1f}")
        lines.append(f"| {name} {recipe.width}×{recipe.height}, {recipe.frames} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _words(engine: str, quality: Quality, seconds: float) -> Request:
    return Request(
        kind=Kind.TEXT2VIDEO, prompt="a fox", engine=engine, quality=quality, seconds=float(seconds)
    )


if __name__ == "__main__":
    print(table())
