"""How many bytes a call has alive at a time, counted without a card.

Models run on torch's meta device: shapes are worked out, nothing is computed or stored. A dispatch mode
counts the bytes of every storage that is alive, and keeps the peak. Attention is counted as a flash kernel
does it: its scores are never stored.
"""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from unittest import mock

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

import engine.diffusion  # noqa: F401 - puts the libraries in order before they are imported

ROUNDED = 512
"""Bytes that the CUDA allocator rounds up to."""


class _Counter(TorchDispatchMode):  # type: ignore[misc] # torch does not type it
    """Counts the bytes of all storages that were made under it and are still alive."""

    def __init__(self, ignored: frozenset[int]) -> None:
        super().__init__()
        self.peak = 0
        self._ignored = ignored
        self._alive: dict[int, int] = {}
        self._now = 0

    def __torch_dispatch__(self, func: Any, _types: Any, args: Any = (), kwargs: Any = None) -> Any:
        out = func(*args, **(kwargs or {}))
        for tensor in tree_leaves(out):
            if isinstance(tensor, torch.Tensor):
                self._see(tensor.untyped_storage())
        return out

    def _see(self, storage: torch.UntypedStorage) -> None:
        key = storage._cdata  # noqa: SLF001 - what tells storages of the meta device apart
        if key in self._alive or key in self._ignored:
            return
        self._alive[key] = -(-storage.nbytes() // ROUNDED) * ROUNDED
        self._now += self._alive[key]
        self.peak = max(self.peak, self._now)
        weakref.finalize(storage, self._gone, key)

    def _gone(self, key: int) -> None:
        self._now -= self._alive.pop(key, 0)


def _flash(query: torch.Tensor, key: torch.Tensor, value: torch.Tensor, *_: Any, **__: Any) -> torch.Tensor:
    """The output's shape and layout, as a flash kernel gives it."""
    del key
    batch, heads, length, _ = query.shape
    return query.new_empty(batch, length, heads, value.shape[-1]).transpose(1, 2)


@contextmanager
def _as_flash() -> Iterator[None]:
    with mock.patch("torch.nn.functional.scaled_dot_product_attention", _flash):
        yield


def peak(models: tuple[Any, ...], call: Callable[[], object]) -> int:
    """The most bytes that a call has alive at a time, without the weights of the models."""
    gc.collect()
    ignored = frozenset(
        tensor.untyped_storage()._cdata  # noqa: SLF001 - as above
        for model in models
        for tensor in (*model.parameters(), *model.buffers())
    )
    counter = _Counter(ignored)
    with torch.no_grad(), _as_flash(), counter:
        call()
    return counter.peak


def empty(*shape: int, dtype: torch.dtype = torch.float16) -> torch.Tensor:
    """A tensor that is only a shape."""
    return torch.empty(*shape, device="meta", dtype=dtype)


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One measured figure: bytes, and what they are divided by."""

    name: str
    total: int
    units: int

    @property
    def each(self) -> float:
        """Bytes for each unit."""
        return self.total / self.units
