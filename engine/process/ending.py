"""The end of a killed process and of all that it started, which comes in its own time."""

from __future__ import annotations

import asyncio
import logging

import system

log = logging.getLogger(__name__)

GOES_WITHIN = 10
"""Seconds after which a killed process is no longer waited for: it hangs in a driver, and nothing helps."""

_LOOK_EVERY = 0.02


async def gone(group: system.Group, *, within: float = GOES_WITHIN) -> None:
    """Wait until nothing of a killed group runs any more; one that stays is logged and left.

    Args:
        group: what was killed.
        within: seconds.
    """
    try:
        async with asyncio.timeout(within):
            while await asyncio.to_thread(group.running):  # noqa: ASYNC110 - nobody tells of it
                await asyncio.sleep(_LOOK_EVERY)
    except TimeoutError:
        log.warning("a process was killed and has not ended after %g s", within)
    except OSError as error:
        log.warning("whether a killed process has ended cannot be told: %s", error)
