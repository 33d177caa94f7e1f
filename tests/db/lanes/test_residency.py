"""What a loaded model can draw goes first, within bounds."""

from __future__ import annotations

import pytest

from db.lanes.residency import MOST_PASSES, SLACK
from tests.clock import CLOCK
from tests.db.asking import PATIENT, enqueued, let_wait
from tests.policies import fair_share
from tests.present import present

MOST = fair_share().member_running
T = 1_000_000.0


@pytest.fixture(autouse=True)
def stopped_clock():
    CLOCK.now = T


async def asked(queue, after: float, engine: str, user: int, **changes):
    """A job that is due so many seconds after the first."""
    CLOCK.now = T + after
    return await enqueued(queue, user, engine=engine, **changes)


async def claimed(queue, resident: str):
    return present(await queue.claims.claim(resident=resident)).id


async def test_a_job_whose_model_is_loaded_goes_before_others_that_are_due_a_little_sooner(queue):
    other = await asked(queue, 0, "wan", 1)
    alike = await asked(queue, SLACK, "svd", 2)
    assert await claimed(queue, "svd") == alike.id
    assert await claimed(queue, "svd") == other.id


async def test_nobody_is_passed_by_what_is_due_much_later(queue):
    other = await asked(queue, 0, "wan", 1)
    await asked(queue, SLACK + 0.1, "svd", 2)
    assert await claimed(queue, "svd") == other.id


async def test_a_job_is_passed_a_few_times_at_most(queue):
    other = await asked(queue, 0, "wan", 1)
    alike = [await asked(queue, 1 + number, "svd", 2 + number) for number in range(MOST_PASSES + 1)]
    found = [await claimed(queue, "svd") for _ in range(MOST_PASSES + 2)]
    assert found == [*(job.id for job in alike[:MOST_PASSES]), other.id, alike[-1].id]


@pytest.mark.parametrize("resident", ["", "wan"])
async def test_without_a_loaded_model_or_with_the_right_one_the_order_is_the_fair_one(queue, resident):
    jobs = [await asked(queue, number, engine, number) for number, engine in enumerate(("wan", "svd", "wan"))]
    assert await claimed(queue, resident) == jobs[0].id


async def test_precedence_and_the_front_of_the_queue_are_not_passed(queue):
    await let_wait(queue)
    await asked(queue, 0, "svd", 1, roles=PATIENT)
    normal = await asked(queue, 1, "wan", 2)
    assert await claimed(queue, "svd") == normal.id


async def test_a_member_gains_no_engine_by_it(queue, db):
    """Whoever runs as many as one may has to wait, whatever is loaded."""
    for _ in range(MOST + 1):
        await asked(queue, 0, "svd", 1)
    other = await asked(queue, 5, "wan", 2)
    await db.write(lambda connection: connection.execute("UPDATE job SET due = ?", (T,)))
    assert other.id not in [await claimed(queue, "svd") for _ in range(MOST)]
    assert await claimed(queue, "svd") == other.id
