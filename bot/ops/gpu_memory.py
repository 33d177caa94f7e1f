"""How full the memory of the GPUs is, as NVIDIA's own tool says; nothing is known of others."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass

SECONDS = 5.0
MEBIBYTE = 2**20
_QUERY = ("--query-gpu=name,memory.used,memory.total", "--format=csv,noheader,nounits")
_FIELDS = 3


@dataclass(frozen=True, kw_only=True)
class GpuMemory:
    """A GPU.

    Attributes:
        used, total: bytes.
    """

    name: str
    used: int
    total: int


def gpu_memory() -> tuple[GpuMemory, ...]:
    """Every GPU that is known of; none where the tool is missing or does not answer. It blocks briefly."""
    tool = shutil.which("nvidia-smi")
    if tool is None:
        return ()
    try:
        told = subprocess.run([tool, *_QUERY], check=True, capture_output=True, text=True, timeout=SECONDS)
    except (OSError, subprocess.SubprocessError):
        return ()
    lines = [[part.strip() for part in line.rsplit(",", _FIELDS - 1)] for line in told.stdout.splitlines()]
    return tuple(
        GpuMemory(name=name, used=int(used) * MEBIBYTE, total=int(total) * MEBIBYTE)
        for name, used, total in (line for line in lines if len(line) == _FIELDS)
        if used.isdigit() and total.isdigit()
    )
