"""Fetching the small networks that look at pictures, at the first start; nothing waits for it."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import threading
from collections.abc import Callable
from dataclasses import dataclass

from bot.ops.program_name import program
from bot.supervisor import Loop
from engine.families import CATALOGUE
from engine.weights.first_start import Fetched, fetch_missing, missing_of
from engine.weights.model_spec import ModelSpec
from engine.weights.shared import GROUPS
from engine.weights.store import Store

log = logging.getLogger(__name__)

GROUP = "eyes"
_MEGABYTE = 1_000_000
_ONCE = 3600.0


@dataclass(frozen=True, kw_only=True)
class FetchPolicy:
    """Whether the eyes are fetched without being asked for.

    Attributes:
        wanted: they are.
        seconds: that it may take; the next attempt goes on with what came.
    """

    wanted: bool
    seconds: float


def eyes() -> tuple[ModelSpec, ...]:
    """The entries of the catalogue that look at pictures."""
    return tuple(CATALOGUE[name] for name in GROUPS[GROUP])


def fetch_eyes(
    store: Store, policy: FetchPolicy, tell: Callable[[str], None], *, clock: Callable[[], float]
) -> Fetched:
    """Fetch the eyes that are missing. It blocks; what fails is told in one line, and never raised.

    Args:
        store: where they are installed.
        policy: the owner's.
        tell: told one line before the network is touched, and one if something is missing afterwards.
        clock: gives Unix seconds.
    """
    missing = missing_of(eyes(), store)
    if not policy.wanted or not missing:
        return Fetched(names=(), missing=tuple(spec.name for spec in missing))
    size = sum(spec.size for spec in missing) / _MEGABYTE
    came = fetch_missing(
        eyes(),
        store,
        os.environ,
        seconds=policy.seconds,
        tell=lambda: tell(f"Downloading the small networks that look at pictures (once, {size:.0f} MB)."),
        clock=clock,
    )
    if came.why:
        tell(
            f"They could not be downloaded: {came.why} Clips are made without them. "
            f"To try again: {program()} models pull {GROUP}"
        )
    return came


def fetching(store: Store, policy: FetchPolicy, *, clock: Callable[[], float]) -> Loop:
    """The loop that fetches them once, beside everything else."""

    async def fetch() -> None:
        running, done = asyncio.get_running_loop(), asyncio.Event()

        def work() -> None:
            try:
                fetch_eyes(store, policy, log.info, clock=clock)
            finally:
                with contextlib.suppress(RuntimeError):  # the bot has closed meanwhile
                    running.call_soon_threadsafe(done.set)

        # A daemon: the bot does not wait for a download when it closes. The next start goes on with it.
        threading.Thread(target=work, name="eyes", daemon=True).start()
        await done.wait()
        loop.stop()

    loop = Loop("eyes", fetch, every=_ONCE)
    return loop
