"""The limits of the queue follow the number of engines."""

from __future__ import annotations

import asyncio

import pytest

from bot.loops import engine_count as module
from bot.loops.engine_count import EngineCount, most_of_one
from tests.until import until


async def test_engines_are_counted_again_when_some_come_or_go(queue, db, monkeypatch):
    monkeypatch.setattr(module, "COUNT_EVERY", 0.01)
    lanes = ["", "", "comfyui"]
    count = EngineCount(queue.lane_sizes, lanes=lambda: lanes, member_share=0.75)
    task = asyncio.create_task(count.loop.run())

    async def sizes():
        rows = await db.read("SELECT * FROM lane_size ORDER BY lane")
        return [(row["lane"], row["engines"], row["most_each"]) for row in rows]

    async def are(wanted) -> bool:
        return await sizes() == wanted

    await until(lambda: are([("", 2, 2), ("comfyui", 1, 1)]))
    lanes += [""] * 6
    await until(lambda: are([("", 8, 6), ("comfyui", 1, 1)]))
    calls = db.calls
    await asyncio.sleep(0.1)
    assert db.calls == calls, "nothing is written while nothing changes"
    lanes.clear()
    await until(lambda: are([]))
    count.loop.stop()
    await task


@pytest.mark.parametrize(("engines", "most"), [(1, 1), (2, 2), (3, 3), (4, 3), (8, 6), (50, 37)])
def test_of_four_engines_or_more_some_are_kept_for_who_comes_next(engines, most):
    assert most_of_one(engines, 0.75) == most
    assert most_of_one(engines, 1.0) == engines
    assert most_of_one(engines, 0.01) >= 1
