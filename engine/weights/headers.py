"""What a .safetensors file says of itself, and whether all of it is there."""

from __future__ import annotations

import functools
import json
import struct
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from engine.core.sentence import Sentence

MAX_HEADER = 100_000_000
"""Bytes of a header: safetensors' own limit."""

DAMAGED = Sentence("it is damaged, or its download did not finish")


def judged(path: Path, judge: Callable[[Mapping[str, Any]], str] = lambda _: "") -> str:
    """What a judge says of the tensors that a file's header names; :data:`DAMAGED` where it is not whole."""
    try:
        stat = path.stat()
    except OSError:
        return DAMAGED
    return _judged(path, stat.st_size, stat.st_mtime_ns, judge)


def is_whole(path: Path) -> bool:
    """Whether a file ends where its own header says."""
    return not judged(path)


@functools.lru_cache(maxsize=4096)
def _judged(path: Path, size: int, changed: int, judge: Callable[[Mapping[str, Any]], str]) -> str:
    """Read each file once, until it changes."""
    del changed
    try:
        with path.open("rb") as file:
            length = struct.unpack("<Q", file.read(8))[0]
            if length > min(size - 8, MAX_HEADER):
                return DAMAGED
            header = json.loads(file.read(length))
        tensors = {name: tensor for name, tensor in header.items() if name != "__metadata__"}
        ends = max((tensor["data_offsets"][1] for tensor in tensors.values()), default=0)
        return judge(tensors) if ends == size - 8 - length else DAMAGED
    except (OSError, ValueError, struct.error, AttributeError, KeyError, IndexError, TypeError):
        return DAMAGED
