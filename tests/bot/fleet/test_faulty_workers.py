"""Workers whose GPU or whose program fails: they rest, the owner hears of it, and no job pays."""

from __future__ import annotations

import asyncio

import pytest

from bot.link.messages import DropReason, Fail, FailKind, HeldState, Nothing, Order
from bot.loops import gpu_faults
from bot.loops.alerts import engines_trouble, faulty_workers
from bot.loops.engines import Engines
from bot.loops.owner_alerts import STANDS, OwnerAlerts
from db.fleet.workers import Trust
from db.states import State
from tests.bot.fleet.conftest import ALICE, held, wanted
from tests.db.asking import audit_entry
from tests.present import present
from tests.until import PATIENCE, until
from tests.workers import invite_worker


async def row(queue, job):
    return present(await queue.jobs.get(job.id))


BROKEN_GPU = Fail(kind=FailKind.ENGINE, code="E_DEVICE", text="The GPU does not answer.", detail="CUDA error")
ENDED = Fail(kind=FailKind.CRASH, code="-11")


async def next_order(worker):
    """It is given none while it rests."""
    async with asyncio.timeout(PATIENCE):
        while True:
            answer = await worker.ask()
            if isinstance(answer, Order):
                return answer
            await asyncio.sleep(answer.wait / 10)


class AsItIs:
    """Takes what a stranger drew."""

    async def clip(self, clip, receipt, job, worker):
        return clip, receipt


class Owner:
    """Takes what the owner is told."""

    def __init__(self):
        self.read = []

    def owner(self):
        return 1

    async def send_direct(self, user, post):
        self.read.append(post.content)


async def told_to_the_owner(engines, queue):
    """How often the owner hears of the worker called alice, however long it lasts."""
    owner = Owner()
    alerts = OwnerAlerts(
        {},
        each=lambda: faulty_workers(engines),
        messenger=owner,  # type: ignore[arg-type]
        meta=queue.meta,
        clock=lambda: 1e9,
    )
    for _ in range(3 * STANDS):
        await alerts._one_look()
    assert all("the worker alice fails again and again" in text for text in owner.read)
    return len(owner.read)


@pytest.mark.parametrize("trust", [Trust.OWN, Trust.FRIEND])
@pytest.mark.parametrize(("fail", "charged"), [(BROKEN_GPU, 0), (ENDED, 1)])
async def test_a_worker_that_fails_in_whatever_it_is_given_rests_and_sets_no_job_aside(
    a_bot, a_worker, broker, queue, monkeypatch, trust, fail, charged
):
    monkeypatch.setattr(gpu_faults, "FIRST_PAUSE", 3600.0)
    monkeypatch.setattr(gpu_faults, "LAST_PAUSE", 3600.0)
    key = broker.workers[ALICE][1]
    await invite_worker(queue.workers, ALICE, key=key, name="alice", trust=trust)
    await queue.remote_guilds.set_trust(Trust.PUBLIC, audit_entry("remote"))
    job = await wanted(queue)
    async with a_bot(checks=AsItIs()) as bot, a_worker() as worker:
        place = bot.place()
        for number in range(1, 8):
            order = await next_order(worker)
            assert await worker.hand_in(held(order, HeldState.FAIL, fail=fail)) is DropReason.FAILED
            found = await row(queue, job)
            assert (found.state, found.crashes) == (State.QUEUED, charged)
            assert place.outcomes.gpu.in_a_row == number - charged
            if place.outcomes.gpu.pause():
                await until(lambda: place.seat.resting)
                assert isinstance(await worker.ask(), Nothing)
                bot.service.fleet.helpers[ALICE].rests_until = 0.0
        engines = Engines([], bot.tally, workers=bot.places)
        assert engines_trouble(engines, here=True) is None
        assert await told_to_the_owner(engines, queue) == 1
        order = await next_order(worker)
        assert await worker.hand_in(worker.finished(order)) is DropReason.KEPT
        assert faulty_workers(engines) == {}


async def test_a_job_in_which_several_machines_end_is_set_aside(ours, alice, bob, queue):
    job = await wanted(queue)
    for number, (worker, losses) in enumerate(((alice, 1), (bob, 2), (alice, 2)), 1):
        order = await worker.order()
        await worker.beat(held(order))
        await worker.hello(boot=f"{number:016x}", age=0.0, seq=0)
        worker.boot, worker.seq = f"{number:016x}", 0
        assert (await row(queue, job)).losses == losses
