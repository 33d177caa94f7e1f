"""Jobs on their way to workers and back, over a real broker."""

from __future__ import annotations

import asyncio
import hashlib
import json
import math
from dataclasses import replace

import pytest

from bot.fleet.bucket import Pace
from bot.fleet.capability import Ability
from bot.fleet.hub import GOODBYE
from bot.link import messages
from bot.link.errors import NoAnswer
from bot.link.messages import (
    MAX_PIECE,
    DropReason,
    Fail,
    FailKind,
    HeldState,
    Look,
    Nothing,
    Order,
    RefusedCode,
    SayHello,
)
from db.fleet.workers import Trust
from db.jobs.ending import CancelOutcome
from db.states import State
from engine.core.recipe import Recipe
from engine.core.sentence import Sentence
from tests.bot.fleet.conftest import ALICE, POLICY, held, wanted
from tests.policies import stumble_limits
from tests.present import present
from tests.until import PATIENCE, until
from tests.workers import invite_worker, set_worker_trust

WAN = Ability(engine="wan").to_json()


async def row(queue, job):
    return present(await queue.jobs.get(job.id))


async def test_a_job_is_ordered_drawn_fetched_and_kept_once(ours, alice, queue, blobs):
    job = await wanted(queue, inputs={"picture": blobs.put(b"a picture")})
    order = await alice.order()
    assert (order.job, order.claim) == (job.id, 1)
    assert Recipe.from_json(order.recipe) == Recipe.from_json(job.recipe)
    assert order.inputs["picture"].size == len(b"a picture")
    answer = await alice.file(order, order.inputs["picture"].sha256)
    assert (answer.data, answer.headers["ok"]) == (b"a picture", "1")
    clip = alice.finished(order, b"x" * 300_000)
    assert await alice.hand_in(clip) is DropReason.KEPT
    found = await row(queue, job)
    assert (found.state, found.worker, found.seat) == (State.RENDERED, ALICE, "alice")
    assert blobs.read(present(found.clip_sha256)) == b"x" * 300_000
    assert await alice.hand_in(clip) is DropReason.KEPT  # said again because the answer was lost
    assert ours.tally.rendered == 1
    assert present(await queue.workers.get(ALICE)).clips == 1
    assert not ours.place().progress


async def test_pieces_of_its_own_files_are_no_messages_too_many(a_bot, a_worker, queue, blobs, broker):
    await invite_worker(queue.workers, ALICE, key=broker.workers[ALICE][1], name="alice", trust=Trust.OWN)
    least = Pace(rate=5, burst=20)
    async with a_bot(policy=replace(POLICY, pace=least)) as bot, a_worker() as alice:
        job = await wanted(queue, inputs={"picture": blobs.put(b"a picture")})
        order = await alice.order()
        sha256 = order.inputs["picture"].sha256
        for _ in range(least.burst * 3):
            assert (await alice.file(order, sha256, length=1)).data == b"a"
        assert not bot.service.fleet.is_out(ALICE)
        assert await alice.hand_in(alice.finished(order)) is DropReason.KEPT
        assert (await row(queue, job)).state is State.RENDERED


async def test_an_order_whose_answer_was_lost_costs_no_job(a_bot, a_worker, ours, queue):
    ours.service.hub.dial(None)
    async with a_bot(policy=replace(POLICY, lease=10.0)), a_worker() as alice:
        await wanted(queue)
        order = await alice.ask(7)
        assert isinstance(order, Order)
        assert await alice.ask(7) == order
        await asyncio.sleep(2.1)
        assert (await alice.beat()).orders == (order,)
        assert (await alice.beat(held(order, HeldState.FETCH))).orders == ()


async def test_an_order_is_english_alone_so_that_workers_of_every_release_can_read_it(alice, queue, ours):
    job = await wanted(queue, recipe={"reasons": (Sentence("checkpoint {model}", model="toon"),)})
    assert "sentences" in json.loads(job.recipe)
    order = await alice.order()
    assert order.job == job.id
    assert json.loads(order.recipe)["reasons"] == ["checkpoint toon"]
    assert "sentences" not in json.loads(order.recipe)


async def test_a_worker_waits_for_a_job_and_has_two_to_draw_at_most(ours, alice, queue):
    asking = asyncio.create_task(alice.ask())
    await asyncio.sleep(0.2)
    await wanted(queue)
    ours.signals.queued()
    first = await asking
    assert isinstance(first, Order)
    for _ in range(2):
        await wanted(queue)
    assert isinstance(await alice.ask(), Order)
    assert await alice.ask() == Nothing(wait=1.0)
    await alice.beat(alice.finished(first))
    assert isinstance(await alice.ask(), Order)


async def test_what_a_worker_cannot_draw_is_not_given_to_it(ours, alice, queue):
    await wanted(queue, ability="[]")
    await alice.hello(caps=alice.caps.model_copy(update={"families": ("camera",)}))
    await wanted(queue)
    assert isinstance(await alice.ask(), Nothing)
    await alice.hello()
    assert isinstance(await alice.ask(), Order)


async def test_everybody_sees_a_workers_job_as_one_drawn_here(ours, alice, queue, blobs):
    job = await wanted(queue)
    order = await alice.order()
    assert ours.place().progress[job.id].stage == "preparing"
    draft, sheet = b"a small clip", b"a jpeg"
    looks = []
    for what, data in (("draft.1", draft), ("sheet.1", sheet)):
        alice.files[f"{order.job}-1.{what}"] = data
        digest = hashlib.sha256(data).hexdigest()
        looks.append(Look(what=what, take=1, size=len(data), sha256=digest))
    await alice.beat(held(order, stage="drawing", fraction=0.5, take=1, looks=(looks[0],)))
    assert ours.place().progress[job.id].fraction == 0.5
    await until(lambda: job.id in ours.place().drafts)
    assert ours.places.drafts[job.id].mp4 == draft
    assert ours.place().seat.engine.state == "busy"
    await alice.beat(held(order, stage="drawing", fraction=0.1, take=2, looks=tuple(looks)))
    await until(lambda: job.id not in ours.place().drafts)
    await until(lambda: any(pull.what == "sheet.1" for pull in alice.pulled))
    await asyncio.sleep(0.1)
    assert await alice.hand_in(alice.finished(order)) is DropReason.KEPT
    [kept] = (await queue.sheets.of_job(job.id)).values()
    assert blobs.read(kept) == sheet
    assert len([pull for pull in alice.pulled if pull.what == "draft.1"]) == 1


async def test_a_cancel_is_told_at_once(ours, alice, queue):
    job = await wanted(queue)
    order = await alice.order()
    await alice.beat(held(order))
    assert await queue.claims.cancel(job.id) is CancelOutcome.DONE
    ours.service.hub._upkeep._rows._next = math.inf  # the row would be seen, but later
    ours.signals.cancel_requested(job.id)
    await until(lambda: alice.told)
    assert [drop.verdict for drop in alice.told[0].forget] == [DropReason.CANCELLED]
    assert await alice.hand_in(alice.finished(order)) is DropReason.CANCELLED
    assert (await row(queue, job)).state is State.CANCELLED


async def test_a_job_that_people_ended_in_its_row_is_not_drawn_on(ours, alice, queue):
    job = await wanted(queue)
    await alice.beat(held(await alice.order()))
    await queue.claims.cancel(job.id)  # and no signal
    await until(lambda: alice.told)
    assert alice.told[0].forget[0].verdict is DropReason.CANCELLED


async def test_a_silent_worker_loses_its_job_and_goes_on_with_it_if_nobody_has_had_it(ours, alice, queue):
    job = await wanted(queue)
    order = await alice.order()
    await alice.beat(held(order))
    async with asyncio.timeout(PATIENCE):
        while (found := await row(queue, job)).state is not State.QUEUED:  # noqa: ASYNC110 - rows tell nobody
            await asyncio.sleep(0.05)
    assert found.losses == 0
    assert job.id not in ours.places.progress
    if isinstance(await alice.beat(held(order)), SayHello):
        await alice.hello(held(order))
    assert (await row(queue, job)).state is State.RUNNING
    assert await alice.hand_in(alice.finished(order)) is DropReason.KEPT


async def test_a_zombie_is_told_that_its_job_is_anothers(ours, alice, bob, queue):
    job = await wanted(queue)
    old = await alice.order()
    await alice.beat(held(old))

    async def other():
        while True:
            found = await bob.ask()
            if isinstance(found, Order):
                return found
            await bob.beat()

    new = await asyncio.wait_for(other(), PATIENCE)
    assert (new.job, new.claim) == (job.id, 2)
    await alice.hello(held(old))
    assert await alice.hand_in(alice.finished(old, b"of the zombie")) is DropReason.STALE
    assert await bob.hand_in(bob.finished(new, b"the right one")) is DropReason.KEPT
    assert present((await row(queue, job)).clip_sha256) == hashlib.sha256(b"the right one").hexdigest()


async def test_a_program_that_begins_anew_gives_its_jobs_back_at_once(ours, alice, queue):
    job = await wanted(queue)
    await alice.beat(held(await alice.order()))
    await alice.hello(boot="f" * 16, age=0.0, seq=0)
    found = await row(queue, job)
    assert (found.state, found.losses) == (State.QUEUED, 1)
    assert ours.place().seat.engine.deaths == 1


async def test_of_two_programs_with_one_key_the_older_is_told_to_end(ours, alice, a_worker):
    async with a_worker(greets=False) as younger:
        await younger.hello()
        assert isinstance(await alice.beat(), SayHello)
        assert (await alice.hello()).refused is RefusedCode.TWICE


async def test_after_a_restart_of_the_bot_workers_go_on_with_what_they_draw(
    a_bot, a_worker, broker, queue, ours
):
    running, done = await wanted(queue), await wanted(queue)
    async with a_worker() as worker:
        orders = [await worker.order() for _ in range(2)]
        clip = worker.finished(orders[1])
        await ours.service.stop()
        ours.service.hub.dial(None)
        async with a_bot() as again:
            recovery = await queue.claims.recover(limits=stumble_limits(), workers=True)
            assert {job.id for job in recovery.elsewhere} == {running.id, done.id}
            assert isinstance(await worker.beat(held(orders[0]), clip), SayHello)
            answer = await worker.hello(held(orders[0], stage="drawing", fraction=0.4), clip)
            assert answer.epoch == again.service.fleet.epoch
            assert again.places.progress[running.id].fraction == 0.4
            assert await worker.hand_in(clip) is DropReason.KEPT
            assert await worker.hand_in(worker.finished(orders[0])) is DropReason.KEPT
    assert [(await row(queue, job)).claim for job in (running, done)] == [1, 1]


async def test_a_clip_that_was_kept_before_the_bot_died_is_kept_still(a_bot, a_worker, ours, queue):
    await wanted(queue)
    async with a_worker() as worker:
        clip = worker.finished(await worker.order())
        assert await worker.hand_in(clip) is DropReason.KEPT
        await ours.service.stop()
        ours.service.hub.dial(None)
        async with a_bot():
            answer = await worker.hello(clip)
            assert [drop.verdict for drop in answer.forget] == [DropReason.KEPT]


async def test_a_transfer_goes_on_where_it_was_cut_off(ours, alice, queue, broker):
    await wanted(queue)
    clip = alice.finished(await alice.order(), bytes(range(256)) * 2000)
    alice.silent_after = 200_000
    await alice.beat(clip)
    await until(lambda: alice.pulled and alice.pulled[-1].offset > alice.silent_after)
    ours.service.hub.dial(broker.login())
    await until(lambda: ours.service.hub.is_up)
    alice.silent_after, before = None, len(alice.pulled)
    assert await alice.hand_in(clip) is DropReason.KEPT
    assert 0 < alice.pulled[before].offset <= 200_000 + 2 * MAX_PIECE


@pytest.mark.parametrize(
    ("kind", "state", "shown"),
    [
        (FailKind.USER, State.FAILED, "It cannot be done."),
        (FailKind.ENGINE, State.FAILED, None),
        (FailKind.SHUTDOWN, State.QUEUED, None),
        (FailKind.KILLED, State.QUEUED, None),
        (FailKind.CRASH, State.QUEUED, None),
    ],
)
async def test_a_failure_there_ends_a_job_as_one_here_does(ours, alice, queue, kind, state, shown):
    job = await wanted(queue)
    fail = Fail(kind=kind, code="E_SOMETHING", text="It cannot be done.")
    order = await alice.order()
    assert await alice.hand_in(held(order, HeldState.FAIL, fail=fail)) is DropReason.FAILED
    found = await row(queue, job)
    assert (found.state, found.error_text) == (state, shown)
    assert found.crashes == (kind is FailKind.CRASH)


async def test_a_worker_of_another_protocol_is_told_what_to_install(ours, a_worker):
    async with a_worker(greets=False) as worker:
        answer = await worker.hello(proto=2)
        assert (answer.refused, answer.want) == (RefusedCode.VERSION, "9.9.9")


async def test_a_worker_of_another_release_that_cannot_be_understood_is_told_the_same(ours, a_worker):
    async with a_worker(greets=False) as worker:
        for release, answered in (("0.0.1", True), ("9.9.9", False)):
            hello = json.dumps({"type": "hello", "proto": 1, "release": release, "boot": "?"}).encode()
            if answered:
                answer = messages.decode(messages.HELLO_ANSWER, (await worker.request("hello", hello)).data)
                assert (answer.refused, answer.want) == (RefusedCode.VERSION, "9.9.9")
            else:
                with pytest.raises(NoAnswer):
                    await worker.request("hello", hello, seconds=0.5)


async def test_a_worker_is_told_that_it_was_removed_before_the_broker_hangs_up(ours, alice, broker):
    broker.remove(ALICE)
    await ours.service.hub.dismiss([ALICE])
    broker.reload()
    await until(lambda: alice.told)
    assert alice.told[-1].refused is RefusedCode.REMOVED


async def test_a_worker_that_has_missed_its_removal_is_told_again_and_not_too_often(ours, alice, queue):
    await queue.workers.remove(ALICE)
    await until(lambda: alice.told)
    assert (await alice.beat()).refused is RefusedCode.REMOVED
    assert (await alice.hello()).refused is RefusedCode.REMOVED
    for _ in range(GOODBYE.burst - 2):
        assert (await alice.beat()).refused is RefusedCode.REMOVED
    with pytest.raises(NoAnswer):
        await alice.beat(seconds=0.5)


async def test_a_worker_that_the_owner_removes_ends_and_its_job_goes_to_the_front(ours, alice, queue):
    job = await wanted(queue)
    await alice.beat(held(await alice.order()))
    await queue.workers.remove(ALICE)
    await until(lambda: alice.told)
    assert alice.told[-1].refused is RefusedCode.REMOVED
    await until(lambda: ours.removed)
    assert (await row(queue, job)).state is State.QUEUED
    assert len(ours.places) == 0


async def test_without_checks_nobody_but_the_owner_draws(ours, alice, queue):
    await wanted(queue)
    await set_worker_trust(queue.workers, ALICE, Trust.FRIEND)
    await until(lambda: ours.place().worker.trust is Trust.FRIEND)
    assert await alice.ask() == Nothing(wait=1.0)


async def test_when_workers_are_not_wanted_any_more_their_jobs_are_given_back(a_bot, a_worker, ours, queue):
    job = await wanted(queue)
    async with a_worker() as worker:
        await worker.beat(held(await worker.order()))
    await ours.service.stop()
    ours.service.hub.dial(None)
    async with a_bot(wants=lambda: False) as again:
        await queue.claims.recover(limits=stumble_limits(), workers=True)
        again.service.hub.dial(None)
        async with asyncio.timeout(PATIENCE):
            while (await row(queue, job)).state is not State.QUEUED:  # noqa: ASYNC110 - rows tell nobody
                await asyncio.sleep(0.05)


async def test_a_worker_that_is_away_is_counted_on_for_a_while(a_bot, ours, alice, queue):
    assert [sorted(machine.engines) for machine in ours.places.counted] == [["camera", "sketch"]]
    async with a_bot(policy=replace(POLICY, remembered=60.0)) as again:
        assert len(again.places) == 0
        await until(lambda: again.places.counted)


async def test_a_worker_is_given_first_what_its_loaded_model_can_draw(ours, alice, queue):
    other = await wanted(queue)
    alike = await wanted(queue, user=2, engine="wan", ability=WAN)
    alice.caps = alice.caps.model_copy(update={"families": ("sketch", "wan")})
    await alice.hello()
    first, second = await alice.order(resident="wan"), await alice.order(resident="sketch")
    assert [first.job, second.job] == [alike.id, other.id]


async def test_a_model_that_loads_nothing_is_no_reason_to_pass_anybody(ours, alice, queue):
    alice.caps = alice.caps.model_copy(update={"families": ("sketch", "wan")})
    await alice.hello()
    first = await wanted(queue, engine="wan", ability=WAN)
    await wanted(queue, user=2, engine="sketch")
    assert (await alice.order(resident="sketch")).job == first.id
