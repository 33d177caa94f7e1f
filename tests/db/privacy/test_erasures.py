"""What an erase reaches beyond a member's own rows, what it fences off, and what outlives it."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from db.errors import AskedBeforeErase, LimitReached, MemberBanned, ParentGone
from db.fleet.workers import Trust
from db.jobs.choices import NewDraft
from db.jobs.delivery import Published
from db.jobs.erasures import Stage
from db.privacy.erase import Eraser
from db.privacy.personal import Personal
from db.privacy.pseudonyms import Pseudonyms
from db.sqlite.connection import Database
from db.states import State
from tests.clock import CLOCK
from tests.db.asking import CLIP, GUILD, audit_entry, enqueued, hand_in, new_job, rendered, running
from tests.db.plain_words import Words
from tests.policies import FAR, enqueue_limits, queue_on, stumble_limits
from tests.workers import invite_worker

ANN, BEN, CAT, MOD = 111_222_333_444_555_666, 211_222_333_444_555_666, 411_222_333_444_555_666, 9
SECRET = "a heron over the canal"
PICTURE = "d" * 64


@pytest.fixture
def pseudonyms(tmp_path):
    return Pseudonyms(tmp_path)


@pytest.fixture
def queue(db, pseudonyms):
    return queue_on(db, pseudonym_of=pseudonyms.of)


@pytest.fixture
def personal(db, pseudonyms):
    return Personal(db, clock=CLOCK, eraser=Eraser(pseudonyms=pseudonyms, redactor=Words()))


async def asked(queue, user=ANN, **changes):
    return await enqueued(queue, user, **{"recipe": SECRET, "inputs": {"picture": PICTURE}, **changes})


async def left_of(queue, job):
    left = await queue.jobs.get(job.id)
    return left.recipe, left.inputs, left.clip_sha256


async def test_the_wish_alone_ends_what_waits_and_fences_off_what_is_ready(queue, personal):
    ready = await rendered(queue, user=ANN, recipe=SECRET)
    waiting = await asked(queue)
    held = await asked(queue)
    await queue.delivery.hold(held.id, "a look")
    failed = await asked(queue)
    await queue.claims.fail(failed.id, None, code="E_POST")
    await personal.ask_to_erase(ANN, messages=False)
    for job in (ready, waiting, held):
        assert (await queue.jobs.get(job.id)).state is State.CANCELLED
    assert await queue.delivery.to_deliver() == []
    assert await queue.moderation.retry(failed.id, audit_entry("retry")) is None


async def test_a_clip_that_waits_for_another_try_to_be_posted_is_not_posted_after_the_wish(queue, personal):
    clip = await rendered(queue, user=ANN)
    await queue.delivery.begin_posting(clip.id)
    await personal.ask_to_erase(ANN, messages=False)
    assert [job.id for job in await personal.moving(ANN)] == [clip.id]
    await queue.delivery.postpone(clip.id, 0.0)
    assert await queue.delivery.begin_posting(clip.id) is None
    await personal.stop(ANN)
    assert (await queue.jobs.get(clip.id)).state is State.CANCELLED
    assert await personal.moving(ANN) == []


async def test_a_private_clip_is_not_posted_after_the_wish(queue, personal):
    clip = await running(queue, user=ANN, private=True)
    await hand_in(queue, clip)
    await queue.delivery.begin_posting(clip.id)
    await queue.delivery.record_posted(clip.id, None)
    await personal.ask_to_erase(ANN, messages=False)
    assert await queue.delivery.publish(clip.id) is Published.IMPOSSIBLE
    assert await queue.delivery.to_deliver() == []


async def test_a_bot_that_was_killed_while_posting_does_not_post_again_after_the_wish(queue, personal):
    clip = await rendered(queue, user=ANN)
    await queue.delivery.begin_posting(clip.id)
    await personal.ask_to_erase(ANN, messages=False)
    await queue.claims.recover(limits=stumble_limits())
    assert await queue.delivery.to_deliver() == []
    assert await queue.delivery.begin_posting(clip.id) is None


async def made_from_ann(queue):
    """A clip of Ann's, and one that Ben has made from it."""
    clip = await rendered(queue, user=ANN, recipe=SECRET)
    made = await running(queue, user=BEN, recipe=SECRET, inputs={"before": CLIP}, parent=clip.id)
    assert await hand_in(queue, made, clip="b" * 64)
    return clip, made


async def test_what_a_try_to_post_may_have_left_is_looked_for_after_an_erase(queue, personal):
    both = await made_from_ann(queue)
    for job in both:
        await queue.delivery.begin_posting(job.id)
    await personal.erase(ANN)
    assert [job.id for job in await queue.cases.taking_down()] == [job.id for job in both]


async def test_an_erase_waits_for_a_post_of_what_somebody_else_made_from_a_clip(queue, personal):
    _, made = await made_from_ann(queue)
    assert await personal.moving(ANN) == []
    await queue.delivery.begin_posting(made.id)
    assert [job.id for job in await personal.moving(ANN)] == [made.id]


async def test_who_is_erased_is_told_of_what_machines_of_others_drew(queue, personal):
    await queue.remote_guilds.set_trust(Trust.PUBLIC, audit_entry("remote"))
    for worker, trust in (("w0000001", Trust.OWN), ("w0000002", Trust.FRIEND), ("w0000003", Trust.PUBLIC)):
        await invite_worker(queue.workers, worker, key=worker, name=worker, trust=trust)
        await asked(queue, inputs={}, ability="[]")
        found = await queue.worker_claims.claim_for(worker, seat=worker, trust=trust, abilities=["[]"])
        assert found is not None
    assert await personal.drawn_elsewhere(ANN) == 2


async def test_why_something_was_held_goes_with_the_words_that_it_may_quote(queue, personal):
    both = await made_from_ann(queue)
    for job in both:
        await queue.delivery.hold(job.id, "words: heron")
    await personal.erase(ANN)
    assert [(await queue.jobs.get(job.id)).held_reason for job in both] == [None, None]


async def test_effects_that_were_made_of_a_clip_go_with_its_words(queue, personal):
    clip, made = await made_from_ann(queue)
    for name, job in (("Of hers", clip.id), ("Of his", made.id), ("Of a file", None)):
        await queue.effects.add(name, "{}", audit_entry("effect add"), job=job, most=9)
    await personal.erase(ANN)
    assert list(await queue.effects.of_guild(GUILD)) == ["Of a file"]


async def test_what_was_asked_for_before_an_erase_never_gets_in(queue, personal):
    await personal.ask_to_erase(ANN, messages=False, interaction=50)
    for number in (49, 51):  # while it is under way, nothing new either
        with pytest.raises(AskedBeforeErase):
            await queue.entry.enqueue(new_job(ANN, interaction=number), FAR)
    await personal.erase(ANN)
    with pytest.raises(AskedBeforeErase):
        await queue.entry.enqueue(new_job(ANN, interaction=49), FAR)
    assert (await queue.entry.enqueue(new_job(ANN, interaction=51), FAR)).created
    assert (await queue.entry.enqueue(new_job(BEN, interaction=49), FAR)).created
    clip = await rendered(queue, user=BEN)
    with pytest.raises(AskedBeforeErase):
        await queue.stars.star(clip.id, ANN, interaction=49, most=5)
    with pytest.raises(AskedBeforeErase):
        await queue.cases.report(clip.id, ANN, "mine", most=10, interaction=49)


async def test_what_is_made_from_an_erased_job_is_not_taken_however_late_it_comes(queue, personal):
    first = await asked(queue)
    await personal.erase(ANN)
    with pytest.raises(ParentGone):
        await queue.entry.enqueue(new_job(BEN, parent=first.id, recipe=SECRET), FAR)


async def test_limits_and_bans_hold_after_an_erase_before_anybody_is_recognised(queue, personal):
    for _ in range(3):
        await rendered(queue, user=ANN)
    await queue.moderation.ban(GUILD, BEN, MOD, "spam")
    for user in (ANN, BEN):
        await personal.erase(user)
    with pytest.raises(LimitReached, match="per_member_hour"):
        await queue.entry.check_limits(GUILD, ANN, (), enqueue_limits(per_member_hour=3))
    with pytest.raises(LimitReached, match="per_member_day"):
        await queue.entry.check_limits(GUILD, ANN, (), enqueue_limits(per_member_day=1.0))
    with pytest.raises(MemberBanned):
        await queue.entry.check_limits(GUILD, BEN, (), FAR)
    assert await queue.moderation.banned(GUILD, BEN) is not None
    assert await queue.moderation.unban(GUILD, BEN)
    assert await queue.moderation.banned(GUILD, BEN) is None


async def test_use_from_before_and_after_an_erase_adds_up(queue, personal, db):
    await rendered(queue, user=ANN)
    [(one,)] = await db.read("SELECT usage FROM member")
    await personal.erase(ANN)
    await rendered(queue, user=ANN)
    await personal.recognise(ANN)
    [(user, both)] = await db.read("SELECT user_id, usage FROM member")
    assert (user, both) == (ANN, pytest.approx(one + 1, abs=1e-3))


async def test_a_picture_goes_from_everything_along_a_chain(queue, personal):
    """Ann's clip is extended by Ben, that by Cat, and that is made again from its file."""
    first = await rendered(queue, user=ANN, recipe=SECRET, inputs={"picture": PICTURE}, clip="1" * 64)
    second = await rendered(
        queue, user=BEN, recipe="on", inputs={"before": "1" * 64}, clip="2" * 64, parent=first.id
    )
    third = await rendered(queue, user=CAT, recipe="on", inputs={"before": "2" * 64}, clip="3" * 64)
    again = await rendered(queue, user=MOD, recipe="off", inputs={"before": "3" * 64}, clip="4" * 64)
    other = await rendered(queue, user=CAT, recipe="mine", inputs={"picture": "e" * 64}, clip="5" * 64)
    gone = await personal.erase(ANN)
    assert gone.blobs == {PICTURE, *(digit * 64 for digit in "1234")}
    assert gone.kin == [second.id, third.id, again.id]
    for job, words in ((second, "on"), (third, "on"), (again, "off")):
        assert await left_of(queue, job) == (words, {}, None)
    assert await left_of(queue, other) == ("mine", {"picture": "e" * 64}, "5" * 64)


async def test_words_that_came_through_a_file_go_and_the_same_words_of_a_stranger_stay(queue, personal):
    await asked(queue, seed=7, inputs={})
    replayed = await asked(queue, BEN, seed=7, inputs={})
    own = await asked(queue, CAT, seed=8, inputs={})
    await personal.erase(ANN)
    assert (await left_of(queue, replayed))[0] == "{}"
    assert (await left_of(queue, own))[0] == SECRET


async def test_who_made_a_clip_again_takes_nothing_from_its_author(queue, personal):
    authored = await asked(queue, BEN, seed=7)
    await asked(queue, ANN, seed=7)
    await personal.erase(ANN)
    assert await queue.jobs.get(authored.id) == authored


async def test_a_waiting_job_that_loses_its_words_is_not_drawn_without_them(queue, personal):
    first = await asked(queue, inputs={})
    await queue.claims.cancel(first.id)
    reroll = await asked(queue, BEN, inputs={}, parent=first.id)
    await personal.erase(ANN)
    assert (await queue.jobs.get(reroll.id)).state is State.CANCELLED
    assert await queue.moderation.retry(reroll.id, audit_entry("retry")) is None
    assert await queue.claims.claim() is None


async def test_who_loses_a_clip_by_the_erase_of_another_is_not_charged_for_it(queue, personal, db):
    first = await rendered(queue, user=ANN, recipe=SECRET, inputs={"picture": PICTURE})
    lost = await rendered(
        queue, user=BEN, recipe=SECRET, inputs={"picture": PICTURE}, parent=first.id, clip="2" * 64
    )
    assert lost.charged_seconds > 0
    await personal.erase(ANN)
    ended = await queue.jobs.get(lost.id)
    assert (ended.state, ended.charged_seconds, ended.clip_sha256) == (State.CANCELLED, 0.0, None)
    assert await db.read("SELECT 1 FROM member WHERE user_id = ?", (BEN,)) == []
    assert await queue.owed.due() == [], "its status message says so"


async def test_who_loses_a_private_clip_by_the_erase_of_another_is_told(queue, personal, db):
    first = await asked(queue)
    lost = await asked(queue, BEN, parent=first.id, private=True, token="1:x")
    own = await asked(queue, private=True, token="1:y")
    await personal.erase(ANN)
    assert [job.id for job, _ in await queue.owed.due()] == [lost.id]
    assert (await queue.jobs.get(own.id)).state is State.CANCELLED
    assert await db.read("SELECT 1 FROM owed WHERE job = ?", (own.id,)) == []


async def test_drafts_end_with_the_choice_that_an_erase_ends(queue, personal):
    first = await asked(queue)
    choice = await asked(queue, BEN, parent=first.id, takes=2)
    drafts = [NewDraft(recipe="his own", profile="p", seed=number) for number in (1, 2)]
    assert await queue.choices.begin(choice.id, drafts)
    await personal.erase(ANN)
    ended = await queue.jobs.get(choice.id)
    assert (ended.state, ended.choosing) == (State.CANCELLED, False)
    assert {draft.state for draft in await queue.jobs.drafts_of(choice.id)} == {State.CANCELLED}
    assert await queue.claims.claim() is None


async def test_what_was_made_of_words_that_were_cleared_away_first_goes_too(queue, personal):
    first = await asked(queue)
    await queue.claims.cancel(first.id)
    reroll = await rendered(queue, user=BEN, recipe=SECRET, inputs={"picture": PICTURE}, parent=first.id)
    CLOCK.now = 9e9
    await personal.forget_words(days=30)
    await personal.erase(ANN)
    assert await left_of(queue, reroll) == ("{}", {}, None)


async def test_the_log_is_emptied_as_soon_as_nobody_reads_and_never_waited_for(tmp_path, queue, personal, db):
    await asked(queue)
    with closing(sqlite3.connect(tmp_path / "bot.db")) as other:
        other.execute("BEGIN")
        assert other.execute("SELECT count(*) FROM job").fetchone() == (1,)
        await personal.erase(ANN)
        assert not await db.fold()
        assert SECRET.encode() in (tmp_path / "bot.db-wal").read_bytes()
        other.execute("COMMIT")
    assert await db.fold()
    assert (tmp_path / "bot.db-wal").stat().st_size == 0


async def test_an_erase_of_an_older_version_is_done_under_its_pseudonym(tmp_path, db, personal, pseudonyms):
    await db.write(
        lambda connection: connection.execute(
            "INSERT INTO erasure (pseudonym, user_id, at, interaction, messages, state) "
            "VALUES (:user, :user, 1.0, 0, 1, 'asked')",
            {"user": ANN},
        )
    )
    await personal.name_erasures()
    [found] = await personal.erasures()
    assert (found.pseudonym, found.user, found.stage) == (pseudonyms.of(ANN), ANN, Stage.ASKED)


async def test_an_erase_asked_for_again_meanwhile_begins_anew(personal):
    await personal.ask_to_erase(ANN, messages=False)
    [first] = await personal.erasures()
    CLOCK.now = first.at + 1
    await personal.ask_to_erase(ANN, messages=True)
    assert not await personal.reached(first, Stage.DONE)
    [found] = await personal.erasures()
    assert (found.stage, found.messages) == (Stage.ASKED, True)


async def test_an_erase_is_done_whole_though_the_clock_was_set_back_since(queue, personal):
    CLOCK.now = 9e9
    job = await asked(queue)
    await personal.ask_to_erase(ANN, messages=False)
    CLOCK.now -= 3600
    assert (await personal.erase(ANN)).jobs == [job.id]
    [found] = await personal.erasures()
    assert (found.user, found.stage) == (None, Stage.EMPTIED)


async def test_a_kill_at_any_write_of_an_erase_leaves_a_stage_to_go_on_from(tmp_path, pseudonyms):
    eraser = Eraser(pseudonyms=pseudonyms, redactor=Words())
    async with await Database.open(tmp_path / "bot.db") as db:
        await asked(queue_on(db))
        await Personal(db, eraser=eraser).ask_to_erase(ANN, messages=False)
    async with await Database.open(tmp_path / "bot.db") as db:
        personal = Personal(db, eraser=eraser)
        [found] = await personal.erasures()
        assert found.user == ANN
        await personal.erase(ANN)
    async with await Database.open(tmp_path / "bot.db") as db:
        [found] = await Personal(db, eraser=eraser).erasures()
        assert (found.stage, found.user, found.jobs) == (Stage.EMPTIED, None, 1)


async def test_a_report_that_a_takedown_quotes_goes_with_the_member_who_wrote_it(queue, personal, db):
    clip = await rendered(queue, user=BEN)
    await queue.delivery.begin_posting(clip.id)
    await queue.delivery.record_posted(clip.id, 77)
    await queue.cases.report(clip.id, ANN, "shows me", most=10, interaction=1)
    entry = audit_entry("take down", target=clip.id)
    assert await queue.cases.take_down(clip.id, 1, entry) is not None
    await personal.erase(ANN)
    assert await queue.moderation.banned(GUILD, BEN) == ""
    assert [row["reason"] for row in await db.read("SELECT reason FROM audit_reason")] == []


async def test_a_report_that_led_to_nothing_takes_no_reason_of_a_ban_along(queue, personal):
    clip = await rendered(queue, user=BEN)
    await queue.cases.report(clip.id, ANN, "shows me", most=10, interaction=1)
    await queue.moderation.ban(GUILD, BEN, by=MOD, reason="spam")
    await personal.erase(ANN)
    assert await queue.moderation.banned(GUILD, BEN) == "spam"
