"""Moderators decide about a case: once, in their own server only, and the member is told."""

from __future__ import annotations

import asyncio
import dataclasses

import pytest

from bot.job_documents import recipe_of
from bot.moderation.case_buttons import case_buttons
from bot.moderation.decisions import REASON_FIELD
from bot.text import messages, review_texts, status_texts
from bot.text.wording import speaking
from db.jobs.job import NOWHERE
from db.jobs.review_requests import CaseKind
from db.moderation.cases import Case
from db.states import State
from tests.bot.fixtures import connected
from tests.bot.moderation.cases import case_in, clip_actions, forged, held, rule, said_to
from tests.fake_discord import Permission


async def test_a_hundred_replays_of_two_moderators_approve_once(
    fake, channel, mods_channel, ada, mod, app, bot
):
    other = fake.member("other mod", permissions=Permission.MANAGE_GUILD)
    await rule(app, channel.guild, channel_id=mods_channel.id)
    job = await held(app, ada, channel)
    case = await case_in(app, mods_channel)
    assert f"<@{ada.id}>" in case.content
    assert "words: grumpf" in case.content
    assert "@everyone" not in case.content
    assert case.now.pings == set()
    answers = []
    for _ in range(25):
        clicks = [await fake.click(who, case, "Approve") for who in (mod, other, mod, other)]
        answers += await asyncio.gather(*map(said_to, clicks))
    assert answers.count(review_texts.APPROVED) == 1
    assert answers.count(review_texts.ALREADY_DECIDED) == 99
    assert (await app.queue.jobs.get(job.id)).state is State.QUEUED
    [(_, action, target)] = await clip_actions(app, channel.guild)
    assert (action, target) == ("approve", job.id)
    await app.cases.work()
    assert "✅ Approved by" in case.content
    assert "grumpf" not in case.content, "the prompt has left the channel"
    assert not case.components


async def test_a_rejected_member_reads_why_also_after_a_restart(fake, channel, mods_channel, ada, mod, app):
    async with connected(fake, app):
        await rule(app, channel.guild, channel_id=mods_channel.id)
        job = await held(app, ada, channel)
        case = await case_in(app, mods_channel)
    async with connected(fake, app):
        form = await fake.click(mod, case, "Reject")
        await form.answered()
        answer = await fake.submit_modal(mod, form, {REASON_FIELD: "no `logos` please"})
        assert await said_to(answer) == review_texts.REJECTED
        again = await fake.submit_modal(mod, form, {REASON_FIELD: "twice"})
        assert await said_to(again) == review_texts.ALREADY_DECIDED
    found = await app.queue.jobs.get(job.id)
    assert (found.state, found.error_code) == (State.REFUSED, "E_REVIEW")
    assert "logos" in found.error_text
    assert [(entry.action, entry.reason) for entry in await app.audit.entries(channel.guild.id, 1)] == [
        ("reject", "no `logos` please")
    ]


@pytest.mark.parametrize("reason", ["no boats", ""])
async def test_a_rejected_member_reads_why_in_their_own_language(
    fake, channel, mods_channel, ada, mod, app, bot, reason
):
    mod.locale = "de"
    await rule(app, channel.guild, channel_id=mods_channel.id)
    job = await held(app, ada, channel, language="fr")
    form = await fake.click(mod, await case_in(app, mods_channel), "Reject")
    await form.answered()
    await said_to(await fake.submit_modal(mod, form, {REASON_FIELD: reason}))
    found = await app.queue.jobs.get(job.id)
    with speaking("fr"):
        assert status_texts.why_no_clip(found) == review_texts.not_approved(reason)


@pytest.mark.parametrize("decision", ["Approve", "Reject"])
async def test_moderators_decide_about_a_private_request_from_its_case(
    fake, channel, mods_channel, ada, mod, app, bot, decision
):
    await rule(app, channel.guild, channel_id=mods_channel.id)
    job = await held(app, ada, channel, private=True)
    case = await case_in(app, mods_channel)
    answer = await fake.click(mod, case, decision)
    if decision == "Approve":
        assert await said_to(answer) == review_texts.APPROVED
    else:
        await answer.answered()
        answer = await fake.submit_modal(mod, answer, {REASON_FIELD: "no"})
        assert await said_to(answer) == review_texts.REJECTED
    becomes = State.QUEUED if decision == "Approve" else State.REFUSED
    assert (await app.queue.jobs.get(job.id)).state is becomes


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({}, "by <@{member}> in <#{channel}>"),
        ({"private": True}, "by <@{member}>, as a private clip"),
        ({"channel_id": NOWHERE}, "by <@{member}> through the API"),
    ],
    ids=["in a channel", "privately", "through the API"],
)
async def test_a_case_says_where_a_clip_was_asked_for(app, channel, ada, asked, says):
    job = await held(app, ada, channel, **asked)
    case = Case(
        job=job, kind=CaseKind.REVIEW, round=1, with_file=True, decision=None, by_user=None,
        channel_id=None, message_id=None, open=True, reports=0,
    )  # fmt: skip
    says = says.format(member=ada.id, channel=channel.id)
    for each in (job, dataclasses.replace(job, draft=1)):
        text = review_texts.case(dataclasses.replace(case, job=each), recipe_of(each), [])
        assert f"· {says} ·" in text


async def test_only_moderators_of_this_server_decide(fake, channel, mods_channel, ada, app, bot):
    elsewhere = fake.guild("Elsewhere")
    boss = fake.member("boss", elsewhere, permissions=Permission.ADMINISTRATOR)
    await rule(app, channel.guild, channel_id=mods_channel.id)
    job = await held(app, ada, channel)
    every = [kind(1, job.id) for kind in case_buttons()]
    here, there = (
        await forged(app, mods_channel, *every),
        await forged(app, fake.channel(elsewhere), *every),
    )
    for action in case_buttons():
        name = action.id_for(1, job.id)
        assert await said_to(await fake.click(ada, here, name)) == messages.NOT_A_MODERATOR
        assert await said_to(await fake.click(boss, there, name)) == messages.NOT_FOUND
    assert (await app.queue.jobs.get(job.id)).state is State.HELD
    assert await clip_actions(app, channel.guild) == []


async def test_the_case_of_a_cancelled_job_says_only_that(fake, channel, mods_channel, ada, app, bot):
    await rule(app, channel.guild, channel_id=mods_channel.id)
    job = await held(app, ada, channel)
    case = await case_in(app, mods_channel)
    await app.queue.claims.cancel(job.id)
    await app.cases.work()
    assert case.content == f"🚫 Cancelled before a decision · `{job.id[:6]}`"
