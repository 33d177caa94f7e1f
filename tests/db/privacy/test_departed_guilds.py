"""A guild that the bot has left is forgotten after its days; one that is away for a moment is not."""

from __future__ import annotations

from db.audit.log import Audit
from db.privacy.departed_guilds import DAY, Guilds
from db.states import EVERYWHERE, OUTSIDE
from tests.clock import CLOCK
from tests.db.asking import ANN, BEN, audit_entry, enqueued, written

HERE, GONE, NOW = 100, 200, 1_000_000.0


async def test_a_guild_is_forgotten_when_its_days_are_over(db, queue):
    guilds, book = Guilds(db, clock=CLOCK), Audit(db)
    kept = await enqueued(queue, guild=HERE)
    await enqueued(queue, BEN, guild=GONE)
    await queue.moderation.ban(GONE, 9, ANN, "spam")
    await queue.moderation.pause(audit_entry("pause", guild=GONE))
    await written(db, HERE, ANN, "pause", "", "holidays")
    CLOCK.now = NOW
    await guilds.record_left(GONE)
    CLOCK.now = NOW + DAY
    await guilds.record_left(GONE)
    CLOCK.now = NOW + 30 * DAY
    assert await guilds.to_forget(days=30) == []
    CLOCK.now = NOW + 30 * DAY + 1
    assert await guilds.to_forget(days=30) == [GONE]
    assert await guilds.forget(GONE) == 1
    CLOCK.now = NOW * 2
    assert await guilds.to_forget(days=0) == []
    assert await queue.jobs.get(kept.id) == kept
    assert await queue.moderation.banned(GONE, 9) is None
    assert (await book.verify()).sound
    [entry] = await book.entries(GONE)
    assert (entry.actor_id < 0, entry.reason) == (True, "")
    assert (await book.entries(HERE))[0].reason == "holidays"


async def test_every_table_with_something_of_a_guild_is_emptied(db, queue):
    """Whoever adds one need not think of this."""
    await db.write(lambda connection: connection.execute("CREATE TABLE later (guild_id INTEGER, what TEXT)"))
    await db.write(
        lambda connection: connection.execute("INSERT INTO later VALUES (?, 'x'), (?, 'y')", (GONE, HERE))
    )
    await enqueued(queue, guild=GONE)
    parent = await queue.claims.claim()
    assert await queue.sheets.save(parent.id, parent.claim, {1: "f" * 64})
    await enqueued(queue, guild=GONE, parent=parent.id)
    assert await Guilds(db, clock=CLOCK).forget(GONE) == 2
    assert [tuple(row) for row in await db.read("SELECT * FROM later")] == [(HERE, "y")]
    assert await db.read("SELECT * FROM sheet") == []


async def test_a_guild_is_forgotten_whose_clip_was_made_again_elsewhere(db, queue):
    origin = await enqueued(queue, guild=GONE)
    again = await enqueued(queue, BEN, guild=HERE, parent=origin.id)
    assert await Guilds(db, clock=CLOCK).forget(GONE) == 1
    assert await queue.jobs.get(origin.id) is None
    left = await queue.jobs.get(again.id)
    assert (left.id, left.parent, left.state) == (again.id, None, again.state)


async def test_guilds_that_left_or_came_back_while_the_bot_was_away_are_noticed(db, queue):
    guilds = Guilds(db, clock=CLOCK)
    await enqueued(queue, guild=HERE)
    await enqueued(queue, BEN, guild=GONE)
    CLOCK.now = NOW
    await guilds.record_present({HERE})
    CLOCK.now = NOW + 5 * DAY
    await guilds.record_present({HERE})
    CLOCK.now = NOW + 2 * DAY
    assert await guilds.to_forget(days=1) == [GONE]
    CLOCK.now = NOW
    await guilds.record_present({HERE, GONE})
    CLOCK.now = NOW * 2
    assert await guilds.to_forget(days=0) == []
    CLOCK.now = NOW
    await guilds.record_left(GONE)
    await guilds.record_joined(GONE)
    CLOCK.now = NOW * 2
    assert await guilds.to_forget(days=0) == []


async def test_a_guild_without_jobs_that_left_while_the_bot_was_away_is_noticed(db, queue):
    """What moderators have set there is something of it, too; what holds everywhere is of no guild."""
    guilds = Guilds(db, clock=CLOCK)
    CLOCK.now = NOW
    await queue.moderation.ban(GONE, 9, ANN, "spam")
    await queue.moderation.pause(audit_entry("pause", guild=EVERYWHERE))
    for outside in OUTSIDE:
        await enqueued(queue, guild=outside)
    await guilds.record_present({HERE})
    CLOCK.now = NOW + 2 * DAY
    assert await guilds.to_forget(days=1) == [GONE]
    await guilds.forget(GONE)
    assert await queue.moderation.banned(GONE, 9) is None
    await guilds.record_present({HERE})
    CLOCK.now = NOW * 2
    assert await guilds.to_forget(days=0) == []
