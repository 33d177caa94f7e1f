"""What becomes of flagged words, of flagged pictures, and of clips that show what nobody asked for."""

from __future__ import annotations

import dataclasses

import pytest

from bot.clips.remakes import RemixForm
from bot.discord_io.asker import Asker
from db.audit.log import AuditEntry
from db.moderation.reviews import OnPictures, OnWords, ReviewRules
from db.states import State
from engine.core.receipt import Receipt
from engine.core.request import Subject
from tests.bot.clips.test_clip_actions import SHORT, delivered, the_new_job
from tests.bot.fixtures import count_of, hand_in, picture, queued, recipe
from tests.bot.moderation.cases import rule, said_to
from tests.fake_discord import EVERYONE
from tests.present import present
from tests.until import until


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
    fake, channel, ada, mod, app, bot, words, prompt, restricted, becomes
):
    await rule(app, channel.guild, words=words)
    await (await fake.slash(mod, channel, "queue words add", word="grompf")).shown()
    where = fake.channel(name="adults", nsfw=True) if restricted else channel
    asked = await fake.slash(ada, where, "text2video", prompt=prompt)
    await asked.answered()
    if becomes is None:
        await until(lambda: asked.followups or (asked.message and asked.message.content))
        assert await count_of(app) == 0
        return
    await asked.shown()
    [job] = await app.queue.jobs.in_states(channel.guild.id, becomes)
    assert job.adult == ("nude" in prompt and words is not OnWords.OFF)


@pytest.mark.parametrize("words", [OnWords.OFF, OnWords.HOLD])
async def test_listing_a_word_warns_when_flagged_words_have_no_effect(fake, channel, mod, app, bot, words):
    await rule(app, channel.guild, words=words)
    said = await said_to(await fake.slash(mod, channel, "queue words add", word="grompf"))
    assert ("Nothing happens to flagged words yet" in said) is (words is OnWords.OFF)


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
    fake, channel, ada, app, bot, rules, nudity, adult, restricted, becomes
):
    """The channel was age-restricted when it was asked for, and may not be any more."""
    where = fake.channel(name="adults", nsfw=restricted)
    await until(lambda: bot.get_channel(where.id))
    await rule(app, channel.guild, **dataclasses.asdict(rules))
    await queued(app.queue, ada.id, channel.guild.id, channel_id=where.id, adult=adult)
    job = await hand_in(app.queue, app.blobs, await app.queue.claims.claim())
    said = dataclasses.replace(Receipt.from_json(present(job.receipt)), nudity=nudity)
    await app.database.write(
        lambda connection: connection.execute("UPDATE job SET receipt = ?", (said.to_json(),))
    )
    job = await app.queue.jobs.get(job.id)
    screen = app.deliverer._screen
    assert await screen(job) == (becomes != "held")
    found = await app.queue.jobs.get(job.id)
    assert (found.state is State.HELD) == (becomes == "held")
    assert found.spoiler == (becomes == "spoiler")
    if becomes == "held":
        audit_entry = AuditEntry(guild_id=channel.guild.id, actor_id=9, action="approve", target=job.id)
        approved = await app.queue.cases.approve(job.id, 1, audit_entry)
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
    channel, ada, app, bot, pictures, restricted, becomes
):
    await rule(app, channel.guild, pictures=pictures)
    asker = Asker(
        request=1,
        guild_id=channel.guild.id,
        user_id=ada.id,
        channel_id=channel.id,
        joined_at=0.0,
        adults_only=restricted,
    )
    flagged = Subject(sha256="a" * 64, width=64, height=64, nudity=0.99)
    found = await app.submissions._screening.before_drawing(asker, recipe(), [flagged], None)
    assert (found.hold is not None, found.adult, found.spoiler) == {
        "held": (True, True, False),
        "marked": (False, True, False),
        "spoiler": (False, True, True),
        "nothing": (False, False, False),
    }[becomes]


async def test_a_channel_that_ceases_to_be_age_restricted_is_noticed(fake, channel, app, bot):
    where = fake.channel(name="adults", nsfw=True)
    await until(lambda: app.messenger.is_age_restricted(where.id))
    where.nsfw = False
    fake.world.permit(where, EVERYONE)  # the bot is told of the channel as it is now
    await until(lambda: not app.messenger.is_age_restricted(where.id))


async def variation(fake, app, member, message, job, label):
    """What a button under a clip makes of it."""
    asked = await fake.click(member, message, label)
    if label == "Remix":
        await asked.answered()
        asked = await fake.submit_modal(member, asked, {RemixForm.field: "a blue boat"})
    await asked.shown()
    new = await the_new_job(app, job)
    await app.queue.claims.cancel(new.id)
    return new


@pytest.mark.parametrize("flagged", ["what was asked", "the clip", "nothing"])
async def test_what_was_flagged_stays_so_in_whatever_a_button_makes_of_it(
    fake, channel, ada, app, bot, flagged
):
    """Also for somebody else, and though its files are not looked at a second time."""
    given = {"picture": app.blobs.put(picture())}
    asked_for = {"recipe": SHORT | {"inputs": given}, "inputs": given, "adult": flagged == "what was asked"}
    job, message = await delivered(app, ada, channel, **asked_for)
    score = 0.9 if flagged == "the clip" else 0.1
    said = dataclasses.replace(Receipt.from_json(present(job.receipt)), nudity=score).to_json()
    await app.database.write(lambda connection: connection.execute("UPDATE job SET receipt = ?", (said,)))
    eve = fake.member("eve")
    made = {
        label: (await variation(fake, app, eve, message, job, label)).adult
        for label in ("Reroll", "Remix", "Extend", "Loop")
    }
    drawn_anew, with_the_clip = {
        "what was asked": (True, True), "the clip": (False, True), "nothing": (False, False),
    }[flagged]  # fmt: skip
    assert made == {
        "Reroll": drawn_anew, "Remix": drawn_anew, "Extend": with_the_clip, "Loop": with_the_clip,
    }  # fmt: skip
