"""What strangers may see: only what is public in every respect, and no id of anybody."""

from __future__ import annotations

import pytest

from db.gallery import Choice, Kept, Nameless, Wanted
from db.privacy.erase import Eraser
from db.privacy.personal import Personal
from db.privacy.pseudonyms import Pseudonyms
from tests.clock import CLOCK
from tests.db.asking import ANN, BEN, GUILD, audit_entry, enqueued, rendered
from tests.db.plain_words import Words

KEPT = Kept(clips_days=7, starred_days=90)
PUBLIC, OTHER = 7, 8
DAY = 86_400.0


@pytest.fixture
def pseudonyms(tmp_path):
    return Pseudonyms(tmp_path)


@pytest.fixture
def queue(db, pseudonyms):
    from tests.policies import queue_on

    return queue_on(db, pseudonym_of=pseudonyms.of)


@pytest.fixture
def personal(db, pseudonyms):
    return Personal(db, clock=CLOCK, eraser=Eraser(pseudonyms=pseudonyms, redactor=Words()))


@pytest.fixture
async def allowed(queue):
    """The server's moderators show its clips, and one channel of it is public."""
    assert await queue.gallery.show(audit_entry("gallery", "on"), on=True)
    await queue.gallery.note_channels([(PUBLIC, GUILD, True)])


async def posted(queue, user=ANN, **changes):
    job = await rendered(queue, user=user, **changes)
    await queue.delivery.begin_posting(job.id)
    await queue.delivery.record_posted(job.id, 50)
    return job


async def page(queue, **wanted):
    found = await queue.gallery.page(Wanted(**wanted), KEPT, limit=100, offset=0)
    return [shown.job.id for shown in found]


async def test_nothing_is_shown_until_a_moderator_wants_it(queue, db):
    job = await posted(queue)
    await queue.gallery.note_channels([(PUBLIC, GUILD, True)])
    assert await page(queue) == []
    assert await queue.gallery.show(audit_entry("gallery", "on"), on=True)
    assert not await queue.gallery.show(audit_entry("gallery", "on"), on=True)
    assert await page(queue) == [job.id]
    assert await queue.gallery.show(audit_entry("gallery", "off"), on=False)
    assert await page(queue) == []
    assert not await queue.gallery.any_shown()


async def test_a_channel_that_nobody_has_said_to_be_public_is_not(queue, allowed):
    await posted(queue, channel_id=OTHER)
    assert await page(queue) == []
    await queue.gallery.note_channels([(OTHER, GUILD, True)])
    assert len(await page(queue)) == 1
    await queue.gallery.note_channels([(OTHER, GUILD, False)])
    assert await page(queue) == []


async def deleted(queue, job, personal, db):
    await queue.retention.mark_deleted(job.id)


async def reported(queue, job, personal, db):
    await queue.cases.report(job.id, BEN, "odd", most=10)


async def taken_down(queue, job, personal, db):
    await reported(queue, job, personal, db)
    await queue.cases.take_down(job.id, 1, audit_entry("take down", job.id))


async def hidden(queue, job, personal, db):
    await queue.gallery.choose(ANN, Choice.HIDDEN)


async def opted_out(queue, job, personal, db):
    await personal.opt_out(ANN, wanted=True)


async def asked_to_be_erased(queue, job, personal, db):
    await personal.ask_to_erase(ANN, messages=False)


async def erased(queue, job, personal, db):
    await personal.erase(ANN)


async def left(queue, job, personal, db):
    await db.write(lambda connection: connection.execute("INSERT INTO departed VALUES (?, 1)", (GUILD,)))


async def too_old(queue, job, personal, db):
    CLOCK.now = CLOCK() + 8 * DAY


async def words_cleared(queue, job, personal, db):
    await db.write(lambda connection: connection.execute("UPDATE job SET forgotten_at = 1"))


async def never_posted(queue, job, personal, db):
    await db.write(lambda connection: connection.execute("UPDATE job SET message_id = NULL"))


def changed(column, value):
    sql = f"UPDATE job SET {column} = ?"  # noqa: S608 - a constant

    async def change(queue, job, personal, db):
        await db.write(lambda connection: connection.execute(sql, (value,)))

    change.__name__ = f"{column} is {value}"
    return change


STATES = ("queued", "running", "rendered", "posting", "held", "cancelled", "failed", "quarantined", "refused")


@pytest.mark.parametrize(
    "happens",
    [
        *(deleted, reported, taken_down, hidden, opted_out, asked_to_be_erased, erased, left, too_old),
        *(
            words_cleared,
            never_posted,
            changed("adult", 1),
            changed("spoiler", 1),
            changed("private", 1),
            changed("channel_id", 0),
        ),
        *(changed("state", state) for state in STATES),
        *(changed("taking_down", 1), changed("clip_sha256", None)),
    ],
    ids=lambda happens: happens.__name__,
)
async def test_what_is_not_public_is_not_shown_at_once(queue, allowed, personal, db, happens):
    job = await posted(queue)
    other = await posted(queue, BEN, recipe="of another member")
    assert await page(queue) == [other.id, job.id]
    assert await queue.gallery.one(job.id, KEPT) is not None
    await happens(queue, job, personal, db)
    assert job.id not in await page(queue)
    assert await queue.gallery.one(job.id, KEPT) is None


async def test_a_report_that_moderators_have_dismissed_hides_nothing_until_the_next_one(queue, allowed):
    job = await posted(queue)
    await queue.cases.report(job.id, BEN, "odd", most=10)
    assert await queue.cases.dismiss(job.id, 1, audit_entry("dismiss", job.id))
    assert await page(queue) == [job.id]


async def test_a_star_keeps_a_clip_in_the_gallery_as_long_as_its_file(queue, allowed):
    job = await posted(queue)
    await queue.stars.star(job.id, BEN, interaction=9, most=5)
    CLOCK.now = CLOCK() + 8 * DAY
    assert await page(queue) == [job.id]
    CLOCK.now = CLOCK() + 90 * DAY
    assert await page(queue) == []


async def test_a_member_is_named_only_if_they_want_to_be(queue, allowed):
    job = await posted(queue)
    await queue.gallery.name(GUILD, ANN, "Ann")
    shown = await queue.gallery.one(job.id, KEPT)
    assert (shown.member, shown.name) == (None, None)
    assert (await queue.gallery.facets(KEPT)).members == {}
    await queue.gallery.choose(ANN, Choice.NAMED)
    assert await queue.gallery.nameless(5) == [Nameless(guild=GUILD, user=ANN)]
    await queue.gallery.name(GUILD, ANN, "Ann")
    shown = await queue.gallery.one(job.id, KEPT)
    assert shown.name == "Ann"
    assert str(ANN) != shown.member
    assert await page(queue, member=shown.member) == [job.id]
    assert (await queue.gallery.facets(KEPT)).members == {shown.member: "Ann"}
    await queue.gallery.choose(ANN, Choice.UNNAMED)
    assert await page(queue, member=shown.member) == []
    assert await page(queue) == [job.id]


async def test_a_name_is_looked_up_again_after_a_day_and_one_who_has_left_has_none(queue, allowed):
    job = await posted(queue)
    await queue.gallery.choose(ANN, Choice.NAMED)
    await queue.gallery.name(GUILD, ANN, "Ann")
    assert await queue.gallery.nameless(5) == []
    CLOCK.now = CLOCK() + DAY + 1
    assert await queue.gallery.nameless(5) == [Nameless(guild=GUILD, user=ANN)]
    await queue.gallery.name(GUILD, ANN, None)
    assert await queue.gallery.nameless(5) == []
    assert (await queue.gallery.one(job.id, KEPT)).name is None


async def test_clips_can_be_filtered_and_come_newest_first(queue, allowed):
    first = await posted(queue, engine="sketch", kind="text2video")
    second = await posted(queue, BEN, engine="camera")
    assert await page(queue) == [second.id, first.id]
    assert await page(queue, engine="sketch") == [first.id]
    assert await page(queue, kind="animate") == [second.id]
    found = await queue.gallery.facets(KEPT)
    assert (found.engines, found.kinds) == (("camera", "sketch"), ("animate", "text2video"))
    [shown] = await queue.gallery.page(Wanted(), KEPT, limit=1, offset=1)
    assert shown.job.id == first.id


async def test_the_wish_to_be_hidden_outlives_an_erase(queue, allowed, personal):
    await queue.gallery.choose(ANN, Choice.HIDDEN)
    await personal.erase(ANN)
    assert await queue.gallery.choice(ANN) is Choice.UNNAMED
    await personal.recognise(ANN)
    assert await queue.gallery.choice(ANN) is Choice.HIDDEN


async def test_channels_with_clips_are_known(queue, allowed):
    await posted(queue)
    await posted(queue, channel_id=OTHER)
    await enqueued(queue, channel_id=9)
    assert await queue.gallery.channels() == {PUBLIC: (GUILD, True), OTHER: (GUILD, False)}
