"""What the dashboard shows at one moment."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from bot.app import App
from bot.config.settings import BadSettings
from bot.dashboard.origins import Origin, origins
from bot.ops.housekeeping import LAST_BACKUP
from bot.overview import overview_of
from bot.supervisor import Supervisor
from bot.web.overview import Overview
from db.audit.log import Entry
from db.recent_jobs import FailedJob
from db.states import EVERYWHERE
from engine.runtime.gpu import Gpu, driver_gpus

ERRORS = 20
ENTRIES = 20
WAITS = 500
DAY = 86_400.0


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What the dashboard shows.

    Attributes:
        overview: what the status page shows too.
        gpus: as far as they are known.
        waits: seconds that members waited in the last day, sorted.
        errors: the newest first.
        settings: those that the owner has chosen first.
        entries: what the owner did, the newest first.
        paused, draining: by the owner.
        seats: names of the engines that can be restarted.
        last_backup: Unix seconds; None: never.
    """

    overview: Overview
    gpus: Sequence[Gpu]
    waits: Sequence[float]
    errors: Sequence[FailedJob]
    settings: Sequence[Origin]
    entries: Sequence[Entry]
    paused: bool
    draining: bool
    seats: Sequence[str]
    last_backup: float | None


async def facts_of(app: App, supervisor: Supervisor) -> Facts:
    """Look at everything."""
    queue = app.queue
    last = await queue.meta.get(LAST_BACKUP)
    return Facts(
        overview=await overview_of(app, supervisor),
        gpus=await asyncio.to_thread(driver_gpus),
        waits=await queue.lately.waits(DAY, WAITS),
        errors=await queue.lately.failures(ERRORS),
        settings=await asyncio.to_thread(_settings, app),
        entries=await app.audit.entries(EVERYWHERE, ENTRIES),
        paused=await queue.moderation.paused(EVERYWHERE),
        draining=await queue.moderation.draining(EVERYWHERE),
        seats=[seat.name for seat in app.engines.seats],
        last_backup=None if last is None else float(last),
    )


def _settings(app: App) -> list[Origin]:
    try:
        return origins(app.settings)
    except BadSettings:  # the file was changed since the start; what counts now is not known
        return []
