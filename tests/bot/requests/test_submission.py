"""Submissions, as a member meets them: over real sockets, against the fake of Discord."""

from __future__ import annotations

import asyncio
import dataclasses
import shutil
from types import SimpleNamespace
from unittest.mock import AsyncMock

import pytest

from bot.buttons import rows
from bot.clips.remakes import Remix, Reroll
from bot.discord_io import replies
from bot.discord_io.post import Post
from bot.requests import admitting as admitting_module
from bot.text import community_texts, messages
from db.errors import CannotWrite, Limit, LimitReached
from db.states import State
from engine.core.recipe import Kind, Quality, Recipe
from engine.core.shortages import Shortage
from engine.planning.frame_size import AREA
from tests.bot.fixtures import ANN, count_of, picture, queued
from tests.fake_discord import EVERYONE, LostAnswer, Permission, Status, Upload
from tests.until import PATIENCE, until

REPLY, DEFER = 4, 5


def cat(data: bytes | None = None) -> Upload:
    return Upload("cat.png", picture() if data is None else data)


async def only_job(app):
    jobs = await app.queue.jobs.waiting()
    assert len(jobs) == 1
    return jobs[0]


async def refusal_of(asked) -> str:
    """What the member was told in private, whether at once or after "thinking"."""
    await asked.answered()
    if asked.response.type == REPLY:
        assert asked.ephemeral
        return asked.message.content
    await until(lambda: asked.followups)
    assert asked.message.deleted
    assert asked.followups[-1].ephemeral
    return asked.followups[-1].content


async def test_a_prompt_is_queued_and_the_answer_becomes_the_status_message(fake, channel, ada, app, bot):
    asked = await fake.slash(ada, channel, "text2video", prompt="a red boat", quality="fast")
    said = await asked.shown()
    assert not said.ephemeral
    assert "a red boat" in said.content
    assert "you are next" in said.content
    job = await only_job(app)

    async def known():
        row = await app.queue.jobs.get(job.id)
        return (row.status_channel_id, row.status_message_id) == (channel.id, said.id)

    await until(known)
    assert (job.guild_id, job.channel_id, job.user_id) == (channel.guild.id, channel.id, ada.id)
    assert job.key == str(asked.id)
    recipe = Recipe.from_json(job.recipe)
    assert (recipe.kind, recipe.prompt, recipe.quality) == (Kind.TEXT2VIDEO, "a red boat", Quality.FAST)
    assert job.profile == recipe.profile


async def test_a_picture_is_kept_as_a_blob_and_named_in_the_recipe(fake, channel, ada, app, bot):
    asked = await fake.slash(ada, channel, "animate", image=cat(), seed=9)
    await asked.shown()
    job = await only_job(app)
    recipe = Recipe.from_json(job.recipe)
    assert (recipe.kind, recipe.seed) == (Kind.ANIMATE, 9)
    assert job.inputs == recipe.inputs == {"picture": recipe.inputs["picture"]}
    assert app.blobs.exists(recipe.inputs["picture"])
    assert fake.cdn.served == 1


async def test_the_row_knows_the_message_before_anything_stands_in_it(
    fake, channel, ada, app, bot, monkeypatch
):
    """Whatever ends the bot between the two, the next start finds the message that it has to keep true."""
    monkeypatch.setattr(app.submissions, "_confirm", AsyncMock(side_effect=RuntimeError("killed here")))
    asked = await fake.slash(ada, channel, "text2video", prompt="a red boat")
    await until(lambda: count_of(app))
    assert asked.message.loading
    job = await only_job(app)
    assert (job.status_channel_id, job.status_message_id) == (channel.id, asked.message.id)


@pytest.mark.parametrize(
    "reason", ["member waiting", "server waiting", "hour", "banned", "disk", "may not post"]
)
async def test_a_refusal_is_private_and_comes_before_any_download(
    fake, channel, ada, app, bot, monkeypatch, reason
):
    queue, guild = app.queue, channel.guild.id
    before = 0
    if reason == "member waiting":
        before = app.settings.per_member_waiting
        expected = messages.limit_reached("per_member_waiting", before, None)
    elif reason == "server waiting":
        before = app.settings.per_guild_waiting
        expected = messages.limit_reached("per_guild_waiting", before, None)
    elif reason == "hour":
        before = app.settings.per_member_hour
        expected = "more than 20 in an hour"
    elif reason == "banned":
        await queue.moderation.ban(guild, ada.id, by=1, reason="spam")
        expected = messages.BANNED
    elif reason == "disk":
        admitting = app.submissions._admitting
        admitting.rules = dataclasses.replace(admitting.rules, min_free_disk=1000)
        monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=999))
        expected = messages.DISK_FULL
    else:
        fake.world.permit(channel, EVERYONE & ~Permission.ATTACH_FILES)
        expected = community_texts.may_not_post(["attach_files"])
    for _ in range(before):
        other = await queued(queue, 5 if reason == "server waiting" else ada.id, guild)
        if reason == "hour":
            await queue.claims.cancel(other.id)
    monkeypatch.setattr(admitting_module, "QUICK_SECONDS", 5.0)
    asked = await fake.slash(ada, channel, "animate", image=cat())
    assert expected in await refusal_of(asked)
    assert asked.response.type == REPLY
    assert fake.cdn.served == 0
    assert fake.messages(channel) == []
    assert await count_of(app) == before


async def test_a_slow_look_at_the_limits_does_not_hold_up_the_answer(
    fake, channel, ada, app, bot, monkeypatch
):
    """The answer goes first, and the limits still come before the download."""
    monkeypatch.setattr(admitting_module, "QUICK_SECONDS", 0.01)
    gate = asyncio.Event()

    async def slowly(*_):
        await gate.wait()
        raise LimitReached(Limit.PER_MEMBER_WAITING, 3)

    monkeypatch.setattr(app.queue.entry, "check_limits", slowly)
    asked = await fake.slash(ada, channel, "animate", image=cat())
    await asked.answered()
    assert asked.response.type == DEFER
    gate.set()
    assert "You already have 3 waiting" in await refusal_of(asked)
    assert fake.cdn.served == 0


async def test_a_late_refusal_takes_the_public_thinking_away(fake, channel, ada, app, bot):
    asked = await fake.slash(ada, channel, "animate", image=cat(b"no picture at all"))
    assert "PNG, JPEG, WebP" in await refusal_of(asked)
    assert asked.response.type == DEFER
    assert fake.messages(channel) == []
    assert await count_of(app) == 0


async def test_a_late_refusal_arrives_though_an_answer_on_the_way_is_lost(fake, channel, ada, app, bot):
    rule = fake.fail("DELETE", r"@original$", LostAnswer())
    asked = await fake.slash(ada, channel, "animate", image=cat(b"no picture at all"))
    assert "PNG, JPEG, WebP" in await refusal_of(asked)
    assert rule.used == 1
    assert fake.messages(channel) == []


async def told_directly(fake) -> list[str]:
    """What members read in their direct messages."""
    return [message.content for one in fake.world.direct.values() for message in one.messages.values()]


async def test_an_expired_interaction_enqueues_and_downloads_nothing_and_its_member_is_told(
    fake, channel, ada, app, bot, monkeypatch
):
    monkeypatch.setattr(replies, "ANSWER_SECONDS", -60.0)  # as after an outage of the gateway
    fake.interactions.ack_seconds = -1.0
    await fake.slash(ada, channel, "animate", image=cat())

    async def told() -> bool:
        return await told_directly(fake) == [messages.NOT_ANSWERED]

    await until(told)
    assert await count_of(app) == 0
    assert fake.cdn.served == 0


async def test_where_direct_messages_are_closed_the_channel_says_that_nothing_was_done(
    fake, channel, ada, app, bot, monkeypatch
):
    monkeypatch.setattr(replies, "ANSWER_SECONDS", -60.0)
    fake.interactions.ack_seconds = -1.0
    fake.fail("POST", r"/users/@me/channels$", Status(403, 50007), times=9)
    await fake.slash(ada, channel, "text2video", prompt="a secret")
    await until(lambda: fake.messages(channel))
    assert [one.content for one in fake.messages(channel)] == [f"<@{ada.id}> {messages.NOT_ANSWERED}"]


async def test_a_request_that_came_in_time_is_taken_though_discord_does_not_let_it_be_answered(
    fake, channel, ada, app, bot
):
    fake.interactions.ack_seconds = -1.0
    await fake.slash(ada, channel, "text2video", prompt="rain")

    async def taken() -> bool:
        return await count_of(app) == 1

    await until(taken)
    running = asyncio.create_task(app.board.loop.run())
    await until(lambda: fake.messages(channel))
    app.board.loop.stop()
    await running
    assert "you are next" in fake.messages(channel)[0].content
    assert await told_directly(fake) == []


async def test_a_refusal_that_discord_does_not_take_as_an_answer_is_sent_directly(
    fake, channel, ada, app, bot
):
    fake.interactions.ack_seconds = -1.0
    await fake.slash(ada, channel, "animate", image=cat(b"no picture at all"))

    async def told() -> bool:
        return any("I don't know that kind of file" in text for text in await told_directly(fake))

    await until(told)
    assert await count_of(app) == 0
    assert fake.messages(channel) == []


@pytest.mark.parametrize(("method", "route"), [("POST", r"/callback$"), ("PATCH", r"@original$")])
@pytest.mark.parametrize("fault", [LostAnswer(), Status(503)])
async def test_an_answer_that_is_lost_is_given_again(fake, channel, ada, app, bot, method, route, fault):
    rule = fake.fail(method, route, fault)
    asked = await fake.slash(ada, channel, "text2video", prompt="rain")
    assert "you are next" in (await asked.shown()).content
    assert rule.used == 1
    await only_job(app)
    assert len(fake.messages(channel)) == 1


async def test_the_same_interaction_told_twice_is_one_job_and_one_message(fake, channel, ada, app, bot):
    asked = await fake.slash(ada, channel, "text2video", prompt="rain")
    fake.gateway.dispatch("INTERACTION_CREATE", asked.payload)
    await asked.shown()
    job = await only_job(app)
    await asyncio.sleep(0.2)
    assert await count_of(app) == 1
    assert len(fake.messages(channel)) == 1
    assert (await app.queue.jobs.get(job.id)).state is State.QUEUED


async def test_what_is_told_again_later_does_not_overwrite_the_last_words(fake, channel, ada, app, bot):
    asked = await fake.slash(ada, channel, "text2video", prompt="rain")
    message = await asked.shown()
    job = await only_job(app)
    await app.queue.claims.cancel(job.id)
    await app.messenger.edit(channel.id, message.id, "the last words", None)
    await until(lambda: not app.door.has(asked))
    fake.gateway.dispatch("INTERACTION_CREATE", asked.payload)
    await until(
        lambda: fake.count("POST", "/interactions/{interaction_id}/{interaction_token}/callback") == 2
    )
    await asyncio.sleep(0.2)
    assert message.content == "the last words"


async def test_queued_is_said_only_after_the_commit(fake, channel, ada, app, bot, monkeypatch):
    enqueue = app.queue.entry.enqueue
    gate, reached = asyncio.Event(), asyncio.Event()

    async def slowly(*args, **kwargs):
        reached.set()
        await gate.wait()
        return await enqueue(*args, **kwargs)

    monkeypatch.setattr(app.queue.entry, "enqueue", slowly)
    asked = await fake.slash(ada, channel, "text2video", prompt="rain")
    await asyncio.wait_for(reached.wait(), PATIENCE)
    await asyncio.sleep(0.05)
    assert asked.message.loading
    gate.set()
    await asked.shown()
    await only_job(app)


async def test_if_the_commit_fails_the_member_is_refused_and_no_job_exists(fake, channel, ada, app, bot):
    def forbid(connection):
        connection.execute("CREATE TRIGGER no BEFORE INSERT ON job BEGIN SELECT RAISE(ABORT, 'broken'); END")

    await app.database.write(forbid)
    asked = await fake.slash(ada, channel, "text2video", prompt="rain")
    assert "Something broke on my side" in await refusal_of(asked)
    assert await count_of(app) == 0
    assert fake.messages(channel) == []


async def test_if_the_disk_is_full_the_member_is_told(fake, channel, ada, app, bot, monkeypatch):
    async def full(*_, **__):
        raise CannotWrite("disk full")

    monkeypatch.setattr(app.queue.entry, "enqueue", full)
    asked = await fake.slash(ada, channel, "text2video", prompt="rain")
    assert await refusal_of(asked) == messages.not_taken_for_want_of(Shortage.STORAGE)


async def test_requests_in_flight_when_the_bot_stops_are_told_to_ask_again(
    fake, channel, ada, app, bot, monkeypatch
):
    reached = asyncio.Event()

    async def endless():
        reached.set()
        await asyncio.sleep(60)

    monkeypatch.setattr(app.submissions, "_capabilities", endless)
    asked = await fake.slash(ada, channel, "text2video", prompt="rain")
    await asyncio.wait_for(reached.wait(), PATIENCE)
    await app.submissions.stop(0.05)
    assert await refusal_of(asked) == messages.BEING_RESTARTED
    late = await fake.slash(ada, channel, "text2video", prompt="rain")
    assert await refusal_of(late) == messages.BEING_RESTARTED
    assert await count_of(app) == 0


async def test_what_is_being_written_down_when_the_bot_stops_is_seen_through(
    fake, channel, ada, app, bot, monkeypatch
):
    enqueue = app.queue.entry.enqueue
    gate, reached = asyncio.Event(), asyncio.Event()

    async def slowly(*args, **kwargs):
        reached.set()
        await gate.wait()
        return await enqueue(*args, **kwargs)

    monkeypatch.setattr(app.queue.entry, "enqueue", slowly)
    asked = await fake.slash(ada, channel, "text2video", prompt="rain")
    await asyncio.wait_for(reached.wait(), PATIENCE)
    stopping = asyncio.create_task(app.submissions.stop(0.05))
    await asyncio.sleep(0.1)
    gate.set()
    await stopping
    assert "you are next" in asked.message.content
    await only_job(app)


async def test_while_the_database_is_read_only_nothing_is_taken_and_afterwards_it_is(
    fake, channel, ada, app, bot
):
    await app.database.look(lambda connection: connection.execute("PRAGMA query_only = 1"))
    asked = await fake.slash(ada, channel, "text2video", prompt="rain")
    assert await refusal_of(asked) == messages.not_taken_for_want_of(Shortage.READ_ONLY)
    assert await count_of(app) == 0
    await app.database.look(lambda connection: connection.execute("PRAGMA query_only = 0"))
    await (await fake.slash(ada, channel, "text2video", prompt="rain")).shown()
    await until(lambda: count_of(app))


async def test_where_the_answer_cannot_be_given_the_job_stays_and_the_board_sends_its_message(
    fake, channel, ada, app, bot
):
    fake.fail("PATCH", r"@original$", Status(404, 10008, "Unknown Message"))
    await fake.slash(ada, channel, "text2video", prompt="rain")
    await until(lambda: len(app.board._dirty) == 1 and not app.board._expected)
    board = asyncio.create_task(app.board.loop.run())
    await fake.wait_for(lambda: any("you are next" in one.content for one in fake.messages(channel)))
    await fake.wait_for(lambda: not any(one.loading for one in fake.messages(channel)))
    await app.board.stop()
    await board
    [shown] = fake.messages(channel)
    assert (await only_job(app)).status_message_id == shown.id


async def test_a_wrong_option_is_refused_at_once(fake, channel, ada, app, bot):
    asked = await fake.slash(ada, channel, "text2video", prompt="rain", quality="bestest")
    assert "is not one of" in await refusal_of(asked)
    assert await count_of(app) == 0


async def test_the_list_of_qualities_shows_the_wait(fake, channel, ada, app, bot):
    await queued(app.queue, ANN)
    typed = await fake.autocomplete(ada, channel, "text2video", "quality", "b", prompt="rain")
    await typed.answered()
    assert [choice["value"] for choice in typed.choices] == ["balanced", "best"]
    assert all("1 ahead" in choice["name"] and " now" in choice["name"] for choice in typed.choices)


async def test_a_message_with_a_picture_can_be_animated_and_one_without_cannot(fake, channel, ada, app, bot):
    shown = fake.member_says(ada, channel, "look", cat())
    asked = await fake.context_menu(ada, channel, "Animate this", shown)
    assert "Animating a picture" in (await asked.shown()).content
    recipe = Recipe.from_json((await only_job(app)).recipe)
    assert recipe.width * recipe.height <= AREA[Quality.BALANCED] * 1.1

    empty = fake.member_says(ada, channel, "no picture")
    refused = await fake.context_menu(ada, channel, "Animate this", empty)
    assert await refusal_of(refused) == messages.NO_PICTURE
    await only_job(app)


async def test_of_several_pictures_the_first_that_can_be_taken_is(fake, channel, ada, app, bot):
    bad = [Upload("a.png", b"not a picture"), Upload("b.png", picture()[:-40])]
    shown = fake.member_says(ada, channel, "look", *bad, cat())
    asked = await fake.context_menu(ada, channel, "Animate this", shown)
    assert "Animating a picture" in (await asked.shown()).content
    await only_job(app)
    shown = fake.member_says(ada, channel, "look", *bad)
    refused = await fake.context_menu(ada, channel, "Animate this", shown)
    assert "I don't know that kind of file" in await refusal_of(refused)
    await only_job(app)


async def test_forbidden_prompts_are_refused_at_once_and_in_private_everywhere(fake, channel, ada, app, bot):
    """New words, a remix, a clip drawn anew; also where the channel is for adults."""
    words = "a n4ked ch1ld"
    adults = fake.channel(name="adults", nsfw=True)
    for where in (channel, adults):
        for name, more in (("text2video", {}), ("animate", {"image": cat()})):
            said = await (await fake.slash(ada, where, name, prompt=words, **more)).shown()
            assert (said.content, said.ephemeral) == (messages.FORBIDDEN, True)
    old = await queued(app.queue, ada.id, channel.guild.id, recipe={"prompt": words})
    await app.queue.claims.cancel(old.id)
    message = await app.messenger.send(
        channel.id, Post(content="clip", nonce="1", view=rows.row(old, Reroll, Remix))
    )
    said = await (await fake.click(ada, channel.messages[message], "Reroll")).shown()
    assert said.content == messages.FORBIDDEN
    form = await fake.click(ada, channel.messages[message], "Remix")
    await form.answered()
    said = await (await fake.submit_modal(ada, form, {"fk:prompt": words})).shown()
    assert said.content == messages.FORBIDDEN
    assert fake.cdn.served == 0
    assert await count_of(app) == 1
