"""What tests of the delivery share."""

from __future__ import annotations

from bot.discord_io.discord_errors import Trouble
from bot.discord_io.post import ChannelError
from db.jobs.job import Job
from tests.present import present

HOUR = 3600.0


async def attempt(deliverer, queue, job, clock=None) -> Job:
    """Try once, at the time when the queue lets it be tried, and return the row after it."""
    row = await queue.jobs.get(job.id)
    if clock is not None and row.retry_at is not None:
        clock.now = max(clock.now, row.retry_at)
    await deliverer._deliver(row)
    return present(await queue.jobs.get(job.id))


def refusing(trouble: Trouble) -> ChannelError:
    return ChannelError(trouble, "the fake said so")
