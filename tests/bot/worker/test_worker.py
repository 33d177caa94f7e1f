"""A worker's life over a real broker: it draws, keeps what it drew, obeys, and ends in order."""

from __future__ import annotations

import asyncio
import hashlib
import os
from contextlib import AsyncExitStack, asynccontextmanager

import pytest

from bot.link import messages, pieces, subjects
from bot.link.errors import NoAnswer
from bot.link.messages import Drop, DropReason, FailKind, HeldState, Refused, RefusedCode
from bot.worker import talk
from bot.worker.ends import Ended
from engine.core.recipe import Recipe
from tests.bot.worker.conftest import WORKER
from tests.fleet.relay import Relay
from tests.fleet.sleeper import Sleeper, content_of, order_text
from tests.fleet.small_bot import SmallBot, new_order
from tests.until import PATIENCE


async def test_jobs_are_drawn_with_their_files_and_every_clip_arrives_whole(small_bot, working, tmp_path):
    picture = os.urandom(700_000)
    orders = [new_order(order_text(0.1, size=400_000), inputs={"picture": picture}) for _ in range(4)]
    small_bot.put(*orders, files={"picture": picture})
    async with working():
        await small_bot.until(lambda: len(small_bot.clips) == 4)
        digest = hashlib.sha256(picture).hexdigest()
        for order in orders:
            assert small_bot.clips[order.job] == content_of(order.job, 400_000, {"picture": digest})
        await small_bot.until(lambda: not any((tmp_path / "worker" / "claims").iterdir()))


async def test_pieces_of_files_come_as_quickly_as_the_bot_gives_them(small_bot, working, monkeypatch):
    for name in ("FIRST_PIECE", "SMALLEST_PIECE", "MAX_PIECE"):
        monkeypatch.setattr(pieces, name, 1000)
    picture = os.urandom(400_000)
    order = new_order(order_text(0.1), inputs={"picture": picture})
    small_bot.put(order, files={"picture": picture})
    async with working(), asyncio.timeout(15):  # with a pace of 15 a second they took 21 s
        await small_bot.until(lambda: order.job in small_bot.clips)


async def test_the_next_job_is_fetched_while_the_one_before_is_drawn(small_bot, working, engine):
    picture = os.urandom(300_000)
    small_bot.put(
        *(new_order(order_text(0.6), inputs={"picture": picture}) for _ in range(4)),
        files={"picture": picture},
    )
    async with working():
        await small_bot.until(lambda: len(small_bot.clips) == 4)
    pauses = [later[0] - sooner[1] for sooner, later in zip(engine.times[1:], engine.times[2:], strict=False)]
    assert max(pauses) < 0.25
    assert all(
        len([held for held in beat.hold if held.state is not HeldState.DONE]) <= 2 for beat in small_bot.beats
    )


async def test_the_same_question_is_asked_again_when_its_answer_is_lost(small_bot, working):
    order = new_order(order_text(0.05))
    async with working():
        await small_bot.until(lambda: small_bot.hellos and small_bot.asks)
        asked = small_bot.asks[-1].n
        small_bot.put(order)
        await small_bot.until(lambda: order.job in small_bot.clips)
        await small_bot.until(lambda: small_bot.asks[-1].n == asked + 1 or small_bot.asks[-1].n == asked + 2)


@pytest.fixture
def bots(broker, tmp_path):
    """Makes a bot that lives during the block; the next one is the bot after a restart."""

    @asynccontextmanager
    async def run(name, *, holds=0.2):
        (tmp_path / name).mkdir()
        made = SmallBot(broker.login(), tmp_path / name)
        made.holds = holds
        async with made:
            yield made

    return run


async def test_a_question_that_the_bot_took_with_it_is_asked_anew_of_the_next_one(bots, working):
    async with AsyncExitStack() as stack:
        first = await stack.enter_async_context(bots("first", holds=60))
        await stack.enter_async_context(working())
        await first.until(lambda: first.asks)
        await first.__aexit__()
        second = await stack.enter_async_context(bots("second", holds=60))
        order = new_order(order_text(0.05))
        second.put(order)
        await second.until(lambda: order.job in second.clips)


async def test_a_worker_asks_as_soon_as_the_bot_is_back(bots, working, monkeypatch):
    monkeypatch.setattr(talk, "BEAT_SECONDS", 60.0)
    async with AsyncExitStack() as stack:
        first = await stack.enter_async_context(bots("first"))
        await stack.enter_async_context(working())
        await first.until(lambda: first.asks)
        await first.__aexit__()
        await asyncio.sleep(1.0)  # its next question finds nobody
        second = await stack.enter_async_context(bots("second"))
        await second.until(lambda: second.asks)


async def test_a_first_look_is_offered_while_its_job_is_drawn(small_bot, working):
    order = new_order(order_text(3.0))
    small_bot.put(order)
    async with working():
        await small_bot.until(lambda: order.job in small_bot.drafts)
        assert small_bot.drafts[order.job].startswith(b"draft of")
        assert order.job not in small_bot.clips


async def test_what_is_told_to_be_forgotten_stops_at_once_and_leaves_no_file(
    small_bot, working, tmp_path, engine
):
    order = new_order(order_text(30))
    small_bot.put(order)
    async with working():
        await small_bot.until(
            lambda: any(
                held.state is HeldState.RUN for held in small_bot.beats[-1:] and small_bot.beats[-1].hold
            )
        )
        await small_bot.tell(WORKER, Drop(job=order.job, claim=1, verdict=DropReason.CANCELLED))
        await small_bot.until(lambda: not small_bot.beats[-1].hold)
        assert order.job not in small_bot.clips
        next_one = new_order(order_text(0.05))
        small_bot.put(next_one)
        await small_bot.until(lambda: next_one.job in small_bot.clips)
        assert not list((tmp_path / "worker" / "claims").glob(f"{order.job}*"))
    assert order.job not in small_bot.failures


async def test_a_finished_clip_is_kept_over_the_workers_end_until_the_bot_has_it(
    small_bot, working, tmp_path
):
    small_bot.takes_clips = False
    order = new_order(order_text(0.05))
    small_bot.put(order)
    async with working() as (task, stop):
        await small_bot.until(
            lambda: small_bot.beats and any(h.state is HeldState.DONE for h in small_bot.beats[-1].hold)
        )
        stop.set()
        await task
    small_bot.takes_clips = True
    async with working(draws=Sleeper(tmp_path / "other_spool")):
        await small_bot.until(lambda: order.job in small_bot.clips)
    assert small_bot.hellos[-1].hold[0].state is HeldState.DONE
    assert small_bot.hellos[-1].boot != small_bot.hellos[0].boot


async def test_with_three_clips_waiting_no_job_is_asked_for(small_bot, working):
    small_bot.takes_clips = False
    small_bot.put(*(new_order(order_text(0.05)) for _ in range(6)))
    async with working():
        await small_bot.until(lambda: small_bot.beats and len(small_bot.beats[-1].hold) >= 3)
        await asyncio.sleep(1.0)
        assert len(small_bot.beats[-1].hold) <= 4
        assert len(small_bot.orders) >= 2


async def test_what_cannot_be_drawn_is_told_once_in_words(small_bot, working):
    order = new_order(order_text(0, size=-1))
    small_bot.put(order)
    async with working():
        await small_bot.until(lambda: order.job in small_bot.failures)
    fail = small_bot.failures[order.job]
    assert (fail.kind, fail.code, fail.text) == (FailKind.USER, "E_BROKEN", "This cannot be drawn.")


async def test_a_file_that_is_not_what_was_promised_fails_the_job_and_not_the_worker(small_bot, working):
    order = new_order(order_text(0.05), inputs={"picture": b"this"})
    small_bot.put(order)
    small_bot.files[order.inputs["picture"].sha256] = b"that"
    good = new_order(order_text(0.05))
    async with working():
        await small_bot.until(lambda: order.job in small_bot.failures)
        assert small_bot.failures[order.job].kind is FailKind.ENGINE
        small_bot.put(good)
        await small_bot.until(lambda: good.job in small_bot.clips)


async def test_a_broker_that_dies_costs_no_render(broker, small_bot, working, engine):
    order = new_order(order_text(1.5))
    small_bot.put(order)
    async with working():
        await small_bot.until(lambda: small_bot.beats and small_bot.beats[-1].hold)
        broker.kill()
        await asyncio.sleep(0.5)
        broker.start()
        await small_bot.until(lambda: order.job in small_bot.clips)
    assert engine.drawn == [f"{order.job}_1"]


async def test_a_bot_that_starts_anew_finds_the_render_going_on(broker, working, tmp_path, engine):
    order = new_order(order_text(2.0))
    (tmp_path / "bot").mkdir()
    async with working():
        async with SmallBot(broker.login(), tmp_path / "bot") as first:
            first.put(order)
            await first.until(lambda: first.beats and first.beats[-1].hold)
        async with SmallBot(broker.login(), tmp_path / "bot") as second:
            await second.until(lambda: second.hellos)
            assert [held.job for held in second.hellos[0].hold] == [order.job]
            await second.until(lambda: order.job in second.clips)
    assert engine.drawn == [f"{order.job}_1"]


async def test_a_line_that_swallows_everything_is_given_up_and_made_anew(broker, small_bot, working):
    picture = os.urandom(3_000_000)
    order = new_order(order_text(0.2, size=8_000_000), inputs={"picture": picture})
    async with Relay(broker.port) as relay, working(port=relay.port):
        await small_bot.until(lambda: small_bot.hellos)
        small_bot.put(order, files={"picture": picture})
        await small_bot.until(lambda: any(held.done for beat in small_bot.beats for held in beat.hold))
        relay.stall()
        await asyncio.sleep(3.0)
        relay.heal()
        await small_bot.until(lambda: order.job in small_bot.clips)


async def test_the_younger_of_two_with_one_invitation_goes_on(small_bot, working, said):
    small_bot.refuse = Refused(refused=RefusedCode.TWICE)
    async with working() as (task, _):
        with pytest.raises(Ended, match="in use by another program"):
            await asyncio.wait_for(task, PATIENCE)


async def test_a_worker_that_is_too_old_is_told_the_command_that_updates_it(small_bot, working):
    small_bot.refuse = Refused(refused=RefusedCode.VERSION, want="9.9")
    async with working() as (task, _):
        with pytest.raises(Ended, match=r'pip install --upgrade "framekiln\[worker\]==9\.9"'):
            await asyncio.wait_for(task, PATIENCE)


async def test_a_worker_that_is_removed_ends_with_a_plain_word(broker, small_bot, working, said):
    async with working() as (task, _):
        await small_bot.until(lambda: small_bot.hellos)
        broker.remove(WORKER)
        broker.reload()
        with pytest.raises(Ended, match="does not take this invitation any more"):
            await asyncio.wait_for(task, PATIENCE)
    assert said[0].startswith("Draws on Sleeper with sketch.")
    assert "its owner seems to have removed this machine" in said[-1]
    assert not any("cannot be reached" in line for line in said)


async def test_a_stop_gives_back_at_once_what_is_not_begun(small_bot, working):
    running, ready = new_order(order_text(2.5)), new_order(order_text(0.1))
    small_bot.put(running, ready)
    async with working() as (task, stop):
        await small_bot.until(lambda: small_bot.beats and len(small_bot.beats[-1].hold) == 2)
        stop.set()
        await small_bot.until(lambda: ready.job in small_bot.failures)
        assert running.job not in small_bot.clips, "it is not waited for"
        await asyncio.wait_for(task, PATIENCE)
    assert small_bot.failures[ready.job].kind is FailKind.SHUTDOWN


async def test_a_stop_gives_back_what_is_not_drawn(small_bot, working):
    order = new_order(order_text(30))
    small_bot.put(order)
    async with working() as (task, stop):
        await small_bot.until(lambda: small_bot.beats and small_bot.beats[-1].hold)
        stop.set()
        await asyncio.wait_for(task, PATIENCE)
    assert small_bot.failures[order.job].kind is FailKind.SHUTDOWN


async def test_the_bot_hears_which_model_is_loaded_and_how_long_renders_took(small_bot, working):
    orders = [new_order(order_text(0.2, engine=engine)) for engine in ("wan", "sketch")]
    small_bot.put(orders[0])
    async with working():
        await small_bot.until(lambda: small_bot.asks and small_bot.asks[-1].resident == "wan")
        assert small_bot.asks[0].resident == ""
        small_bot.put(orders[1])  # which has no model to load
        await small_bot.until(lambda: small_bot.asks[-1].resident == "" and len(small_bot.clips) == 2)
    small_bot.hellos.clear()
    async with working():  # the next process knows what the one before had measured
        await small_bot.until(lambda: small_bot.hellos)
    profiles = {Recipe.from_json(order.recipe).profile for order in orders}
    assert small_bot.hellos[0].caps.times == dict.fromkeys(profiles, 0.2)


async def test_a_pull_for_another_process_with_the_same_key_is_that_ones_to_answer(
    small_bot, working, tmp_path
):
    order = new_order(order_text(0.05))
    small_bot.takes_clips = False
    small_bot.put(order)
    async with working():
        await small_bot.until(lambda: any(held.done for beat in small_bot.beats[-1:] for held in beat.hold))
        boot = small_bot.hellos[-1].boot

        async def pulled(boot):
            pull = messages.Pull(
                boot=boot, job=order.job, claim=order.claim, what="clip", offset=0, length=10
            )
            return await small_bot.line.request(
                subjects.down(WORKER, subjects.PULL),
                messages.encode(pull),
                reply=subjects.answer_to_bot(WORKER),
                seconds=1.0,
            )

        assert (await pulled(boot)).headers["ok"] == "1"
        with pytest.raises(NoAnswer):
            await pulled("0" * 16)
