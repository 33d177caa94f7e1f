"""Whether the last run of the bot ended of itself: an error in native code leaves its trace in a file.

A bot that is stopped or killed from outside, or by a power cut, leaves nothing. A Python error ends in order,
and gives back what ran.
"""

from __future__ import annotations

import faulthandler
import logging
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

log = logging.getLogger(__name__)

FILE = "crash.txt"


@asynccontextmanager
async def traced(folder: Path) -> AsyncIterator[bool]:
    """Keep the trace of a crash for as long as the block lasts.

    Yields:
        Whether the last run crashed.
    """
    path = folder / FILE
    try:
        trace = path.read_text(errors="replace")
    except FileNotFoundError:
        trace = ""
    if trace:
        log.error("the last run of the bot crashed:\n%s", trace)
    watched = faulthandler.is_enabled()
    with path.open("w") as file:
        path.chmod(0o600)
        faulthandler.enable(file)
        try:
            yield bool(trace)
        finally:
            faulthandler.disable()
            if watched and sys.__stderr__ is not None:
                faulthandler.enable(sys.__stderr__)
    path.unlink(missing_ok=True)
