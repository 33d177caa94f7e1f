"""An erase tells the truth at every moment, and reaches what is under way."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing

import pytest

from bot.buttons import rows
from bot.clips.remakes import Remix, RemixForm, Reroll
from bot.discord_io.post import Post
from bot.text import messages, privacy_texts
from db.files import Blobs
from db.jobs.erasures import Stage
from db.states import State
from engine.core.recipe import Role
from tests.bot.fixtures import count_of, hand_in, picture, queued, rendered, until_cancelled
from tests.clock import CLOCK
from tests.fake_discord import Status, Trickle, Upload
from tests.until import until

PROMPT = "a heron over the canal"


@pytest.fixture
def eve(fake):
    return fake.member("eve")


@pytest.fixture
async def erasing(app):
    """The loop that erases, started as the bot starts it."""
    await app.erasing.begin()
    task = asyncio.create_task(app.erasing.loop.run())
    yield app.erasing
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def erase(fake, channel, member):
    question = await (await fake.slash(member, channel, "mydata erase")).shown()
    await fake.click(member, question, privacy_texts.ERASE)
    return question


async def given(app, member, channel, **changes):
    digest = app.blobs.put(picture() + str(member.id).encode())
    job = await queued(
        app.queue, member.id, channel.guild.id, channel_id=channel.id,
        **{"recipe": {"prompt": PROMPT, "inputs": {Role.PICTURE: digest}}, "inputs": {Role.PICTURE: digest}}
        | changes,
    )  # fmt: skip
    return job, digest


async def test_while_somebody_reads_the_database_the_answer_says_so_and_is_told_when_it_is_done(
    fake, channel, ada, bot, app, erasing
):
    await given(app, ada, channel)
    path = app.database.path
    with closing(sqlite3.connect(path)) as reader:
        reader.execute("BEGIN")
        assert reader.execute("SELECT count(*) FROM job").fetchone() == (1,)
        answer = await erase(fake, channel, ada)
        await until(lambda: answer.content == privacy_texts.still_erasing(Stage.EMPTIED))
        again = await (await fake.slash(ada, channel, "mydata erase")).shown()
        assert privacy_texts.still_erasing(Stage.EMPTIED) in again.content
        assert PROMPT.encode() in path.with_name(path.name + "-wal").read_bytes()
        reader.execute("COMMIT")
    await until(lambda: answer.content == privacy_texts.erased(1, 0))
    assert PROMPT.encode() not in path.read_bytes() + path.with_name(path.name + "-wal").read_bytes()


async def test_an_erase_is_done_though_the_clock_is_set_back_in_the_middle(fake, channel, ada, bot, app):
    CLOCK.now = 2e9
    job, digest = await given(app, ada, channel)
    answer = await erase(fake, channel, ada)
    await until(app.rights._personal.erasures)
    CLOCK.now -= 3600
    await app.erasing.begin()
    await app.erasing._work()
    await until(lambda: answer.content == privacy_texts.erased(1, 0))
    assert not app.blobs.exists(digest)
    assert (await app.queue.jobs.get(job.id)).user_id < 0
    assert await app.rights._personal.erasures() == []


async def test_an_erase_that_is_asked_for_anew_meanwhile_goes_no_further_as_it_was(
    fake, channel, ada, bot, app
):
    personal = app.rights._personal
    job, _ = await given(app, ada, channel)
    await personal.ask_to_erase(ada.id, messages=False)
    [first] = await personal.erasures()
    CLOCK.now = first.at + 1
    await personal.ask_to_erase(ada.id, messages=True)
    await app.erasing._advance(first)
    assert (await app.queue.jobs.get(job.id)).user_id == ada.id
    [found] = await personal.erasures()
    assert (found.stage, found.messages) == (Stage.ASKED, True)


async def test_who_asks_again_before_it_is_done_takes_nothing_back_and_each_answer_tells_the_end(
    fake, channel, ada, bot, app
):
    await given(app, ada, channel)
    asked_for = {}
    for button in (privacy_texts.ERASE_WITH_MESSAGES, privacy_texts.ERASE):
        asked_for[button] = await (await fake.slash(ada, channel, "mydata erase")).shown()
        await fake.click(ada, asked_for[button], button)
        await until(lambda: asked_for[button].content == privacy_texts.ERASING)  # noqa: B023 - waited for
    [found] = await app.rights._personal.erasures()
    assert found.messages
    await app.erasing._work()
    for answer in asked_for.values():
        await until(lambda: answer.content == privacy_texts.erased(1, 0))  # noqa: B023 - waited for
    assert await app.rights._personal.erasures() == []


async def test_messages_that_an_earlier_erase_left_are_said_to_be_out_of_reach(
    fake, channel, ada, bot, app, erasing
):
    job, _ = await given(app, ada, channel)
    await hand_in(app.queue, app.blobs, await app.queue.claims.claim(), b"a clip")
    await app.queue.delivery.begin_posting(job.id)
    await app.queue.delivery.record_posted(job.id, 50)
    first = await erase(fake, channel, ada)
    await until(lambda: first.content == privacy_texts.erased(1, 0))
    question = await (await fake.slash(ada, channel, "mydata erase")).shown()
    await fake.click(ada, question, privacy_texts.ERASE_WITH_MESSAGES)
    await until(lambda: question.content == privacy_texts.erased(0, 0, lost_messages=True))


async def test_a_wish_for_the_messages_that_comes_while_they_are_being_erased_is_heeded(
    fake, channel, ada, bot, app, monkeypatch
):
    personal = app.rights._personal
    await given(app, ada, channel)
    await personal.ask_to_erase(ada.id, messages=True)

    async def and_meanwhile(jobs):
        CLOCK.now = first.at + 1
        await personal.ask_to_erase(ada.id, messages=False)
        return len(jobs)

    monkeypatch.setattr(app.erasing, "_delete_messages", and_meanwhile)
    [first] = await personal.erasures()
    await app.erasing._advance(first)
    [found] = await personal.erasures()
    assert (found.stage, found.messages, found.jobs) == (Stage.ASKED, True, 0)


async def test_the_wish_is_written_down_before_a_word_is_said(fake, channel, ada, bot, app, erasing):
    """Discord takes no answer, and the member is erased all the same."""
    _, digest = await given(app, ada, channel)
    question = await (await fake.slash(ada, channel, "mydata erase")).shown()
    fake.fail("POST", r"/interactions/.*/callback$", Status(500), times=10)
    await fake.click(ada, question, privacy_texts.ERASE)
    await until(lambda: not app.blobs.exists(digest))
    assert question.content == privacy_texts.ERASE_QUESTION


async def test_a_request_whose_file_is_on_its_way_is_given_up(fake, channel, ada, bot, app, erasing):
    slow = Upload("cat.png", picture(), fault=Trickle(step=1, every=0.2))
    asked = await fake.slash(ada, channel, "animate", image=slow, prompt=PROMPT)
    await asked.answered()
    answer = await erase(fake, channel, ada)
    await until(lambda: answer.content == privacy_texts.erased(0, 0))
    await until(lambda: [one.content for one in asked.messages][-1:] == [privacy_texts.ASKED_BEFORE_ERASE])
    assert await count_of(app) == 0
    assert blobs_in(app) == []


def blobs_in(app):
    return list((app.settings.data_dir / "blobs").glob("??/*.blob"))


async def test_a_file_that_was_taken_in_for_nothing_does_not_stay(fake, channel, ada, bot, app):
    lie = Upload("cat.png", picture())
    clip = Upload("clip.mp4", b"no clip")
    asked = await fake.slash(ada, channel, "text2video", prompt=PROMPT, image=lie, like=lie, reference=clip)
    await until(lambda: asked.messages and not asked.messages[-1].loading)
    assert await count_of(app) == 0
    assert blobs_in(app) == []


def test_what_somebody_has_in_hand_is_not_swept_away(tmp_path):
    blobs = Blobs(tmp_path / "blobs")
    with blobs.in_hand() as hand:
        digest = blobs.put(b"in hand")
        assert hand == {digest}
        assert blobs.sweep((), 0.0) == 0
        assert not blobs.delete(digest)
    assert blobs.sweep((), 0.0) == 1


async def test_a_late_clip_of_an_erased_job_leaves_no_file(fake, channel, ada, bot, app, engine, erasing):
    app.erasing.loop.stop()
    gate = asyncio.Event()

    async def wait(on_event, cancel):
        await gate.wait()

    engine.acts.append(wait)
    job, _ = await given(app, ada, channel)
    loop = asyncio.create_task(app.engines.loops[0].loop.run())
    await until(lambda: is_state(app, job, State.RUNNING))
    await app.rights._personal.erase(ada.id)
    gate.set()
    await until(lambda: not app.engines.loops[0]._runs)
    await app.engines.loops[0].stop(0)
    await loop
    assert not any(path.read_bytes().startswith(b"clip") for path in blobs_in(app))


async def sign_of(app, channel, job, button):
    post = Post(content="here", nonce=job.id, view=rows.row(job, button))
    return channel.messages[await app.messenger.send(channel.id, post)]


async def is_state(app, job, state):
    return (await app.queue.jobs.get(job.id)).state is state


async def test_what_runs_is_waited_for_and_its_member_told_so(
    fake, channel, ada, bot, app, engine, erasing, monkeypatch
):
    monkeypatch.setattr("bot.privacy.erasing.TELL_AFTER", 0.0)
    engine.acts.append(until_cancelled)
    job, digest = await given(app, ada, channel)
    running = await app.queue.claims.claim()
    answer = await erase(fake, channel, ada)
    await until(lambda: answer.content == privacy_texts.still_erasing(Stage.ASKED))
    assert not await app.queue.claims.hand_in(
        running.id, running.claim, clip_sha256="a" * 64, clip_size=1, receipt="{}",
        gpu_seconds=1.0, charged_seconds=1.0,
    )  # fmt: skip
    await until(lambda: answer.content == privacy_texts.erased(1, 0))
    assert not app.blobs.exists(digest)
    assert (await app.queue.jobs.get(job.id)).state is State.CANCELLED


async def test_a_reroll_of_an_erased_clip_comes_too_late(fake, channel, ada, eve, bot, app, erasing):
    job, _ = await given(app, ada, channel)
    other = await queued(app.queue, eve.id, channel.guild.id, channel_id=channel.id, parent=job.id,
                         recipe={"prompt": PROMPT})  # fmt: skip
    sign = await sign_of(app, channel, other, Reroll)
    answer = await erase(fake, channel, ada)
    await until(lambda: answer.content == privacy_texts.erased(1, 0))
    assert await is_state(app, other, State.CANCELLED)
    late = await (await fake.click(eve, sign, Reroll.id_for(other.id))).shown()
    assert late.content == privacy_texts.FORGOTTEN


async def test_a_banned_member_with_an_open_form_cannot_go_on_after_an_erase(
    fake, channel, ada, eve, bot, app, erasing
):
    clip = await rendered(app.queue, app.blobs, user=eve.id, guild=channel.guild.id, channel_id=channel.id)
    await app.queue.delivery.begin_posting(clip.id)
    await app.queue.delivery.record_posted(clip.id, 5)
    sign = await sign_of(app, channel, clip, Remix)
    form = await fake.click(ada, sign, Remix.id_for(clip.id))
    await form.answered()
    await app.queue.moderation.ban(channel.guild.id, ada.id, 9, "spam")
    answer = await erase(fake, channel, ada)
    await until(lambda: answer.content == privacy_texts.erased(0, 0))
    sent = await fake.submit_modal(ada, form, {RemixForm.field: "a blue boat"})
    assert (await sent.shown()).content == messages.BANNED
    assert await count_of(app) == 1


async def test_retry_of_a_job_whose_words_are_gone_is_refused_in_words(fake, channel, mod, bot, app):
    ada = fake.member("ada")
    job, _ = await given(app, ada, channel)
    done = await app.queue.claims.claim()
    await hand_in(app.queue, app.blobs, done)
    await app.queue.claims.cancel(job.id)
    await app.rights._personal.forget_words(days=-1)
    asked = await fake.slash(mod, channel, "queue retry", job=job.id)
    assert (await asked.shown()).content == privacy_texts.NOTHING_LEFT_TO_DRAW
    assert await is_state(app, job, State.CANCELLED)


async def test_files_that_a_killed_bot_took_in_and_never_wrote_down_go_at_the_start(app):
    app.blobs.put(b"a picture whose request was never written down")
    incoming = app.settings.data_dir / "blobs" / "incoming" / "half"
    incoming.write_bytes(b"half a picture")
    await app.erasing.begin()
    assert blobs_in(app) == []
    assert not incoming.exists()
