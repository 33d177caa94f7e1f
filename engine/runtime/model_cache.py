"""Loaded models: kept from job to job, and dropped by least recent use when something else needs the room."""

from __future__ import annotations

import gc
import sys
from collections import OrderedDict
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from engine.core.device_faults import is_out_of_memory
from engine.runtime.main_memory import free_main_memory
from engine.weights.fingerprints import Print, prints_of

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class _Held:
    thing: Any
    size: int
    park: Callable[[Any], object] | None
    prints: frozenset[tuple[Path, Print]]


class ModelCache:
    """Loaded models by name. Used by the engine's one drawing thread only.

    Attributes:
        budget: bytes that everything held may take; None: no limit.
    """

    def __init__(
        self, budget: int | None = None, *, free: Callable[[], int | None] = free_main_memory
    ) -> None:
        """Make an empty one.

        Args:
            budget: bytes that everything held may take; None: as much as main memory has room for.
            free: tells how many bytes of main memory are free; None from it: that is not known.
        """
        self.budget = budget
        self._free = free
        self._held: OrderedDict[str, _Held] = OrderedDict()

    def get(
        self,
        name: str,
        load: Callable[[], T],
        size: Callable[[T], int],
        *,
        park: Callable[[T], object] | None = None,
        coming: int = 0,
        files: Collection[Path] = (),
    ) -> T:
        """The model of this name, loaded first if it is not held, or its files are others by now.

        Args:
            name: everything that decides what is loaded: model, checkpoint, dtype.
            load: makes it. If memory runs out, the least recently used models are dropped one by one, and
                it is called again.
            size: bytes that it takes, measured once after loading.
            park: moves it from the GPU into main memory; a caller that gives one moves it back before each
                use. None: it is dropped when others need the GPU.
            coming: bytes that loading it will take, about, where that is known. The least recently used
                models are dropped first until main memory has that much free.
            files: that it is made from, or their folders.
        """
        prints = prints_of(files)
        if files and name in self._held and self._held[name].prints != prints:
            self.drop(name)
        if name in self._held:
            self._held.move_to_end(name)
        else:
            self._make_room(coming)
            thing = self._load(load)
            self._held[name] = _Held(thing=thing, size=size(thing), park=park, prints=prints)
            self._keep_within_budget(newest=name)
        held: T = self._held[name].thing
        return held

    def names(self) -> tuple[str, ...]:
        """The names that are held, the least recently used first."""
        return tuple(self._held)

    @property
    def size(self) -> int:
        """Bytes of all that is held."""
        return sum(held.size for held in self._held.values())

    def drop(self, name: str) -> None:
        """Drop one model, if it is held."""
        if self._held.pop(name, None) is not None:
            collect()

    def clear(self, keep: frozenset[str] = frozenset()) -> None:
        """Drop everything except what is named."""
        for name in [name for name in self._held if name not in keep]:
            del self._held[name]
        collect()

    def clear_gpu(self, keep: frozenset[str]) -> None:
        """Take everything off the GPU except what is named.

        What can be parked comes back in a moment, from main memory; the rest is let go.
        """
        for name, held in list(self._held.items()):
            if name in keep:
                continue
            if held.park is None:
                del self._held[name]
            else:
                held.park(held.thing)
        collect()

    def _make_room(self, coming: int) -> None:
        while coming and self._held and (free := self._free()) is not None and free < coming:
            self.drop(next(iter(self._held)))

    def _load(self, load: Callable[[], T]) -> T:
        while True:
            try:
                return load()
            except Exception as error:
                if not is_out_of_memory(error) or not self._held:
                    raise
            # Out here the error is gone, and with it the frames that hold what was loaded so far.
            self._held.popitem(last=False)
            collect()

    def _keep_within_budget(self, newest: str) -> None:
        while self.budget is not None and self.size > self.budget and len(self._held) > 1:
            oldest = next(name for name in self._held if name != newest)
            self.drop(oldest)


def collect() -> None:
    """Give back memory that is no longer referenced, the GPU's too."""
    gc.collect()
    torch = sys.modules.get("torch")  # if torch was never imported, the GPU holds nothing
    if torch is not None and torch.cuda.is_available():
        torch.cuda.empty_cache()
