"""A clip is posted once, whatever Discord, the disk or the kernel do in between."""

from __future__ import annotations

import asyncio
import dataclasses
from unittest.mock import create_autospec

import imageio_ffmpeg
import numpy as np
import pytest

from bot.discord_io.causes import Trouble
from bot.discord_io.messenger import Messenger
from bot.discord_io.post import ChannelError, Post
from bot.loops import delivery
from bot.loops.clip_post import ClipPosts, file_name, nonce
from bot.loops.delivery import Deliverer, is_waiting_for_access
from bot.signals import JobSignals
from db.errors import CannotWrite
from db.jobs.job import Job
from db.sqlite.rows import Rows
from db.states import State
from engine.clips.encode import encode
from engine.core.cancel import CancelToken
from engine.provenance.seal import Sealer
from tests.bot.fixtures import ANN, CHANNEL, queued, recipe, rendered, until
from tests.clock import CLOCK
from tests.policies import delivery_limits, shortages, stumble_limits
from tests.present import present

HOUR = 3600.0


@pytest.fixture
def clock(clock):
    clock.now = 1_800_000_000.0
    return clock


@pytest.fixture
def outlet():
    """The bot's hand in Discord, which posts as message 77 and finds nothing."""
    made = create_autospec(Messenger, instance=True, spec_set=True)
    made.send.return_value = 77
    made.send_direct.return_value = 78
    made.find_own.return_value = None
    return made


@pytest.fixture
def changed():
    return []


@pytest.fixture
def signals(changed):
    made = JobSignals()
    made.changed.connect(changed.append)
    return made


@pytest.fixture
def make(queue, blobs, outlet, tmp_path, signals):
    def made(**limits) -> Deliverer:
        return Deliverer(
            shortages=shortages(),
            delivery=queue.delivery,
            jobs=queue.jobs,
            claims=queue.claims,
            blobs=blobs,
            outlet=outlet,
            work=tmp_path / "outbox",
            limits=delivery_limits(**limits),
            clip_posts=ClipPosts(work=tmp_path / "outbox", sealer=Sealer(None)),
            signals=signals,
            clock=CLOCK,
        )

    return made


@pytest.fixture
def deliverer(make):
    return make(backoff_last=60.0, give_up_after=48 * HOUR)


@pytest.fixture
async def job(queue, blobs):
    return await rendered(queue, blobs)


async def attempt(deliverer, queue, job, clock=None) -> Job:
    """Try once, at the time when the queue lets it be tried, and return the row after it."""
    row = await queue.jobs.get(job.id)
    if clock is not None and row.retry_at is not None:
        clock.now = max(clock.now, row.retry_at)
    await deliverer._deliver(row)
    return present(await queue.jobs.get(job.id))


def refusing(trouble: Trouble) -> ChannelError:
    return ChannelError(trouble, "the fake said so")


def noisy_clip(path, size=(160, 96), frames=24) -> bytes:
    """A real MP4 that is hard to compress: over 100 kB."""
    noise = np.random.default_rng(1).integers(0, 256, (frames, size[1], size[0], 3), dtype=np.uint8)
    made = encode(
        noise,
        fps=12,
        path=path,
        metadata={"comment": "{}"},
        max_bytes=10**7,
        progress=lambda _: None,
        cancel=CancelToken(),
    )
    return made.path.read_bytes()


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
    outlet.send.side_effect = refusing(Trouble.LATER)
    await attempt(deliverer, queue, job, clock)
    outlet.find_own.return_value = 80
    row = await attempt(deliverer, queue, job, clock)
    assert (row.state, row.message_id) == (State.DELIVERED, 80)
    assert outlet.send.call_count == 1
    assert outlet.find_own.call_args.args == (CHANNEL, file_name(job.id))
    assert outlet.find_own.call_args.kwargs["since"] == row.created_at


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


async def test_later_backs_off_exponentially_up_to_the_limit(make, queue, job, outlet, clock):
    deliverer = make(backoff_last=10.0, give_up_after=HOUR)
    outlet.send.side_effect = refusing(Trouble.LATER)
    waits = []
    for _ in range(7):
        row = await attempt(deliverer, queue, job, clock)
        waits.append(row.retry_at - clock.now)
    assert waits == pytest.approx([1, 2, 4, 8, 10, 10, 10])


@pytest.mark.parametrize("sign", ["a clip that is taken", "a connection"])
async def test_when_discord_is_back_the_pause_ends_early(make, queue, blobs, outlet, clock, sign):
    deliverer = make(backoff_last=60.0)
    outlet.send.side_effect = refusing(Trouble.LATER)
    jobs = [await rendered(queue, blobs, user=user) for user in range(3)]
    for job in jobs:
        for _ in range(6):
            await attempt(deliverer, queue, job, clock)
    outlet.send.side_effect = None
    if sign == "a connection":
        deliverer.discord_is_back()
    else:
        await rendered(queue, blobs, user=9)
    running = asyncio.create_task(deliverer.loop.run())
    await until(lambda: delivered(queue, jobs))
    await deliverer.stop()
    await running


async def delivered(queue, jobs) -> bool:
    return {(await queue.jobs.get(job.id)).state for job in jobs} == {State.DELIVERED}


async def test_a_single_broken_channel_is_not_retried_in_a_hurry(make, queue, job, blobs, outlet, clock):
    deliverer = make(backoff_last=60.0)
    outlet.send.side_effect = refusing(Trouble.LATER)
    for _ in range(6):
        await attempt(deliverer, queue, job, clock)
    for _ in range(4):
        deliverer.discord_is_back()
        await deliverer._hurry()
        await deliverer._start_what_is_due()
        await asyncio.gather(*deliverer._under_way.values())
    assert outlet.send.call_count == 7


async def test_files_left_in_the_outbox_by_an_earlier_run_are_swept(deliverer, tmp_path):
    left = tmp_path / "outbox" / "0123-smaller.mp4"
    left.parent.mkdir()
    left.write_bytes(b"a clip")
    running = asyncio.create_task(deliverer.loop.run())
    await until(lambda: not left.exists())
    await deliverer.stop()
    await running


async def test_later_waits_for_its_channel_and_then_goes_to_the_member(make, queue, job, outlet, clock):
    deliverer = make(backoff_last=60.0, give_up_after=HOUR)
    outlet.send.side_effect = refusing(Trouble.LATER)
    began = clock.now
    await attempt(deliverer, queue, job, clock)
    clock.now = began + HOUR - 1
    assert (await attempt(deliverer, queue, job)).state is State.POSTING
    outlet.send_direct.assert_not_called()
    clock.now = began + HOUR + 1
    row = await attempt(deliverer, queue, job)
    assert (row.state, row.message_id) == (State.DELIVERED, None)
    outlet.send_direct.assert_called_once()


async def test_without_access_it_waits_and_posts_when_permission_is_back(
    deliverer, queue, job, outlet, clock
):
    outlet.send.side_effect = [refusing(Trouble.NO_ACCESS)] * 3 + [77]
    for _ in range(3):
        row = await attempt(deliverer, queue, job, clock)
        assert row.state is State.POSTING
        assert row.retry_at - clock.now == pytest.approx(delivery.NO_ACCESS_BACKOFF)
    assert is_waiting_for_access(row)
    assert (await attempt(deliverer, queue, job, clock)).state is State.DELIVERED
    outlet.send_direct.assert_not_called()


async def test_without_access_for_too_long_the_member_gets_it_directly(deliverer, queue, job, outlet, clock):
    outlet.send.side_effect = refusing(Trouble.NO_ACCESS)
    await attempt(deliverer, queue, job, clock)
    clock.now += 48 * HOUR + 1
    row = await attempt(deliverer, queue, job)
    assert (row.state, row.message_id) == (State.DELIVERED, None)
    member, post = outlet.send_direct.call_args.args
    assert member == ANN
    assert post.file_name == file_name(job.id)


async def test_where_the_channel_is_gone_the_member_gets_it_directly(deliverer, queue, job, outlet):
    outlet.send.side_effect = refusing(Trouble.GONE)
    assert (await attempt(deliverer, queue, job)).state is State.DELIVERED
    outlet.send_direct.assert_called_once()


async def test_a_clip_that_reaches_neither_channel_nor_member_fails(deliverer, queue, job, outlet):
    outlet.send.side_effect = refusing(Trouble.GONE)
    outlet.send_direct.side_effect = refusing(Trouble.NO_ACCESS)
    row = await attempt(deliverer, queue, job)
    assert (row.state, row.error_code) == (State.FAILED, "E_CHANNEL")


async def test_a_direct_message_that_may_go_through_later_is_tried_again(
    deliverer, queue, job, outlet, clock
):
    outlet.send.side_effect = outlet.find_own.side_effect = refusing(Trouble.GONE)
    outlet.send_direct.side_effect = [refusing(Trouble.LATER), 78]
    assert (await attempt(deliverer, queue, job, clock)).state is State.POSTING
    assert (await attempt(deliverer, queue, job, clock)).state is State.DELIVERED


async def test_a_direct_message_is_not_tried_for_ever(deliverer, queue, job, outlet, clock):
    outlet.send.side_effect = outlet.find_own.side_effect = refusing(Trouble.GONE)
    outlet.send_direct.side_effect = refusing(Trouble.LATER)
    await attempt(deliverer, queue, job, clock)
    clock.now += 48 * HOUR + 1
    assert (await attempt(deliverer, queue, job)).state is State.POSTING
    clock.now += 48 * HOUR
    row = await attempt(deliverer, queue, job)
    assert (row.state, row.error_code) == (State.FAILED, "E_CHANNEL")


async def test_a_refused_clip_goes_without_words_and_buttons(deliverer, queue, blobs, outlet, clock):
    """The words may hold a link that Discord filters; the clip is as good without them."""
    job = await rendered(queue, blobs)
    sent = []

    async def filtered(channel, post):
        sent.append(post)
        if len(sent) == 1:
            raise refusing(Trouble.REFUSED)
        return 77

    outlet.send.side_effect = filtered
    assert (await attempt(deliverer, queue, job, clock)).state is State.POSTING
    assert (await attempt(deliverer, queue, job, clock)).state is State.DELIVERED
    words = recipe().prompt
    assert words
    assert words in sent[0].content
    assert words not in sent[1].content
    assert f"<@{ANN}>" in sent[1].content
    assert "AI-generated" in sent[1].content
    assert sent[1].view is None


async def test_a_clip_that_is_refused_in_every_form_fails_with_an_id_that_the_log_holds(
    deliverer, queue, job, outlet, caplog, blobs
):
    outlet.send.side_effect = refusing(Trouble.REFUSED)
    assert (await attempt(deliverer, queue, job)).state is State.POSTING
    row = await attempt(deliverer, queue, job)
    assert (row.state, row.error_code) == (State.FAILED, "E_POST")
    assert row.error_id
    assert row.error_id in caplog.text
    assert outlet.send.call_count == 2
    assert blobs.exists(job.clip_sha256)


async def test_a_direct_message_is_made_smaller_or_plain_as_a_post_is(
    deliverer, queue, blobs, outlet, tmp_path
):
    job = await rendered(queue, blobs, noisy_clip(tmp_path / "clip.mp4"))
    outlet.send.side_effect = outlet.find_own.side_effect = refusing(Trouble.GONE)
    outlet.send_direct.side_effect = [refusing(Trouble.TOO_LARGE), refusing(Trouble.REFUSED), 78]
    for _ in range(2):
        assert (await attempt(deliverer, queue, job)).state is State.POSTING
    assert (await attempt(deliverer, queue, job)).state is State.DELIVERED


async def test_a_clip_is_made_smaller_as_often_as_it_can_be(deliverer, queue, blobs, outlet, tmp_path):
    original = noisy_clip(tmp_path / "clip.mp4", frames=12)
    assert len(original) > 60_000
    job = await rendered(queue, blobs, original)
    outlet.send.side_effect = [refusing(Trouble.TOO_LARGE)] * 5 + [77]
    for _ in range(5):
        assert (await attempt(deliverer, queue, job)).state is State.POSTING
    assert (await attempt(deliverer, queue, job)).state is State.DELIVERED


async def test_a_clip_that_is_too_large_is_made_smaller_until_it_passes(
    deliverer, queue, blobs, outlet, tmp_path
):
    original = noisy_clip(tmp_path / "clip.mp4")
    job = await rendered(queue, blobs, original)
    sizes = []

    async def takes_little(channel, post: Post) -> int:
        sizes.append(present(post.file).stat().st_size)
        if len(sizes) < 3:
            raise refusing(Trouble.TOO_LARGE)
        frames, _ = imageio_ffmpeg.count_frames_and_secs(str(post.file))
        assert frames == 24
        return 77

    outlet.send.side_effect = takes_little
    for _ in range(2):
        row = await attempt(deliverer, queue, job)
        assert row.state is State.POSTING
    row = await attempt(deliverer, queue, job)
    assert row.state is State.DELIVERED
    assert sizes[0] == len(Sealer(None).seal(original, recipe()).mp4)
    assert sizes[1] <= delivery.SHRINK_TO * sizes[0]
    assert sizes[2] <= delivery.SHRINK_TO * sizes[1]
    assert list((tmp_path / "outbox").iterdir()) == []


async def test_a_clip_that_would_become_too_small_fails_and_leaves_nothing_behind(
    deliverer, queue, blobs, outlet, tmp_path, monkeypatch
):
    original = noisy_clip(tmp_path / "clip.mp4", frames=12)
    monkeypatch.setattr(delivery, "SMALLEST", int(len(original) * 0.5))
    job = await rendered(queue, blobs, original)
    outlet.send.side_effect = refusing(Trouble.TOO_LARGE)
    assert (await attempt(deliverer, queue, job)).state is State.POSTING
    row = await attempt(deliverer, queue, job)
    assert (row.state, row.error_code) == (State.FAILED, "E_TOO_LARGE")
    assert list((tmp_path / "outbox").iterdir()) == []


async def test_a_clip_that_cannot_be_read_cannot_be_made_smaller(deliverer, queue, blobs, outlet):
    job = await rendered(queue, blobs, b"no MP4 at all" * 5000)
    outlet.send.side_effect = refusing(Trouble.TOO_LARGE)
    row = await attempt(deliverer, queue, job)
    assert (row.state, row.error_code) == (State.FAILED, "E_TOO_LARGE")


@pytest.mark.parametrize("missing", [False, True])
async def test_a_damaged_or_missing_clip_fails_and_is_not_posted(
    deliverer, queue, job, blobs, outlet, missing
):
    path = blobs.path(job.clip_sha256)
    path.unlink()
    if not missing:
        path.write_bytes(b"rotten")
    row = await attempt(deliverer, queue, job)
    assert (row.state, row.error_code) == (State.FAILED, "E_CLIP")
    outlet.send.assert_not_called()


async def test_a_damaged_clip_of_a_channel_that_is_gone_fails(deliverer, queue, job, blobs, outlet, clock):
    outlet.send.side_effect = refusing(Trouble.LATER)
    await attempt(deliverer, queue, job, clock)
    blobs.path(job.clip_sha256).write_bytes(b"rotten")
    outlet.find_own.side_effect = refusing(Trouble.GONE)
    row = await attempt(deliverer, queue, job, clock)
    assert (row.state, row.error_code) == (State.FAILED, "E_CLIP")


async def test_a_passing_trouble_of_the_disk_does_not_cost_the_clip(
    deliverer, queue, job, blobs, outlet, clock, monkeypatch
):
    def too_many_files(sha256):
        raise OSError(24, "Too many open files")

    with monkeypatch.context() as patch:
        patch.setattr(blobs, "verify", too_many_files)
        assert (await attempt(deliverer, queue, job, clock)).state is State.POSTING
    assert (await attempt(deliverer, queue, job, clock)).state is State.DELIVERED


async def test_a_job_cancelled_while_it_is_rendered_is_never_posted(deliverer, queue, blobs, outlet):
    await queued(queue)
    job = await queue.claims.claim()
    await queue.claims.cancel(job.id)
    clip = blobs.put(b"a clip")
    kept = await queue.claims.hand_in(
        job.id, job.claim, clip_sha256=clip, clip_size=6, receipt="{}", gpu_seconds=1, charged_seconds=1
    )
    assert not kept
    await deliverer._start_what_is_due()
    assert deliverer._under_way == {}
    await attempt(deliverer, queue, job)
    outlet.send.assert_not_called()


async def test_a_job_cancelled_before_its_turn_is_never_posted(deliverer, queue, job, outlet):
    due = await queue.delivery.to_deliver()
    await queue.claims.cancel(job.id)
    await deliverer._deliver(due[0])
    outlet.send.assert_not_called()
    assert (await queue.jobs.get(job.id)).state is State.CANCELLED


async def test_a_slow_upload_does_not_block_others_and_only_a_few_run_at_once(
    deliverer, queue, blobs, outlet
):
    jobs = [await rendered(queue, blobs) for _ in range(7)]
    slow, gate, at_once = jobs[0], asyncio.Event(), []

    async def send(channel, post):
        at_once.append(len(deliverer._under_way))
        if post.file_name == file_name(slow.id):
            await gate.wait()
        await asyncio.sleep(0.02)
        return 77

    outlet.send.side_effect = send
    running = asyncio.create_task(deliverer.loop.run())

    async def others_are_there():
        rows = [await queue.jobs.get(job.id) for job in jobs[1:]]
        return all(row.state is State.DELIVERED for row in rows)

    await until(others_are_there)
    assert (await queue.jobs.get(slow.id)).state is State.POSTING
    assert max(at_once) == delivery.AT_ONCE
    gate.set()
    await deliverer.stop()
    await running
    assert (await queue.jobs.get(slow.id)).state is State.DELIVERED


async def test_a_signal_shortens_the_wait(make, queue, blobs, outlet, signals, monkeypatch):
    monkeypatch.setattr(delivery, "POLL_SECONDS", 60.0)
    deliverer = make()
    running = asyncio.create_task(deliverer.loop.run())
    await asyncio.sleep(0.05)
    await rendered(queue, blobs)
    signals.rendered()
    await until(lambda: outlet.send.called)
    await deliverer.stop()
    await running


async def test_what_a_stop_interrupts_is_looked_for_at_the_next_start(make, queue, job, outlet):
    deliverer = make()

    async def never_ends(channel, post):
        await asyncio.Event().wait()

    outlet.send.side_effect = never_ends
    running = asyncio.create_task(deliverer.loop.run())
    await until(lambda: outlet.send.called)
    await deliverer.stop(grace=0.05)
    await running
    assert (await queue.jobs.get(job.id)).state is State.POSTING
    assert await queue.delivery.to_deliver() == [], "the interrupted attempt is not begun again by itself"

    recovery = await queue.claims.recover(limits=stumble_limits())
    assert [found.id for found in recovery.posting] == [job.id]
    outlet.find_own.return_value = 81
    row = await attempt(make(), queue, job)
    assert (row.state, row.message_id) == (State.DELIVERED, 81)
    assert outlet.send.call_count == 1


async def test_nothing_is_begun_once_a_stop_was_asked_for(deliverer, queue, job, outlet, monkeypatch):
    looking, go_on = asyncio.Event(), asyncio.Event()
    to_deliver = queue.delivery.to_deliver

    async def slowly():
        found = await to_deliver()
        looking.set()
        await go_on.wait()
        return found

    monkeypatch.setattr(queue.delivery, "to_deliver", slowly)
    running = asyncio.create_task(deliverer.loop.run())
    await looking.wait()
    await deliverer.stop()
    go_on.set()
    await running
    assert deliverer._under_way == {}
    outlet.send.assert_not_called()


async def test_a_full_disk_after_the_post_does_not_post_twice(
    deliverer, queue, job, outlet, clock, monkeypatch
):
    """The row cannot be written for a while: it stays this attempt's, and the next one looks first."""
    monkeypatch.setattr(delivery, "TROUBLE_PAUSE", 0.01)
    failures = iter(range(3))
    real = Rows._changes

    async def full(self, sql, parameters):
        if "retry_at" in sql and next(failures, None) is not None:
            raise CannotWrite("disk full")
        return await real(self, sql, parameters)

    async def not_written(*_):
        raise CannotWrite("disk full")

    with monkeypatch.context() as patch:
        patch.setattr(queue.delivery, "record_posted", not_written)
        patch.setattr(Rows, "_changes", full)
        row = await attempt(deliverer, queue, job, clock)
    assert row.state is State.POSTING
    outlet.find_own.return_value = 77
    row = await attempt(deliverer, queue, job, clock)
    assert (row.state, row.message_id) == (State.DELIVERED, 77)
    assert outlet.send.call_count == 1


async def test_a_bug_on_the_way_is_tried_again_and_given_up_in_time(deliverer, queue, job, outlet, clock):
    outlet.send.side_effect = TypeError("a bug")
    assert (await attempt(deliverer, queue, job, clock)).state is State.POSTING
    clock.now += 48 * HOUR + 1
    row = await attempt(deliverer, queue, job)
    assert (row.state, row.error_code) == (State.FAILED, "E_POST")


async def test_each_change_of_state_is_told(deliverer, queue, job, changed):
    await attempt(deliverer, queue, job)
    assert changed == [job.id, job.id]


async def test_waiting_for_access_is_said_only_where_it_is_so(queue, job):
    assert not is_waiting_for_access(job)
    assert not is_waiting_for_access(dataclasses.replace(job, state=State.POSTING, post_attempts=1))
