"""The showcase: which clips, in one file, posted once."""

from __future__ import annotations

from datetime import UTC, datetime
from unittest import mock

import numpy as np
import pytest

from bot.discord_io.discord_errors import Trouble
from bot.discord_io.post import ChannelError
from bot.job_documents import recipe_of
from bot.loops.reels import MARGIN, SEAL_BYTES, ReelPoster, week_before
from bot.text import community_texts
from db.gallery import Choice
from db.jobs.stars import Starred
from engine.clips.encode import encode
from engine.core.cancel import CancelToken
from engine.provenance.seal import Signature, inspect_clip
from engine.provenance.statement import source_type
from tests.bot.fixtures import connected, rendered
from tests.clock import CLOCK
from tests.db.asking import audit_entry
from tests.fake_discord import EVERYONE, LostAnswer, Permission
from tests.present import present

MONDAY = datetime(2026, 11, 30, tzinfo=UTC).timestamp()
DAY = 86_400.0


@pytest.fixture(scope="module")
def mp4(tmp_path_factory):
    """A clip of twelve frames."""
    path = tmp_path_factory.mktemp("reel") / "one.mp4"
    frames = np.stack([np.full((48, 64, 3), 10 * index, np.uint8) for index in range(12)])
    encode(
        frames,
        fps=12.0,
        path=path,
        metadata={},
        max_bytes=10**6,
        progress=lambda _: None,
        cancel=CancelToken(),
    )
    return path.read_bytes()


@pytest.fixture
def poster(app, tmp_path):
    return ReelPoster(
        reels=app.queue.reels,
        contests=app.queue.contests,
        blobs=app.blobs,
        sealer=app.sealer,
        messenger=app.messenger,
        folder=tmp_path,
        most=3,
        clock=CLOCK,
    )


async def starred(app, channel, member, data, stars, **changes):
    """A posted clip with the stars of so many others."""
    job = await rendered(
        app.queue,
        app.blobs,
        data,
        user=member.id,
        guild=channel.guild.id,
        channel_id=channel.id,
        **changes,
    )
    assert await app.queue.delivery.begin_posting(job.id)
    await app.queue.delivery.record_posted(job.id, 4_000 + len(channel.messages))
    for user in range(stars):
        assert await app.queue.stars.star(job.id, 900 + user, interaction=user + 1, most=99) is Starred.ON
    return present(await app.queue.jobs.get(job.id))


def reels_in(channel):
    return [
        one for one in channel.messages.values() if any("reel" in file.filename for file in one.attachments)
    ]


async def on(app, channel):
    entry = audit_entry("showcase channel", guild=channel.guild.id)
    await app.queue.reels.choose_channel(channel.id, entry)


@pytest.fixture
def scene(bot):
    """The bot is connected, and it is a Friday."""
    CLOCK.now = MONDAY + 4 * DAY
    monday, name = week_before(CLOCK.now)
    assert (monday.weekday(), monday.hour) == (0, 0)
    assert name == "2026-W48"


async def next_week():
    CLOCK.now = MONDAY + 7 * DAY + 60


async def test_the_best_clips_of_the_week_are_one_reel_with_credits(
    app, channel, ada, poster, mp4, scene, tmp_path
):
    await on(app, channel)
    few = await starred(app, channel, ada, mp4, 1)
    many = await starred(app, channel, ada, mp4, 3)
    await starred(app, channel, ada, mp4, 0)
    await poster._round()
    assert reels_in(channel) == []
    await next_week()
    await poster._round()
    await poster._round()
    [message] = reels_in(channel)
    lines = message.content.splitlines()
    assert lines[0] == community_texts.WEEK
    assert [f"<@{ada.id}> · 3 ⭐" in lines[1], f"<@{ada.id}> · 1 ⭐" in lines[2]] == [True, True]
    assert len(lines) == 3
    assert few.id != many.id
    # As all that the bot posts, it says that machines made it, and is signed.
    sent = tmp_path / "sent.mp4"
    sent.write_bytes(message.attachments[0].data)
    told = inspect_clip(sent)
    assert told.signature is Signature.VALID
    assert told.source_type == source_type(recipe_of(few))
    for job in (few, many):
        assert present(job.clip_sha256).encode() in sent.read_bytes(), "each clip is named"


async def test_a_bot_that_starts_after_monday_has_begun_posts_the_reel_of_the_week(
    fake, app, channel, ada, poster, mp4
):
    """Until Discord and the server are there, nobody knows who sees a clip."""
    CLOCK.now = MONDAY + 4 * DAY
    await on(app, channel)
    await starred(app, channel, ada, mp4, 1)
    await next_week()
    await poster._round()
    async with connected(fake, app) as bot:
        guild = present(bot.get_guild(channel.guild.id))
        guild.unavailable = True
        await poster._round()
        assert reels_in(channel) == []
        guild.unavailable = False
        await poster._round()
        assert len(reels_in(channel)) == 1


async def test_one_star_of_ones_own_makes_nobody_the_best(app, channel, ada, poster, mp4, scene):
    await on(app, channel)
    job = await starred(app, channel, ada, mp4, 0)
    await app.queue.stars.star(job.id, ada.id, interaction=1, most=9)
    await next_week()
    await poster._round()
    assert reels_in(channel) == []


UNFIT = {
    "deleted": "UPDATE job SET deleted_at = 1 WHERE id = :job",
    "forgotten": "UPDATE job SET forgotten_at = 1 WHERE id = :job",
    "for adults": "UPDATE job SET adult = 1 WHERE id = :job",
    "a spoiler": "UPDATE job SET spoiler = 1 WHERE id = :job",
    "taken down": "UPDATE job SET taking_down = 1 WHERE id = :job",
    "reported": "INSERT INTO report (job, guild_id, user_id, reason, at) "
    "SELECT id, guild_id, 5, '', 0 FROM job WHERE id = :job",
    "of a channel that is gone": "UPDATE job SET channel_id = 12345 WHERE id = :job",
    "private": "UPDATE job SET private = 1 WHERE id = :job",
    "posted nowhere": "UPDATE job SET message_id = NULL WHERE id = :job",
    "a draft": "UPDATE job SET draft = 1 WHERE id = :job",
}


@pytest.mark.parametrize("why", UNFIT)
@pytest.mark.parametrize("when", ["before it is planned", "after that"])
async def test_what_may_not_be_shown_never_is(app, channel, ada, poster, mp4, scene, why, when):
    await on(app, channel)
    job = await starred(app, channel, ada, mp4, 2)
    await next_week()
    if when == "after that":
        await poster._plan_week()
        assert await app.queue.reels.due()
    await app.database.write(lambda connection: connection.execute(UNFIT[why], {"job": job.id}))
    await poster._round()
    assert reels_in(channel) == []
    assert await app.queue.reels.due() == []


async def test_a_member_who_wants_none_of_it_is_left_out(app, channel, ada, poster, mp4, scene):
    await on(app, channel)
    await starred(app, channel, ada, mp4, 2)
    await app.queue.gallery.choose(ada.id, Choice.HIDDEN)
    await next_week()
    await poster._round()
    assert reels_in(channel) == []


async def test_a_kill_after_the_message_was_sent_makes_no_second_one(
    app, channel, ada, poster, mp4, scene, monkeypatch
):
    await on(app, channel)
    await starred(app, channel, ada, mp4, 2)
    await next_week()

    async def killed(reel, message):
        raise RuntimeError("killed before the row was written")

    with monkeypatch.context() as patched:
        patched.setattr(app.queue.reels, "finish", killed)
        with pytest.raises(RuntimeError):
            await poster._round()
    assert len(reels_in(channel)) == 1
    await poster._round()
    assert len(reels_in(channel)) == 1
    assert await app.queue.reels.due() == []


async def test_discord_away_is_waited_for_and_a_channel_that_is_gone_is_not(
    app, channel, ada, poster, mp4, scene, monkeypatch
):
    await on(app, channel)
    await starred(app, channel, ada, mp4, 2)
    await next_week()
    for trouble, left in ((Trouble.LATER, 1), (Trouble.GONE, 0)):

        async def refused(*_, trouble=trouble):
            raise ChannelError(trouble, "no")

        monkeypatch.setattr(app.messenger, "send", refused)
        await poster._round()
        assert len(await app.queue.reels.due()) == left


async def test_a_reel_that_is_too_large_has_fewer_clips(app, channel, ada, poster, mp4, scene, monkeypatch):
    await on(app, channel)
    for _ in range(3):
        await starred(app, channel, ada, mp4, 2)
    await next_week()
    limit = round((3_500 + SEAL_BYTES) / MARGIN)
    monkeypatch.setattr(app.messenger, "known_upload_limit", lambda _: limit)
    await poster._round()
    [message] = reels_in(channel)
    assert 1 < len(message.content.splitlines()) < 4
    assert len(message.attachments[0].data) <= limit


async def test_in_a_forum_a_reel_is_a_post_with_a_title_and_its_tag_once(
    fake, app, channel, ada, mod, poster, mp4, scene, monkeypatch
):
    forum = fake.channel(name="showcase", tags=("News", "Reel"), wants_tag=True)
    said = await (await fake.slash(mod, channel, "queue showcase channel", channel=forum)).shown()
    assert said.content == community_texts.showcase_set(forum.id)
    await starred(app, channel, ada, mp4, 2)
    await next_week()
    fake.fail("POST", f"/channels/{forum.id}/threads$", LostAnswer())
    monkeypatch.setattr("bot.discord_io.messenger.CLOCK_SLACK", 9999 * DAY)  # the fake lives in the present
    for _ in range(2):  # the first answer is lost
        await poster._round()
    [post] = fake.posts(forum)
    assert post.name == "The best clips · 2026-W49"
    assert post.put == (2,)
    [message] = fake.messages(post)
    assert message.id == post.id
    assert [file.filename for file in message.attachments] == [
        f"framekiln-reel-{forum.guild.id}-2026-W49.mp4"
    ]
    assert f"<@{ada.id}> · 2 ⭐" in message.content
    assert await app.queue.reels.due() == []


async def test_a_channel_where_the_bot_may_not_post_is_refused_by_the_names_of_what_it_lacks(
    fake, app, channel, mod, scene
):
    shut = fake.channel(name="shut", bot_permissions=EVERYONE & ~Permission.ATTACH_FILES)
    wants_tag = fake.channel(name="forum", tags=(), wants_tag=True)
    told = {
        shut: community_texts.showcase_needs(shut.id, ["attach_files"]),
        wants_tag: str(community_texts.NO_TAG),
    }
    assert "*Attach Files*" in told[shut]
    for place, why in told.items():
        said = await (await fake.slash(mod, channel, "queue showcase channel", channel=place)).shown()
        assert said.content == why
    assert await app.queue.reels.channels() == {}


async def test_moderators_turn_it_on_and_off_and_can_have_a_reel_now(
    fake, channel, ada, mod, app, mp4, scene
):
    await starred(app, channel, ada, mp4, 2)
    CLOCK.now = CLOCK() + 60
    said = await (await fake.slash(mod, channel, "queue showcase channel", channel=channel)).shown()
    assert said.content == community_texts.showcase_set(channel.id)
    for answer in (community_texts.REEL_COMES, community_texts.REEL_ONCE):
        asked = await fake.slash(mod, channel, "queue showcase now")
        assert (await asked.shown()).content == answer
    await app.reel_poster._round()
    assert len(reels_in(channel)) == 1
    await (await fake.slash(mod, channel, "queue showcase off")).shown()
    assert await app.queue.reels.channels() == {}


async def test_a_look_writes_nothing_where_nothing_is_due(app):
    with mock.patch.object(app.database, "write", side_effect=AssertionError("a write was begun")):
        await app.reel_poster._round()


async def test_a_winner_who_was_erased_meanwhile_is_named_no_more(fake, channel, ada, bot, app, poster):
    eve = fake.member("eve")
    text = f"It is a tie: <@{ada.id}>, <@{eve.id}>"
    assert await app.queue.reels.plan(channel.guild.id, "contest 1", channel=channel.id, clips=[], text=text)
    await app.rights._personal.erase(ada.id)
    await poster._round()
    assert fake.messages(channel)[-1].content == f"It is a tie: an erased member, <@{eve.id}>"
