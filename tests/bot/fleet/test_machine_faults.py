"""Machines that fail in a job: others try it first, and it ends when all have failed often enough."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from bot.fleet import others_first
from bot.fleet.others_first import OthersFirst
from bot.fleet.places import Places
from bot.link.messages import DropReason, Fail, FailKind, HeldState, Nothing, Order, Told
from bot.loops import gpu_faults, outcomes
from bot.seats import LeftOut, Seat
from db.codes import BotCode
from db.fleet.workers import Trust
from db.jobs.claims import Requeue
from db.states import State
from engine.core.errors import Code
from engine.core.shortages import Shortage
from engine.process.host import HostState
from tests.bot.fixtures import HouseEngine
from tests.bot.fleet.conftest import ABILITY, ALICE, BOB, POLICY, held, wanted
from tests.bot.fleet.test_faulty_workers import BROKEN_GPU, AsItIs, next_order
from tests.db.asking import audit_entry
from tests.policies import stumble_limits
from tests.present import present
from tests.until import PATIENCE
from tests.workers import invite_worker

FAULTS = 3
FEW = replace(POLICY, faults=FAULTS)
MOST_TRIES = 8


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch):
    monkeypatch.setattr(gpu_faults, "FIRST_PAUSE", 0.01)
    monkeypatch.setattr(gpu_faults, "LAST_PAUSE", 0.02)


@pytest.fixture
async def invited(queue, broker):
    for name, worker in (("alice", ALICE), ("bob", BOB)):
        await invite_worker(queue.workers, worker, key=broker.workers[worker][1], name=name, trust=Trust.OWN)


async def row(queue, job):
    return present(await queue.jobs.get(job.id))


async def fails(worker, fail=BROKEN_GPU):
    """It is given a job and fails in it."""
    return await worker.hand_in(held(await next_order(worker), HeldState.FAIL, fail=fail))


async def test_a_job_in_which_every_gpu_breaks_is_tried_on_each_and_ends(a_bot, a_worker, invited, queue):
    job = await wanted(queue)
    async with a_bot(policy=FEW), a_worker() as alice, a_worker(BOB) as bob:
        assert await fails(alice) is DropReason.FAILED
        assert (await alice.ask()).type == "none", "the other one has not failed in it"
        assert await fails(bob) is DropReason.FAILED
        assert (await row(queue, job)).faults == {ALICE: 1, BOB: 1}
    async with a_bot(policy=FEW), a_worker() as alice:  # the count survives a restart
        assert await fails(alice) is DropReason.FAILED
    found = await row(queue, job)
    assert (found.state, found.error_code, found.charged_seconds) == (State.FAILED, BotCode.MACHINES, 0)
    assert (found.crashes, found.losses, found.stumbles) == (0, 0, 0)


async def test_one_broken_gpu_cannot_use_up_a_jobs_tries_while_another_draws(a_bot, a_worker, invited, queue):
    once = replace(POLICY, faults=1)
    async with a_bot(policy=once), a_worker() as alice, a_worker(BOB) as bob:
        first = await wanted(queue)
        busy = await bob.order()
        await bob.beat(held(busy))
        job = await wanted(queue)
        assert await fails(alice) is DropReason.FAILED
        assert (await row(queue, job)).state is State.QUEUED, "not all have tried it"
        later = await wanted(queue)
        assert (await next_order(alice)).job == later.id
        assert await bob.hand_in(bob.finished(busy)) is DropReason.KEPT
        assert await bob.hand_in(bob.finished(await bob.order(), b"another")) is DropReason.KEPT
    for each in (first, job):
        assert present((await row(queue, each)).clip_sha256)


async def test_workers_that_go_away_end_no_job(a_bot, a_worker, invited, queue):
    job = await wanted(queue)
    async with a_bot(policy=replace(FEW, lease=0.3, grace=0.0)):
        for _ in range(FAULTS + 1):
            async with a_worker() as alice:
                await next_order(alice)
            async with asyncio.timeout(PATIENCE):
                while (await row(queue, job)).state is not State.QUEUED:  # noqa: ASYNC110 - a row, not an event
                    await asyncio.sleep(0.05)
    assert (await row(queue, job)).faults == {}


CODES = {f"{code}": Fail(kind=FailKind.ENGINE, code=code, text="no") for code in Code}
KINDS = {
    f"{kind}": Fail(kind=kind, code=Shortage.MEMORY if kind is FailKind.SHORTAGE else "E_ENGINE", text="no")
    for kind in FailKind
}
WAITS = {"shortage"}
"""Of the owner's machines it is believed, and the job's status names it."""


@pytest.mark.parametrize(
    ("trust", "fails_with"),
    [
        (Trust.OWN, CODES),
        (Trust.OWN, {kind: fail for kind, fail in KINDS.items() if kind not in WAITS}),
        (Trust.FRIEND, KINDS),
    ],
    ids=["codes", "own", "friend"],
)
async def test_a_job_ends_whatever_its_worker_says_always(a_bot, a_worker, broker, queue, trust, fails_with):
    await invite_worker(queue.workers, ALICE, key=broker.workers[ALICE][1], name="alice", trust=trust)
    await queue.remote_guilds.set_trust(Trust.PUBLIC, audit_entry("remote"))
    tries = {}
    async with a_bot(policy=FEW, checks=AsItIs()), a_worker() as alice:
        for number, (name, fail) in enumerate(fails_with.items()):
            job = await wanted(queue, user=number)
            tries[name] = 0
            while not (await row(queue, job)).state.ended and tries[name] <= MOST_TRIES:
                await fails(alice, fail)
                tries[name] += 1
    assert max(tries.values()) <= MOST_TRIES, tries


@pytest.mark.parametrize(
    ("changes", "state"),
    [
        ({"inputs": {"picture": "f" * 64}}, State.FAILED),
        ({"recipe": {"prompt": "x" * 60_000}}, State.QUARANTINED),
    ],
    ids=["a file is gone", "too long for an order"],
)
async def test_a_job_for_which_no_order_can_be_written_ends(
    a_bot, a_worker, invited, queue, monkeypatch, changes, state
):
    monkeypatch.setattr(outcomes, "TROUBLE_PAUSE", 0.01)
    monkeypatch.setattr(outcomes, "LAST_TROUBLE_PAUSE", 0.01)
    job = await wanted(queue, **changes)
    async with a_bot(policy=replace(POLICY, ask_seconds=0.1)), a_worker() as alice:
        async with asyncio.timeout(PATIENCE):
            while not (await row(queue, job)).state.ended:
                answer = await alice.ask()
                assert isinstance(answer, Nothing)
                await asyncio.sleep(answer.wait / 10)
    assert (await row(queue, job)).state is state


async def failed_in(queue, seat="here", **changes):
    """A job in which a seat of the bot's own failed."""
    await wanted(queue, **changes)
    job = present(await queue.claims.claim(seat=seat))
    await queue.claims.requeue(job.id, job.claim, cause=Requeue.FAULT, limits=stumble_limits())
    return job


@pytest.fixture
def others(queue, tmp_path):
    """Two seats of the bot's own, and nobody else."""
    seats = [Seat(name=name, engine=HouseEngine(tmp_path / name)) for name in ("here", "there")]
    return OthersFirst(Places(), seats=seats, faulted=queue.faulted), seats[1]


def left_out(seat):
    seat.left_out = LeftOut(until=None)


def resting(seat):
    seat.resting = True


def down(seat):
    seat.engine.state = HostState.DOWN


def of_another_lane(seat):
    seat.lane = "comfyui"


def unable(seat):
    async def abilities():
        return [ABILITY]

    seat.unable = abilities


async def test_a_job_is_left_to_a_seat_that_has_not_failed_in_it(queue, others):
    first, _ = others
    job = await failed_in(queue)
    assert await first.left_by("here") == [job.id]
    assert await first.left_by("there") == []
    assert await first.are_there(job.id, "here")
    assert not await first.are_there(job.id, "there")


async def test_rows_are_read_while_there_may_be_such_jobs_and_not_at_each_question(
    queue, others, monkeypatch
):
    first, _ = others
    reads = []
    waiting = queue.faulted.waiting

    async def counted():
        reads.append(1)
        return await waiting()

    monkeypatch.setattr(queue.faulted, "waiting", counted)
    for _ in range(5):
        assert await first.left_by("here") == []
    assert len(reads) == 1, "the first look after the start finds that there are none"
    job = await failed_in(queue)
    assert await first.are_there(job.id, "here")  # as whoever counts a fault asks
    for _ in range(5):
        assert await first.left_by("here") == [job.id]
    monkeypatch.setattr(others_first, "FRESH", -1.0)
    assert await first.left_by("here") == [job.id], "as long as there is one"


@pytest.mark.parametrize("change", [left_out, resting, down, of_another_lane, unable])
async def test_a_job_is_not_left_to_who_would_not_begin_it(queue, others, change):
    first, other = others
    job = await failed_in(queue)
    change(other)
    assert await first.left_by("here") == []
    assert not await first.are_there(job.id, "here")


async def test_a_job_is_left_to_others_for_a_while_and_not_for_ever(queue, others, monkeypatch):
    first, _ = others
    job = await failed_in(queue)
    assert await first.left_by("here") == [job.id]
    monkeypatch.setattr(others_first, "PATIENCE", -1.0)
    assert await first.left_by("here") == []
    assert not await first.are_there(job.id, "here")


@pytest.mark.parametrize(
    ("trust", "families", "taken"),
    [(Trust.OWN, ("sketch",), True), (Trust.FRIEND, ("sketch",), False), (Trust.OWN, ("camera",), False)],
)
async def test_a_job_is_left_only_to_workers_that_may_and_can_draw_it(
    a_bot, a_worker, broker, queue, trust, families, taken
):
    await invite_worker(queue.workers, ALICE, key=broker.workers[ALICE][1], name="alice", trust=trust)
    async with a_bot() as bot, a_worker(greets=False) as alice:
        alice.caps = Told(name="Scripted", families=families)
        await alice.hello()
        job = await failed_in(queue)
        found = OthersFirst(bot.places, seats=(), faulted=queue.faulted)
        assert await found.left_by("here") == ([job.id] if taken else [])
        assert isinstance(await alice.ask(), Order if taken else Nothing)
