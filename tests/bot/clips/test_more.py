"""“More…” under a clip: stickers, emojis and slow motion."""

from __future__ import annotations

import io
import json

import pytest
from PIL import Image

from bot.buttons import rows
from bot.clips.clip_actions import Extend
from bot.clips.remakes import Lighter, RemixForm
from bot.clips.upscaling import Upscale
from bot.discord_io.post import Post
from bot.requests.without_defaults import WithoutDefaults
from bot.text import clip_texts
from engine.core.device import Device
from engine.core.recipe import Recipe, Role
from engine.weights.store import Store
from tests.bot.buttons.test_clicks import asked_by, the_new_job
from tests.bot.clips.choosing import labels
from tests.bot.fixtures import hand_in, queued
from tests.until import until


async def delivered_clip(app, member, channel, data):
    """A finished job with a real clip, and its message."""
    await queued(app.queue, member.id, channel.guild.id, channel_id=channel.id)
    job = await hand_in(app.queue, app.blobs, await app.queue.claims.claim(), data)
    sent = await app.messenger.send(channel.id, Post(content="clip", nonce="clip", view=rows.for_clip(job)))
    await app.queue.delivery.begin_posting(job.id)
    await app.queue.delivery.record_posted(job.id, sent)
    return await app.queue.jobs.get(job.id), channel.messages[sent]


async def test_a_clip_gives_a_sticker_and_an_emoji_within_discords_limits(fake, channel, ada, app, bot, clip):
    _, message = await delivered_clip(app, ada, channel, clip)
    asked = await fake.click(ada, message, "Sticker, emoji")
    shown = await asked.shown()
    assert shown.ephemeral
    assert shown.content == clip_texts.STICKER
    for file, side, most in zip(shown.attachments, (320, 128), (512, 256), strict=True):
        gif = Image.open(io.BytesIO(file.data))
        assert (gif.format, gif.size) == ("GIF", (side, side))
        assert len(file.data) <= most * 1024
        assert b"Made by a machine" in gif.info["comment"]


async def test_slow_motion_is_a_job_of_its_own_at_the_same_rate_and_twice_as_long(
    fake, channel, ada, app, bot, clip
):
    job, message = await delivered_clip(app, ada, channel, clip)
    asked = await fake.click(ada, message, "Slow motion")
    assert clip_texts.SLOWING in (await asked.shown()).content
    new = await the_new_job(app, [job])
    before, slow = Recipe.from_json(job.recipe), Recipe.from_json(new.recipe)
    assert (new.kind, slow.slow, slow.fps) == ("slow", 2, before.fps)
    assert slow.length == 2 * 47 - 1
    assert slow.inputs == {Role.BEFORE: job.clip_sha256}


async def test_what_is_behind_more_is_shown_to_the_member_who_asks(fake, channel, ada, app, bot, clip):
    _, message = await delivered_clip(app, ada, channel, clip)
    assert len(labels(message)) == 4  # the star has no label
    shown = await (await fake.click(fake.member("eve"), message, "More…")).shown()
    assert shown.ephemeral
    assert labels(shown) == ["Extend", "Loop", "Slow motion", "Sticker, emoji", "Recipe", "Tree", "Report"]


@pytest.fixture
def weights(monkeypatch):
    """An owner who has pulled weights, right after a start: the engine process looks for its GPU yet."""
    monkeypatch.setattr(Store, "in_use", lambda _: True)


async def test_what_is_behind_more_is_shown_before_the_gpu_is_known(
    fake, channel, ada, app, bot, clip, weights
):
    _, message = await delivered_clip(app, ada, channel, clip)
    asked = await fake.click(ada, message, "More…")
    await asked.answered()
    assert "Extend" in labels(asked.message)


@pytest.mark.parametrize("button", [Extend, Upscale, RemixForm, Lighter, WithoutDefaults])
async def test_what_has_to_be_planned_is_answered_before_the_gpu_is_known(
    fake, channel, ada, app, engine, bot, clip, weights, button
):
    if button is WithoutDefaults:
        given = json.dumps({"values": {"prompt": "a lake"}, "defaults": {"motion": "wild"}})
        job, message = await asked_by(app, ada, channel, given=given)
    else:
        job, message = await delivered_clip(app, ada, channel, clip)
    if button is RemixForm:
        form = await fake.click(ada, message, "Remix")
        await form.answered()
        asked = await fake.submit_modal(ada, form, {"fk:prompt": "a sea"})
    else:
        asked = await fake.click(ada, message, f"fk:{button.action}:{job.id}", forged=True)
    await asked.answered()
    assert asked.message is None or asked.message.loading
    engine.device = Device()
    await until(lambda: asked.followups or (asked.message and not asked.message.loading))
