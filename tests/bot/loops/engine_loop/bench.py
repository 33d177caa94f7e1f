"""What tests of the engine loop share."""

from __future__ import annotations

from db.states import State
from tests.until import until


async def comes_to(queue, job, *states: State):
    """Wait until a job is in one of these states, and return its row."""

    async def there():
        row = await queue.jobs.get(job.id)
        return row if row.state in states else None

    return await until(there)
