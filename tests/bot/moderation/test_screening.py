"""Holds by rule, the cards that ask moderators, and what comes of their clicks."""

from __future__ import annotations

import asyncio
import dataclasses
import io
import logging
import time

import discord
import pytest
from PIL import Image

from bot.clips.remakes import RemixForm
from bot.discord_io.asker import Asker
from bot.discord_io.post import Post
from bot.job_documents import recipe_of
from bot.moderation.case_buttons import case_buttons
from bot.moderation.decisions import REASON_FIELD
from bot.text import messages, review_texts, status_texts
from bot.text.wording import speaking
from db.audit.log import AuditEntry
from db.jobs.job import NOWHERE, Hold
from db.jobs.review_requests import CaseKind
from db.moderation.cases import Case
from db.moderation.reviews import OnPictures, OnWords, ReviewRules
from db.states import State
from engine.core.receipt import Receipt
from engine.core.request import Subject
from tests.bot.clips.test_clip_actions import SHORT, delivered, the_new_job
from tests.bot.fixtures import connected, count_of, hand_in, picture, queued, recipe
from tests.fake_discord import EVERYONE, Permission
from tests.present import present
from tests.until import until

DAY = 86_400.0
OLD_HAND = time.time() - 400 * DAY


@pytest.fixture
def mods_channel(fake):
    """The review channel."""
    return fake.channel(name="review")


async def rule(services, guild, **changes):
    audit_entry = AuditEntry(guild_id=guild.id, actor_id=1, action="review", target="")
    old = await services.queue.reviews.review_rules(guild.id)
    await services.queue.reviews.set_review_rules(dataclasses.replace(old, **changes), audit_entry)


async def held(services, member, channel, **changes):
    values = {
        "hold": Hold(reason="words: grumpf"),
        "recipe": {"prompt": "a `grumpf` @everyone"},
        "channel_id": channel.id,
        **changes,
    }
    return await queued(services.queue, member.id, channel.guild.id, **values)


async def case_in(services, channel):
    """The one card that hangs in the review channel, after the loop has done its work."""
    await services.cases.work()
    [case] = [message for message in channel.messages.values() if message.author.bot]
    return case


async def said_to(asked) -> str:
    message = await asked.shown()
    assert message.ephemeral
    return message.content


async def forged(services, channel, *items):
    """A message of the bot's with buttons of our making: what a replayed or forged click looks like."""
    view = discord.ui.View(timeout=None)
    for item in items:
        view.add_item(item)
    view.stop()
    sent = await services.messenger.send(channel.id, Post(content="forged", nonce="forged", view=view))
    return channel.messages[sent]


async def clip_actions(services, guild) -> list[tuple[int, str, str]]:
    """Without the setting up of the rules."""
    entries = await services.audit.entries(guild.id)
    return [(one.actor_id, one.action, one.target) for one in entries if one.action != "review"]


async def test_a_newcomers_job_is_held_and_an_old_hands_is_not(fake, channel, ada, mod, services, bot):
    await (await fake.slash(mod, channel, "queue review", new_members=7, words="hold")).shown()
    old = fake.member("old")
    old.joined_at = OLD_HAND
    asked = await (await fake.slash(ada, channel, "text2video", prompt="a red boat")).shown()
    assert "waiting for a moderator to review it" in asked.content
    await (await fake.slash(old, channel, "text2video", prompt="a red boat")).shown()
    [job] = await services.queue.jobs.in_states(channel.guild.id, State.HELD)
    assert (job.user_id, "joined 0 days ago" in job.held_reason) == (ada.id, True)
    assert [other.user_id for other in await services.queue.jobs.waiting()] == [old.id]


@pytest.mark.parametrize(
    ("words", "prompt", "restricted", "becomes"),
    [
        (OnWords.OFF, "a nude statue", False, State.QUEUED),
        (OnWords.HOLD, "a stone statue", False, State.QUEUED),
        (OnWords.HOLD, "a nude statue", False, State.HELD),
        (OnWords.HOLD, "a nude statue", True, State.QUEUED),
        (OnWords.HOLD, "a gr0mpf", True, State.HELD),
        (OnWords.REFUSE, "a nude statue", False, None),
        (OnWords.REFUSE, "a nude statue", True, State.QUEUED),
        (OnWords.REFUSE, "a g r o m p f", True, None),
        (OnWords.OFF, "a nude child", True, None),
    ],
)
async def test_flagged_words_follow_the_servers_choice_and_hard_rules_always_refuse(
    fake, channel, ada, mod, services, bot, words, prompt, restricted, becomes
):
    await rule(services, channel.guild, words=words)
    await (await fake.slash(mod, channel, "queue words add", word="grompf")).shown()
    where = fake.channel(name="adults", nsfw=True) if restricted else channel
    asked = await fake.slash(ada, where, "text2video", prompt=prompt)
    await asked.answered()
    if becomes is None:
        await until(lambda: asked.followups or (asked.message and asked.message.content))
        assert await count_of(services) == 0
        return
    await asked.shown()
    [job] = await services.queue.jobs.in_states(channel.guild.id, becomes)
    assert job.adult == ("nude" in prompt and words is not OnWords.OFF)


@pytest.mark.parametrize("words", [OnWords.OFF, OnWords.HOLD])
async def test_listing_a_word_warns_when_flagged_words_have_no_effect(
    fake, channel, mod, services, bot, words
):
    await rule(services, channel.guild, words=words)
    said = await said_to(await fake.slash(mod, channel, "queue words add", word="grompf"))
    assert ("Nothing happens to flagged words yet" in said) is (words is OnWords.OFF)


async def test_a_hundred_replays_of_two_moderators_approve_once(
    fake, channel, mods_channel, ada, mod, services, bot
):
    other = fake.member("other mod", permissions=Permission.MANAGE_GUILD)
    await rule(services, channel.guild, channel_id=mods_channel.id)
    job = await held(services, ada, channel)
    case = await case_in(services, mods_channel)
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
    assert (await services.queue.jobs.get(job.id)).state is State.QUEUED
    [(_, action, target)] = await clip_actions(services, channel.guild)
    assert (action, target) == ("approve", job.id)
    await services.cases.work()
    assert "✅ Approved by" in case.content
    assert "grumpf" not in case.content, "the prompt has left the channel"
    assert not case.components


async def test_a_rejected_member_reads_why_also_after_a_restart(
    fake, channel, mods_channel, ada, mod, services
):
    async with connected(fake, services):
        await rule(services, channel.guild, channel_id=mods_channel.id)
        job = await held(services, ada, channel)
        case = await case_in(services, mods_channel)
    async with connected(fake, services):
        form = await fake.click(mod, case, "Reject")
        await form.answered()
        answer = await fake.submit_modal(mod, form, {REASON_FIELD: "no `logos` please"})
        assert await said_to(answer) == review_texts.REJECTED
        again = await fake.submit_modal(mod, form, {REASON_FIELD: "twice"})
        assert await said_to(again) == review_texts.ALREADY_DECIDED
    found = await services.queue.jobs.get(job.id)
    assert (found.state, found.error_code) == (State.REFUSED, "E_REVIEW")
    assert "logos" in found.error_text
    assert [(entry.action, entry.reason) for entry in await services.audit.entries(channel.guild.id, 1)] == [
        ("reject", "no `logos` please")
    ]


@pytest.mark.parametrize("reason", ["no boats", ""])
async def test_a_rejected_member_reads_why_in_their_own_language(
    fake, channel, mods_channel, ada, mod, services, bot, reason
):
    mod.locale = "de"
    await rule(services, channel.guild, channel_id=mods_channel.id)
    job = await held(services, ada, channel, language="fr")
    form = await fake.click(mod, await case_in(services, mods_channel), "Reject")
    await form.answered()
    await said_to(await fake.submit_modal(mod, form, {REASON_FIELD: reason}))
    found = await services.queue.jobs.get(job.id)
    with speaking("fr"):
        assert status_texts.why_no_clip(found) == review_texts.not_approved(reason)


@pytest.mark.parametrize("decision", ["Approve", "Reject"])
async def test_moderators_decide_about_a_private_request_from_its_case(
    fake, channel, mods_channel, ada, mod, services, bot, decision
):
    await rule(services, channel.guild, channel_id=mods_channel.id)
    job = await held(services, ada, channel, private=True)
    case = await case_in(services, mods_channel)
    answer = await fake.click(mod, case, decision)
    if decision == "Approve":
        assert await said_to(answer) == review_texts.APPROVED
    else:
        await answer.answered()
        answer = await fake.submit_modal(mod, answer, {REASON_FIELD: "no"})
        assert await said_to(answer) == review_texts.REJECTED
    becomes = State.QUEUED if decision == "Approve" else State.REFUSED
    assert (await services.queue.jobs.get(job.id)).state is becomes


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({}, "by <@{member}> in <#{channel}>"),
        ({"private": True}, "by <@{member}>, as a private clip"),
        ({"channel_id": NOWHERE}, "by <@{member}> through the API"),
    ],
    ids=["in a channel", "privately", "through the API"],
)
async def test_a_case_says_where_a_clip_was_asked_for(services, channel, ada, asked, says):
    job = await held(services, ada, channel, **asked)
    case = Case(
        job=job, kind=CaseKind.REVIEW, round=1, with_file=True, decision=None, by_user=None,
        channel_id=None, message_id=None, open=True, reports=0,
    )  # fmt: skip
    says = says.format(member=ada.id, channel=channel.id)
    for each in (job, dataclasses.replace(job, draft=1)):
        text = review_texts.case(dataclasses.replace(case, job=each), recipe_of(each), [])
        assert f"· {says} ·" in text


async def test_only_moderators_of_this_server_decide(fake, channel, mods_channel, ada, services, bot):
    elsewhere = fake.guild("Elsewhere")
    boss = fake.member("boss", elsewhere, permissions=Permission.ADMINISTRATOR)
    await rule(services, channel.guild, channel_id=mods_channel.id)
    job = await held(services, ada, channel)
    every = [kind(1, job.id) for kind in case_buttons()]
    here, there = (
        await forged(services, mods_channel, *every),
        await forged(services, fake.channel(elsewhere), *every),
    )
    for action in case_buttons():
        name = action.id_for(1, job.id)
        assert await said_to(await fake.click(ada, here, name)) == messages.NOT_A_MODERATOR
        assert await said_to(await fake.click(boss, there, name)) == messages.NOT_FOUND
    assert (await services.queue.jobs.get(job.id)).state is State.HELD
    assert await clip_actions(services, channel.guild) == []


@pytest.mark.parametrize("with_file", [True, False])
async def test_a_case_shows_its_picture_behind_a_spoiler_unless_it_could_be_abuse(
    fake, channel, mods_channel, ada, services, bot, with_file
):
    await rule(services, channel.guild, channel_id=mods_channel.id)
    sha256 = services.blobs.put(picture())
    await held(
        services, ada, channel, hold=Hold(reason="odd", with_file=with_file), inputs={"picture": sha256}
    )
    case = await case_in(services, mods_channel)
    assert [file.filename.startswith("SPOILER_") for file in case.attachments] == (
        [True] if with_file else []
    )
    assert ("could show abuse" in case.content) is not with_file


async def test_a_case_shows_every_picture_that_the_clip_is_to_be_made_from(
    fake, channel, mods_channel, ada, services, bot
):
    await rule(services, channel.guild, channel_id=mods_channel.id)
    inputs = {
        "picture": services.blobs.put(picture((160, 100))),
        "end": services.blobs.put(picture((90, 180))),
    }
    await held(services, ada, channel, hold=Hold(reason="odd", with_file=True), inputs=inputs)
    (shown,) = (await case_in(services, mods_channel)).attachments
    assert Image.open(io.BytesIO(shown.data)).size == (819 + 8 + 256, 512)
    assert list(services.settings.data_dir.rglob("*-case.png")) == []


@pytest.mark.parametrize("further", [{}, {"end": (90, 180)}], ids=["one picture", "two pictures"])
async def test_a_case_of_a_clip_and_pictures_shows_them_all(
    fake, channel, mods_channel, ada, services, bot, further
):
    await rule(services, channel.guild, channel_id=mods_channel.id)
    like = picture((160, 100))
    inputs = {"reference": services.blobs.put(b"a clip"), "like": services.blobs.put(like)}
    inputs |= {role: services.blobs.put(picture(size)) for role, size in further.items()}
    await held(services, ada, channel, hold=Hold(reason="odd", with_file=True), inputs=inputs)
    clip, pictures = (await case_in(services, mods_channel)).attachments
    assert clip.data == b"a clip"
    assert clip.filename.endswith(".mp4")
    assert pictures.filename.endswith(".png")
    assert all(file.filename.startswith("SPOILER_") for file in (clip, pictures))
    if further:
        assert Image.open(io.BytesIO(pictures.data)).size == (819 + 8 + 256, 512)
    else:
        assert pictures.data == like


async def test_a_case_lets_a_sound_be_heard_until_the_clip_has_it(
    fake, channel, mods_channel, ada, services, bot
):
    await rule(services, channel.guild, channel_id=mods_channel.id)
    inputs = {"picture": services.blobs.put(picture()), "sound": services.blobs.put(b"a sound")}
    await held(services, ada, channel, hold=Hold(reason="odd", with_file=True), inputs=inputs)
    shown, heard = (await case_in(services, mods_channel)).attachments
    assert shown.filename.endswith(".png")
    assert heard.data == b"a sound"
    assert heard.filename.startswith("SPOILER_")
    assert heard.filename.endswith(".wav")


async def test_a_case_shows_what_is_left_of_its_files(fake, channel, mods_channel, ada, services, bot):
    await rule(services, channel.guild, channel_id=mods_channel.id)
    like = picture((160, 100))
    inputs = {"reference": services.blobs.put(b"a clip"), "like": services.blobs.put(like)}
    services.blobs.path(inputs["reference"]).unlink()
    await held(services, ada, channel, hold=Hold(reason="odd", with_file=True), inputs=inputs)
    (shown,) = (await case_in(services, mods_channel)).attachments
    assert shown.data == like


async def test_without_a_review_channel_a_job_stays_held_in_the_list_and_the_log_says_so(
    fake, channel, mods_channel, ada, mod, services, bot, caplog
):
    job = await held(services, ada, channel)
    with caplog.at_level(logging.WARNING):
        await services.cases.work()
        assert f"cannot ask moderators about job {job.id}" in caplog.text
    assert job.id[:6] in await said_to(await fake.slash(mod, channel, "queue show"))
    fake.world.permit(mods_channel, EVERYONE & ~Permission.SEND_MESSAGES)
    await rule(services, channel.guild, channel_id=mods_channel.id)
    await services.cases.work()
    assert (await services.queue.jobs.get(job.id)).state is State.HELD
    fake.world.permit(mods_channel, EVERYONE)
    await rule(services, channel.guild, channel_id=mods_channel.id)
    assert "grumpf" in (await case_in(services, mods_channel)).content


async def test_a_channel_where_moderators_cannot_be_asked_is_no_review_channel(
    fake, channel, mods_channel, mod, services, bot
):
    lacks = EVERYONE & ~Permission.SEND_MESSAGES & ~Permission.ATTACH_FILES
    shut = fake.channel(name="shut", bot_permissions=lacks)
    said = await said_to(await fake.slash(mod, channel, "queue review", channel=shut, words="hold"))
    assert said == review_texts.cannot_ask(shut.id, ["send_messages", "attach_files"])
    assert await services.queue.reviews.review_rules(channel.guild.id) == ReviewRules()
    said = await said_to(await fake.slash(mod, channel, "queue review", channel=mods_channel))
    assert "⚠️" not in said
    fake.world.permit(mods_channel, EVERYONE & ~Permission.ATTACH_FILES)

    async def tells():
        page = await said_to(await fake.slash(mod, channel, "queue review"))
        return "⚠️" in page and "*Attach Files*" in page

    await until(tells)


async def test_the_case_of_a_cancelled_job_says_only_that(fake, channel, mods_channel, ada, services, bot):
    await rule(services, channel.guild, channel_id=mods_channel.id)
    job = await held(services, ada, channel)
    case = await case_in(services, mods_channel)
    await services.queue.claims.cancel(job.id)
    await services.cases.work()
    assert case.content == f"🚫 Cancelled before a decision · `{job.id[:6]}`"


@pytest.mark.parametrize(
    ("rules", "nudity", "adult", "restricted", "becomes"),
    [
        (ReviewRules(), 0.9, False, False, "posts"),
        (ReviewRules(pictures=OnPictures.HOLD), 0.1, False, False, "posts"),
        (ReviewRules(pictures=OnPictures.HOLD), 0.9, False, False, "held"),
        (ReviewRules(pictures=OnPictures.SPOILER), 0.9, False, False, "spoiler"),
        (ReviewRules(pictures=OnPictures.HOLD), 0.9, True, True, "posts"),
        (ReviewRules(words=OnWords.HOLD), None, True, True, "posts"),
        (ReviewRules(words=OnWords.HOLD), None, True, False, "held"),
        (ReviewRules(words=OnWords.REFUSE, pictures=OnPictures.SPOILER), None, True, False, "spoiler"),
        (ReviewRules(), None, True, False, "posts"),
    ],
)
async def test_a_finished_clip_is_looked_at_with_its_channel_as_it_is_then(
    fake, channel, ada, services, bot, rules, nudity, adult, restricted, becomes
):
    """The channel was age-restricted when it was asked for, and may not be any more."""
    where = fake.channel(name="adults", nsfw=restricted)
    await until(lambda: bot.get_channel(where.id))
    await rule(services, channel.guild, **dataclasses.asdict(rules))
    await queued(services.queue, ada.id, channel.guild.id, channel_id=where.id, adult=adult)
    job = await hand_in(services.queue, services.blobs, await services.queue.claims.claim())
    said = dataclasses.replace(Receipt.from_json(present(job.receipt)), nudity=nudity)
    await services.database.write(
        lambda connection: connection.execute("UPDATE job SET receipt = ?", (said.to_json(),))
    )
    job = await services.queue.jobs.get(job.id)
    screen = services.deliverer._screen
    assert await screen(job) == (becomes != "held")
    found = await services.queue.jobs.get(job.id)
    assert (found.state is State.HELD) == (becomes == "held")
    assert found.spoiler == (becomes == "spoiler")
    if becomes == "held":
        audit_entry = AuditEntry(guild_id=channel.guild.id, actor_id=9, action="approve", target=job.id)
        approved = await services.queue.cases.approve(job.id, 1, audit_entry)
        assert await screen(approved), "what a moderator has approved is not held again"


@pytest.mark.parametrize(
    ("pictures", "restricted", "becomes"),
    [
        (OnPictures.HOLD, False, "held"),
        (OnPictures.HOLD, True, "marked"),
        (OnPictures.SPOILER, False, "spoiler"),
        (OnPictures.OFF, False, "nothing"),
    ],
)
async def test_a_flagged_picture_is_held_where_the_channel_is_not_for_adults(
    channel, ada, services, bot, pictures, restricted, becomes
):
    await rule(services, channel.guild, pictures=pictures)
    asker = Asker(
        request=1,
        guild_id=channel.guild.id,
        user_id=ada.id,
        channel_id=channel.id,
        joined_at=0.0,
        adults_only=restricted,
    )
    flagged = Subject(sha256="a" * 64, width=64, height=64, nudity=0.99)
    found = await services.submissions._screening.before_drawing(asker, recipe(), [flagged], None)
    assert (found.hold is not None, found.adult, found.spoiler) == {
        "held": (True, True, False),
        "marked": (False, True, False),
        "spoiler": (False, True, True),
        "nothing": (False, False, False),
    }[becomes]


async def test_what_is_released_without_a_card_is_not_held_again(fake, channel, ada, mod, services, bot):
    """A server without a review channel decides with `/queue release`."""
    await rule(services, channel.guild, pictures=OnPictures.HOLD)
    await queued(services.queue, ada.id, channel.guild.id, channel_id=channel.id, adult=True)
    job = await hand_in(services.queue, services.blobs, await services.queue.claims.claim())
    screen = services.deliverer._screen
    assert not await screen(job)
    await (await fake.slash(mod, channel, "queue release", job=job.id)).shown()
    assert await screen(await services.queue.jobs.get(job.id))


@pytest.mark.parametrize("reason", ["adult", "nudity"])
@pytest.mark.parametrize("from_picture", [True, False])
async def test_a_clip_made_from_a_picture_is_never_sent_to_the_review_channel(
    fake, channel, mods_channel, ada, services, bot, from_picture, reason
):
    """It may be abuse of the person in the picture; a clip drawn from words alone shows nobody."""
    await rule(services, channel.guild, channel_id=mods_channel.id, pictures=OnPictures.HOLD)
    inputs = {"picture": services.blobs.put(picture())} if from_picture else {}
    await queued(
        services.queue,
        ada.id,
        channel.guild.id,
        channel_id=channel.id,
        inputs=inputs,
        adult=reason == "adult",
    )
    job = await hand_in(services.queue, services.blobs, await services.queue.claims.claim())
    said = dataclasses.replace(
        Receipt.from_json(present(job.receipt)), nudity=0.99 if reason == "nudity" else None
    )
    await services.database.write(
        lambda connection: connection.execute("UPDATE job SET receipt = ?", (said.to_json(),))
    )
    assert not await services.deliverer._screen(await services.queue.jobs.get(job.id))
    case = await case_in(services, mods_channel)
    assert len(case.attachments) == (0 if from_picture else 1)


async def test_a_channel_that_ceases_to_be_age_restricted_is_noticed(fake, channel, services, bot):
    where = fake.channel(name="adults", nsfw=True)
    await until(lambda: services.messenger.is_age_restricted(where.id))
    where.nsfw = False
    fake.world.permit(where, EVERYONE)  # the bot is told of the channel as it is now
    await until(lambda: not services.messenger.is_age_restricted(where.id))


async def variation(fake, services, member, message, job, label):
    """What a button under a clip makes of it."""
    asked = await fake.click(member, message, label)
    if label == "Remix":
        await asked.answered()
        asked = await fake.submit_modal(member, asked, {RemixForm.field: "a blue boat"})
    await asked.shown()
    new = await the_new_job(services, job)
    await services.queue.claims.cancel(new.id)
    return new


@pytest.mark.parametrize("flagged", ["what was asked", "the clip", "nothing"])
async def test_what_was_flagged_stays_so_in_whatever_a_button_makes_of_it(
    fake, channel, ada, services, bot, flagged
):
    """Also for somebody else, and though its files are not looked at a second time."""
    given = {"picture": services.blobs.put(picture())}
    asked_for = {"recipe": SHORT | {"inputs": given}, "inputs": given, "adult": flagged == "what was asked"}
    job, message = await delivered(services, ada, channel, **asked_for)
    score = 0.9 if flagged == "the clip" else 0.1
    said = dataclasses.replace(Receipt.from_json(present(job.receipt)), nudity=score).to_json()
    await services.database.write(
        lambda connection: connection.execute("UPDATE job SET receipt = ?", (said,))
    )
    eve = fake.member("eve")
    made = {
        label: (await variation(fake, services, eve, message, job, label)).adult
        for label in ("Reroll", "Remix", "Extend", "Loop")
    }
    drawn_anew, with_the_clip = {
        "what was asked": (True, True), "the clip": (False, True), "nothing": (False, False),
    }[flagged]  # fmt: skip
    assert made == {
        "Reroll": drawn_anew, "Remix": drawn_anew, "Extend": with_the_clip, "Loop": with_the_clip,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("rules", "adult", "looked_at", "restricted", "shown"),
    [
        (ReviewRules(), True, False, False, True),
        (ReviewRules(words=OnWords.HOLD), False, False, False, True),
        (ReviewRules(words=OnWords.HOLD), True, False, False, False),
        (ReviewRules(pictures=OnPictures.SPOILER), False, False, False, False),
        (ReviewRules(pictures=OnPictures.HOLD), False, True, False, True),
        (ReviewRules(pictures=OnPictures.HOLD), True, False, True, True),
    ],
)
async def test_a_job_under_review_shows_no_first_look(
    fake, channel, ada, services, bot, rules, adult, looked_at, restricted, shown
):
    where = fake.channel(name="adults", nsfw=restricted)
    await until(lambda: bot.get_channel(where.id))
    await rule(services, channel.guild, **dataclasses.asdict(rules))
    job = await queued(services.queue, ada.id, channel.guild.id, channel_id=where.id, adult=adult)
    assert await services.board._may_show(dataclasses.replace(job, looked_at=looked_at)) is shown
