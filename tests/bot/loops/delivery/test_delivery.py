"""Posting a clip exactly once."""

from __future__ import annotations

from unittest.mock import AsyncMock

from bot.discord_io.discord_errors import Trouble
from bot.loops.clip_post import file_name, nonce
from db.states import State
from engine.provenance.seal import Sealer
from tests.bot.fixtures import ANN, CHANNEL, recipe
from tests.bot.loops.delivery.bench import HOUR, attempt, refusing
from tests.db.asking import audit_entry


async def test_posting_is_committed_before_the_call(deliverer, queue, job, outlet):
    seen = []

    async def look(channel, post):
        seen.append(await queue.jobs.get(job.id))
        return 77

    outlet.send.side_effect = look
    row = await attempt(deliverer, queue, job)
    assert (seen[0].state, seen[0].post_attempts) == (State.POSTING, 1)
    assert (row.state, row.message_id) == (State.DELIVERED, 77)
    outlet.find_own.assert_not_called()


async def test_the_post_carries_the_job_and_may_ping_only_its_member(deliverer, queue, job, outlet, blobs):
    sent = []

    async def take(channel, post):
        sent.append(post.file.read_bytes())
        return 77

    outlet.send.side_effect = take
    await attempt(deliverer, queue, job)
    channel, post = outlet.send.call_args.args
    assert channel == CHANNEL
    assert sent == [Sealer(None).seal(blobs.read(job.clip_sha256), recipe()).mp4]
    assert post.file_name == file_name(job.id)
    assert job.id in post.file_name
    assert post.ping == ANN
    assert len(post.nonce) == 25


def test_the_nonce_is_the_same_each_time_and_another_for_another_purpose(job):
    assert nonce(job.id) == nonce(job.id)
    assert len(nonce(job.id)) == 25
    assert nonce(job.id) != nonce(job.id, "status 0")


async def test_the_second_attempt_looks_first_and_posts_with_the_same_nonce(
    deliverer, queue, job, outlet, clock
):
    outlet.send.side_effect = [refusing(Trouble.LATER), 79]
    first = await attempt(deliverer, queue, job, clock)
    assert first.state is State.POSTING
    row = await attempt(deliverer, queue, job, clock)
    assert (row.state, row.message_id) == (State.DELIVERED, 79)
    names = [call[0] for call in outlet.method_calls]
    assert names == ["send", "find_own", "send"]
    one, two = (call.args[1].nonce for call in outlet.send.call_args_list)
    assert one == two


async def test_what_a_lost_answer_hid_is_found_and_not_posted_again(deliverer, queue, job, outlet, clock):
    clock.now += HOUR
    outlet.send.side_effect = refusing(Trouble.LATER)
    await attempt(deliverer, queue, job, clock)
    outlet.find_own.return_value = 80
    row = await attempt(deliverer, queue, job, clock)
    assert (row.state, row.message_id) == (State.DELIVERED, 80)
    assert outlet.send.call_count == 1
    assert outlet.find_own.call_args.args == (CHANNEL, file_name(job.id))
    assert outlet.find_own.call_args.kwargs["since"] == row.created_at


async def test_what_was_posted_before_a_failure_is_found_when_a_moderator_has_it_tried_again(
    deliverer, queue, job, outlet, clock
):
    clock.now += HOUR
    outlet.send.side_effect = refusing(Trouble.LATER)
    await attempt(deliverer, queue, job, clock)
    await queue.claims.fail(job.id, None, code="E_POST")
    await queue.moderation.retry(job.id, audit_entry("retry", job.id), keep_clip=True)
    outlet.find_own.return_value = 80
    row = await attempt(deliverer, queue, job, clock)
    assert (row.state, row.message_id) == (State.DELIVERED, 80)
    assert outlet.send.call_count == 1
    assert outlet.find_own.call_args.kwargs["since"] == job.created_at


async def test_a_clip_is_screened_before_it_is_first_posted_and_never_when_it_may_be_there(
    deliverer, queue, job, outlet, clock
):
    deliverer._screen = AsyncMock(return_value=True)
    outlet.send.side_effect = [refusing(Trouble.LATER), 79]
    for _ in range(2):
        row = await attempt(deliverer, queue, job, clock)
    assert row.state is State.DELIVERED
    deliverer._screen.assert_awaited_once()


async def test_a_clip_that_was_deleted_before_its_row_knew_of_it_is_not_posted_again(
    deliverer, queue, job, outlet, clock
):
    outlet.send.side_effect = refusing(Trouble.LATER)
    await attempt(deliverer, queue, job, clock)
    await queue.retention.mark_deleted(job.id)
    row = await attempt(deliverer, queue, job, clock)
    assert row.state is State.DELIVERED
    assert outlet.send.call_count == 1


async def test_without_looking_for_an_earlier_post_nothing_is_posted(deliverer, queue, job, outlet, clock):
    outlet.send.side_effect = refusing(Trouble.LATER)
    await attempt(deliverer, queue, job, clock)
    outlet.find_own.side_effect = refusing(Trouble.LATER)
    row = await attempt(deliverer, queue, job, clock)
    assert row.state is State.POSTING
    assert outlet.send.call_count == 1


async def test_where_the_bot_may_post_but_not_read_the_nonce_alone_has_to_do(
    deliverer, queue, job, outlet, clock
):
    outlet.send.side_effect = [refusing(Trouble.LATER), 79]
    outlet.find_own.side_effect = refusing(Trouble.NO_ACCESS)
    await attempt(deliverer, queue, job, clock)
    assert (await attempt(deliverer, queue, job, clock)).message_id == 79
