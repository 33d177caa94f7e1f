"""Who has used everything is named nowhere after an erase: in no column, no text and no byte of a copy."""

from __future__ import annotations

import struct
from dataclasses import replace

import pytest

from db.api.keys import Scope
from db.gallery import Choice
from db.jobs.allowances import Allowance, Whose
from db.jobs.interactions import AskedRow
from db.moderation.reviews import OnWords, ReviewRules
from db.privacy.backup_erasure import Copies
from db.privacy.erase import ACTORS, NAMED_IN, PASSING, SUBJECTS, Eraser
from db.privacy.personal import Personal
from db.privacy.pseudonyms import Pseudonyms
from db.purchases import Consent
from tests.clock import CLOCK
from tests.db.asking import GUILD, audit_entry, enqueued, rendered, running
from tests.db.plain_words import Words
from tests.policies import queue_on

ANN, BEN, MOD = 111_222_333_444_555_666, 211_222_333_444_555_666, 311_222_333_444_555_666
THERE = 200
"""Another server, of which Ann is a moderator."""

KNOWN = (str(ANN).encode(), struct.pack(">q", ANN))
"""How an id may stand in a file: as text, or as SQLite holds whole numbers."""


def by_ann(action):
    return audit_entry(action, guild=THERE, actor=ANN)


async def clip_of(queue, user, number, **changes):
    """A clip in its channel."""
    clip = await rendered(queue, user=user, clip=str(number) * 64, **changes)
    await queue.delivery.begin_posting(clip.id)
    await queue.delivery.record_posted(clip.id, 70 + number)
    return clip


async def members_use(queue):
    """What Ann does as a member, and what others do to her."""
    mine = await clip_of(queue, ANN, 1)
    theirs = await clip_of(queue, BEN, 2)
    failed = await running(queue, user=ANN, private=True, token="1:x")
    await queue.claims.fail(failed.id, failed.claim, code="E_X")
    await queue.stars.star(theirs.id, ANN, interaction=1, most=9)
    await queue.cases.report(theirs.id, ANN, "shows me", most=9)
    await queue.cases.report(mine.id, BEN, f"mocks <@{ANN}>", most=9)
    await queue.api_keys.add(GUILD, ANN, "mine", [Scope.READ], most=9)
    await queue.purchases.set_consent(ANN, Consent(sends=True))
    await queue.preferences.keep(GUILD, ANN, {"quality": "fast"}, interaction=1)
    await queue.member_languages.keep(ANN, "de", now="en", interaction=1)
    await queue.prompt_help.keep(5, GUILD, ANN, "{}", token="1:y")
    await queue.gallery.choose(ANN, Choice.NAMED)
    await queue.gallery.name(GUILD, ANN, "Ann")
    await queue.allowances.allow(Whose.MEMBER, ANN, Allowance(waiting=2), audit_entry("limit", str(ANN)))
    row = AskedRow(interaction=9, application=1, token="z", user_id=ANN, guild_id=GUILD, channel_id=7)
    await queue.asked.note(row, reserved=False)
    await queue.moderation.ban(THERE + 1, ANN, MOD, "spam")


async def moderators_use(queue):
    """What Ann does as a moderator."""
    await queue.moderation.ban(THERE, BEN, ANN, f"a friend of {ANN}")
    await queue.moderation.pause(by_ann("pause"))
    await queue.moderation.drain(replace(by_ann("drain"), reason=f"<@{ANN}> said so"))
    held = await enqueued(queue, MOD, guild=THERE + 1)
    await queue.delivery.hold(held.id, f"words: {ANN}")
    [case] = [one for one in await queue.cases.due() if one.job.id == held.id]
    await queue.cases.reject(held.id, case.round, audit_entry("reject", guild=THERE + 1, actor=ANN), f"{ANN}")
    await queue.effects.add("Wave", "{}", by_ann("effect add"), job=None, most=9)
    await queue.reels.choose_channel(7, by_ann("showcase"))
    await queue.reviews.set_review_rules(ReviewRules(words=OnWords.HOLD), by_ann("review"))


async def contests_use(queue):
    """Ann has won a contest, votes in the next one, and starts one elsewhere."""
    end = CLOCK() + 60
    mine = await clip_of(queue, ANN, 3)
    theirs = await clip_of(queue, BEN, 4)
    await queue.contests.start(7, f"<@{ANN}> and cats", end, audit_entry("contest"))
    await queue.contests.enter(GUILD, ANN, mine.id, most=9)
    await queue.contests.vote(GUILD, BEN, mine.id)
    CLOCK.now = end + 1
    await queue.contests.close_due(lambda _, placed: f"<@{placed[0].job.user_id}> wins", most=3)
    await queue.contests.start(7, "dogs", CLOCK() + 60, audit_entry("contest"))
    await queue.contests.enter(GUILD, BEN, theirs.id, most=9)
    await queue.contests.vote(GUILD, ANN, theirs.id)
    await queue.contests.start(7, "boats", CLOCK() + 60, by_ann("contest"))


async def where_named(db, user):
    """Every column of every table in which somebody is named."""
    found = set()
    for table in await db.read("SELECT name FROM sqlite_master WHERE type = 'table'"):
        for row in await db.read(f"SELECT * FROM {table['name']}"):  # noqa: S608 - a table of ours
            found |= {(table["name"], column) for column in row.keys() if str(user) in str(row[column])}  # noqa: SIM118
    return found


@pytest.fixture
def eraser(tmp_path):
    return Eraser(pseudonyms=Pseudonyms(tmp_path), redactor=Words())


@pytest.fixture
def queue(db, eraser):
    return queue_on(db, pseudonym_of=eraser.pseudonyms.of)


async def test_who_has_used_everything_is_named_nowhere_after_an_erase(tmp_path, db, queue, eraser):
    CLOCK.now = 2e9
    await members_use(queue)
    await moderators_use(queue)
    await contests_use(queue)
    personal = Personal(db, clock=CLOCK, eraser=eraser)
    before = await db.backup(tmp_path / "backups", keep=7)
    named = await where_named(db, ANN)
    await personal.ask_to_erase(ANN, messages=False)
    known = {*SUBJECTS.items(), *PASSING.items()}
    known |= {
        (table, column) for table, columns in (*ACTORS.items(), *NAMED_IN.items()) for column in columns
    }
    assert known - (named | await where_named(db, ANN)) == set(), "the test uses all that there is"
    await personal.erase(ANN)
    assert await where_named(db, ANN) == set()
    assert await db.fold()
    copies = Copies(db.path, tmp_path / "backups", eraser=eraser, clock=CLOCK)
    assert copies.renew(before) is None
    for path in (file for file in tmp_path.rglob("*") if file.is_file()):
        assert not any(id_ in path.read_bytes() for id_ in KNOWN), path.name
