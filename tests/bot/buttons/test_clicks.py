"""Buttons, the remix form and the lists, as members and moderators meet them."""

from __future__ import annotations

import asyncio
import itertools
from functools import partial

import discord
import pytest

from bot import forecast
from bot.buttons import rows
from bot.clips.deleting import Delete
from bot.clips.remakes import Lighter
from bot.discord_io.post import Post
from bot.requests.cancelling import Cancel
from bot.text import messages, status_texts
from db.codes import BotCode
from db.states import State
from engine.core.recipe import Kind, Quality, Recipe, Role
from tests.bot.fixtures import connected, count_of, failing, hand_in, is_answered, picture, queued
from tests.db.asking import audit_entry
from tests.fake_discord import Permission, Status
from tests.until import until

FORM_FIELD = "fk:prompt"


@pytest.fixture
def eve(fake):
    return fake.member("eve")


@pytest.fixture
async def waiting(app, bot, channel, ada):
    """Ada's job that waits, and its status message."""
    return await asked_by(app, ada, channel)


async def asked_by(app, member, channel, **changes):
    """A waiting job with a status message that has its buttons."""
    job = await queued(app.queue, member.id, channel.guild.id, channel_id=channel.id, **changes)
    message = await shown(app, channel, "status", rows.for_status(job))
    await app.queue.delivery.set_status_message(job.id, channel.id, message.id)
    return await app.queue.jobs.get(job.id), message


async def delivered(app, member, channel, **changes):
    """A finished job and the message with its clip."""
    await queued(app.queue, member.id, channel.guild.id, channel_id=channel.id, **changes)
    job = await hand_in(app.queue, app.blobs, await app.queue.claims.claim())
    message = await shown(app, channel, "clip", rows.for_clip(job))
    await app.queue.delivery.begin_posting(job.id)
    await app.queue.delivery.record_posted(job.id, message.id)
    return await app.queue.jobs.get(job.id), message


async def shown(app, channel, content, view):
    sent = await app.messenger.send(channel.id, Post(content=content, nonce=f"{content}", view=view))
    return channel.messages[sent]


async def said_to(asked) -> str:
    """What the member was told in private."""
    message = await asked.shown()
    assert message.ephemeral
    return message.content


async def clip_actions(app, guild) -> list[tuple[int, str, str]]:
    return [(one.actor_id, one.action, one.target) for one in await app.audit.entries(guild.id)]


async def the_new_job(app, known):
    """The one job that waits beside those that are known."""

    async def found():
        jobs = [job for job in await app.queue.jobs.waiting() if job.id not in {one.id for one in known}]
        return jobs[0] if jobs else None

    return await until(found)


async def test_only_its_member_and_moderators_cancel_a_job(fake, channel, ada, eve, mod, app, waiting):
    job, message = waiting
    assert await said_to(await fake.click(eve, message, "Cancel")) == messages.NOT_YOURS
    assert (await app.queue.jobs.get(job.id)).state is State.QUEUED
    assert await said_to(await fake.click(mod, message, "Cancel")) == messages.CANCELLED
    assert (await app.queue.jobs.get(job.id)).state is State.CANCELLED
    assert await clip_actions(app, channel.guild) == [(mod.id, "cancel", job.id)]


async def test_a_failing_statement_leaves_neither_a_moderators_click_nor_its_log_entry(
    fake, channel, ada, mod, app, bot
):
    for action, bring in ((Delete, delivered), (Cancel, asked_by)):
        job, message = await bring(app, ada, channel)
        for nth in itertools.count(1):
            with failing(app.database, nth) as writes:
                click = await fake.click(mod, message, action.id_for(job.id))
                await until(partial(is_answered, click))
            if writes.passed < nth:
                break
            changed = await app.queue.jobs.get(job.id) != job
            logged = (mod.id, action.action, job.id) in await clip_actions(app, channel.guild)
            assert changed is logged
            if changed:  # it was the note that the click is answered
                break
        assert nth > 2, "no statement was made to fail"
        assert (await clip_actions(app, channel.guild))[0] == (mod.id, action.action, job.id)
        assert await app.queue.jobs.get(job.id) != job


async def test_cancelling_your_own_job_is_not_a_moderator_action(fake, channel, ada, app, waiting):
    job, message = waiting
    assert await said_to(await fake.click(ada, message, "Cancel")) == messages.CANCELLED
    assert (await app.queue.jobs.get(job.id)).state is State.CANCELLED
    assert await clip_actions(app, channel.guild) == []


async def test_a_role_that_the_owner_named_may_cancel_too(fake, channel, app, waiting, monkeypatch):
    _, message = waiting
    role = fake.role(channel.guild, "keepers")
    keeper = fake.member("keeper", roles=(role,))
    monkeypatch.setitem(app.settings.__dict__, "moderator_roles", (role.id,))
    assert await said_to(await fake.click(keeper, message, "Cancel")) == messages.CANCELLED


async def test_a_running_job_is_asked_to_stop(fake, ada, app, waiting):
    job, message = waiting
    await app.queue.claims.claim()
    assert await said_to(await fake.click(ada, message, "Cancel")) == messages.STOPPING
    assert (await app.queue.jobs.get(job.id)).cancel_requested


async def test_another_servers_job_is_not_found(fake, app, waiting):
    job, _ = waiting
    elsewhere = fake.guild("Elsewhere")
    boss = fake.member("boss", elsewhere, permissions=Permission.ADMINISTRATOR)
    kinds, there = rows.job_buttons(), fake.channel(elsewhere)
    for some in (kinds[first : first + 25] for first in range(0, len(kinds), 25)):  # a message holds 25
        message = await shown(app, there, f"here {some[0].action}", rows.row(job, *some))
        for action in some:
            assert await said_to(await fake.click(boss, message, action.id_for(job.id))) == messages.NOT_FOUND
    assert (await app.queue.jobs.get(job.id)).state is State.QUEUED
    assert await count_of(app) == 1


async def test_a_hundred_replays_of_cancel_have_one_effect(fake, channel, mod, app, waiting):
    job, message = waiting
    clicks = [await fake.click(mod, message, Cancel.id_for(job.id)) for _ in range(100)]
    answers = [await said_to(click) for click in clicks]
    assert answers.count(messages.CANCELLED) == 1
    assert set(answers) <= {messages.CANCELLED, messages.ALREADY_OVER, messages.ONE_AT_A_TIME}
    assert len(await clip_actions(app, channel.guild)) == 1


async def test_a_hundred_replays_of_delete_have_one_effect(fake, channel, ada, eve, mod, app, bot):
    job, message = await delivered(app, ada, channel)
    assert await said_to(await fake.click(eve, message, "Delete")) == messages.NOT_YOURS
    assert not message.deleted
    clicks = [await fake.click(mod, message, Delete.id_for(job.id)) for _ in range(100)]
    for click in clicks:
        await until(partial(is_answered, click))
    said = {click.message.content for click in clicks}
    assert messages.DELETED in said
    assert said <= {messages.DELETED, messages.ONE_AT_A_TIME}
    assert message.deleted
    assert (await app.queue.jobs.get(job.id)).deleted_at is not None
    assert await clip_actions(app, channel.guild) == [(mod.id, "delete", job.id)]


async def test_a_clip_that_discord_does_not_delete_is_not_called_deleted(fake, channel, ada, app, bot):
    _, message = await delivered(app, ada, channel)
    fake.fail("DELETE", rf"/messages/{message.id}$", Status(403, 50013))
    assert await said_to(await fake.click(ada, message, "Delete")) == messages.NOT_DELETED
    assert await said_to(await fake.click(ada, message, "Delete")) == messages.DELETED
    assert message.deleted


async def test_a_clip_is_deleted_even_before_its_row_knows_its_message(fake, channel, ada, app, bot):
    await queued(app.queue, ada.id, channel.guild.id, channel_id=channel.id)
    job = await hand_in(app.queue, app.blobs, await app.queue.claims.claim())
    await app.queue.delivery.begin_posting(job.id)
    message = await shown(app, channel, "clip", rows.for_clip(job))
    assert await said_to(await fake.click(ada, message, "Delete")) == messages.DELETED
    assert message.deleted


async def test_reroll_has_a_new_seed_and_the_same_picture(fake, channel, ada, eve, app, bot):
    sha256 = app.blobs.put(picture())
    wanted = {"kind": Kind.ANIMATE, "engine": "camera", "inputs": {"picture": sha256}, "prompt": "a cat"}
    job, message = await delivered(app, ada, channel, recipe=wanted, inputs={Role.PICTURE: sha256})
    asked = await fake.click(eve, message, "Reroll")
    assert "a cat" in (await asked.shown()).content
    new = await the_new_job(app, [job])
    old_recipe, new_recipe = Recipe.from_json(job.recipe), Recipe.from_json(new.recipe)
    assert new_recipe.seed != old_recipe.seed
    assert new_recipe == Recipe.from_json(
        job.recipe.replace(f'"seed": {old_recipe.seed}', f'"seed": {new_recipe.seed}')
    )
    assert (new.user_id, new.parent, new.inputs) == (eve.id, job.id, {Role.PICTURE: sha256})


async def test_rerolling_a_clip_whose_picture_was_deleted_says_so(fake, channel, ada, app, bot):
    wanted = {"kind": Kind.ANIMATE, "engine": "camera", "inputs": {"picture": "a" * 64}}
    _, message = await delivered(app, ada, channel, recipe=wanted, inputs={Role.PICTURE: "a" * 64})
    asked = await fake.click(ada, message, "Reroll")
    await until(lambda: asked.followups)
    assert asked.followups[0].content == messages.INPUT_GONE
    assert asked.followups[0].ephemeral
    assert asked.message.deleted
    assert await count_of(app) == 1


async def test_a_remix_form_works_after_a_restart(fake, channel, ada, app):
    async with connected(fake, app):
        job, message = await delivered(app, ada, channel)
        form = await fake.click(ada, message, "Remix")
        await form.answered()
        assert form.modal["custom_id"] == f"fk:remix:{job.id}"
    async with connected(fake, app):
        answer = await fake.submit_modal(ada, form, {FORM_FIELD: "in the snow\u202e"})
        assert "in the snow" in (await answer.shown()).content
        new = await the_new_job(app, [job])
    recipe = Recipe.from_json(new.recipe)
    assert (recipe.prompt, new.parent) == ("in the snow", job.id)
    assert recipe.seed != Recipe.from_json(job.recipe).seed


async def test_try_lighter_is_smaller_and_quicker_each_time(fake, channel, ada, app, bot):
    big = {"width": 1280, "height": 720, "quality": Quality.BEST}
    known, wanted = [], big
    sizes = []
    for number in range(2):
        job = await queued(app.queue, ada.id, channel.guild.id, channel_id=channel.id, recipe=wanted)
        known.append(job)
        await app.queue.claims.fail(job.id, None, code="E_MEMORY", error_id="abcd")
        job = await app.queue.jobs.get(job.id)
        message = await shown(app, channel, f"failed {number}", rows.for_status(job))
        await (await fake.click(ada, message, "Try lighter")).shown()
        new = await the_new_job(app, known)
        known.append(new)
        recipe = Recipe.from_json(new.recipe)
        sizes.append((recipe.width, recipe.height))
        assert (recipe.quality, recipe.prompt, recipe.seed) == (Quality.FAST, "a red boat", 5)
        wanted = {"width": recipe.width, "height": recipe.height, "quality": Quality.FAST}
        await app.queue.claims.cancel(new.id)
    assert sizes[0] == (512, 288)
    assert sizes[1] == (384, 224)  # three quarters, in whole macroblocks


async def test_what_machines_failed_in_can_be_asked_for_again_just_as_it_was(fake, channel, ada, app, bot):
    job = await queued(app.queue, ada.id, channel.guild.id, channel_id=channel.id)
    await app.queue.claims.fail(job.id, None, code=BotCode.MACHINES)
    failed = await app.queue.jobs.get(job.id)
    message = await shown(app, channel, "failed", rows.for_status(failed))
    await (await fake.click(ada, message, "Try again")).shown()
    new = await the_new_job(app, [job])
    assert (new.state, new.parent) == (State.QUEUED, job.id)
    assert Recipe.from_json(new.recipe) == Recipe.from_json(job.recipe)


async def test_a_job_that_cannot_be_made_lighter_says_so(fake, channel, ada, app, bot, caplog):
    job, _ = await delivered(app, ada, channel, recipe={"engine": "of yesterday"})
    message = await shown(app, channel, "failed", rows.row(job, Lighter))
    told = await said_to(await fake.click(ada, message, "Try lighter"))
    assert "no engine called" in told
    assert "Traceback" not in caplog.text


async def test_anyone_can_see_the_full_recipe(fake, channel, ada, eve, app, bot):
    _, message = await delivered(app, ada, channel)
    card = await said_to(await fake.click(eve, message, "Recipe"))
    assert "seed `5`" in card
    assert "take 1: accepted, 90 of 100" in card


async def test_why_tells_what_is_ahead(fake, channel, ada, eve, app, waiting):
    await asked_by_quietly(app, ada, channel)
    _, message = await asked_by(app, eve, channel)
    told = await said_to(await fake.click(eve, message, "Why?"))
    assert "ahead of it" in told or "It is next" in told


async def test_why_tells_of_a_pause_and_of_what_else_keeps_a_job_from_its_turn(
    fake, channel, ada, app, waiting, monkeypatch
):
    message = waiting[1]
    await app.queue.moderation.pause(audit_entry("pause", guild=channel.guild.id))
    assert await said_to(await fake.click(ada, message, "Why?")) == status_texts.QUEUE_PAUSED
    await app.queue.moderation.resume(audit_entry("resume", guild=channel.guild.id))
    monkeypatch.setattr(app.engines, "away_for", lambda _: "the shed")
    told = await said_to(await fake.click(ada, message, "Why?"))
    assert told.startswith("⏳ waiting for the shed, which can't be reached right now")


async def test_why_knows_a_job_that_came_after_the_latest_forecast(
    fake, channel, ada, app, waiting, monkeypatch
):
    monkeypatch.setattr(forecast, "FRESH_SECONDS", 1e9)
    app.forecaster.latest = None
    await app.forecaster.forecast()
    _, message = await asked_by(app, ada, channel)
    told = await said_to(await fake.click(ada, message, "Why?"))
    assert "ahead of it" in told or "It is next" in told


async def asked_by_quietly(app, member, channel):
    return await queued(app.queue, member.id, channel.guild.id, channel_id=channel.id)


async def test_an_action_that_does_not_exist_does_nothing_but_is_answered(fake, channel, ada, app, waiting):
    job, _ = waiting
    view = discord.ui.View()
    view.add_item(discord.ui.Button(label="Explode", custom_id=f"fk:explode:{job.id}"))
    message = await shown(app, channel, "odd", view)
    view.stop()
    asked = await fake.click(ada, message, "Explode")
    assert await said_to(asked) == messages.UNKNOWN_BUTTON
    assert (await app.queue.jobs.get(job.id)).state is State.QUEUED


async def test_a_failed_click_is_answered_with_an_error_id_from_the_log(
    fake, ada, app, waiting, monkeypatch, caplog
):
    async def broken(*_):
        raise RuntimeError("a bug")

    monkeypatch.setattr(app.queue.jobs, "ahead", broken)
    told = await said_to(await fake.click(ada, waiting[1], "Why?"))
    assert "Error id" in told
    assert told.split("`")[1] in caplog.text


async def test_jobs_shows_my_own_and_cancels_them(fake, channel, ada, eve, app, waiting):
    job, _ = waiting
    assert await said_to(await fake.slash(eve, channel, "jobs")) == messages.NOTHING_YET
    mine = await fake.slash(ada, channel, "jobs")
    assert f"`{job.id[:6]}` #1" in await said_to(mine)
    assert await said_to(await fake.click(ada, mine.message, f"Cancel {job.id[:6]}")) == messages.CANCELLED


async def test_moderator_commands_are_checked_at_each_use(fake, channel, ada, app, waiting):
    job, _ = waiting
    tries = [
        ("queue show", {}),
        ("queue pause", {}),
        ("queue resume", {}),
        ("queue clear", {}),
        ("queue cancel", {"job": job.id}),
        ("queue move", {"job": job.id, "place": 1}),
    ]
    for name, options in tries:
        assert await said_to(await fake.slash(ada, channel, name, **options)) == messages.NOT_A_MODERATOR
    typed = await fake.autocomplete(ada, channel, "queue cancel", "job", "")
    await asyncio.sleep(0.1)
    assert not typed.choices
    assert (await app.queue.jobs.get(job.id)).state is State.QUEUED
    assert not await app.queue.moderation.paused(channel.guild.id)
    assert await clip_actions(app, channel.guild) == []


async def test_what_moderators_do_is_written_down(fake, channel, ada, mod, app, waiting):
    job, _ = waiting
    typed = await fake.autocomplete(mod, channel, "queue cancel", "job", job.id[:4])
    await typed.answered()
    assert [choice["value"] for choice in typed.choices] == [job.id]
    await said_to(await fake.slash(mod, channel, "queue pause", reason="dinner"))
    assert await app.queue.moderation.paused(channel.guild.id)
    await said_to(await fake.slash(mod, channel, "queue resume"))
    assert not await app.queue.moderation.paused(channel.guild.id)
    await said_to(await fake.slash(mod, channel, "queue move", job=job.id[:6], place=1))
    await said_to(await fake.slash(mod, channel, "queue cancel", job=job.id))
    await asked_by_quietly(app, ada, channel)
    await said_to(await fake.slash(mod, channel, "queue clear"))
    done = await app.audit.entries(channel.guild.id)
    assert [one.action for one in reversed(done)] == ["pause", "resume", "move", "cancel", "clear"]
    assert {one.actor_id for one in done} == {mod.id}
    assert done[-1].reason == "dinner"
    assert (await app.audit.verify()).sound


async def test_the_queue_of_one_server_does_not_touch_another(fake, channel, mod, app, waiting):
    elsewhere = fake.guild("Elsewhere")
    there = fake.channel(elsewhere)
    theirs, _ = await asked_by(app, fake.member("bob", elsewhere), there)
    page = await said_to(await fake.slash(mod, channel, "queue show"))
    assert theirs.id[:6] not in page
    for name, options in [
        ("queue pause", {}),
        ("queue clear", {}),
        ("queue cancel", {"job": theirs.id}),
        ("queue move", {"job": theirs.id, "place": 1}),
    ]:
        await said_to(await fake.slash(mod, channel, name, **options))
    assert (await app.queue.jobs.get(theirs.id)).state is State.QUEUED
    assert not await app.queue.moderation.paused(elsewhere.id)
    assert (await app.queue.jobs.get(waiting[0].id)).state is State.CANCELLED
