"""Workers with a good key and bad intentions: what each tries comes to nothing, and it is put out."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import hashlib
import json
import time

import pytest

from bot.fleet.fleet import MOST_LOOKS
from bot.fleet.results import within
from bot.link import messages, subjects
from bot.link.errors import LinkError
from bot.link.messages import Done, DropReason, Held, HeldState, Look, Nothing, RefusedCode, SayHello
from db.fleet.workers import Trust
from db.states import State
from tests.bot.fixtures import receipt
from tests.bot.fleet.conftest import ALICE, BOB, POLICY, held, wanted
from tests.present import present
from tests.until import until
from tests.workers import invite_worker

LONG = 10.0
"""Seconds: a picture that is asked for and does not come is given up later."""


async def row(queue, job):
    return present(await queue.jobs.get(job.id))


def hold_of(order):
    """Under which its claim is kept."""
    return order.job, order.claim


async def put_out(ours, queue, worker=ALICE):
    """Wait until a worker is put out; why."""
    await until(lambda: ours.service.fleet.is_out(worker))
    await until(lambda: ours.removed)
    return present(await queue.workers.get(worker)).why


async def others_go_on(ours, bob, queue):
    """An honest worker is not hurt."""
    await bob.hello()
    job = await wanted(queue)
    assert await bob.hand_in(bob.finished(await bob.order(), b"honest")) is DropReason.KEPT
    assert (await row(queue, job)).state is State.RENDERED


async def test_it_reads_no_file_of_a_job_that_it_does_not_hold(ours, alice, bob, queue, blobs):
    secret = blobs.put(b"somebody's picture")
    await wanted(queue, inputs={"picture": secret})
    theirs = await alice.order()
    assert (await bob.file(theirs, secret)).headers.get("ok") is None
    await wanted(queue)
    own = await bob.order()
    assert (await bob.file(own, secret)).headers["no"] == "this is not yours to read"
    await alice.hand_in(alice.finished(theirs))
    assert (await alice.file(theirs, secret)).data == b""  # no longer, either


async def test_it_does_not_read_a_jobs_files_for_ever(ours, alice, queue, blobs):
    picture = blobs.put(b"a picture")
    await wanted(queue, inputs={"picture": picture})
    order = await alice.order()
    whole = [await alice.file(order, picture, length=messages.MAX_PIECE) for _ in range(12)]
    assert [answer.data for answer in whole] == [b"a picture"] * 10 + [b""] * 2


async def test_it_cannot_end_what_others_draw_and_is_put_out_for_trying(ours, alice, bob, queue):
    job = await wanted(queue)
    theirs = await alice.order()
    lie = bob.finished(theirs, b"not what was asked for")
    assert await bob.hand_in(lie) is DropReason.STALE
    for start in range(0, POLICY.strange_claims + 2, 7):
        guessed = [
            Held(job=f"{number:016x}", claim=1, state=HeldState.RUN) for number in range(start, start + 7)
        ]
        try:
            await bob.beat(*guessed, seconds=0.5)
        except LinkError:
            break
    assert "never given" in await put_out(ours, queue, BOB)
    assert await alice.hand_in(alice.finished(theirs)) is DropReason.KEPT
    assert (await row(queue, job)).worker == ALICE


async def test_it_cannot_have_the_bot_speak_to_another(ours, alice, bob, queue):
    foreign = subjects.down(BOB, subjects.TELL)
    for seq in range(POLICY.garbage + 1):
        beat = messages.Beat(boot=alice.boot, seq=100 + seq)
        await alice.say(subjects.BEAT, messages.encode(beat), reply=foreign)
    assert "messages that are none" in await put_out(ours, queue)
    assert bob.told == []
    await others_go_on(ours, bob, queue)


@pytest.mark.parametrize(
    "garbage",
    [
        b"",
        b"\xff\xfe",
        b"[" * 60_000,
        b"null",
        json.dumps({"type": "beat", "boot": "x", "seq": -1}).encode(),
        b'{"type":"beat","boot":"' + b"a" * 16 + b'","seq":1e400}',
    ],
    ids=["empty", "bytes", "deep", "null", "wrong", "endless"],
)
async def test_rubbish_is_passed_over_and_the_sender_put_out(ours, alice, bob, queue, garbage):
    for _ in range(POLICY.garbage):
        await alice.say(subjects.BEAT, garbage, reply=subjects.answer_to_worker(ALICE))
    assert "messages that are none" in await put_out(ours, queue)
    await others_go_on(ours, bob, queue)


@pytest.mark.parametrize("size", [-5, 10**30, 0.5, "9"])
async def test_a_size_that_is_none_is_rubbish(ours, alice, queue, size):
    await wanted(queue)
    order = await alice.order()
    clip = json.loads(alice.finished(order).model_dump_json())
    clip["done"]["size"] = size
    told = {"type": "beat", "boot": alice.boot, "seq": 9, "hold": [clip]}
    for _ in range(POLICY.garbage):
        await alice.say(subjects.BEAT, json.dumps(told).encode())
    await put_out(ours, queue)
    assert alice.pulled == []


LARGE = 1_000_000_000


def wrong_digest(worker, order):
    clip = worker.finished(order, b"one thing")
    worker.files[f"{order.job}-{order.claim}.clip"] = b"and other"
    return clip


def half_a_clip(worker, order):
    clip = worker.finished(order, b"x" * 1000)
    worker.files[f"{order.job}-{order.claim}.clip"] = b"x" * 500
    return clip


def too_large(worker, order):
    sha256 = "a" * 64
    told = receipt(sha256, LARGE).to_json()
    return held(order, HeldState.DONE, done=Done(size=LARGE, sha256=sha256, seconds=1.0, receipt=told))


def no_bytes(worker, order):
    return worker.finished(order, b"")


def nothing_there(worker, order):
    clip = worker.finished(order)
    worker.files.clear()
    return clip


def another_receipt(worker, order):
    return worker.finished(order, receipt=receipt("e" * 64, 6).to_json())


def no_receipt(worker, order):
    return worker.finished(order, receipt='{"takes": 5}')


def ended_somehow(worker, order):
    return held(order, HeldState.DONE)


@pytest.mark.parametrize(
    "cheat",
    [
        wrong_digest,
        half_a_clip,
        too_large,
        no_bytes,
        nothing_there,
        another_receipt,
        no_receipt,
        ended_somehow,
    ],
)
async def test_what_was_not_ordered_goes_to_the_front_and_the_third_time_puts_its_maker_out(
    ours, alice, bob, queue, cheat
):
    jobs = []
    for time_ in range(POLICY.bad_clips):
        jobs.append(await wanted(queue))  # those before are left to the other, who did nothing wrong in them
        order = await alice.order()
        assert (order.job, order.claim) == (jobs[-1].id, 1)
        if time_ + 1 < POLICY.bad_clips:
            assert await alice.hand_in(cheat(alice, order)) is DropReason.BAD
        else:
            await alice.beat(cheat(alice, order))
    assert "no clip of it could be taken" in await put_out(ours, queue)
    if cheat is too_large:
        assert alice.pulled == []
    for job in jobs:
        found = await row(queue, job)
        assert (found.state, found.crashes, found.losses, found.stumbles) == (State.QUEUED, 0, 0, 0)
        assert await bob.hand_in(bob.finished(await bob.order(), b"honest")) is DropReason.KEPT
        assert present((await row(queue, job)).clip_sha256) == hashlib.sha256(b"honest").hexdigest()


@pytest.mark.parametrize("what", [subjects.BEAT, subjects.FILE, "r.0123456789abcdef"])
async def test_a_flooder_is_put_out_in_seconds_and_the_loop_stays_quick(ours, alice, bob, queue, what):
    held_up = 0.0

    async def flood():
        ask = messages.AskFile(job="a" * 16, claim=1, sha256="b" * 64, offset=0, length=1)
        beat = messages.Beat(boot=alice.boot, seq=1)
        data = messages.encode(ask if what == subjects.FILE else beat)
        while not ours.service.fleet.is_out(ALICE):
            for _ in range(50):
                await alice.say(what, data)
            await asyncio.sleep(0)

    flooding = asyncio.create_task(flood())
    while not ours.service.fleet.is_out(ALICE):
        before = time.thread_time()
        await asyncio.sleep(0.01)
        held_up = max(held_up, time.thread_time() - before)
    assert "too many messages" in await put_out(ours, queue)
    await flooding
    assert held_up < 1.0, "seconds of the processor, however busy the machine is"
    await others_go_on(ours, bob, queue)


@pytest.mark.parametrize("state", [HeldState.RUN, HeldState.FETCH, HeldState.DONE])
async def test_one_that_only_talks_keeps_no_job_and_is_put_out(a_bot, a_worker, queue, broker, state):
    await invite_worker(queue.workers, ALICE, key=broker.workers[ALICE][1], name="alice", trust=Trust.OWN)
    policy = dataclasses.replace(POLICY, max_seconds=0.4, bad_clips=2)
    async with a_bot(policy=policy) as bot, a_worker() as alice:
        fleet, job = bot.service.fleet, await wanted(queue)
        alice.silent_after = -1  # it answers no pull
        for _ in range(policy.bad_clips):
            order = await alice.order()
            hold = alice.finished(order) if state is HeldState.DONE else held(order, state)
            while ALICE in fleet.helpers and hold_of(order) in fleet.helpers[ALICE].account.holdings:
                with contextlib.suppress(LinkError):  # it is not answered once it is put out
                    if isinstance(await alice.beat(hold, seconds=1), SayHello):
                        await alice.hello(hold)
                await asyncio.sleep(POLICY.beat / 4)  # more would be a flood
        await until(lambda: fleet.is_out(ALICE))
    last = await row(queue, job)
    assert (last.state, last.faults) == (State.QUEUED, {ALICE: policy.bad_clips})
    assert present(await queue.workers.get(ALICE)).why.endswith("it held a job longer than any takes")


async def test_pictures_that_it_offers_and_does_not_give_keep_nobodys_clip_waiting(ours, alice, bob, queue):
    await wanted(queue)
    theirs = await alice.order()
    alice.silent_after = -1
    digest = hashlib.sha256(b"").hexdigest()
    names = [f"sheet.{number}" for number in range(1, 100)]
    for some in (names[:32], names[32:64], names[64:96]):
        looks = tuple(Look(what=name, take=1, size=1000, sha256=digest) for name in some)
        await alice.beat(held(theirs, looks=looks))
    (holding,) = ours.service.fleet.helpers[ALICE].account.holdings.values()
    assert len(holding.looks) == MOST_LOOKS
    begun = time.monotonic()
    await others_go_on(ours, bob, queue)
    assert time.monotonic() - begun < LONG


async def test_it_is_put_out_with_a_word_and_stays_out(ours, alice, queue):
    job = await wanted(queue)
    await alice.beat(held(await alice.order()))
    await ours.service.fleet.put_out(ALICE, "for a test")
    await until(lambda: alice.told)
    assert alice.told[-1].refused is RefusedCode.REMOVED
    assert (await row(queue, job)).state is State.QUEUED
    with pytest.raises(LinkError):
        await alice.request(subjects.ASK, messages.Ask(boot=alice.boot, n=99), seconds=0.3)


async def test_it_has_no_more_jobs_than_it_draws(ours, alice, queue):
    for _ in range(4):
        await wanted(queue)
    found = [await alice.ask() for _ in range(4)]
    assert [isinstance(answer, Nothing) for answer in found] == [False, False, True, True]


async def test_it_reports_no_more_seconds_than_have_passed():
    told = receipt("a" * 64, 1, seconds=1e9)
    cut = within(told, 12.0)
    assert cut.busy_seconds == pytest.approx(12.0)
    assert cut.charged_seconds <= 12.0
    assert sum(take.seconds for take in cut.takes) == pytest.approx(12.0)
    assert within(told, 2e9) is told
