"""From a folder of weights to a pipeline on its device.

Nothing but safetensors and GGUF is read, nothing is downloaded, and no code that came with weights is run.
It may lie there: repositories keep the file that trained a model beside it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import diffusers
import torch
from safetensors import SafetensorError
from torch.utils._python_dispatch import is_traceable_wrapper_subclass
from transformers import AutoTokenizer
from transformers.utils import logging as transformers_logging

from engine.core.device import Device, DeviceKind
from engine.core.device_faults import hides_out_of_memory
from engine.core.errors import Code, RenderFailed
from engine.core.sentence import Sentence

_Tokenizer: Any = AutoTokenizer

GGUF = ".gguf"
"""A file of quantised weights with their settings. It holds no code."""

VARIANT = "fp16"
"""Half the size to download; what is computed in is another matter."""


KNOWN = 0.9
"""The share of a text encoder's words that its tokenizer knows at least; encoders are padded a little."""


def dtype_for(device: Device) -> torch.dtype:
    """What a device computes in: half precision on CUDA. Elsewhere it is slower, or gives black frames."""
    return torch.float16 if device.kind is DeviceKind.CUDA else torch.float32


def load(
    pipeline_class: Any, folder: Path, *, device: Device, dtype: torch.dtype | None = None, **parts: Any
) -> Any:
    """Load a pipeline, or one of its models.

    Args:
        pipeline_class: a class of diffusers or transformers with ``from_pretrained``.
        folder: in the layout of its repository.
        device: where it goes.
        dtype: None: what suits the device.
        parts: passed on: components that are loaded already, ``subfolder``, …

    Raises:
        RenderFailed: ``E_WEIGHTS``: there is no such folder, or it holds other formats only, or a file is
            damaged.
    """
    if not folder.is_dir():  # the entry's name says more than its subfolder's
        raise not_installed(folder)
    variant = check_folder(folder / parts.get("subfolder", ""))
    diffusers.utils.logging.disable_progress_bar()
    transformers_logging.disable_progress_bar()
    try:
        loaded = pipeline_class.from_pretrained(
            folder,
            dtype=dtype or dtype_for(device),
            use_safetensors=True,
            local_files_only=True,
            variant=variant,
            **parts,
        )
    except (OSError, ValueError, SafetensorError) as error:
        if hides_out_of_memory(error):
            raise MemoryError(f"no memory for “{folder.name}”") from error
        raise unloadable(folder, error) from error
    if hasattr(loaded, "set_progress_bar_config"):
        loaded.set_progress_bar_config(disable=True)
    return loaded.to(device.kind.value)


def load_tokenizer(folder: Path, encoder: Any) -> Any:
    """Load what cuts words into tokens for a text encoder.

    Args:
        folder: of the catalogue's entry; the tokenizer is in its subfolder ``tokenizer``.
        encoder: that will read the tokens.

    Raises:
        RenderFailed: ``E_WEIGHTS``: it is damaged, incomplete, or another encoder's.
    """
    try:
        tokenizer = _Tokenizer.from_pretrained(folder / "tokenizer", local_files_only=True)
    except (OSError, ValueError, SafetensorError) as error:
        if hides_out_of_memory(error):
            raise
        raise unloadable(folder, error) from error
    check_vocabulary(tokenizer, encoder, folder)
    return tokenizer


def check_vocabulary(tokenizer: Any, encoder: Any, folder: Path) -> None:
    """Refuse a tokenizer that lacks its vocabulary: transformers makes an empty one, and says nothing.

    Raises:
        RenderFailed: ``E_WEIGHTS``.
    """
    words, known = encoder.get_input_embeddings().num_embeddings, len(tokenizer)
    if not KNOWN * words <= known <= words / KNOWN:
        raise RenderFailed(
            Code.WEIGHTS,
            Sentence(
                "The tokenizer in “{folder}” is damaged or incomplete: it has {known} words, and the text"
                " encoder {words}.",
                folder=folder.name,
                known=known,
                words=words,
            ),
        )


def check_folder(folder: Path) -> str | None:
    """Look at a folder of weights before anything is read from it.

    Returns:
        The variant to load: ``"fp16"`` where there are such files, else None.

    Raises:
        RenderFailed: ``E_WEIGHTS``.
    """
    if not folder.is_dir():  # a path that is not there would be taken for a name on the hub
        raise not_installed(folder)
    if not any(folder.rglob("*.safetensors")):
        raise RenderFailed(
            Code.WEIGHTS,
            Sentence("The weights in “{folder}” are not in the safetensors format.", folder=folder.name),
        )
    return VARIANT if any(folder.rglob(f"*.{VARIANT}*.safetensors")) else None


def bytes_in(folder: Path) -> int:
    """Bytes of the weights in a folder and below it: what loading them takes, about."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.suffix in {".safetensors", GGUF})


def size_of(pipe: Any) -> int:
    """Bytes of the parameters and buffers of a pipeline, or of one model; what is shared counts once."""
    modules = [pipe] if isinstance(pipe, torch.nn.Module) else list(pipe.components.values())
    tensors: dict[int, int] = {}
    for module in modules:
        if isinstance(module, torch.nn.Module):
            for tensor in (*module.parameters(), *module.buffers()):
                tensors[id(tensor)] = _bytes_of(tensor)
    return sum(tensors.values())


def _bytes_of(tensor: torch.Tensor) -> int:
    """Of a quantised tensor, which says that it has the numbers it stands for: those that it is made of."""
    if is_traceable_wrapper_subclass(tensor):
        names, _ = tensor.__tensor_flatten__()
        return sum(_bytes_of(getattr(tensor, name)) for name in names)
    size: int = tensor.numel() * tensor.element_size()
    return size


def not_installed(folder: Path) -> RenderFailed:
    """The error for weights that are not there."""
    return RenderFailed(
        Code.WEIGHTS, Sentence("The weights in “{folder}” are not installed.", folder=folder.name)
    )


def unloadable(folder: Path, error: Exception) -> RenderFailed:
    """The error for weights that a library cannot load."""
    said = Sentence(
        "The weights in “{folder}” cannot be loaded ({error}).",
        folder=folder.name,
        error=type(error).__name__,
    )
    return RenderFailed(Code.WEIGHTS, said)
