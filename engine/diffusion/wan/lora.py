"""LoRAs on Wan's transformers, put on for one go and taken off again.

They are not fused: weights in 4 bits cannot take them in.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from safetensors import SafetensorError

from engine.core.device_faults import is_device_fault, is_out_of_memory
from engine.core.errors import Code, RenderFailed
from engine.core.sentence import Sentence
from engine.diffusion.loading import not_installed


@contextmanager
def worn(pipe: Any, folder: Path, high: str, low: str) -> Iterator[None]:
    """Load LoRAs into both experts of a pipeline, for the body of the ``with``.

    Args:
        pipe: of diffusers, with ``transformer`` and ``transformer_2``.
        folder: of the catalogue's entry.
        high, low: its files, for the first and the second expert.

    Raises:
        RenderFailed: ``E_WEIGHTS``: a file is missing, damaged, or made for another model.
    """
    try:
        for name, file, second in (("high", high, False), ("low", low, True)):
            _load(pipe, folder, file, name, second=second)
        yield
    finally:
        pipe.unload_lora_weights()  # also what a file left that failed half-way


def _load(pipe: Any, folder: Path, file: str, name: str, *, second: bool) -> None:
    if not (folder / file).is_file():
        raise not_installed(folder)
    try:
        with warnings.catch_warnings():  # of the second one, which is meant
            warnings.simplefilter("ignore", UserWarning)
            pipe.load_lora_weights(
                folder,
                weight_name=file,
                adapter_name=name,
                use_safetensors=True,
                local_files_only=True,
                load_into_transformer_2=second,
            )
    except (KeyError, OSError, RuntimeError, SafetensorError, ValueError) as error:
        if is_out_of_memory(error) or is_device_fault(error):
            raise
        raise RenderFailed(
            Code.WEIGHTS,
            Sentence(
                "The weights in “{folder}” are damaged, or made for another kind of model.",
                folder=folder.name,
            ),
        ) from error
    if name not in pipe.get_list_adapters().get("transformer_2" if second else "transformer", ()):
        raise RenderFailed(
            Code.WEIGHTS,
            Sentence("The weights in “{folder}” hold nothing for this kind of model.", folder=folder.name),
        )
