"""Does each family's model compile, and how far from its own clip is the compiled one's?

Small random weights, on the CPU, through the families' own drawing. What compiling gains shows on a GPU only.

    python -m benchmarks.compiled --backend inductor
"""

from __future__ import annotations

import argparse
import importlib
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import torch

from engine.core.device import DeviceKind
from engine.core.family import Frames, Hooks, Inputs
from engine.diffusion import compiled
from engine.runtime.context import EngineContext
from engine.weights.store import Store
from tests.engine.families import animatediff_bench, test_wan
from tests.engine.families.svd.bench import small as small_svd

PICTURE = np.tile(np.arange(96, dtype=np.uint8)[None, :, None] * 2, (64, 1, 3))

CASES: dict[str, tuple[str, str, Callable[[], Any], Inputs]] = {
    "svd": ("svd", "SvdFamily", small_svd, Inputs(picture=PICTURE)),
    "wan": ("wan", "WanFamily", test_wan.recipe, Inputs()),
    "animatediff": ("animatediff", "AnimateDiff", animatediff_bench.small, Inputs()),
}


def draw(name: str, models: Path, *, compiles: bool, gave_up: list[str]) -> tuple[Frames, float]:
    """One clip, uint8 ``[T, H, W, 3]``, and the seconds of drawing it once more."""
    folder, kind, recipe, inputs = CASES[name]
    module = importlib.import_module(f"engine.families.{folder}.draw")
    family = getattr(module, kind)(EngineContext(store=Store(models), compile_models=compiles))
    hooks = Hooks(gave_up=gave_up.append)
    family.draw(recipe(), inputs, seed=3, hooks=hooks)
    began = time.monotonic()
    frames = family.draw(recipe(), inputs, seed=3, hooks=hooks)
    return np.asarray(frames, np.uint8), time.monotonic() - began


def compare(name: str, backend: str) -> str:
    """A row of the table."""
    folder = CASES[name][0]
    with tempfile.TemporaryDirectory() as place, ExitStack() as patches:
        models = Path(place)
        importlib.import_module(f"tests.engine.tiny.{folder}").build(models)
        as_it_is, before = draw(name, models, compiles=False, gave_up=[])
        usual = "_is_usual" if folder == "svd" else "is_usual"
        patches.enter_context(
            mock.patch(f"engine.families.{folder}.draw.{usual}", return_value=True)  # small sizes are not
        )
        patches.enter_context(mock.patch.object(compiled, "DeviceKind", mock.Mock(CUDA=DeviceKind.CPU)))
        real = torch.compile
        patches.enter_context(
            mock.patch.object(torch, "compile", lambda model, **more: real(model, backend=backend, **more))
        )
        told: list[str] = []
        began = time.monotonic()
        drawn, after = draw(name, models, compiles=True, gave_up=told)
        whole = time.monotonic() - began
    far = int(np.abs(drawn.astype(int) - as_it_is.astype(int)).max())
    state = "; ".join(dict.fromkeys(told)) or "compiled"
    return f"| {name} | {state} | {far} of 255 | {whole - after:.0f} | {before:.2f} → {after:.2f} |"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--backend", default="inductor", help="inductor, aot_eager or eager")
    parser.add_argument("families", nargs="*", default=list(CASES))
    options = parser.parse_args()
    print("| family | state | most that a byte differs | s to compile | s a clip |\n|---|---|---|---|---|")
    for name in options.families:
        print(compare(name, options.backend), flush=True)
        torch.compiler.reset()


if __name__ == "__main__":
    main()
