"""LoRAs, put on for one take and taken off again.

Those are never fused, which cannot be undone to the bit. The one that belongs to a way of drawing is: it is
part of the models that stay loaded for that way.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from safetensors import SafetensorError

from engine.core.device_faults import is_device_fault, is_out_of_memory
from engine.core.errors import Code, RenderFailed, UserError
from engine.core.sentence import Sentence
from engine.weights.store import SUFFIX


@dataclass(frozen=True, kw_only=True)
class Lora:
    """A file of low-rank weights.

    Attributes:
        name: for error messages.
        file: a .safetensors file, in diffusers' keys of today or of 2023, or in kohya's.
        weight: 0 is as good as none.
        is_style: it is one of the owner's styles, which a member can leave out.
    """

    name: str
    file: Path
    weight: float
    is_style: bool = False


@contextmanager
def worn(pipe: Any, loras: Sequence[Lora]) -> Iterator[None]:
    """Load LoRAs into a pipeline's UNet and text encoder, for the body of the ``with``.

    Blocks of FreeNoise must be in place before: they are rebuilt from the plain weights' names.

    Raises:
        UserError: ``E_STYLE``: a style's file cannot be used; nothing of it stays.
        RenderFailed: ``E_WEIGHTS``: another file cannot be used.
    """
    if not loras:
        yield
        return
    try:
        names = [f"lora{number}" for number in range(len(loras))]
        for name, lora in zip(names, loras, strict=True):
            _load(pipe, name, lora)
        pipe.set_adapters(names, [lora.weight for lora in loras])
        yield
    finally:
        pipe.unload_lora_weights()  # also what a file left that failed half-way


def fuse(pipe: Any, lora: Lora) -> None:
    """Add a LoRA to a pipeline's own weights, for good.

    Raises:
        RenderFailed: ``E_WEIGHTS``: its file cannot be used.
    """
    try:
        _load(pipe, "fused", lora)
        pipe.fuse_lora(components=["unet"], lora_scale=lora.weight)
    finally:
        pipe.unload_lora_weights()  # what was added stays


def _load(pipe: Any, name: str, lora: Lora) -> None:
    if lora.file.suffix != SUFFIX:  # the library itself would unpickle whatever it is pointed at
        raise _unusable(lora, Sentence("it is not a {suffix} file", suffix=SUFFIX))
    if not lora.file.is_file():
        raise _unusable(lora, Sentence("its file is missing"))
    try:
        with warnings.catch_warnings():  # of a second one, which is meant, and of what a failed one leaves
            warnings.simplefilter("ignore", UserWarning)
            pipe.load_lora_weights(
                lora.file.parent,
                weight_name=lora.file.name,
                adapter_name=name,
                use_safetensors=True,
                local_files_only=True,
            )
    except (KeyError, OSError, RuntimeError, SafetensorError, ValueError) as error:
        if is_out_of_memory(error) or is_device_fault(error):
            raise
        raise _unusable(lora, Sentence("its file is damaged, or made for another kind of model")) from error
    if not any(name in adapters for adapters in pipe.get_list_adapters().values()):
        raise _unusable(lora, Sentence("it has nothing for this kind of model"))


def _unusable(lora: Lora, why: Sentence) -> UserError | RenderFailed:
    if lora.is_style:
        return UserError(
            Code.STYLE,
            "The style {style} cannot be used: {why}. Choose another one.",
            style=lora.name,
            why=why,
        )
    said = Sentence("The weights “{name}” cannot be used: {why}.", name=lora.name, why=why)
    return RenderFailed(Code.WEIGHTS, said)
