"""Drafts of a private clip: only its member sees them, and chooses."""

from __future__ import annotations

import dataclasses

import pytest

from bot.loops.discards import why_discarded
from bot.text import clip_texts, messages, private_texts, take_texts
from db.jobs.choices import NewDraft
from db.states import State
from engine.core.receipt import Outcome
from tests.bot.clips import choosing
from tests.bot.clips.choosing import draw, in_state, is_shown, labels, reread
from tests.bot.fixtures import connected, picture, queued, receipt
from tests.clock import CLOCK
from tests.fake_discord import LostAnswer, Status, Upload
from tests.present import present
from tests.until import until

QUARTER = 16 * 60.0
"""Seconds after which Discord takes no token any more."""


@pytest.fixture
async def asked(fake, channel, ada, bot, app):
    """A private request of Ada's with two drafts: its interaction and its job."""
    said = await fake.slash(
        ada, channel, "animate", image=Upload("cat.png", picture()), private=True, takes=2
    )
    await fake.wait_for(lambda: said.message is not None and not said.message.loading)
    return said, await choosing.the_job(app)


def at_work(app):
    loops = [app.takes, app.deliverer, app.board, app.answers]
    return choosing.at_work(app, *(each.loop for each in loops))


def direct_to(fake, member):
    channel = fake.world.direct.get(member.user.id)
    return [] if channel is None else [each for each in channel.messages.values() if not each.deleted]


def in_public(fake, channel):
    return [each for each in fake.messages(channel) if not each.ephemeral]


def token_ends(fake):
    """Discord takes no token of before; it takes those of later clicks."""
    CLOCK.now = CLOCK() + QUARTER
    for each in fake.interactions.all:
        each.sent_at -= QUARTER


async def drawn(app, asked, clip):
    """Both drafts, drawn and shown."""
    drafts = [await draw(app, clip, score=score) for score in (70.0, 90.0)]
    await until(lambda: is_shown(app, asked))
    return drafts


def names_of(message):
    return [each.filename for each in message.attachments]


async def test_the_drafts_come_into_the_private_answer_and_nothing_reaches_the_channel_before_it_is_posted(
    fake, channel, ada, app, asked, clip
):
    said, job = asked
    eve = fake.member("eve")
    assert said.message.ephemeral
    assert private_texts.COMES_HERE in said.message.content
    async with at_work(app):
        drafts = await drawn(app, job, clip)
        assert all(draft.private for draft in drafts)
        assert names_of(said.message) == [f"framekiln-{job.id}-draft-{number}.mp4" for number in (1, 2)]
        assert labels(said.message) == ["Finish 1", "Finish 2", "Cancel"]
        assert str(private_texts.DRAFTS_ARE_YOURS) in said.message.content
        for forged in (f"fk:pick:{job.id}:2", f"fk:drop:{job.id}", f"fk:choose:{job.id}:2"):
            foreign = await fake.click(eve, said.message, forged, forged=True)
            assert (await foreign.shown()).content == messages.NOT_FOUND
        draft = await fake.click(ada, said.message, f"fk:post:{drafts[1].id}", forged=True)
        assert (await draft.shown()).content == private_texts.NOT_POSTED

        await (await fake.click(ada, said.message, "Finish 2")).answered()
        assert take_texts.chosen(2) in said.message.content
        assert (names_of(said.message), labels(said.message)) == ([], ["Cancel"])
        final = await draw(app, clip, job=job.id)
        assert final.seed == drafts[1].seed
        done = await until(lambda: in_state(app, job, State.DELIVERED))
        assert (done.chosen, done.token, done.token_at) == (2, None, None)
        assert names_of(said.message) == [f"framekiln-{job.id}.mp4"]
        assert in_public(fake, channel) == []
        assert await app.queue.jobs.page_of(channel.guild.id, None, after=None, limit=10) == []
        assert await app.queue.jobs.ended(channel.guild.id, 0.0) == []

        await (await fake.click(ada, said.message, "Post it")).shown()
        await fake.wait_for(lambda: in_public(fake, channel))
    assert direct_to(fake, ada) == []


async def test_a_choice_renews_the_time_in_which_the_clip_comes_into_the_answer(
    fake, channel, ada, app, asked, clip
):
    said, job = asked
    async with at_work(app):
        await drawn(app, job, clip)
        token_ends(fake)
        await (await fake.click(ada, said.message, "Finish 1")).answered()
        await draw(app, clip, job=job.id)
        await until(lambda: in_state(app, job, State.DELIVERED))
    assert names_of(said.message) == [f"framekiln-{job.id}.mp4"]
    assert direct_to(fake, ada) == in_public(fake, channel) == []


async def test_where_the_token_has_ended_drafts_and_clip_are_direct_messages(
    fake, channel, ada, app, asked, clip
):
    said, job = asked
    token_ends(fake)
    async with at_work(app):
        await drawn(app, job, clip)
        assert names_of(said.message) == []
        [shown] = direct_to(fake, ada)
        assert labels(shown) == ["Finish 1", "Finish 2", "Cancel"]
        await (await fake.click(ada, shown, "Finish 1")).answered()
        assert private_texts.COMES_DIRECTLY in shown.content
        assert (names_of(shown), labels(shown)) == ([], ["Cancel"])
        await draw(app, clip, job=job.id)
        await until(lambda: in_state(app, job, State.DELIVERED))
        [_, clip_message] = direct_to(fake, ada)
        assert labels(clip_message) == ["Post it"]
    assert names_of(clip_message) == [f"framekiln-{job.id}.mp4"]
    assert in_public(fake, channel) == []


@pytest.mark.parametrize("where", ["in the answer", "in a direct message"])
async def test_after_a_restart_the_drafts_are_shown_once_and_their_buttons_work(
    fake, channel, ada, app, asked, clip, where, bot, monkeypatch
):
    """The process ends after the drafts were shown and before the row says so."""
    said, job = asked
    monkeypatch.setattr(fake.rest, "nonce_window", 0.0)
    if where == "in a direct message":
        token_ends(fake)

    async def too_late(*_, **__):
        raise OSError("killed")

    async with at_work(app):
        with monkeypatch.context() as patch:
            patch.setattr(app.queue.choices, "shown", too_late)
            for _ in range(2):
                await draw(app, clip)
            await until(lambda: names_of(said.message) or direct_to(fake, ada))
    app.takes._not_before.clear()
    async with connected(fake, app), at_work(app):
        await until(lambda: is_shown(app, job))
        shown = said.message if where == "in the answer" else direct_to(fake, ada)[0]
        assert len(direct_to(fake, ada)) == (where == "in a direct message")
        await (await fake.click(ada, shown, "Finish 2")).answered()
        await draw(app, clip, job=job.id)
        await until(lambda: in_state(app, job, State.DELIVERED))
    assert in_public(fake, channel) == []


async def test_if_nobody_chooses_the_best_comes_directly_and_old_buttons_say_so(
    fake, channel, ada, app, asked, clip
):
    said, job = asked
    async with at_work(app):
        await drawn(app, job, clip)
        token_ends(fake)
        CLOCK.now = CLOCK() + QUARTER
        await draw(app, clip, job=job.id)
        done = await until(lambda: in_state(app, job, State.DELIVERED))
        assert (done.chosen, done.chosen_late) == (2, True)
        await (await fake.click(ada, said.message, "Finish 1")).answered()
    assert (said.message.content, labels(said.message)) == (take_texts.CHOSEN_BEFORE, [])
    [direct] = direct_to(fake, ada)
    assert take_texts.YOU_CHOSE_NONE in direct.content


async def test_drafts_in_a_direct_message_that_nobody_chose_from_make_room_for_the_clip(
    fake, channel, ada, app, asked, clip
):
    _, job = asked
    token_ends(fake)
    async with at_work(app):
        await drawn(app, job, clip)
        CLOCK.now = CLOCK() + 31 * 60
        await draw(app, clip, job=job.id)
        await until(lambda: in_state(app, job, State.DELIVERED))
    [direct] = direct_to(fake, ada)
    assert names_of(direct) == [f"framekiln-{job.id}.mp4"]


async def test_who_takes_no_direct_messages_finds_the_best_in_their_list(
    fake, channel, ada, app, asked, clip
):
    _, job = asked
    token_ends(fake)
    direct = fake.world.direct_channel(ada.user)
    fake.fail("POST", rf"/channels/{direct.id}/messages$", Status(403, 50007), times=9)
    async with at_work(app):
        for score in (70.0, 90.0):
            await draw(app, clip, score=score)
        await draw(app, clip, job=job.id)
        failed = await until(lambda: in_state(app, job, State.FAILED))
        assert (failed.chosen, failed.error_code) == (2, "E_CHANNEL")
        listed = await (await fake.slash(ada, channel, "jobs")).shown()
        got = await (await fake.click(ada, listed, f"fk:get:{job.id}")).shown()
    assert got.ephemeral
    assert names_of(got) == [f"framekiln-{job.id}.mp4"]
    assert in_public(fake, channel) == []


async def test_a_lost_answer_to_the_drafts_shows_them_once(fake, channel, app, asked, clip, monkeypatch):
    said, job = asked
    monkeypatch.setattr("bot.clips.takes.PAUSE", 0.0)
    fake.fail("PATCH", r"/webhooks/.*@original$", LostAnswer())
    async with at_work(app):
        await drawn(app, job, clip)
    assert len(names_of(said.message)) == 2
    assert in_public(fake, channel) == []


@pytest.mark.parametrize("where", ["in the answer", "in a direct message"])
async def test_cancelling_takes_the_drafts_away(fake, channel, ada, app, asked, clip, where):
    said, job = asked
    if where == "in a direct message":
        token_ends(fake)
    async with at_work(app):
        await drawn(app, job, clip)
        shown = said.message if where == "in the answer" else direct_to(fake, ada)[0]
        await (await fake.click(ada, shown, "Cancel")).answered()
    assert (await reread(app, job)).state is State.CANCELLED
    assert (shown.content, names_of(shown), labels(shown)) == (messages.CANCELLED, [], [])
    assert in_public(fake, channel) == []


async def test_a_banned_member_chooses_nothing(fake, channel, ada, app, asked, clip):
    _, job = asked
    token_ends(fake)
    async with at_work(app):
        await drawn(app, job, clip)
        await app.queue.moderation.ban(channel.guild.id, ada.user.id, by=1, reason="spam")
        refused = await fake.click(ada, direct_to(fake, ada)[0], "Finish 1")
        assert (await refused.shown()).content == messages.BANNED


async def test_an_erase_with_messages_deletes_the_drafts_that_were_sent_directly(
    fake, channel, ada, app, asked, clip
):
    _, job = asked
    token_ends(fake)
    async with at_work(app):
        drafts = await drawn(app, job, clip)
        await app.erasing.ask(ada.user.id, messages=True, interaction=2**62, token="t")
        app.erasing.answered(ada.user.id)
        async with choosing.at_work(app, app.erasing.loop):
            await fake.wait_for(lambda: direct_to(fake, ada) == [])

            def gone():
                return not any(app.blobs.exists(each.clip_sha256) for each in drafts)

            await until(gone)
    row = await reread(app, job)
    assert (row.token, row.token_at, row.choosing) == (None, None, False)


async def test_moderators_read_nothing_of_a_private_request_in_the_queue(fake, channel, ada, mod, app, bot):
    words = {"prompt": "a heron over the canal", "private": True, "takes": 2}
    said = await fake.slash(ada, channel, "animate", image=Upload("cat.png", picture()), **words)
    await said.shown()
    await choosing.the_job(app)
    async with at_work(app):
        await until(app.queue.claims.claim)
    shown = await (await fake.slash(mod, channel, "queue show")).shown()
    assert "heron" not in str(shown.payload())
    assert shown.content.count(f"🔒 private · <@{ada.user.id}>") == 2  # the drafts
    listed = await fake.autocomplete(mod, channel, "queue cancel", "job", "")
    await listed.answered()
    assert "heron" not in str(listed.choices)
    assert len(listed.choices) == 2
    job = await choosing.the_job(app)
    forged = await fake.click(mod, shown, f"fk:recipe:{job.id}", forged=True)
    assert (await forged.shown()).content == messages.NOT_FOUND
    own = await (await fake.slash(ada, channel, "jobs")).shown()
    assert "heron" in own.content


async def test_moderators_see_no_pictures_of_a_private_clips_takes(queue, blobs):
    job = await queued(queue, private=True, token="1:t")
    claimed = present(await queue.claims.claim())
    with blobs.in_hand():
        await queue.sheets.save(job.id, claimed.claim, {1: blobs.put(b"a picture")})
    about = {"sheets": queue.sheets, "blobs": blobs}
    read = present(await queue.jobs.get(job.id))
    _, own = await why_discarded(read, **about)
    made = receipt("", 0)
    bad = dataclasses.replace(made.takes[0], outcome=Outcome.REJECTED)
    with_bad = dataclasses.replace(read, receipt=dataclasses.replace(made, takes=(bad,)).to_json())
    said, files = await why_discarded(with_bad, **about, own=False)
    assert (len(own), files) == (1, [])
    assert clip_texts.PRIVATE_SHEETS in said


async def test_drafts_of_a_private_clip_are_private(queue):
    """A worker of anybody's draws nothing private, so it is not shown their picture this way."""
    job = await queued(queue, takes=2, private=True, token="1:t")
    drafts = [NewDraft(recipe=job.recipe, profile="draft", seed=seed) for seed in (1, 2)]
    assert await queue.choices.begin(job.id, drafts)
    draft = present(await queue.claims.claim())
    assert (draft.draft_of, draft.private, draft.has_answer) == (job.id, True, False)
    chosen = {"recipe": job.recipe, "profile": "p", "seed": 2}
    assert await queue.choices.choose(job.id, 2, **chosen)
    kept = present(await queue.jobs.get(job.id))
    assert (kept.token, kept.token_at) == ("1:t", None)
