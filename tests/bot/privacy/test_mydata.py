"""A member's rights: take one's data away, have it erased, keep one's pictures to oneself."""

from __future__ import annotations

import asyncio
import io
import json
import logging
import os
import struct
import zipfile
from types import SimpleNamespace
from typing import Any
from unittest.mock import create_autospec

import discord
import pytest
from yarl import URL

from bot.clips.deleting import Delete
from bot.clips.remakes import Remix, Reroll
from bot.clips.show_recipe import ShowRecipe
from bot.discord_io.messenger import Messenger
from bot.intake.avatars import avatar_of
from bot.intake.download import is_discord
from bot.privacy import export
from bot.privacy.erasing import STOP_SECONDS
from bot.privacy.forgetting import RecipeRedactor
from bot.text import messages, privacy_texts
from db.files import Blobs
from db.states import State
from engine.core.recipe import Kind, Receipt, Recipe, Role
from tests.bot.fixtures import connected, picture, queued, receipt, recipe, rendered, until, until_cancelled
from tests.db.asking import written
from tests.fake_discord import Status, Upload
from tests.present import present

PROMPT = "a heron over the canal"


@pytest.fixture
def eve(fake):
    return fake.member("eve")


@pytest.fixture
async def loops(services):
    """The loops of the bot that these rights lean on."""
    await services.erasing.begin()
    parts = (services.engine_loop, services.deliverer, services.erasing)
    running = [asyncio.create_task(part.loop.run()) for part in parts]
    yield
    await services.engine_loop.stop(0)
    await services.deliverer.stop()
    for task in running:
        task.cancel()
    await asyncio.gather(*running, return_exceptions=True)


SEEN = {"left": 0.48151623}
"""What was seen in the picture; only its place matters here."""


async def given(services, member, channel, **changes):
    """A job of the member's with a picture and words of their own, and that picture's digest."""
    digest = services.blobs.put(picture((160, 100)) + str(member.id).encode())
    made = {"prompt": PROMPT, "kind": Kind.ANIMATE, "engine": "camera", "inputs": {Role.PICTURE: digest}}
    job = await queued(
        services.queue, member.id, channel.guild.id, channel_id=channel.id,
        **{"recipe": made, "inputs": {Role.PICTURE: digest}, "seen": json.dumps({digest: SEEN}), **changes},
    )  # fmt: skip
    return job, digest


async def delivered(services, fake, member, channel):
    """The same, posted for real."""
    job, digest = await given(services, member, channel)
    await until(lambda: state_is(services, job, State.DELIVERED), 20)
    return await services.queue.jobs.get(job.id), digest


async def state_is(services, job, state):
    return (await services.queue.jobs.get(job.id)).state is state


def clips(fake, channel):
    return [message for message in fake.messages(channel) if message.attachments]


async def erase(fake, channel, member, button=privacy_texts.ERASE):
    """Ask to be erased, click, and return the answer."""
    asked = await fake.slash(member, channel, "mydata erase")
    question = await asked.shown()
    assert question.ephemeral
    assert question.content.endswith(privacy_texts.ERASE_QUESTION)
    await fake.click(member, question, button)
    return question


def held(folder, *known) -> dict[str, set[str]]:
    """Which texts and ids stand in which files below a folder, in the files themselves or in their names."""
    found: dict[str, set[str]] = {}
    for path in folder.rglob("*"):
        data = path.read_bytes() if path.is_file() else b""
        for each in known:
            # SQLite holds a whole number with its highest byte first
            in_rows = struct.pack(">q", each) if isinstance(each, int) else str(each).encode()
            if in_rows in data or str(each).encode() in data or str(each) in path.name:
                found.setdefault(each, set()).add(path.name)
    return found


async def test_after_an_erase_nothing_knows_the_member(fake, channel, mod, bot, services, loops, caplog):
    """Database and its log, copies of before and after, blobs, outbox, spool, and the bot's own log."""
    caplog.set_level(logging.DEBUG)
    ada = fake.member("adalbertine the third")
    done, digest = await delivered(services, fake, ada, channel)
    await written(
        services.database, channel.guild.id, mod.id, "ban", str(ada.user.id), f"{PROMPT}, again and again"
    )
    waiting, _ = await given(services, ada, channel)
    await services.queue.delivery.hold(waiting.id, PROMPT)
    clip = done.clip_sha256
    words = PROMPT.rpartition(" ")[2]
    known = (ada.user.id, done.message_id, PROMPT, words, digest, clip, ada.user.name, str(SEEN["left"]))
    data = services.settings.data_dir
    before = [await services.database.backup(data / "backups", keep=7) for _ in range(2)]
    assert held(data, PROMPT, words, ada.user.id)[PROMPT] >= {path.name for path in before}
    assert set(held(data, *known)) >= {PROMPT, ada.user.id, digest, clip, str(SEEN["left"])}

    answer = await erase(fake, channel, ada)
    await until(lambda: answer.content == privacy_texts.erased(2, 0), 20)
    after = await services.database.backup(data / "backups", keep=7)
    assert held(data, *known) == {}
    assert all(path.exists() for path in (*before, after))
    for table in await services.database.read("SELECT name FROM sqlite_master WHERE type = 'table'"):
        for row in await services.database.read(f"SELECT * FROM {table['name']}"):  # noqa: S608 - a table of ours
            assert not {ada.user.id, done.message_id} & set(row), table["name"]
    assert (await services.audit.verify()).sound
    ours = [record for record in caplog.records if record.name.startswith(("bot", "db", "engine"))]
    lines = "\n".join(map(caplog.handler.format, ours))
    assert "a member was erased: 2 jobs" in lines
    assert not [each for each in known if str(each) in lines]
    assert len(clips(fake, channel)) == 1, "messages stay, unless the member says so"


async def test_a_copy_that_cannot_be_erased_is_told_to_the_member_and_once_to_the_owner(
    fake, channel, ada, bot, services, loops, caplog
):
    await given(services, ada, channel)
    backups = services.settings.data_dir / "backups"
    backups.mkdir()
    (backups / "framekiln-1.db").write_bytes(b"not a database.." * 100)
    for jobs in (1, 0):
        answer = await erase(fake, channel, ada)
        await until(lambda: answer.content == privacy_texts.erased(jobs, 0, 1), 20)  # noqa: B023 - waited for
    told = [record for record in caplog.records if "could not be changed" in record.getMessage()]
    assert len(told) == 1
    assert "framekiln-1.db" in told[0].getMessage()


async def test_with_their_messages_clips_and_statuses_go_as_well(
    fake, channel, ada, eve, bot, services, loops
):
    await delivered(services, fake, ada, channel)
    await delivered(services, fake, eve, channel)
    assert len(clips(fake, channel)) == 2
    answer = await erase(fake, channel, ada, privacy_texts.ERASE_WITH_MESSAGES)
    await until(lambda: answer.content == privacy_texts.erased(1, 0), 20)
    [left] = clips(fake, channel)
    assert str(eve.user.id) in left.content


async def test_messages_that_cannot_be_deleted_are_counted(fake, channel, ada, bot, services, loops):
    await delivered(services, fake, ada, channel)
    fake.fail("DELETE", rf"/channels/{channel.id}/messages/\d+$", Status(403, 50013), times=5)
    answer = await erase(fake, channel, ada, privacy_texts.ERASE_WITH_MESSAGES)
    await until(lambda: answer.content == privacy_texts.erased(1, 1), 20)
    assert (await services.database.read("SELECT 1 FROM job WHERE user_id > 0")) == []


async def test_what_runs_is_stopped_before_it_is_erased(fake, channel, ada, bot, services, loops, engine):
    engine.acts.append(until_cancelled)
    job, digest = await given(services, ada, channel)
    services.signals.queued()
    await until(lambda: state_is(services, job, State.RUNNING))
    answer = await erase(fake, channel, ada)
    await until(lambda: answer.content == privacy_texts.erased(1, 0), 20)
    assert (await services.queue.jobs.get(job.id)).state is State.CANCELLED
    assert not services.blobs.exists(digest)
    assert clips(fake, channel) == []


async def test_no_erases_nothing_and_a_replayed_yes_erases_only_the_clicking_member(
    fake, channel, ada, eve, bot, services, loops
):
    mine, _ = await given(services, ada, channel)
    await services.queue.delivery.hold(mine.id, "a look")
    asked = await fake.slash(ada, channel, "mydata erase")
    question = await asked.shown()
    await fake.click(ada, question, privacy_texts.KEEP)
    await until(lambda: question.content == privacy_texts.KEPT)
    for _ in range(3):
        await fake.click(eve, question, "fk:mydata:erase", forged=True)
    await until(lambda: nobody_waits(services), 20)
    assert len(await services.rights._personal.jobs(ada.user.id)) == 1


async def nobody_waits(services):
    return not await services.rights._personal.erasures()


async def test_an_erase_that_was_cut_off_is_done_at_the_next_start(channel, ada, bot, services):
    _, digest = await given(services, ada, channel)
    await services.rights._personal.ask_to_erase(ada.user.id, messages=False)
    task = asyncio.create_task(services.erasing.loop.run())
    await until(lambda: nobody_waits(services), 20)
    task.cancel()
    assert not services.blobs.exists(digest)
    assert await services.rights._personal.known(ada.user.id) == {}


async def test_what_was_left_in_the_outbox_goes_at_the_next_start(channel, ada, bot, services):
    """A bot that was killed between the rows and the files has left some."""
    waiting, _ = await given(services, ada, channel)
    over, _ = await given(services, ada, channel)
    await services.queue.claims.cancel(over.id)
    outbox = services.settings.data_dir / "outbox"
    outbox.mkdir()
    for name in (
        f"{waiting.id}-smaller.mp4",
        f"{waiting.id}-sealed.mp4",
        f"{over.id}-smaller.mp4",
        "x-sealed.mp4",
    ):
        (outbox / name).write_bytes(b"a clip")
    await services.erasing.begin()
    assert [path.name for path in outbox.iterdir()] == [f"{waiting.id}-smaller.mp4"]


async def test_a_ban_finds_an_erased_member_when_they_come_back(fake, channel, ada, bot, services, loops):
    await services.queue.moderation.ban(channel.guild.id, ada.user.id, 9, "spam")
    answer = await erase(fake, channel, ada)
    await until(lambda: answer.content == privacy_texts.erased(0, 0), 20)
    assert await services.rights._personal.known(ada.user.id) == {}
    asked = await fake.slash(ada, channel, "text2video", prompt="a boat")
    assert (await asked.shown()).content == messages.BANNED


async def opened(asked) -> zipfile.ZipFile:
    message = await asked.shown(20)
    await until(lambda: message.attachments, 20)
    assert message.ephemeral
    return zipfile.ZipFile(io.BytesIO(message.attachments[0].data))


async def test_an_export_holds_jobs_recipes_receipts_and_files(fake, channel, ada, eve, bot, services, loops):
    job, digest = await delivered(services, fake, ada, channel)
    await delivered(services, fake, eve, channel)
    with await opened(await fake.slash(ada, channel, "mydata export")) as made:
        assert sorted(made.namelist()) == [f"clips/{job.id}.mp4", export.DATA, f"given/{digest[:16]}.png"]
        data = json.loads(made.read(export.DATA))
        assert made.read(f"given/{digest[:16]}.png") == services.blobs.read(digest)
        assert made.read(f"clips/{job.id}.mp4").startswith(services.blobs.read(job.clip_sha256))
    assert data["others can animate my pictures"] is True
    [row] = data["job"]
    assert (row["id"], row["recipe"]["prompt"], row["receipt"]["kept"]) == (job.id, PROMPT, 1)
    assert row["seen"] == {digest: SEEN}
    assert str(eve.user.id) not in json.dumps(data)


async def test_both_ends_of_a_clip_are_exported_and_erased(fake, channel, ada, bot, services, loops):
    last = services.blobs.put(picture((120, 90)))
    first = services.blobs.put(picture((160, 100)))
    both = {Role.PICTURE: first, Role.END: last}
    made = {"prompt": PROMPT, "kind": Kind.ANIMATE, "engine": "camera", "inputs": both}
    await given(services, ada, channel, recipe=made, inputs=both)
    with await opened(await fake.slash(ada, channel, "mydata export")) as archive:
        assert {f"given/{one[:16]}.png" for one in both.values()} <= set(archive.namelist())
    answer = await erase(fake, channel, ada)
    await until(lambda: answer.content == privacy_texts.erased(1, 0), 20)
    assert not any(map(services.blobs.exists, both.values()))


async def test_an_export_has_the_clip_that_was_gone_on_from_as_what_it_is(
    fake, channel, ada, eve, bot, services, loops
):
    """Signed and tagged as when it was posted, under a clip's name; a deleted clip is not in it."""
    theirs, _ = await delivered(services, fake, eve, channel)
    clip = theirs.clip_sha256
    longer = {"prompt": "on", "inputs": {Role.BEFORE: clip}}
    job = await queued(
        services.queue, ada.id, channel.guild.id, channel_id=channel.id, parent=theirs.id,
        recipe=longer, inputs={Role.BEFORE: clip},
    )  # fmt: skip
    await until(lambda: state_is(services, job, State.DELIVERED), 20)
    gone, _ = await delivered(services, fake, ada, channel)
    await services.queue.retention.mark_deleted(gone.id)
    with await opened(await fake.slash(ada, channel, "mydata export")) as made:
        assert sorted(made.namelist()) == [
            f"clips/{job.id}.mp4", export.DATA, f"given/{clip[:16]}.mp4"
        ]  # fmt: skip
        sealed = made.read(f"given/{clip[:16]}.mp4")
    posted = services.rights._sealer.seal(services.blobs.read(clip), Recipe.from_json(theirs.recipe)).mp4
    assert len(sealed) == len(posted) > len(services.blobs.read(clip))
    assert sealed[:100] == posted[:100]


def test_a_clip_that_nobody_knows_any_more_is_not_exported_without_its_marks(tmp_path):
    blobs = Blobs(tmp_path)
    clip = blobs.put(b"a clip")
    row = {"id": "1", "deleted_at": None, "inputs": json.dumps({Role.BEFORE: clip}), "clip_sha256": None}
    assert export.clips_before({"job": [row]}) == {clip}
    assert list(export._pieces([row], blobs, {})) == []


async def test_an_export_of_nothing_says_so(fake, channel, ada, bot, services):
    asked = await fake.slash(ada, channel, "mydata export")
    await until(
        lambda: asked.message is not None and asked.message.content == privacy_texts.NOTHING_TO_EXPORT
    )


async def test_an_export_that_is_too_large_for_one_file_comes_in_several(fake, channel, ada, bot, services):
    channel.guild.upload_limit = 200_000
    for _ in range(3):
        job = await rendered(
            services.queue, services.blobs, os.urandom(100_000),
            user=ada.user.id, guild=channel.guild.id, channel_id=channel.id,
        )  # fmt: skip
    huge = await rendered(
        services.queue, services.blobs, os.urandom(300_000),
        user=ada.user.id, guild=channel.guild.id, channel_id=channel.id,
    )  # fmt: skip
    asked = await fake.slash(ada, channel, "mydata export")
    await until(lambda: len([one for one in asked.messages if one.attachments]) == 3, 20)
    names = []
    for message in asked.messages:
        with zipfile.ZipFile(io.BytesIO(message.attachments[0].data)) as made:
            names += made.namelist()
            if export.DATA in made.namelist():
                left_out = json.loads(made.read(export.DATA))["left out"]
    assert len(names) == 4
    assert f"clips/{job.id}.mp4" in names
    assert left_out == [f"clips/{huge.id}.mp4"]
    assert "1 file is too large" in asked.messages[0].content


async def test_an_export_that_would_take_too_many_files_is_refused_politely(
    fake, channel, ada, bot, services
):
    channel.guild.upload_limit = 40_000
    for _ in range(11):
        await rendered(
            services.queue, services.blobs, os.urandom(15_000),
            user=ada.user.id, guild=channel.guild.id, channel_id=channel.id,
        )  # fmt: skip
    asked = await fake.slash(ada, channel, "mydata export")
    await until(
        lambda: asked.message is not None and asked.message.content == privacy_texts.EXPORT_TOO_LARGE, 20
    )


async def test_others_cannot_animate_pictures_of_a_member_who_forbids_it(
    fake, channel, ada, eve, bot, services
):
    posted = fake.world.member_says(ada, channel, "look", Upload("cat.png", picture()))
    asked = await fake.slash(ada, channel, "mydata pictures", others="forbid")
    assert (await asked.shown()).content == privacy_texts.MAY_NOT_ANIMATE

    refused = await (await fake.context_menu(eve, channel, "Animate this", posted)).shown()
    assert (refused.content, refused.ephemeral) == (privacy_texts.NOT_THEIRS_TO_ANIMATE, True)
    own = await (await fake.context_menu(ada, channel, "Animate this", posted)).shown(20)
    assert own.content != privacy_texts.NOT_THEIRS_TO_ANIMATE

    asked = await fake.slash(ada, channel, "mydata pictures", others="allow")
    assert (await asked.shown()).content == privacy_texts.MAY_ANIMATE
    allowed = await (await fake.context_menu(eve, channel, "Animate this", posted)).shown(20)
    assert allowed.content != privacy_texts.NOT_THEIRS_TO_ANIMATE


async def test_others_cannot_animate_the_avatar_of_a_member_who_forbids_it(
    fake, channel, ada, eve, bot, services
):
    bare = await (await fake.context_menu(eve, channel, "Animate avatar", ada)).shown()
    assert (bare.content, bare.ephemeral) == (messages.NO_AVATAR, True)
    ada.user.avatar = picture((300, 300))
    allowed = await (await fake.context_menu(eve, channel, "Animate avatar", ada)).shown(20)
    assert "Animating a picture" in allowed.content
    [job] = await services.queue.jobs.waiting()
    assert (job.user_id, list(job.inputs)) == (eve.id, [Role.PICTURE])
    assert services.blobs.exists(job.inputs[Role.PICTURE])

    await (await fake.slash(ada, channel, "mydata pictures", others="forbid")).shown()
    refused = await (await fake.context_menu(eve, channel, "Animate avatar", ada)).shown()
    assert (refused.content, refused.ephemeral) == (privacy_texts.NOT_THEIR_AVATAR, True)
    own = await (await fake.context_menu(ada, channel, "Animate avatar", ada)).shown(20)
    assert "Animating a picture" in own.content
    assert len(await services.queue.jobs.waiting()) == 2


def test_an_avatar_comes_from_discords_own_host_and_stands_still():
    state: Any = SimpleNamespace()  # an asset only keeps it
    moving = discord.Asset._from_avatar(state, 5, "a_0123")
    here = discord.Asset._from_guild_avatar(state, 7, 5, "0456")
    plain = discord.Asset._from_default_avatar(state, 2)
    for shown, path in ((moving, "/avatars/5/a_0123.png"), (here, "/guilds/7/users/5/avatars/0456.png")):
        made = present(avatar_of(create_autospec(discord.Member, display_avatar=shown, default_avatar=plain)))
        assert URL(made.url) == URL(f"https://cdn.discordapp.com{path}?size=1024")
        assert is_discord(URL(made.url))
    assert avatar_of(create_autospec(discord.Member, display_avatar=plain, default_avatar=plain)) is None


async def test_clips_whose_words_were_cleared_away_say_so_and_can_be_deleted(
    fake, channel, ada, bot, services, loops
):
    job, _ = await delivered(services, fake, ada, channel)
    [message] = clips(fake, channel)
    await services.rights._personal.forget_words(days=0)
    for action in (Reroll, Remix, ShowRecipe):
        answer = await (await fake.click(ada, message, action.id_for(job.id))).shown()
        assert (answer.content, answer.ephemeral) == (privacy_texts.FORGOTTEN, True)
    await fake.click(ada, message, Delete.id_for(job.id))
    await until(lambda: clips(fake, channel) == [])


async def test_a_guild_that_was_left_is_noted_and_one_that_is_away_is_not(fake, channel, ada, bot, services):
    await given(services, ada, channel)
    guild = channel.guild.id
    fake.world.emit("GUILD_DELETE", {"id": str(guild), "unavailable": True})
    await until(lambda: bot.get_guild(guild).unavailable)
    assert await services.guilds.to_forget(days=-1) == []
    fake.world.emit("GUILD_DELETE", {"id": str(guild)})
    await until(lambda: noted(services, [guild]))
    fake.world.emit("GUILD_CREATE", channel.guild.payload(channel.guild.members[fake.world.bot.id]))
    await until(lambda: noted(services, []))


async def test_a_guild_that_was_left_while_the_bot_was_away_is_noted_at_the_next_connection(
    fake, channel, ada, services
):
    job, digest = await given(services, ada, channel)
    await queued(services.queue, guild=5, inputs={Role.PICTURE: digest})
    async with connected(fake, services):
        await until(lambda: noted(services, [5]))
    assert await services.guilds.forget(5) == 1
    assert await services.queue.jobs.get(job.id) == job


async def noted(services, guilds):
    return await services.guilds.to_forget(days=-1) == guilds


def test_what_is_left_of_a_recipe_and_a_receipt_still_reads_as_one():
    words = RecipeRedactor()
    made = recipe(prompt=PROMPT, words="heron", inputs={Role.PICTURE: "a" * 64}, reasons=("a heron",))
    left = words.forget(made.to_json())
    assert "heron" not in left
    assert "a" * 64 not in left
    assert Recipe.from_json(left).profile == made.profile
    assert Receipt.from_json(words.forget_receipt(receipt("b" * 64, 5).to_json())).sha256 == ""
    assert (words.forget("?"), words.forget_receipt("?")) == ("{}", "{}")


def test_a_remix_with_a_new_prompt_keeps_the_prompt_and_loses_the_picture():
    words = RecipeRedactor()
    first = recipe(prompt=PROMPT, inputs={Role.PICTURE: "a" * 64}).to_json()
    remix = recipe(prompt="his own", inputs={Role.PICTURE: "a" * 64, Role.LIKE: "c" * 64})
    left = Recipe.from_json(words.forget_these(remix.to_json(), [first, "?"], {"a" * 64}))
    assert (left.prompt, left.inputs) == ("his own", {Role.LIKE: "c" * 64})
    other = recipe(prompt="his own").to_json()
    assert words.forget_these(other, [first], {"a" * 64}) == other
    same_words = words.forget_these(recipe(prompt=PROMPT).to_json(), [first], ())
    assert Recipe.from_json(same_words).prompt == ""


def test_the_erasing_waits_longer_than_a_call_to_discord_may_take():
    assert Messenger()._patience < STOP_SECONDS


async def test_a_request_that_an_erase_drops_before_anything_was_said_is_answered(
    fake, channel, ada, bot, services, monkeypatch
):
    monkeypatch.setattr(services.submissions._admitting, "admit", lambda *_: asyncio.sleep(60))
    asked = await fake.slash(ada, channel, "text2video", prompt="rain")
    await until(lambda: services.submissions.drop(ada.user.id))
    await asked.answered(5)
    await until(lambda: asked.message is not None)
    assert asked.message.content == privacy_texts.ASKED_BEFORE_ERASE
