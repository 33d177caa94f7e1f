"""What no job needs any more is ended at the service, and what it may cost stays counted."""

from __future__ import annotations

import asyncio

import pytest

from db.purchases import Consent
from engine.elsewhere.hosted.money import micros
from engine.elsewhere.hosted.settling import settle
from tests.clock import CLOCK
from tests.db.asking import ANN
from tests.engine.elsewhere.hosted.conftest import SERVICES, host_on
from tests.until import until


async def left_running(queue, services, order, hooks):
    """A take that a service draws while nobody waits for it any more."""
    services.hold = True
    task = asyncio.create_task(host_on(queue, services.url).draw(order, hooks))
    await until(lambda: services.calls["look"] >= 1)
    task.cancel()
    await asyncio.wait([task])


async def settled(queue, services) -> int:
    host = host_on(queue, services.url)
    return await settle(queue.purchases, host.providers, under_way=lambda: host.under_way)


@pytest.mark.parametrize("service", SERVICES)
async def test_a_job_that_was_cancelled_while_nobody_looked_is_ended_there(
    queue, services, job, order_of, hooks, service
):
    await left_running(queue, services, order_of(job.id, service), hooks)
    assert await settled(queue, services) == 0, "the job still wants it"
    await queue.claims.cancel(job.id)
    assert await settled(queue, services) == 1
    assert services.works[0].cancelled
    (row,) = await queue.purchases.of_job(job.id)
    assert row.state == "cancelled"
    assert await queue.purchases.spent_today() == micros("0.1"), "what it cost is not known"
    await queue.purchases.forget_remotes(after=0.0)
    assert [row.remote for row in await queue.purchases.of_job(job.id)] == [""]
    assert await settled(queue, services) == 0


async def test_a_service_that_cannot_be_asked_is_asked_again(queue, services, job, order_of, hooks):
    await left_running(queue, services, order_of(job.id), hooks)
    await queue.claims.cancel(job.id)
    services.faults.plan["cancel"] = ["502"]
    assert await settled(queue, services) == 0
    services.faults.plan["look"] = ["lost", "lost"]  # aiohttp itself asks twice
    assert await settled(queue, services) == 0
    assert await settled(queue, services) == 1


async def test_one_that_is_gone_there_has_ended(queue, services, job, order_of, hooks):
    await left_running(queue, services, order_of(job.id), hooks)
    await queue.claims.cancel(job.id)
    services.works.clear()
    assert await settled(queue, services) == 1
    assert [row.state for row in await queue.purchases.of_job(job.id)] == ["failed"]


async def test_what_is_waited_for_is_left_alone(queue, services, job, order_of, hooks):
    services.hold = True
    host = host_on(queue, services.url)
    task = asyncio.create_task(host.draw(order_of(job.id), hooks))
    await until(lambda: services.calls["look"] >= 1)
    await queue.claims.cancel(job.id)
    assert await settle(queue.purchases, host.providers, under_way=lambda: host.under_way) == 0
    task.cancel()
    await asyncio.wait([task])


async def test_the_budget_begins_anew_at_midnight(queue, services, job, order_of, hooks):
    CLOCK.now = 1_790_035_199.0  # 23:59:59 UTC
    await host_on(queue, services.url).draw(order_of(job.id, "fal"), hooks)
    assert await queue.purchases.spent_today() == micros("0.1")
    CLOCK.now += 1.0
    assert await queue.purchases.spent_today() == 0


async def test_a_member_who_forbids_it_is_not_sent_any_more(queue, job):
    assert await queue.purchases.may_send(job.id)
    await queue.purchases.set_consent(ANN, Consent())
    assert not await queue.purchases.may_send(job.id)


async def test_an_end_is_never_undone(queue, services, job, order_of, hooks):
    await host_on(queue, services.url).draw(order_of(job.id), hooks)
    (row,) = await queue.purchases.of_job(job.id)
    await queue.purchases.moved(row.id, "failed", cause="gone", cost=0)
    await queue.purchases.placed(row.id, "{}")
    assert await queue.purchases.of_job(job.id) == [row]
