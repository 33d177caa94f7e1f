"""Takes to choose from, as a member meets them: drafts, one message, one click, one finished clip."""

from __future__ import annotations

import asyncio
from functools import partial

from bot.job_documents import recipe_of
from bot.text import take_texts
from db.jobs.choices import NewDraft
from db.jobs.ending import CancelOutcome
from db.moderation.reviews import OnPictures, ReviewRules
from db.states import State
from tests.bot.clips.choosing import at_work, draw, in_state, is_shown, labels, reread, shown
from tests.bot.fixtures import ANN, queued
from tests.clock import CLOCK
from tests.db.asking import audit_entry
from tests.fake_discord import LostAnswer
from tests.present import present
from tests.until import until


async def test_the_chosen_draft_is_finished_once_and_the_others_cost_only_what_they_took(
    fake, channel, ada, app, asked, clip
):
    eve = fake.member("eve")
    async with at_work(app):
        assert await app.queue.claims.claim() is None  # the job itself is not drawn yet
        drafts = [await draw(app, clip) for _ in range(3)]
        assert len({draft.seed for draft in drafts}) == 3
        assert len({recipe_of(draft).camera for draft in drafts}) == 3
        assert recipe_of(drafts[0]).seconds < recipe_of(asked).seconds
        message = await shown(fake, channel)
        assert [each.filename for each in message.attachments] == [
            f"framekiln-{asked.id}-draft-{number}.mp4" for number in (1, 2, 3)
        ]
        assert message.attachments[1].payload()["description"] == "Draft 2 of 3"
        assert message.now.pings == {str(ada.user.id)}
        assert labels(message) == ["Finish 1", "Finish 2", "Finish 3", "Cancel"]
        await fake.wait_for(lambda: len(fake.messages(channel)) == 1)
        await until(lambda: is_shown(app, asked))
        assert len(fake.messages(channel)) == 1  # it took the place of the status message
        foreign = await fake.click(eve, message, "Finish 3")
        assert "Only the member" in (await foreign.shown()).content
        clicks = [await fake.click(ada, message, "Finish 2") for _ in range(3)]
        told = [(await click.shown()).content for click in clicks]
        assert told.count(take_texts.chosen(2)) == 1

        final = await draw(app, clip, job=asked.id)
        assert final.seed == drafts[1].seed
        assert recipe_of(final).camera == recipe_of(drafts[1]).camera
        assert recipe_of(final).seconds == recipe_of(asked).seconds
        assert recipe_of(final).reasons[-1] == "draft 2 of 3, chosen by its member"
        assert await app.queue.claims.claim() is None
        done = await until(lambda: in_state(app, asked, State.DELIVERED))
        assert done.chosen == 2
        # The clip, and one line that leads to it, which has taken the place of the drafts.
        await fake.wait_for(lambda: message.deleted and len(fake.messages(channel)) == 2)
    charged = [(await reread(app, each)).charged_seconds for each in (*drafts, asked)]
    assert charged == [3.0, 3.0, 3.0, 3.0]
    posted = [each for each in fake.messages(channel) if each.id == done.message_id]
    assert len(posted) == 1


async def test_a_draft_that_the_gate_rejects_is_never_shown_nor_charged(fake, channel, app, asked, clip):
    async with at_work(app):
        bad = await draw(app, clip, forced=True)
        for _ in range(2):
            await draw(app, clip)
        message = await shown(fake, channel)
    assert labels(message) == ["Finish 2", "Finish 3", "Cancel"]
    assert "1 of 3 did not pass" in message.words
    found = await reread(app, bad)
    assert (found.state, found.charged_seconds) == (State.FAILED, 0.0)


async def test_where_no_draft_passes_nothing_is_shown_or_charged(fake, channel, app, asked, clip):
    async with at_work(app):
        drafts = [await draw(app, clip, forced=True) for _ in range(3)]
        failed = await until(lambda: in_state(app, asked, State.FAILED))
        await fake.wait_for(lambda: take_texts.NONE_PASSED in fake.messages(channel)[0].content)
    assert not failed.choosing
    assert sum([(await reread(app, each)).charged_seconds for each in drafts]) == 0.0


async def test_where_one_draft_passes_there_is_no_question(app, asked, clip):
    async with at_work(app):
        for forced in (True, False, True):
            good = await draw(app, clip, forced=forced)
        found = await draw(app, clip, job=asked.id)
    assert (found.chosen, found.chosen_late) == (2, False)
    assert good.draft == 3


async def test_a_click_that_overtakes_the_row_of_its_message_waits_for_it(
    fake, channel, ada, app, asked, clip, monkeypatch
):
    write = app.queue.choices.shown

    async def slowly(*row, **more):
        await asyncio.sleep(0.5)
        return await write(*row, **more)

    monkeypatch.setattr(app.queue.choices, "shown", slowly)
    async with at_work(app):
        for _ in range(3):
            await draw(app, clip)
        said = await fake.click(ada, await shown(fake, channel), "Finish 2")
        assert (await said.shown()).content == take_texts.chosen(2)


async def test_if_nobody_chooses_the_best_is_finished_and_the_member_is_told(fake, channel, app, asked, clip):
    async with at_work(app):
        for score in (70.0, 95.0, 80.0):
            await draw(app, clip, score=score)
        await shown(fake, channel)
        await until(lambda: is_shown(app, asked))
        CLOCK.now = CLOCK() + 31 * 60
        await draw(app, clip, job=asked.id)
        done = await until(lambda: in_state(app, asked, State.DELIVERED))
    assert (done.chosen, done.chosen_late) == (2, True)
    assert take_texts.YOU_CHOSE_NONE in channel.messages[done.message_id].content


async def test_cancelling_while_drafts_are_drawn_ends_them_and_charges_nothing(app, asked, clip):
    async with at_work(app):
        drawn = await draw(app, clip)
        await until(lambda: in_state(app, drawn, State.DELIVERED))
        running = await until(app.queue.claims.claim)
        assert await app.queue.claims.cancel(asked.id) is CancelOutcome.DONE
    left = await app.queue.jobs.drafts_of(asked.id)
    assert [each.charged_seconds for each in left] == [0.0, 0.0, 0.0]
    assert (await reread(app, running)).cancel_requested
    assert left[2].state is State.CANCELLED
    assert await app.queue.choices.open() == []


async def test_what_was_seen_stays_charged_after_a_cancel_and_its_pictures_go(
    fake, channel, ada, app, asked, clip
):
    async with at_work(app):
        drafts = [await draw(app, clip) for _ in range(3)]
        message = await shown(fake, channel)
        await until(lambda: is_shown(app, asked))
        await (await fake.click(ada, message, "Cancel")).answered()
        await fake.wait_for(lambda: take_texts.CANCELLED_AFTER_SEEING in fake.messages(channel)[-1].content)
        await fake.wait_for(lambda: message.deleted)
    assert sum([(await reread(app, each)).charged_seconds for each in drafts]) == 9.0
    assert await app.queue.claims.claim() is None


async def test_an_answer_lost_after_posting_shows_the_drafts_once(
    fake, channel, app, asked, clip, monkeypatch
):
    monkeypatch.setattr(fake.rest, "nonce_window", 0.0)
    monkeypatch.setattr("bot.clips.takes.PAUSE", 0.0)
    fake.fail("POST", rf"/channels/{channel.id}/messages$", LostAnswer())
    async with at_work(app):
        for _ in range(3):
            await draw(app, clip)
        await until(lambda: is_shown(app, asked))
    assert [(await reread(app, asked)).status_message_id] == [
        each.id for each in fake.messages(channel) if each.attachments
    ]


async def test_a_draft_that_a_server_reviews_is_not_shown_before_a_moderator_has_looked(
    fake, channel, app, asked, clip
):
    rules = ReviewRules(pictures=OnPictures.HOLD)
    await app.queue.reviews.set_review_rules(rules, audit_entry("review", guild=channel.guild.id))
    async with at_work(app):
        held = await draw(app, clip, nudity=0.99)
        for _ in range(2):
            await draw(app, clip)
        await until(lambda: in_state(app, held, State.HELD))
        for draft in (await app.queue.jobs.drafts_of(asked.id))[1:]:
            await until(partial(in_state, app, draft, State.DELIVERED))
        await asyncio.sleep(1.2)  # longer than the loop waits between two looks
        assert not [each for each in fake.messages(channel) if each.attachments]
        approval = audit_entry("approve", guild=channel.guild.id)
        assert await app.queue.cases.approve(held.id, 1, approval)
        app.signals.rendered()
        assert labels(await shown(fake, channel)) == ["Finish 1", "Finish 2", "Finish 3", "Cancel"]


async def test_a_kill_between_any_two_steps_asks_nothing_twice(queue):
    job = await queued(queue, takes=2, language="de")
    drafts = [NewDraft(recipe=job.recipe, profile="draft", seed=seed) for seed in (1, 2)]
    assert await queue.choices.begin(job.id, drafts)
    assert not await queue.choices.begin(job.id, drafts)
    first = present(await queue.claims.claim())
    assert (first.draft, first.draft_of, first.due, first.language) == (1, job.id, job.due, "de")
    assert await queue.choices.shown(job.id, 7, 77, choose_until=1.0)
    assert not await queue.choices.shown(job.id, 7, 78, choose_until=1.0)
    chosen = {"recipe": job.recipe, "profile": "p", "seed": 2}
    assert await queue.choices.choose(job.id, 2, **chosen)
    assert not await queue.choices.choose(job.id, 1, **chosen)
    assert [each.id for each in await queue.jobs.jobs_of(ANN, job.guild_id)] == [job.id]


async def test_a_status_edit_that_meets_the_new_message_too_late_replaces_nothing(queue):
    job = await queued(queue, takes=2)
    await queue.delivery.set_status_message(job.id, 7, 70)
    read = present(await queue.jobs.get(job.id))
    assert not await queue.delivery.is_followed_elsewhere(read)
    assert await queue.choices.shown(job.id, 7, 77, choose_until=1.0)
    assert await queue.delivery.is_followed_elsewhere(read)


async def test_webhooks_tell_of_what_was_asked_for_and_of_no_draft(queue, db):
    await queue.webhooks.switch(on=True)
    job = await queued(queue, takes=2)
    drafts = [NewDraft(recipe=job.recipe, profile="draft", seed=seed) for seed in (1, 2)]
    assert await queue.choices.begin(job.id, drafts)
    draft = present(await queue.claims.claim())
    assert draft.draft_of == job.id
    assert await queue.claims.fail(draft.id, draft.claim, code="E_BROKEN")
    rows = await db.read("SELECT job, type FROM webhook_event")
    assert [(row["job"], row["type"]) for row in rows] == [(job.id, "job.accepted")]


async def test_a_cleared_choice_is_over_and_a_retried_one_shows_new_drafts(
    fake, channel, mod, app, asked, clip
):
    async with at_work(app):
        first = await draw(app, clip)
        await until(lambda: in_state(app, first, State.DELIVERED))
        await (await fake.slash(mod, channel, "queue clear")).shown()
        assert (await reread(app, asked)).state is State.CANCELLED
        assert await app.queue.claims.claim() is None
        await (await fake.slash(mod, channel, "queue retry", job=asked.id)).shown()
        again = [await draw(app, clip) for _ in range(3)]
        assert [(each.draft, each.draft_of) for each in again] == [
            (1, asked.id),
            (2, asked.id),
            (3, asked.id),
        ]
        assert labels(await shown(fake, channel)) == ["Finish 1", "Finish 2", "Finish 3", "Cancel"]
