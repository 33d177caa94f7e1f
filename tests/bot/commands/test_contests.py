"""A contest, from its start to the winner: through the fake of Discord."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import discord
import pytest

from bot.clips.contest_announcements import ContestAnnouncements
from bot.discord_io.discord_errors import Trouble
from bot.discord_io.post import ChannelError, Post
from bot.loops.reels import told
from bot.text import clip_texts, community_texts, gallery_texts, messages
from bot.text.languages import LANGUAGES
from bot.text.wording import speaking
from db.community.contests import Contest, Placed
from db.gallery import Choice
from engine.core.recipe import Role
from engine.core.sight import Shows, Sight, Spot, Thing, ThingKind
from tests.bot.fixtures import rendered
from tests.clock import CLOCK
from tests.db.asking import audit_entry
from tests.present import present

DAY = 24 * 3600.0
LARGE = {"left": 0.2, "top": 0.2, "width": 0.6, "height": 0.6, "certainty": 0.9}


async def clip_of(app, channel, member, prompt="a boat"):
    """A clip of a member's that is posted."""
    job = await rendered(
        app.queue,
        app.blobs,
        b"a clip of " + prompt.encode(),
        user=member.id,
        guild=channel.guild.id,
        channel_id=channel.id,
        recipe={"prompt": prompt},
    )
    assert await app.queue.delivery.begin_posting(job.id)
    await app.queue.delivery.record_posted(job.id, 7_000 + len(prompt))
    return present(await app.queue.jobs.get(job.id))


@pytest.fixture
async def started(fake, channel, mod, bot):
    """The announcement of a contest that lasts a day."""
    said = await (await fake.slash(mod, channel, "queue showcase contest", theme="boats", until=24)).shown()
    assert (said.ephemeral, said.content) == (True, community_texts.CONTEST_BEGINS)
    await fake.wait_for(lambda: any("Contest:" in one.content for one in channel.messages.values()))
    [announced] = [one for one in channel.messages.values() if "Contest:" in one.content]
    return announced


async def press(fake, member, message, label):
    return await (await fake.click(member, message, label)).shown()


def labels(message):
    return [button["label"] for row in message.components for button in row["components"]]


async def entered(fake, app, channel, started, member, prompt):
    job = await clip_of(app, channel, member, prompt)
    menu = await press(fake, member, started, "Enter")
    said = await press(fake, member, menu, labels(menu)[0])
    assert said.content == community_texts.ENTERED
    return job


async def ballot_of(fake, member, started, job):
    """Look at the entries until this one is shown."""
    shown = await press(fake, member, started, "Vote")
    for _ in range(5):
        if any(job.id in button["custom_id"] for row in shown.components for button in row["components"]):
            break
        shown = await press(fake, member, shown, "Next")
    return shown


async def voted(fake, started, voter, job, app):
    """Look at the entries until the one that is meant is shown, and vote for it."""
    shown = await ballot_of(fake, voter, started, job)
    return (await press(fake, voter, shown, "Vote for this one")).content


async def ended(fake, channel, app):
    CLOCK.now = CLOCK() + 24 * 3600 + 1
    await app.reel_poster._round()
    return [one for one in channel.messages.values() if "is over" in one.content]


async def test_the_winner_is_announced_once_with_the_clips(fake, channel, ada, started, app):
    ben, eve, sam = (fake.member(name) for name in ("ben", "eve", "sam"))
    assert "boats" in started.content
    first = await entered(fake, app, channel, started, ada, "a red boat")
    second = await entered(fake, app, channel, started, ben, "a blue boat")
    assert await voted(fake, started, eve, second, app) == community_texts.VOTED
    assert await voted(fake, started, sam, second, app) == community_texts.VOTED
    assert await voted(fake, started, sam, first, app) == community_texts.VOTED
    assert await voted(fake, started, ben, first, app) == community_texts.VOTED
    [message] = await ended(fake, channel, app)
    assert f"<@{ada.id}> wins with 2 votes" in message.content
    await app.reel_poster._round()
    assert len(await ended(fake, channel, app)) == 1


async def test_entries_are_shown_without_their_authors(fake, channel, ada, started, app):
    await entered(fake, app, channel, started, ada, "a red boat")
    shown = await press(fake, fake.member("eve"), started, "Vote")
    assert shown.ephemeral
    assert shown.content == "Entry 1 of 1"
    assert [file.filename for file in shown.attachments] == ["entry-1.mp4"]


async def test_nobody_votes_for_themselves(fake, channel, ada, started, app):
    job = await entered(fake, app, channel, started, ada, "a red boat")
    assert await voted(fake, started, ada, job, app) == community_texts.OWN_ENTRY


async def test_a_second_entry_replaces_the_first_and_its_votes_go(fake, channel, ada, started, app):
    eve = fake.member("eve")
    first = await entered(fake, app, channel, started, ada, "a red boat")
    await voted(fake, started, eve, first, app)
    CLOCK.now = CLOCK() + 1
    await entered(fake, app, channel, started, ada, "another boat")
    contest = present(await app.queue.contests.running(channel.guild.id))
    [entry] = await app.queue.contests.entries(contest)
    assert (entry.job.id != first.id, entry.votes) == (True, 0)


async def test_a_ties_winners_are_all_named(fake, channel, ada, started, app):
    ben = fake.member("ben")
    first = await entered(fake, app, channel, started, ada, "a red boat")
    second = await entered(fake, app, channel, started, ben, "a blue boat")
    await voted(fake, started, ada, second, app)
    await voted(fake, started, ben, first, app)
    [message] = await ended(fake, channel, app)
    assert "It is a tie" in message.content
    assert str(ada.id) in message.content
    assert str(ben.id) in message.content


async def test_who_hides_their_clips_is_told_that_this_is_why_they_cannot_enter(
    fake, channel, ada, started, app
):
    await entered(fake, app, channel, started, ada, "a red boat")
    menu = await press(fake, ada, started, "Enter")
    await app.queue.gallery.choose(ada.user.id, Choice.HIDDEN)
    assert (await press(fake, ada, started, "Enter")).content == community_texts.HIDDEN_ENTRY
    assert (await press(fake, ada, menu, labels(menu)[0])).content == community_texts.HIDDEN_ENTRY
    assert (await press(fake, fake.member("eve"), started, "Vote")).content == community_texts.NO_ENTRIES
    assert "contest" in gallery_texts.CHOSEN[Choice.HIDDEN]


async def test_a_deleted_clip_is_no_entry_any_more(fake, channel, ada, started, app):
    job = await entered(fake, app, channel, started, ada, "a red boat")
    await app.database.write(
        lambda connection: connection.execute("UPDATE job SET deleted_at = 1 WHERE id = ?", (job.id,))
    )
    assert (await press(fake, fake.member("eve"), started, "Vote")).content == community_texts.NO_ENTRIES
    [message] = await ended(fake, channel, app)
    assert "Nobody entered a clip" in message.content


async def test_a_clip_of_a_channel_that_was_closed_since_is_neither_shown_nor_voted_for_nor_entered(
    fake, channel, ada, mod, started, app
):
    ben, eve, guild = fake.member("ben"), fake.member("eve"), channel.guild
    other = fake.channel(name="soon closed")
    await fake.wait_for(lambda: app.messenger.everybody_sees(guild.id, other.id))
    open_to_all = await entered(fake, app, channel, started, ada, "a red boat")
    secret = await clip_of(app, other, ben, "a secret boat")
    menu = await press(fake, ben, started, "Enter")
    assert (await press(fake, ben, menu, labels(menu)[0])).content == community_texts.ENTERED
    before = {one: await ballot_of(fake, one, started, secret) for one in (eve, mod)}

    fake.world.hide(other, guild.roles[guild.id])
    await fake.wait_for(lambda: app.messenger.everybody_sees(guild.id, other.id) is False)
    for shown in (await press(fake, eve, before[eve], "Next"), await press(fake, eve, started, "Vote")):
        assert shown.content == "Entry 1 of 1"
        assert open_to_all.id in str(shown.components)
    assert (await press(fake, eve, before[eve], "Vote for this one")).content == messages.NOT_FOUND
    assert (await press(fake, mod, before[mod], "Vote for this one")).content == community_texts.UNFIT_ENTRY
    assert (await press(fake, ben, menu, labels(menu)[0])).content == community_texts.UNFIT_ENTRY


async def test_who_is_shut_out_of_a_channel_votes_among_the_entries_of_the_others(
    fake, channel, ada, started, app
):
    ben, eve = fake.member("ben"), fake.member("eve")
    other = fake.channel(name="not for eve")
    await fake.wait_for(lambda: app.messenger.everybody_sees(channel.guild.id, other.id))
    await entered(fake, app, channel, started, ada, "a red boat")
    await entered(fake, app, other, started, ben, "a blue boat")
    fake.world.hide(other, eve)
    shown = await press(fake, eve, started, "Vote")
    assert shown.content == "Entry 1 of 1"
    assert (await press(fake, eve, shown, "Vote for this one")).content == community_texts.VOTED


async def test_nobody_enters_anothers_clip_by_a_forged_button(fake, channel, ada, started, app):
    job = await clip_of(app, channel, ada)
    menu = await press(fake, ada, started, "Enter")
    said = await (await fake.click(fake.member("eve"), menu, f"fk:enter:{job.id}")).shown()
    assert said.content == messages.ITS_MEMBERS_ALONE


async def test_there_is_one_contest_and_a_moderator_ends_it_early(fake, channel, mod, started, app):
    again = await (await fake.slash(mod, channel, "queue showcase contest", theme="cats", until=1)).shown()
    assert again.content == community_texts.ONE_CONTEST
    said = await (await fake.slash(mod, channel, "queue showcase contest-end")).shown()
    assert said.content == community_texts.ENDS_NOW
    await app.reel_poster._round()
    assert await app.queue.contests.running(channel.guild.id) is None
    actions = [entry.action for entry in await app.audit.entries(channel.guild.id)]
    assert actions == ["contest end", "contest start"]


async def test_a_theme_that_nobody_can_read_starts_no_contest(fake, channel, mod, bot, app):
    said = await (await fake.slash(mod, channel, "queue showcase contest", theme="\u3164", until=1)).shown()
    assert said.content == community_texts.NO_THEME
    assert await app.queue.contests.running(channel.guild.id) is None


async def test_the_menu_shows_words_as_they_were_written(fake, channel, ada, started, app):
    words = "my_cat *jumps* [slowly] #1 w/ friends"
    await clip_of(app, channel, ada, words)
    [label] = labels(await press(fake, ada, started, "Enter"))
    assert label.startswith(f"1. {words} · ")


async def test_after_the_end_nobody_enters_or_votes(fake, channel, ada, started, app):
    await entered(fake, app, channel, started, ada, "a red boat")
    eve = fake.member("eve")
    shown = await press(fake, eve, started, "Vote")
    await ended(fake, channel, app)
    assert (await press(fake, eve, shown, "Vote for this one")).content == community_texts.NO_CONTEST
    assert (await press(fake, ada, started, "Enter")).content == community_texts.NO_CONTEST


async def test_an_erase_takes_a_members_votes_and_entries_away(channel, ada, app, bot):
    entry = audit_entry("contest start", guild=channel.guild.id)
    await app.queue.contests.start(channel.id, "boats", CLOCK() + 100, entry)
    job = await clip_of(app, channel, ada)
    other = await clip_of(app, channel, type("Member", (), {"id": 77}))
    for user, clip in ((ada.id, job), (77, other)):
        await app.queue.contests.enter(channel.guild.id, user, clip.id, most=9)
    await app.queue.contests.vote(channel.guild.id, ada.id, other.id)
    await app.erasing._personal.erase(ada.id)
    contest = present(await app.queue.contests.running(channel.guild.id))
    assert [(one.job.id, one.votes) for one in await app.queue.contests.entries(contest)] == [(other.id, 0)]


@pytest.mark.parametrize(
    ("votes", "says"), [([], "Nobody entered"), ([0, 0], "no winner"), ([1, 0], "1 vote.")]
)
async def test_how_it_ended_is_told_plainly(app, channel, ada, bot, votes, says):
    contest = Contest(id=1, guild_id=1, channel_id=1, theme="**boats** @everyone", until=0.0, at=0.0)
    placed = [Placed(job=await clip_of(app, channel, ada), votes=count) for count in votes]
    text = told(contest, placed)
    assert says in text
    assert "@everyone" not in text


async def posted(fake, channel):
    return [one for one in channel.messages.values() if "Contest:" in one.content]


@pytest.mark.parametrize("sent", [False, True], ids=["before it was sent", "after"])
async def test_a_contest_that_was_cut_off_before_its_announcement_is_announced_once(
    app, fake, channel, bot, sent
):
    """As after a kill between the row and the message, and between the message and the note of it."""
    entry = audit_entry("contest start", guild=channel.guild.id)
    contest = await app.queue.contests.start(channel.id, "boats", CLOCK() + DAY, entry)
    if sent:
        assert await app.queue.contests.begin_announcing(contest) == 1
        said = Post(content=community_texts.contest("boats", contest.until), nonce="earlier")
        await app.messenger.send(channel.id, said)
    for _ in range(2):
        again = ContestAnnouncements(contests=app.queue.contests, messenger=app.messenger)
        await again._round()
    [announced] = await posted(fake, channel)
    if not sent:
        assert labels(announced) == ["Enter", "Vote"]
    assert await app.queue.contests.unannounced() == []


async def test_a_contest_in_a_channel_that_is_closed_to_the_bot_owes_no_announcement(
    app, fake, channel, bot, monkeypatch
):
    entry = audit_entry("contest start", guild=channel.guild.id)
    await app.queue.contests.start(channel.id, "boats", CLOCK() + DAY, entry)

    for trouble, owed in ((Trouble.LATER, 1), (Trouble.NO_ACCESS, 0)):

        async def refuse(*_, trouble=trouble):
            raise ChannelError(trouble, "no")

        monkeypatch.setattr(app.messenger, "send", refuse)
        await app.contest_announcements._round()
        assert len(await app.queue.contests.unannounced()) == owed


async def test_clips_without_words_can_be_told_apart_in_the_menu(fake, channel, ada, started, app):
    """By what was seen in their pictures and by their age; and each by a link to its message."""
    now, minute = discord.utils.utcnow().timestamp(), 60
    animal = Sight(things=(Thing(**LARGE, kind=ThingKind.ANIMAL),))
    posted = []
    for number, sight in enumerate([animal, animal, Sight(letters=(Spot(**LARGE),)), None]):
        digest = f"{number:064x}"
        job = await rendered(
            app.queue, app.blobs, b"clip %d" % number, user=ada.id, guild=channel.guild.id,
            channel_id=channel.id, recipe={"prompt": ""}, inputs={Role.PICTURE: digest},
            seen=None if sight is None else json.dumps({digest: json.loads(sight.to_json())}),
        )  # fmt: skip
        at = datetime.fromtimestamp(now - (4 * number + 3) * minute, UTC)
        assert await app.queue.delivery.begin_posting(job.id)
        await app.queue.delivery.record_posted(job.id, discord.utils.time_snowflake(at))
        posted.append(present(await app.queue.jobs.get(job.id)))
    menu = await press(fake, ada, started, "Enter")
    assert labels(menu) == [
        "1. from a picture · 15 minutes ago",
        "2. picture with text · 11 minutes ago",
        "3. picture of an animal · 7 minutes ago",
        "4. picture of an animal · 3 minutes ago",
    ]
    links = [
        f"https://discord.com/channels/{channel.guild.id}/{channel.id}/{job.message_id}" for job in posted
    ]
    assert menu.content.splitlines()[1:] == [f"{place}. {link}" for place, link in enumerate(links[::-1], 1)]
    await press(fake, ada, menu, labels(menu)[2])
    shown = await press(fake, fake.member("eve"), started, "Vote")
    assert shown.attachments[0].payload()["description"] == str(clip_texts.ALT_OF[Shows.ANIMAL])


@pytest.mark.parametrize("language", LANGUAGES)
def test_labels_in_the_menu_differ_and_fit_in_every_language(language):
    spot = Spot(**LARGE)
    seen = [Sight(things=(Thing(**LARGE, kind=kind),)) for kind in ThingKind]
    seen += [
        Sight(letters=(spot,) * 9),
        Sight(letters=(spot,)),
        Sight(faces=(spot,)),
        Sight(faces=(spot,) * 2),
    ]
    assert {sight.shows for sight in seen} == {*Shows, None}
    sights = [None, *seen]
    with speaking(language):
        told = [
            community_texts.entry_choice(5, prompt, sight, age).removeprefix("5. ")
            for age in (1.0, 90.0, 40 * DAY)
            for prompt, sight in (*(("", sight) for sight in sights), ("w" * 300, None))
        ]
    assert len(set(told)) == len(told)
    assert all(len(label) + 3 <= community_texts.LONGEST_LABEL for label in told)
    assert all(label.endswith("…") or " · " in label for label in told)
