"""Clips that Discord refuses, that are too large, damaged or missing."""

from __future__ import annotations

import imageio_ffmpeg
import numpy as np
import pytest

from bot.discord_io.discord_errors import Trouble
from bot.discord_io.post import Post
from bot.loops import delivery
from db.states import State
from engine.clips.encode import encode
from engine.core.cancel import CancelToken
from engine.provenance.seal import Sealer
from tests.bot.fixtures import ANN, recipe, rendered
from tests.bot.loops.delivery.bench import attempt, refusing
from tests.present import present


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
