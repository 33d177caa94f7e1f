"""Who does what of a job is settled in its order, whatever becomes of the worker's trust meanwhile."""

from __future__ import annotations

import asyncio
import hashlib

import pytest

from bot.job_documents import recipe_of
from bot.link.messages import DropReason, HeldState
from db.fleet.workers import Trust
from db.states import State
from engine.core.recipe import Effect, Recipe
from tests.bot.fixtures import receipt
from tests.bot.fleet.conftest import ALICE, held, wanted
from tests.db.asking import audit_entry
from tests.present import present
from tests.until import until
from tests.workers import invite_worker, set_worker_trust

EFFECT = Effect(name="Old film", look="old film")
DRAWN, LAID = b"drawn", b", effect"


class Laying:
    """Makes a stranger's clip anew, and lays the job's effect over it."""

    async def clip(self, clip, told, job, worker):
        laid = clip.read_bytes() + (LAID if recipe_of(job).effect else b"")
        anew = clip.with_suffix(".anew")
        await asyncio.to_thread(anew.write_bytes, laid)
        return anew, receipt_for(laid)


def receipt_for(data):
    return receipt(hashlib.sha256(data).hexdigest(), len(data), seconds=0.1)


@pytest.fixture
async def invited(queue, broker):
    async def invite(trust):
        await invite_worker(queue.workers, ALICE, key=broker.workers[ALICE][1], name="alice", trust=trust)
        await queue.remote_guilds.set_trust(Trust.PUBLIC, audit_entry("remote"))

    return invite


def drawn(worker, order):
    """What a worker hands in: as the order says, with the effect or without."""
    effect = Recipe.from_json(order.recipe).effect
    return worker.finished(order, DRAWN + (LAID if effect else b""))


async def content(queue, blobs, job):
    row = present(await queue.jobs.get(job.id))
    return blobs.read(present(row.clip_sha256))


async def trusts(bot, queue, trust):
    """The owner says so, and the running bot has heard of it."""
    await set_worker_trust(queue.workers, ALICE, trust)
    await until(lambda: bot.place().worker.trust is trust)


BEFORE_AND_AFTER = [
    (Trust.FRIEND, Trust.OWN),
    (Trust.OWN, Trust.FRIEND),
    (Trust.OWN, Trust.PUBLIC),
    (Trust.PUBLIC, Trust.OWN),
    (Trust.OWN, Trust.OWN),
    (Trust.FRIEND, Trust.FRIEND),
]


@pytest.mark.parametrize("restarted", [False, True], ids=["running", "restarted"])
@pytest.mark.parametrize(("before", "after"), BEFORE_AND_AFTER)
async def test_an_effect_is_laid_once_however_the_trust_changes(
    a_bot, a_worker, invited, queue, blobs, before, after, restarted
):
    await invited(before)
    job = await wanted(queue, recipe={"effect": EFFECT})
    async with a_bot(checks=Laying()) as bot, a_worker() as alice:
        order = await alice.order()
        assert (Recipe.from_json(order.recipe).effect is not None) == (before is Trust.OWN)
        if not restarted:
            await trusts(bot, queue, after)
            await seen_through(alice, order, before, after)
            assert await content(queue, blobs, job) == DRAWN + LAID
            return
    await set_worker_trust(queue.workers, ALICE, after)
    async with a_bot(checks=Laying()), a_worker(greets=False) as again:
        again.boot, again.seq, again.files = alice.boot, alice.seq, alice.files
        await again.hello(held(order))
        await seen_through(again, order, before, after)
    assert await content(queue, blobs, job) == DRAWN + LAID


async def seen_through(worker, order, before, after):
    """The worker hands in; where it is trusted less than before, it is given the job anew."""
    if after.covers(before):
        assert await worker.hand_in(drawn(worker, order)) is DropReason.KEPT
        return
    assert await worker.hand_in(held(order)) is DropReason.STALE
    anew = await worker.order()
    assert anew.claim == order.claim + 1
    assert Recipe.from_json(anew.recipe).effect is None
    assert await worker.hand_in(drawn(worker, anew)) is DropReason.KEPT


async def test_what_a_machine_drew_that_is_trusted_less_now_is_not_taken(a_bot, a_worker, invited, queue):
    await invited(Trust.OWN)
    job = await wanted(queue, guild=999, recipe={"effect": EFFECT})  # a server that allows the owner's alone
    async with a_bot(checks=Laying()) as bot, a_worker() as alice:
        order = await alice.order()
        await alice.beat(held(order, HeldState.RUN))
        await trusts(bot, queue, Trust.PUBLIC)
        assert await alice.hand_in(drawn(alice, order)) is DropReason.STALE
        row = present(await queue.jobs.get(job.id))
        assert (row.state, row.clip_sha256, row.faults) == (State.QUEUED, None, {})
        assert (await alice.ask()).type == "none"
