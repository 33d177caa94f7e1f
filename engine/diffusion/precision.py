"""Loading a transformer in fewer bits than it was trained in. It still computes in half precision."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import diffusers
import torch

from engine.core.device import Device
from engine.core.device_faults import hides_out_of_memory
from engine.core.errors import Code, RenderFailed, Unsupported
from engine.core.precision import ABOUT, EIGHT_BITS, PACKAGES, Precision, precision_of
from engine.core.recipe import Recipe
from engine.core.sentence import Sentence
from engine.diffusion.loading import load, not_installed, unloadable

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
        Unsupported: the recipe names a precision in which this model does not come.
    """
    insist(precision, Precision.BF16, *EIGHT_BITS)
    if precision is Precision.INT8:
        from diffusers import TorchAoConfig  # noqa: PLC0415 - only where it is used: it asks for torchao

        parts["quantization_config"] = TorchAoConfig(_int8(), modules_to_not_convert=list(AS_THEY_ARE))
    model = load(kind, folder, device=Device(), dtype=dtype, **parts)
    if precision is Precision.FP8:
        model.enable_layerwise_casting(storage_dtype=FP8, compute_dtype=dtype)
    return model


def insist(precision: Precision, *known: Precision) -> None:
    """Refuse what a model does not come in; only a recipe that was not planned here asks for it.

    Raises:
        Unsupported: it is none of them.
    """
    if precision not in known:
        raise Unsupported(
            Sentence("This engine cannot keep its weights as “{precision}”.", precision=precision)
        )


def load_gguf(kind: Any, folder: Path, *, file: str, config: Path, dtype: torch.dtype, **changes: Any) -> Any:
    """Load a transformer from a GGUF file into main memory, as it is: layers are unpacked when they work.

    Args:
        kind: a class of diffusers.
        folder: of the catalogue's entry.
        file: the GGUF file in it.
        config: the folder whose ``transformer/config.json`` describes the model.
        dtype: what it computes in.
        changes: to the configuration.

    Raises:
        RenderFailed: ``E_WEIGHTS``: a file is not there or damaged, or the package that reads it is missing.
    """
    for place, found in ((config, config.is_dir()), (folder, (folder / file).is_file())):
        if not found:
            raise not_installed(place)
    package = PACKAGES[Precision.GGUF]
    if find_spec(package) is None:
        raise RenderFailed(
            Code.WEIGHTS,
            Sentence(
                "The weights in “{folder}” are GGUF files, which the Python package {package} reads:"
                " pip install {package}",
                folder=folder.name,
                package=package,
            ),
        )
    try:
        return kind.from_single_file(
            str(folder / file),
            config=str(config),
            subfolder="transformer",
            quantization_config=diffusers.GGUFQuantizationConfig(compute_dtype=dtype),
            dtype=dtype,
            local_files_only=True,
            **changes,
        )
    except (ImportError, OSError, ValueError, KeyError, IndexError, RuntimeError) as error:
        if hides_out_of_memory(error):
            raise MemoryError(f"no memory for “{folder.name}”") from error
        raise unloadable(folder, error) from error


def suffix(precision: Precision) -> str:
    """What a loaded model's name ends with: the same weights may be held in two precisions."""
    return f" {precision}" if precision in EIGHT_BITS else ""


def _int8() -> Any:
    from torchao.quantization import Int8WeightOnlyConfig  # noqa: PLC0415 - optional, and slow to import

    return Int8WeightOnlyConfig(version=2)
