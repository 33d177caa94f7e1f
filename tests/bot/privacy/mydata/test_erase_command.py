"""/mydata erase: nothing knows the member any more."""

from __future__ import annotations

import asyncio
import logging
import struct

from bot.clips.deleting import Delete
from bot.clips.remakes import Remix, Reroll
from bot.clips.show_recipe import ShowRecipe
from bot.discord_io.messenger import Messenger
from bot.privacy.erasing import STOP_SECONDS
from bot.privacy.forgetting import RecipeRedactor
from bot.text import messages, privacy_texts
from db.fleet.workers import Trust
from db.states import State
from engine.core.receipt import Receipt
from engine.core.recipe import Recipe, Role
from tests.bot.fixtures import receipt, recipe, until_cancelled
from tests.bot.privacy.mydata.bench import PROMPT, SEEN, delivered, erase, given, state_is
from tests.db.asking import written
from tests.fake_discord import Status
from tests.until import until
from tests.workers import invite_worker


def clips(fake, channel):
    return [message for message in fake.messages(channel) if message.attachments]


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


async def test_after_an_erase_nothing_knows_the_member(fake, channel, mod, bot, app, loops, caplog):
    """Database and its log, copies of before and after, blobs, outbox, spool, and the bot's own log."""
    caplog.set_level(logging.DEBUG)
    ada = fake.member("adalbertine the third")
    done, digest = await delivered(app, fake, ada, channel)
    await written(
        app.database, channel.guild.id, mod.id, "ban", str(ada.user.id), f"{PROMPT}, again and again"
    )
    waiting, _ = await given(app, ada, channel)
    await app.queue.delivery.hold(waiting.id, PROMPT)
    clip = done.clip_sha256
    words = PROMPT.rpartition(" ")[2]
    known = (ada.user.id, done.message_id, PROMPT, words, digest, clip, ada.user.name, str(SEEN["left"]))
    data = app.settings.data_dir
    before = [await app.database.backup(data / "backups", keep=7) for _ in range(2)]
    assert held(data, PROMPT, words, ada.user.id)[PROMPT] >= {path.name for path in before}
    assert set(held(data, *known)) >= {PROMPT, ada.user.id, digest, clip, str(SEEN["left"])}

    answer = await erase(fake, channel, ada)
    await until(lambda: answer.content == privacy_texts.erased(2, 0))
    after = await app.database.backup(data / "backups", keep=7)
    assert held(data, *known) == {}
    assert all(path.exists() for path in (*before, after))
    for table in await app.database.read("SELECT name FROM sqlite_master WHERE type = 'table'"):
        for row in await app.database.read(f"SELECT * FROM {table['name']}"):  # noqa: S608 - a table of ours
            assert not {ada.user.id, done.message_id} & set(row), table["name"]
    assert (await app.audit.verify()).sound
    ours = [record for record in caplog.records if record.name.startswith(("bot", "db", "engine"))]
    lines = "\n".join(map(caplog.handler.format, ours))
    assert "a member was erased: 2 jobs" in lines
    assert not [each for each in known if str(each) in lines]
    assert len(clips(fake, channel)) == 1, "messages stay, unless the member says so"


async def test_a_copy_that_cannot_be_erased_is_told_to_the_member_and_once_to_the_owner(
    fake, channel, ada, bot, app, loops, caplog
):
    await given(app, ada, channel)
    backups = app.settings.data_dir / "backups"
    backups.mkdir()
    (backups / "framekiln-1.db").write_bytes(b"not a database.." * 100)
    for jobs in (1, 0):
        answer = await erase(fake, channel, ada)
        await until(lambda: answer.content == privacy_texts.erased(jobs, 0, 1), 20)  # noqa: B023 - waited for
    told = [record for record in caplog.records if "could not be changed" in record.getMessage()]
    assert len(told) == 1
    assert "framekiln-1.db" in told[0].getMessage()


async def test_with_their_messages_clips_and_statuses_go_as_well(fake, channel, ada, eve, bot, app, loops):
    await delivered(app, fake, ada, channel)
    await delivered(app, fake, eve, channel)
    assert len(clips(fake, channel)) == 2
    answer = await erase(fake, channel, ada, privacy_texts.ERASE_WITH_MESSAGES)
    await until(lambda: answer.content == privacy_texts.erased(1, 0))
    [left] = clips(fake, channel)
    assert str(eve.user.id) in left.content


async def test_messages_that_cannot_be_deleted_are_counted(fake, channel, ada, bot, app, loops):
    await delivered(app, fake, ada, channel)
    fake.fail("DELETE", rf"/channels/{channel.id}/messages/\d+$", Status(403, 50013), times=5)
    answer = await erase(fake, channel, ada, privacy_texts.ERASE_WITH_MESSAGES)
    await until(lambda: answer.content == privacy_texts.erased(1, 1))
    assert (await app.database.read("SELECT 1 FROM job WHERE user_id > 0")) == []


async def test_what_runs_is_stopped_before_it_is_erased(fake, channel, ada, bot, app, loops, engine):
    engine.acts.append(until_cancelled)
    job, digest = await given(app, ada, channel)
    app.signals.queued()
    await until(lambda: state_is(app, job, State.RUNNING))
    answer = await erase(fake, channel, ada)
    await until(lambda: answer.content == privacy_texts.erased(1, 0))
    assert (await app.queue.jobs.get(job.id)).state is State.CANCELLED
    assert not app.blobs.exists(digest)
    assert clips(fake, channel) == []


async def test_no_erases_nothing_and_a_replayed_yes_erases_only_the_clicking_member(
    fake, channel, ada, eve, bot, app, loops
):
    mine, _ = await given(app, ada, channel)
    await app.queue.delivery.hold(mine.id, "a look")
    asked = await fake.slash(ada, channel, "mydata erase")
    question = await asked.shown()
    await fake.click(ada, question, privacy_texts.KEEP)
    await until(lambda: question.content == privacy_texts.KEPT)
    for _ in range(3):
        await fake.click(eve, question, "fk:mydata:erase", forged=True)
    await until(lambda: nobody_waits(app))
    assert len(await app.rights._personal.jobs(ada.user.id)) == 1


async def nobody_waits(app):
    return not await app.rights._personal.erasures()


async def test_an_erase_that_was_cut_off_is_done_at_the_next_start(channel, ada, bot, app):
    _, digest = await given(app, ada, channel)
    await app.rights._personal.ask_to_erase(ada.user.id, messages=False)
    task = asyncio.create_task(app.erasing.loop.run())
    await until(lambda: nobody_waits(app))
    task.cancel()
    assert not app.blobs.exists(digest)
    assert await app.rights._personal.known(ada.user.id) == {}


async def test_what_was_left_in_the_outbox_goes_at_the_next_start(channel, ada, bot, app):
    """A bot that was killed between the rows and the files has left some."""
    waiting, _ = await given(app, ada, channel)
    over, _ = await given(app, ada, channel)
    await app.queue.claims.cancel(over.id)
    outbox = app.settings.data_dir / "outbox"
    outbox.mkdir()
    for name in (
        f"{waiting.id}-smaller.mp4",
        f"{waiting.id}-sealed.mp4",
        f"{over.id}-smaller.mp4",
        "x-sealed.mp4",
    ):
        (outbox / name).write_bytes(b"a clip")
    drafts = outbox / f"{waiting.id}-takes-x1"
    drafts.mkdir()
    (drafts / "1.mp4").write_bytes(b"a draft")
    await app.erasing.begin()
    assert [path.name for path in outbox.iterdir()] == [f"{waiting.id}-smaller.mp4"]


async def test_a_ban_finds_an_erased_member_when_they_come_back(fake, channel, ada, bot, app, loops):
    await app.queue.moderation.ban(channel.guild.id, ada.user.id, 9, "spam")
    answer = await erase(fake, channel, ada)
    await until(lambda: answer.content == privacy_texts.erased(0, 0))
    assert "when you come back: blocks" in answer.content
    assert await app.rights._personal.known(ada.user.id) == {}
    asked = await fake.slash(ada, channel, "text2video", prompt="a boat")
    assert (await asked.shown()).content == messages.BANNED


async def test_clips_whose_words_were_cleared_away_say_so_and_can_be_deleted(
    fake, channel, ada, bot, app, loops
):
    job, _ = await delivered(app, fake, ada, channel)
    [message] = clips(fake, channel)
    await app.rights._personal.forget_words(days=0)
    for action in (Reroll, Remix, ShowRecipe):
        answer = await (await fake.click(ada, message, action.id_for(job.id))).shown()
        assert (answer.content, answer.ephemeral) == (privacy_texts.FORGOTTEN, True)
    await fake.click(ada, message, Delete.id_for(job.id))
    await until(lambda: clips(fake, channel) == [])


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
    fake, channel, ada, bot, app, monkeypatch
):
    monkeypatch.setattr(app.submissions._admitting, "admit", lambda *_: asyncio.sleep(60))
    asked = await fake.slash(ada, channel, "text2video", prompt="rain")
    await until(lambda: app.submissions.drop(ada.user.id))
    await asked.answered()
    await until(lambda: asked.message is not None)
    assert asked.message.content == privacy_texts.ASKED_BEFORE_ERASE


async def test_the_answer_says_that_machines_of_other_people_drew_and_not_that_the_owners_did(
    fake, channel, mod, bot, app, loops
):
    ada = fake.member("ada lovelace")
    workers = app.queue.workers
    for worker, trust in (("a11ce000", Trust.FRIEND), ("0a0a0a0a", Trust.OWN)):
        assert await invite_worker(workers, worker, key=worker, name=worker, trust=trust)
        job, _ = await delivered(app, fake, ada, channel)
        await app.database.write(
            lambda connection, job=job, worker=worker: connection.execute(
                "UPDATE job SET worker = ? WHERE id = ?", (worker, job.id)
            )
        )
    answer = await erase(fake, channel, ada)
    await until(lambda: answer.content == privacy_texts.erased(2, 0, 0, 1))
    assert "Other people's machines drew one of your clips" in answer.content
