"""How much main memory is free."""

from __future__ import annotations

import re
from pathlib import Path

_MEMINFO = Path("/proc/meminfo")


def free_main_memory() -> int | None:
    """Bytes of main memory that a program can still take without swapping; None where that is not known."""
    try:
        said = re.search(r"^MemAvailable:\s+(\d+) kB$", _MEMINFO.read_text("ascii"), re.MULTILINE)
    except OSError:  # not Linux
        return None
    return None if said is None else int(said[1]) * 1024
