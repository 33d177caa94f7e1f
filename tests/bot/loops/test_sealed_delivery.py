"""Encode, tag, make smaller, sign, post: in this order, or the signature would be gone.

Read back from the very bytes that arrived at the fake of Discord.
"""

from __future__ import annotations

import asyncio
import stat
import sys

import numpy as np
import pytest

from bot.text import messages
from db.audit.log import AuditEntry
from db.moderation.reviews import ReviewRules
from db.states import State
from engine.clips.encode import encode
from engine.core.cancel import CancelToken
from engine.core.recipe import Kind, Recipe
from engine.provenance.identity import FOLDER
from engine.provenance.seal import Signature, inspect_clip
from engine.provenance.statement import metadata
from tests.bot.fixtures import recipe, rendered
from tests.fake_discord import TooLarge
from tests.until import until

MADE = recipe(kind=Kind.ANIMATE, engine="camera", inputs={"picture": "ab" * 32})


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    """A real clip, hard to compress: over 100 kB."""
    path = tmp_path_factory.mktemp("clip") / "clip.mp4"
    noise = np.random.default_rng(1).integers(0, 256, (24, 96, 160, 3), dtype=np.uint8)
    encode(
        noise, fps=12, path=path, metadata=metadata(MADE), max_bytes=10**7,
        progress=lambda _: None, cancel=CancelToken(),
    )  # fmt: skip
    return path.read_bytes()


@pytest.fixture
async def delivered(fake, channel, ada, bot, app, clip, tmp_path):
    """Deliver the clip, and return its message and the file that it carries."""

    async def deliver(**more):
        where = {"user": ada.user.id, "guild": channel.guild.id, "channel_id": channel.id, **more}
        job = await rendered(app.queue, app.blobs, clip, recipe=vars(MADE), **where)
        loop = asyncio.create_task(app.deliverer.loop.run())
        await until(lambda: state_is(app, job, State.DELIVERED))
        await app.deliverer.stop()
        await loop
        [message] = [each for each in fake.messages(channel) if each.attachments]
        path = tmp_path / "arrived.mp4"
        path.write_bytes(message.attachments[0].data)
        return message, path

    return deliver


async def state_is(app, job, state):
    return (await app.queue.jobs.get(job.id)).state is state


def outbox(app):
    return list((app.settings.data_dir / "outbox").iterdir())


async def test_what_discord_receives_carries_tags_source_type_and_a_whole_signature(delivered, app):
    message, path = await delivered()
    found = inspect_clip(path)
    assert found.recipe == Recipe.from_json(MADE.to_json())
    assert found.source_type.endswith("/compositeSynthetic")
    assert found.signature is Signature.VALID
    assert "AI-generated" in message.content
    assert messages.UNSIGNED not in message.content
    assert outbox(app) == []

    changed = bytearray(path.read_bytes())
    changed[len(changed) // 2] ^= 1
    path.write_bytes(changed)
    assert inspect_clip(path).signature is Signature.INVALID


async def test_a_clip_that_was_made_smaller_is_sealed_after_that(fake, channel, delivered, app, clip):
    refused = fake.fail("POST", rf"/channels/{channel.id}/messages$", TooLarge())
    _, path = await delivered()
    assert refused.used == 1
    assert path.stat().st_size < len(clip) * 0.9
    found = inspect_clip(path)
    assert found.recipe == Recipe.from_json(MADE.to_json())
    assert found.source_type.endswith("/compositeSynthetic")
    assert found.signature is Signature.VALID
    assert outbox(app) == []


async def test_a_clip_that_moderators_look_at_first_is_sealed_as_well(
    fake, ada, channel, bot, app, clip, tmp_path
):
    submissions = fake.channel(name="review")
    audit_entry = AuditEntry(guild_id=channel.guild.id, actor_id=1, action="review", target="")
    await app.queue.reviews.set_review_rules(ReviewRules(channel_id=submissions.id), audit_entry)
    where = {"user": ada.user.id, "guild": channel.guild.id, "channel_id": channel.id}
    job = await rendered(app.queue, app.blobs, clip, recipe=vars(MADE), **where)
    await app.queue.delivery.hold(job.id, "a look")
    await app.cases.work()
    [case] = submissions.messages.values()
    path = tmp_path / "shown.mp4"
    path.write_bytes(case.attachments[0].data)
    assert inspect_clip(path).signature is Signature.VALID
    assert outbox(app) == []


async def test_without_the_library_a_clip_is_posted_with_its_tags_and_says_that_it_is_unsigned(
    delivered, monkeypatch
):
    with monkeypatch.context() as patch:
        patch.setitem(sys.modules, "c2pa", None)
        message, path = await delivered()
    assert message.content.endswith(f" · {messages.UNSIGNED}")
    found = inspect_clip(path)
    assert found.source_type.endswith("/compositeSynthetic")
    assert found.signature is Signature.NONE


async def test_the_digest_in_the_row_is_that_of_the_unsigned_clip(delivered, app, clip):
    """Equal recipes give equal bytes; a signature never does."""
    await delivered()
    [job] = await app.database.read("SELECT clip_sha256 FROM job")
    assert app.blobs.read(job["clip_sha256"]) == clip


async def test_the_first_start_makes_the_key_for_its_owner_only(app):
    folder = app.settings.data_dir / FOLDER
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}


@pytest.mark.parametrize("spoiler", [True, False])
async def test_a_clip_that_is_a_spoiler_arrives_behind_one(delivered, spoiler):
    message, _ = await delivered(spoiler=spoiler)
    assert message.attachments[0].filename.startswith("SPOILER_") is spoiler
