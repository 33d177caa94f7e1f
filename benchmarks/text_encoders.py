"""What the text encoders take in main memory, in 16, 8 and 4 bits.

    python -m benchmarks.text_encoders

Counted on torch's meta device at full size; nothing is loaded. nf4 packs the weights of linear layers only:
half a byte each, and a float32 scale for every 64 of them. Tables of words and norms stay in 16 bits.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import engine.diffusion  # noqa: F401 - puts the libraries in order before they are imported

import torch  # isort: skip
import transformers

from benchmarks.full_size import on_meta, umt5, weights_of

GIB = 2**30
NF4, FP8 = 0.5 + 4 / 64, 1.0
"""Bytes for each weight of a linear layer."""


def gemma() -> Any:
    """Gemma 3 with 12 billion parameters, which reads for LTX; its eyes are left out."""
    config = transformers.Gemma3TextConfig(
        vocab_size=262208,
        hidden_size=3840,
        intermediate_size=15360,
        num_hidden_layers=48,
        num_attention_heads=16,
        num_key_value_heads=8,
        head_dim=256,
    )
    return on_meta(lambda: transformers.Gemma3TextModel(config), torch.bfloat16)


def packed(model: Any, each: float) -> float:
    """Bytes of a model whose linear layers keep their weights in so many bytes each."""
    linear = sum(layer.weight.numel() for layer in model.modules() if isinstance(layer, torch.nn.Linear))
    return float(weights_of(model) - 2 * linear + each * linear)


def rows() -> Iterator[str]:
    """The table, a line at a time."""
    yield "| text encoder | bf16 | 8 bits | nf4 |"
    yield "|---|---|---|---|"
    for name, model in (("UMT5 (Wan)", umt5()), ("Gemma 3 12B (LTX)", gemma())):
        sizes = (weights_of(model), packed(model, FP8), packed(model, NF4))
        yield f"| {name} | {' | '.join(f'{size / GIB:.1f} GiB' for size in sizes)} |"


if __name__ == "__main__":
    for row in rows():
        print(row, flush=True)
