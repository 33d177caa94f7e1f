"""Loading a transformer in fewer bits than it was trained in. It still computes in half precision."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from engine.core.device import Device
from engine.core.precision import ABOUT, EIGHT_BITS, Precision, precision_of
from engine.core.recipe import Recipe
from engine.diffusion.loading import load

FP8 = torch.float8_e4m3fn

AS_THEY_ARE = ("condition_embedder", "proj_out")
"""Layers that int8 leaves as they are, because fp8 does, too: there is little of them, and all goes through
them."""

FELL_BACK = "torchao cannot be used here: weights kept as fp8 where the recipe says int8"


def kept_as(recipe: Recipe, told: Callable[[str], None]) -> Precision:
    """How a recipe's weights are kept here: in fp8 where it says int8 and torchao does not work.

    Args:
        recipe: what is drawn.
        told: hears what was given up.

    Raises:
        Unsupported: the recipe names something that nothing here knows.
    """
    precision = precision_of(recipe)
    if precision is Precision.INT8 and not int8_works():
        told(FELL_BACK)
        precision = Precision.FP8
    if precision in ABOUT:
        told(ABOUT[precision])
    return precision


@functools.cache
def int8_works() -> bool:
    """Whether torchao is here and fits this torch: it is tried once, on a small layer."""
    layer = torch.nn.Sequential(torch.nn.Linear(32, 32))
    try:
        from torchao.quantization import quantize_  # noqa: PLC0415 - optional, and slow to import

        quantize_(layer, _int8())
        with torch.no_grad():
            works = bool(torch.isfinite(layer(torch.ones(1, 32))).all())
    except Exception as error:  # noqa: BLE001 - whatever a package raises that was built for another torch
        sys.stderr.write(f"torchao cannot be used: {type(error).__name__}: {error}\n")
        return False
    return works


def load_in(kind: Any, folder: Path, precision: Precision, *, dtype: torch.dtype, **parts: Any) -> Any:
    """Load a transformer into main memory.

    Args:
        kind: a class of diffusers.
        folder: in the layout of its repository.
        precision: how its weights are kept; not ``gguf``, which is another layout.
        dtype: what it computes in.
        parts: passed on.

    Raises:
        RenderFailed: ``E_WEIGHTS``; see :func:`engine.diffusion.loading.load`.
    """
    if precision is Precision.INT8:
        from diffusers import TorchAoConfig  # noqa: PLC0415 - only where it is used: it asks for torchao

        parts["quantization_config"] = TorchAoConfig(_int8(), modules_to_not_convert=list(AS_THEY_ARE))
    model = load(kind, folder, device=Device(), dtype=dtype, **parts)
    if precision is Precision.FP8:
        model.enable_layerwise_casting(storage_dtype=FP8, compute_dtype=dtype)
    return model


def suffix(precision: Precision) -> str:
    """What a loaded model's name ends with: the same weights may be held in two precisions."""
    return f" {precision}" if precision in EIGHT_BITS else ""


def _int8() -> Any:
    from torchao.quantization import Int8WeightOnlyConfig  # noqa: PLC0415 - optional, and slow to import

    return Int8WeightOnlyConfig(version=2)
