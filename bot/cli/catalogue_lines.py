"""How entries of the models' catalogue are listed on the command line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engine.weights.model_spec import ModelSpec

GIGABYTE = 1_000_000_000


def size_text(size: int) -> str:
    """Bytes as people say them."""
    return f"{size / GIGABYTE:.1f} GB" if size >= GIGABYTE / 10 else f"{size / 1e6:.0f} MB"


def entries(specs: Sequence[ModelSpec]) -> Iterator[str]:
    """A line for each entry of the catalogue: name, size, licence."""
    for spec in specs:
        yield f"  {spec.name:<22} {size_text(spec.size):>8}  {spec.licence.name}"
