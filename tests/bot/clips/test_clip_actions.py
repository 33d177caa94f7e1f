"""What members can do with a finished clip, as they meet it."""

from __future__ import annotations

import asyncio
import dataclasses

import pytest

from bot.buttons import rows
from bot.buttons.button import Button
from bot.clips import continuation
from bot.clips.clip_actions import Extend, Loop, Star
from bot.clips.remakes import Lighter
from bot.discord_io.post import Post
from bot.text import clip_texts, messages, privacy_texts, status_texts
from db.states import State
from engine.core.capabilities import Capabilities
from engine.core.recipe import Kind, Recipe, Role
from tests.bot.fixtures import connected, count_of, hand_in, queued
from tests.fake_discord import Permission
from tests.present import present
from tests.until import until

SHORT = {"kind": Kind.ANIMATE, "engine": "camera", "inputs": {"picture": "a" * 64}}


async def delivered(app, member, channel, **changes):
    """A finished clip, and the message that carries it."""
    await queued(app.queue, member.id, channel.guild.id, channel_id=channel.id, **changes)
    job = await hand_in(app.queue, app.blobs, await app.queue.claims.claim(), b"the clip")
    view = rows.for_clip(job)
    sent = await app.messenger.send(channel.id, Post(content="clip", nonce=job.id, view=view))
    await app.queue.delivery.begin_posting(job.id)
    await app.queue.delivery.record_posted(job.id, sent)
    return await app.queue.jobs.get(job.id), channel.messages[sent]


async def the_new_job(app, *known):
    async def found():
        jobs = [job for job in await app.queue.jobs.waiting() if job.id not in {one.id for one in known}]
        return jobs[0] if jobs else None

    return await until(found)


async def refusal(asked) -> str:
    """What was said in private, whether before or after the public answer."""
    await until(lambda: asked.followups or (asked.message and asked.message.ephemeral))
    message = asked.followups[0] if asked.followups else asked.message
    assert message.ephemeral
    return message.content


async def test_the_buttons_of_a_clip_are_in_order_on_one_row(fake, channel, ada, app, bot):
    _, message = await delivered(app, ada, channel, recipe=SHORT)
    rows = [
        [button.get("label") or button["emoji"]["name"] for button in row["components"]]
        for row in message.components
    ]
    assert rows == [["Reroll", "Remix", "⭐", "Delete", "More…"]]


@pytest.mark.parametrize("label", ["Extend", "Loop"])
async def test_any_member_can_continue_a_clip(fake, channel, ada, app, bot, label):
    eve = fake.member("eve")
    job, message = await delivered(app, ada, channel, recipe=SHORT)
    asked = await fake.click(eve, message, label)
    shown = (await asked.shown()).content
    assert (clip_texts.EXTENDING if label == "Extend" else clip_texts.LOOPING) in shown
    new = await the_new_job(app, job)
    recipe = Recipe.from_json(new.recipe)
    assert (new.user_id, new.parent, new.kind) == (eve.id, job.id, label.lower())
    assert new.inputs == recipe.inputs == {Role.BEFORE: job.clip_sha256}
    assert recipe.loop is (label == "Loop")


@pytest.mark.parametrize("label", ["Extend", "Loop", "Reroll"])
@pytest.mark.parametrize("spoiler", [True, False])
async def test_what_is_made_of_a_spoiler_is_one(fake, channel, ada, app, bot, label, spoiler):
    job, message = await delivered(app, ada, channel, spoiler=spoiler)
    await (await fake.click(ada, message, label)).shown()
    assert (await the_new_job(app, job)).spoiler is spoiler


async def test_extend_works_after_a_restart(fake, channel, ada, app):
    async with connected(fake, app):
        job, message = await delivered(app, ada, channel, recipe=SHORT)
    async with connected(fake, app):
        await (await fake.click(ada, message, "Extend")).shown()
        recipe = Recipe.from_json((await the_new_job(app, job)).recipe)
        assert present(recipe.before).frames == 47


@pytest.mark.parametrize("action", [Extend, Loop])
async def test_a_hundred_replays_of_one_click_are_one_job(fake, channel, ada, app, bot, action):
    job, message = await delivered(app, ada, channel, recipe=SHORT)
    asked = await fake.click(ada, message, action.id_for(job.id))
    await the_new_job(app, job)
    for _ in range(99):
        fake.gateway.dispatch("INTERACTION_CREATE", asked.payload)
    await asyncio.sleep(0.3)
    assert await count_of(app) == 2


@pytest.mark.parametrize("label", ["Extend", "Loop"])
async def test_a_clip_whose_file_is_gone_is_refused_with_the_reason(fake, channel, ada, app, bot, label):
    job, message = await delivered(app, ada, channel, recipe=SHORT)
    app.blobs.delete(job.clip_sha256)
    assert await refusal(await fake.click(ada, message, label)) == clip_texts.CLIP_GONE
    assert await count_of(app) == 1


async def test_a_clip_that_was_taken_down_is_not_gone_on_from(fake, channel, ada, app, bot):
    job, message = await delivered(app, ada, channel, recipe=SHORT)
    await app.queue.retention.mark_deleted(job.id)
    assert await refusal(await fake.click(ada, message, "Extend")) == privacy_texts.FORGOTTEN


async def test_a_clip_whose_prompt_was_deleted_cannot_be_continued(fake, channel, ada, app, bot):
    job, message = await delivered(app, ada, channel, recipe=SHORT)
    await app.database.write(
        lambda connection: connection.execute("UPDATE job SET forgotten_at = 1 WHERE id = ?", (job.id,))
    )
    for label in ("Extend", "Loop"):
        assert await refusal(await fake.click(ada, message, label)) == privacy_texts.FORGOTTEN


async def test_a_clip_under_review_cannot_be_continued(fake, channel, ada, app, bot):
    waiting = await queued(app.queue, ada.id, channel.guild.id, channel_id=channel.id, recipe=SHORT)
    view = rows.row(waiting, Extend)
    sent = await app.messenger.send(channel.id, Post(content="odd", nonce="odd", view=view))
    asked = await fake.click(ada, channel.messages[sent], "Extend")
    assert await refusal(asked) == clip_texts.CLIP_GONE


async def test_a_clip_that_is_long_enough_says_how_long_it_may_be(fake, channel, ada, app, bot, monkeypatch):
    monkeypatch.setattr(continuation, "LEAST_SECONDS", 15.0)
    _, message = await delivered(app, ada, channel, recipe=SHORT)
    assert "16 s at most" in await refusal(await fake.click(ada, message, "Extend"))
    assert await count_of(app) == 1


async def test_a_member_at_the_limit_cannot_continue_a_clip(fake, channel, ada, app, bot):
    _, message = await delivered(app, ada, channel, recipe=SHORT)
    for _ in range(3):
        await queued(app.queue, ada.id, channel.guild.id, channel_id=channel.id)
    assert "already have 3" in await refusal(await fake.click(ada, message, "Extend"))


async def test_a_loop_offers_neither_reroll_nor_remix(fake, channel, ada, app, bot):
    job, message = await delivered(app, ada, channel, recipe=SHORT)
    await (await fake.click(ada, message, "Loop")).shown()
    loop = await the_new_job(app, job)
    await app.queue.claims.claim()
    loop = await hand_in(app.queue, app.blobs, dataclasses.replace(loop, claim=1), b"the loop")
    assert loop.state is State.RENDERED
    labels = [item.item.label for item in rows.for_clip(loop).children if isinstance(item, Button)]
    assert not {"Reroll", "Remix"} & set(labels)
    assert labels == [None, "Delete", "More…"]
    more = [
        item.item.label
        for item in rows.behind_more(loop, Capabilities()).children
        if isinstance(item, Button)
    ]
    assert {"Extend", "Recipe", "Report"} <= set(more)
    assert "Loop" not in more
    odd = await app.messenger.send(channel.id, Post(content="odd", nonce="odd", view=rows.row(loop, Lighter)))
    told = await refusal(await fake.click(ada, channel.messages[odd], "Try lighter"))
    assert told == clip_texts.LOOPS_ARE_NOT_DRAWN
    assert status_texts.title(Recipe.from_json(loop.recipe)).startswith(f"🎬 **{clip_texts.LOOPING}**")


def star_of(job):
    return Star.id_for(job.id)


async def told(asked) -> str:
    message = await asked.shown()
    assert message.ephemeral
    return message.content


async def test_anybody_may_keep_a_clip_with_one_star_and_take_it_back(fake, channel, ada, app):
    eve = fake.member("eve")
    async with connected(fake, app):
        job, message = await delivered(app, ada, channel, recipe=SHORT)
        assert "90 days" in await told(await fake.click(ada, message, star_of(job)))
        assert "90 days" in await told(await fake.click(eve, message, star_of(job)))
    async with connected(fake, app):  # after a restart
        assert await told(await fake.click(ada, message, star_of(job))) == clip_texts.STAR_TAKEN_BACK
        assert await app.queue.stars.stars(job.id) == 1


async def test_a_hundred_replays_of_a_star_are_one_star(fake, channel, ada, app, bot):
    job, message = await delivered(app, ada, channel, recipe=SHORT)
    asked = await fake.click(ada, message, star_of(job))
    await told(asked)
    for _ in range(99):
        fake.gateway.dispatch("INTERACTION_CREATE", asked.payload)
    await asyncio.sleep(0.5)
    assert await app.queue.stars.stars(job.id) == 1


async def test_a_clip_that_is_gone_gets_no_star(fake, channel, ada, app, bot):
    job, message = await delivered(app, ada, channel, recipe=SHORT)
    app.blobs.delete(job.clip_sha256)
    assert await told(await fake.click(ada, message, star_of(job))) == clip_texts.CLIP_GONE


@pytest.fixture
async def discarded(app, bot, channel, ada):
    """Ada's clip, of which the first take was discarded; and its message."""
    await queued(app.queue, ada.id, channel.guild.id, channel_id=channel.id, recipe=SHORT)
    job = await app.queue.claims.claim()
    await app.queue.sheets.save(job.id, job.claim, {1: app.blobs.put(b"\xff\xd8 a picture")})
    job = await hand_in(app.queue, app.blobs, job, b"the clip")
    sent = await app.messenger.send(channel.id, Post(content="clip", nonce=job.id, view=rows.for_clip(job)))
    await app.queue.delivery.begin_posting(job.id)
    await app.queue.delivery.record_posted(job.id, sent)
    return job, channel.messages[sent]


async def test_why_was_this_discarded_is_for_its_member_and_moderators(
    fake, channel, ada, mod, app, discarded
):
    _, message = discarded
    for asker in (ada, mod):
        card = await (await fake.click(asker, message, "Recipe")).shown()
        answer = await (await fake.click(asker, card, "Why discarded?")).shown()
        assert answer.ephemeral
        assert answer.attachments[0].data == b"\xff\xd8 a picture"
    eve, mods_card = fake.member("eve"), card
    card = await (await fake.click(eve, message, "Recipe")).shown()
    assert card.components == ()
    assert await told(await fake.click(eve, mods_card, "Why discarded?")) == messages.NOT_YOURS


async def test_queue_why_shows_a_job_of_this_server_only(fake, channel, ada, mod, app, discarded):
    job, _ = discarded
    answer = await (await fake.slash(mod, channel, "queue why", job=job.id[:6])).shown()
    assert [each.data for each in answer.attachments] == [b"\xff\xd8 a picture"]
    elsewhere = fake.guild("Elsewhere")
    boss = fake.member("boss", elsewhere, permissions=Permission.ADMINISTRATOR)
    asked = await fake.slash(boss, fake.channel(elsewhere), "queue why", job=job.id)
    assert await told(asked) == messages.NOT_FOUND
    assert await told(await fake.slash(ada, channel, "queue why", job=job.id)) == messages.NOT_A_MODERATOR


async def test_pictures_that_were_cleared_away_are_not_promised(fake, channel, ada, app, discarded):
    job, message = discarded
    for digest in (await app.queue.sheets.of_job(job.id)).values():
        app.blobs.delete(digest)
    card = await (await fake.click(ada, message, "Recipe")).shown()
    answer = await (await fake.click(ada, card, "Why discarded?")).shown()
    assert answer.attachments == ()
    assert clip_texts.NOTHING_DISCARDED in answer.content
