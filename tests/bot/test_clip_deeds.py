"""What members can do with a finished clip, as they meet it."""

from __future__ import annotations

import asyncio
import dataclasses

import pytest

from bot import buttons, continuation, texts, texts_clips
from bot.buttons import Action, custom_id
from bot.channels import Post
from db.jobs import State
from engine.recipe import Kind, Recipe, Role
from tests.bot.house import connected, count_of, hand_in, queued, until

SHORT = {"kind": Kind.ANIMATE, "engine": "camera", "inputs": {"picture": "a" * 64}}


async def delivered(parts, member, channel, **changes):
    """A finished clip, and the message that carries it."""
    await queued(parts.queue, member.id, channel.guild.id, channel_id=channel.id, **changes)
    job = await hand_in(parts.queue, parts.blobs, await parts.queue.claim(), b"the clip")
    view = buttons.for_clip(job)
    sent = await parts.channels.send(channel.id, Post(content="clip", nonce=job.id, view=view))
    await parts.queue.begin_posting(job.id)
    await parts.queue.posted(job.id, sent)
    return await parts.queue.get(job.id), channel.messages[sent]


async def the_new_job(parts, *known):
    async def found():
        jobs = [job for job in await parts.queue.waiting() if job.id not in {one.id for one in known}]
        return jobs[0] if jobs else None

    return await until(found)


async def refusal(asked) -> str:
    """What was said in private, whether before or after the public answer."""
    await until(lambda: asked.followups or (asked.message and asked.message.ephemeral), 10)
    message = asked.followups[0] if asked.followups else asked.message
    assert message.ephemeral
    return message.content


async def test_the_buttons_stand_in_their_order_on_two_rows(fake, channel, ada, parts, bot):
    _, message = await delivered(parts, ada, channel, recipe=SHORT)
    rows = [[button["label"] for button in row["components"]] for row in message.components]
    assert rows == [["Reroll", "Remix", "Extend", "Loop"], ["Recipe", "Delete"]]


@pytest.mark.parametrize("label", ["Extend", "Loop"])
async def test_anybody_who_may_ask_can_go_on_with_a_clip(fake, channel, ada, parts, bot, label):
    eve = fake.member("eve")
    job, message = await delivered(parts, ada, channel, recipe=SHORT)
    asked = await fake.click(eve, message, label)
    shown = (await asked.shown()).content
    assert (texts_clips.EXTENDING if label == "Extend" else texts_clips.LOOPING) in shown
    new = await the_new_job(parts, job)
    recipe = Recipe.from_json(new.recipe)
    assert (new.user_id, new.parent, new.kind) == (eve.id, job.id, label.lower())
    assert new.inputs == recipe.inputs == {Role.BEFORE: job.clip_sha256}
    assert recipe.loop is (label == "Loop")


async def test_extend_works_after_a_restart(fake, channel, ada, parts):
    async with connected(fake, parts):
        job, message = await delivered(parts, ada, channel, recipe=SHORT)
    async with connected(fake, parts):
        await (await fake.click(ada, message, "Extend")).shown()
        assert Recipe.from_json((await the_new_job(parts, job)).recipe).before.frames == 47


@pytest.mark.parametrize("action", [Action.EXTEND, Action.LOOP])
async def test_a_hundred_replays_of_one_click_are_one_job(fake, channel, ada, parts, bot, action):
    job, message = await delivered(parts, ada, channel, recipe=SHORT)
    asked = await fake.click(ada, message, custom_id(action, job.id))
    await the_new_job(parts, job)
    for _ in range(99):
        fake.gateway.dispatch("INTERACTION_CREATE", asked.payload)
    await asyncio.sleep(0.3)
    assert await count_of(parts) == 2


@pytest.mark.parametrize("label", ["Extend", "Loop"])
async def test_a_clip_whose_file_is_gone_is_refused_in_plain_words(fake, channel, ada, parts, bot, label):
    job, message = await delivered(parts, ada, channel, recipe=SHORT)
    parts.blobs.delete(job.clip_sha256)
    assert await refusal(await fake.click(ada, message, label)) == texts_clips.CLIP_GONE
    assert await count_of(parts) == 1


async def test_a_clip_that_was_taken_down_is_not_gone_on_from(fake, channel, ada, parts, bot):
    job, message = await delivered(parts, ada, channel, recipe=SHORT)
    await parts.queue.mark_deleted(job.id)
    assert await refusal(await fake.click(ada, message, "Extend")) == texts_clips.CLIP_GONE


async def test_a_clip_that_nobody_may_see_yet_is_not_gone_on_from(fake, channel, ada, parts, bot):
    waiting = await queued(parts.queue, ada.id, channel.guild.id, channel_id=channel.id, recipe=SHORT)
    view = buttons.row(waiting, Action.EXTEND)
    sent = await parts.channels.send(channel.id, Post(content="odd", nonce="odd", view=view))
    asked = await fake.click(ada, channel.messages[sent], "Extend")
    assert await refusal(asked) == texts_clips.CLIP_GONE


async def test_a_clip_that_is_long_enough_says_how_long_it_may_be(
    fake, channel, ada, parts, bot, monkeypatch
):
    monkeypatch.setattr(continuation, "LEAST_SECONDS", 15.0)
    _, message = await delivered(parts, ada, channel, recipe=SHORT)
    assert "16 s at most" in await refusal(await fake.click(ada, message, "Extend"))
    assert await count_of(parts) == 1


async def test_who_has_enough_waiting_goes_on_with_nothing(fake, channel, ada, parts, bot):
    _, message = await delivered(parts, ada, channel, recipe=SHORT)
    for _ in range(3):
        await queued(parts.queue, ada.id, channel.guild.id, channel_id=channel.id)
    assert "already have 3" in await refusal(await fake.click(ada, message, "Extend"))


async def test_a_loop_offers_neither_reroll_nor_remix(fake, channel, ada, parts, bot):
    job, message = await delivered(parts, ada, channel, recipe=SHORT)
    await (await fake.click(ada, message, "Loop")).shown()
    loop = await the_new_job(parts, job)
    await parts.queue.claim()
    loop = await hand_in(parts.queue, parts.blobs, dataclasses.replace(loop, claim=1), b"the loop")
    assert loop.state is State.RENDERED
    labels = [item.item.label for item in buttons.for_clip(loop).children]
    assert labels == ["Extend", "Recipe", "Delete"]
    odd = await parts.channels.send(
        channel.id, Post(content="odd", nonce="odd", view=buttons.row(loop, Action.LIGHTER))
    )
    told = await refusal(await fake.click(ada, channel.messages[odd], "Try lighter"))
    assert told == texts_clips.LOOPS_ARE_NOT_DRAWN
    assert texts.title(Recipe.from_json(loop.recipe)).startswith(f"🎬 **{texts_clips.LOOPING}**")
