"""Who may draw for the bot, and how far each is trusted."""

from __future__ import annotations

import pytest

from db.fleet.workers import Trust
from tests.clock import CLOCK
from tests.present import present
from tests.workers import invite_worker, set_worker_trust


@pytest.fixture(autouse=True)
def stopped_clock():
    CLOCK.now = 1_000_000.0


async def invited(queue, worker="w0000001", *, key="UA", name="attic", trust=Trust.OWN):
    return await invite_worker(queue.workers, worker, key=key, name=name, trust=trust)


async def test_a_worker_has_an_id_a_key_and_a_name_of_its_own(queue):
    assert await invited(queue)
    assert not await invited(queue)
    assert not await invited(queue, "w0000002", key="UA", name="cellar")
    assert not await invited(queue, "w0000002", key="UB", name="attic")
    assert await invited(queue, "w0000002", key="UB", name="cellar", trust=Trust.FRIEND)
    assert [(found.id, found.trust) for found in await queue.workers.all()] == [
        ("w0000001", Trust.OWN),
        ("w0000002", Trust.FRIEND),
    ]
    assert await queue.workers.get("w0000003") is None


async def test_a_removed_worker_stays_removed_and_its_name_is_free(queue):
    await invited(queue)
    assert await queue.workers.remove("w0000001", why="it sent rubbish")
    assert not await queue.workers.remove("w0000001")
    assert not await set_worker_trust(queue.workers, "w0000001", Trust.PUBLIC)
    assert not await queue.workers.saw("w0000001", "{}")
    assert await queue.workers.all() == []
    [gone] = await queue.workers.all(removed=True)
    assert (gone.why, gone.removed_at, gone.seen_at) == ("it sent rubbish", CLOCK.now, None)
    assert await invited(queue, "w0000002", key="UB")


async def test_what_a_worker_can_draw_is_known_after_it_has_gone(queue):
    await invited(queue)
    assert await queue.workers.saw("w0000001", '{"families": ["camera"]}')
    CLOCK.now = 1_000_060.0
    assert await queue.workers.saw("w0000001")
    found = present(await queue.workers.get("w0000001"))
    assert (found.caps, found.seen_at) == ('{"families": ["camera"]}', CLOCK.now)
    assert await set_worker_trust(queue.workers, "w0000001", Trust.FRIEND)
    assert present(await queue.workers.get("w0000001")).trust is Trust.FRIEND


async def test_clips_and_faults_are_counted(queue):
    await invited(queue)
    await queue.workers.took("w0000001")
    assert [await queue.workers.found_bad("w0000001") for _ in range(2)] == [1, 2]
    found = present(await queue.workers.get("w0000001"))
    assert (found.clips, found.faults) == (1, 2)
