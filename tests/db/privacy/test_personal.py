"""Who is erased is gone: from rows, pages, the log's names, new backups, and old ones that are put back."""

from __future__ import annotations

import re

import pytest

from db.audit.aliases import alias_of
from db.audit.log import Audit
from db.errors import MemberBanned
from db.jobs.allowances import Allowance, Whose
from db.jobs.erasures import Stage
from db.privacy.erase import ACTORS, APPLIED, PASSING, SUBJECTS, Eraser
from db.privacy.personal import Personal
from db.privacy.pseudonyms import FOLDER, LIST, Pseudonyms
from db.sqlite.connection import Database
from db.states import State
from tests.clock import CLOCK
from tests.db.asking import CLIP, GUILD, audit_entry, enqueued, hand_in, running, written
from tests.db.plain_words import Words
from tests.policies import FAR, queue_on

ANN, BEN, MOD = 111_222_333_444_555_666, 211_222_333_444_555_666, 311_222_333_444_555_666
SECRET = "a heron over the canal"
PICTURE, SHEET = "d" * 64, "f" * 64
SEEN = "two faces"
LATER = 9e9
BY_NAME = re.compile(r"user|whom|actor|member|author|owner|asker|moderator|_by$|^by_")


@pytest.fixture
def pseudonyms(tmp_path):
    return Pseudonyms(tmp_path)


@pytest.fixture
def personal(db, pseudonyms):
    return Personal(db, clock=CLOCK, eraser=Eraser(pseudonyms=pseudonyms, redactor=Words()))


async def asked(queue, user=ANN, **changes):
    return await enqueued(
        queue, user, **{"recipe": SECRET, "inputs": {"picture": PICTURE}, "seen": SEEN, **changes}
    )


async def test_every_column_that_may_hold_a_member_is_known_to_the_erase(db):
    """A new table has to be named in db/privacy/erase.py, or an erase would pass it over."""
    named = {(table, column) for table, column in (*SUBJECTS.items(), *PASSING.items())}
    named |= {(table, column) for table, columns in ACTORS.items() for column in columns}
    named.add(("audit", "actor_id"))  # an alias, see db/audit/aliases.py
    rows = await db.read(
        "SELECT main.name AS part, held.name AS held FROM sqlite_master AS main "
        "JOIN pragma_table_info(main.name) AS held WHERE main.type = 'table'"
    )
    assert {(row["part"], row["held"]) for row in rows if BY_NAME.search(row["held"])} == named


async def test_an_erase_empties_jobs_and_keeps_what_counts(db, queue, personal, pseudonyms):
    job = await running(queue, user=ANN, recipe=SECRET, inputs={"picture": PICTURE}, seen=SEEN)
    assert await queue.sheets.save(job.id, job.claim, {1: SHEET})
    assert await hand_in(queue, job, seconds=10.0)
    await queue.delivery.begin_posting(job.id)
    await queue.delivery.record_posted(job.id, 77)
    CLOCK.now = LATER
    gone = await personal.erase(ANN)
    assert (gone.jobs, gone.blobs) == ([job.id], {PICTURE, CLIP, SHEET})
    left = await queue.jobs.get(job.id)
    assert (left.recipe, left.inputs, left.clip_sha256, left.message_id) == ("{}", {}, None, None)
    assert (left.state, left.charged_seconds, left.profile) == (State.DELIVERED, 10.0, "camera-fast")
    assert left.user_id == pseudonyms.of(ANN) < 0
    assert (left.forgotten_at, left.deleted_at, left.status_final) == (LATER, LATER, True)
    assert (job.seen, left.seen) == (SEEN, None)
    assert await personal.known(ANN) == {}


@pytest.mark.parametrize("how_far", ["queued", "held", "running", "rendered"])
async def test_what_is_open_ends_and_late_answers_are_fenced_off(queue, personal, how_far):
    job = await asked(queue)
    if how_far == "held":
        await queue.delivery.hold(job.id, "a review")
    elif how_far != "queued":
        job = await queue.claims.claim()
    if how_far == "rendered":
        await hand_in(queue, job)
    await personal.erase(ANN)
    assert (await queue.jobs.get(job.id)).state is State.CANCELLED
    assert not await hand_in(queue, job)
    assert await queue.delivery.begin_posting(job.id) is None
    assert await queue.claims.claim() is None


async def test_what_others_made_from_it_loses_files_and_words_and_nothing_else(queue, personal):
    first = await running(queue, user=ANN, recipe=SECRET, inputs={"picture": PICTURE})
    await hand_in(queue, first)
    reroll = await asked(queue, BEN, parent=first.id)
    words = await asked(queue, BEN, recipe="his own words", inputs={}, parent=reroll.id)
    goes_on = await asked(queue, BEN, recipe="on and on", inputs={"before": CLIP}, parent=first.id)
    stranger = await asked(queue, BEN, recipe="another", inputs={"picture": "e" * 64})
    gone = await personal.erase(ANN)
    assert gone.blobs == {PICTURE, CLIP}
    assert (await queue.jobs.get(goes_on.id)).inputs == {}
    left = await queue.jobs.get(reroll.id)
    assert (left.recipe, left.inputs, left.state, left.user_id) == ("{}", {}, State.CANCELLED, BEN)
    assert left.forgotten_at is not None
    assert left.seen is None
    for job in (words, stranger):
        assert await queue.jobs.get(job.id) == job


async def test_a_file_that_somebody_else_gave_as_well_stays(queue, personal):
    await asked(queue)
    own = await asked(queue, BEN)
    assert (await personal.erase(ANN)).blobs == set()
    assert await queue.jobs.get(own.id) == own


async def test_a_ban_outlives_an_erase_and_finds_its_member_again(queue, personal, db):
    await queue.moderation.ban(GUILD, ANN, MOD, "spam, says Ben")
    await personal.erase(ANN)
    await queue.entry.check_limits(GUILD, ANN, (), FAR)  # nobody knows them now
    await personal.recognise(BEN)
    assert await db.read("SELECT 1 FROM ban WHERE user_id > 0") == []
    await personal.recognise(ANN)
    with pytest.raises(MemberBanned):
        await queue.entry.check_limits(GUILD, ANN, (), FAR)
    assert await queue.moderation.banned(GUILD, ANN) == ""


async def test_a_limit_that_moderators_gave_a_member_outlives_an_erase(db, personal):
    rows = ((GUILD, "member", ANN, 1), (GUILD, "member", BEN, 2), (GUILD, "guild", GUILD, 3))
    await db.write(
        lambda connection: connection.executemany(
            "INSERT INTO allowance (guild_id, kind, whom, waiting) VALUES (?, ?, ?, ?)", rows
        )
    )
    await personal.erase(ANN)
    assert ANN not in {row["whom"] for row in await db.read("SELECT whom FROM allowance")}
    await personal.recognise(ANN)
    assert {tuple(row)[:4] for row in await db.read("SELECT * FROM allowance")} == set(rows)


@pytest.mark.parametrize("erased", [1, 2])
async def test_a_limit_that_was_given_since_an_erase_counts_and_not_the_one_from_before(
    queue, personal, erased
):
    for waiting in (1, 5):
        await queue.allowances.allow(
            Whose.MEMBER, ANN, Allowance(waiting=waiting), audit_entry("limit", guild=GUILD)
        )
        if waiting == 1 or erased == 2:
            await personal.erase(ANN)
    await personal.recognise(ANN)
    [kept] = await queue.allowances.of_guild(GUILD)
    assert (kept.whom, kept.allowance.waiting) == (ANN, 5)


async def test_the_wish_of_being_left_alone_outlives_an_erase_and_is_held_under_no_id(personal, db):
    assert not await personal.opted_out(ANN)
    await personal.opt_out(ANN, wanted=True)
    await personal.opt_out(ANN, wanted=True)
    await personal.erase(ANN)
    assert await personal.opted_out(ANN)
    assert not await personal.opted_out(BEN)
    assert await db.read("SELECT 1 FROM opt_out WHERE pseudonym > 0") == []
    await personal.opt_out(ANN, wanted=False)
    assert not await personal.opted_out(ANN)


async def test_the_log_stays_whole_and_names_the_erased_no_more(queue, personal, db):
    book = Audit(db)
    job = await asked(queue)
    await written(db, GUILD, MOD, "ban", str(ANN), f"{ANN} was rude")
    await written(db, GUILD, ANN, "cancel", job.id, "by its button")
    await written(db, GUILD, MOD, "ban", str(BEN), "spam")
    await personal.erase(ANN)
    assert (await book.verify()).sound
    third, second, first = await book.entries(GUILD)
    assert (first.actor_id, first.reason) == (MOD, "")
    assert first.target.startswith("@-")
    assert (second.actor_id < 0, second.target, second.reason) == (True, job.id, "")
    assert (third.actor_id, third.target, third.reason) == (MOD, str(BEN), "spam")


@pytest.mark.parametrize(
    ("audit_entry", "broken"),
    [
        ("UPDATE audit_reason SET reason = 'none' WHERE seq = 2", 2),
        ("UPDATE audit_reason SET salt = salt || ' ' || reason, reason = '' WHERE seq = 2", 2),
        ("UPDATE audit_reason SET reason = substr(salt, 2) || ' ' || reason, salt = substr(salt, 1, 1)", 1),
        ("UPDATE alias SET user_id = 5 WHERE user_id = 311222333444555666", 1),
        ("UPDATE alias SET user_id = 5 WHERE user_id = 211222333444555666", 2),
    ],
)
async def test_other_words_or_another_member_in_an_entry_are_found(db, audit_entry, broken):
    book = Audit(db)
    await written(db, GUILD, MOD, "ban", str(ANN), "rude")
    await written(db, GUILD, MOD, "ban", str(BEN), "spam")
    await db.write(lambda connection: connection.execute(audit_entry))
    assert (await book.verify()).broken_at == broken


def test_an_alias_is_made_of_its_salt_and_is_no_id():
    assert alias_of("salt", GUILD, ANN) == alias_of("salt", GUILD, ANN) < 0
    assert len({alias_of(salt, guild, user) for salt in "ab" for guild in (1, 2) for user in (ANN, BEN)}) == 8


def held(folder, *texts) -> dict[str, str]:
    """Which of the texts stands in which file below a folder."""
    found: dict[str, str] = {}
    for path in folder.rglob("*"):
        data = path.read_bytes() if path.is_file() else b""
        found |= {text: path.name for text in texts if text.encode() in data}
    return found


async def full(queue, db):
    """A hundred jobs of many lengths, so that pages were split and rows moved, some of Ann's among them."""
    for number in range(100):
        words = SECRET if number % 5 == 0 else "x"
        user = ANN if number % 5 == 0 else BEN
        picture = PICTURE if user == ANN else "e" * 64
        job = await asked(
            queue, user, guild=number, recipe=words * (1 + number * 7 % 90), inputs={"p": picture}
        )
        await queue.claims.cancel(job.id)
        if number % 10 == 0:
            await written(db, number, ANN, "cancel", str(ANN), f"{SECRET} {number}")
    await queue.moderation.ban(1, ANN, MOD, SECRET)
    await queue.moderation.pause(audit_entry("pause", guild=2, actor=ANN))


async def test_after_an_erase_no_byte_of_the_database_or_of_a_new_backup_knows_the_member(
    tmp_path, db, queue, personal
):
    await full(queue, db)
    texts = (str(ANN), SECRET, PICTURE)
    assert set(held(tmp_path, *texts)) >= {SECRET, PICTURE}
    await personal.erase(ANN)
    assert await db.fold()
    await db.backup(tmp_path / "copies", keep=7)
    assert held(tmp_path, *texts) == {}
    for each in await db.read("SELECT name FROM sqlite_master WHERE type = 'table'"):
        for row in await db.read(f"SELECT * FROM {each['name']}"):  # noqa: S608 - a table of ours
            assert ANN not in tuple(row), each["name"]
    assert (await Audit(db).verify()).sound


async def test_a_backup_that_is_put_back_is_erased_again(tmp_path, pseudonyms):
    async with await Database.open(tmp_path / "bot.db") as db:
        queue = queue_on(db)
        await full(queue, db)
        copy = await db.backup(tmp_path / "copies", keep=7)
        await Personal(db, clock=CLOCK, eraser=Eraser(pseudonyms=pseudonyms, redactor=Words())).erase(ANN)
    copy.replace(tmp_path / "bot.db")
    async with await Database.open(tmp_path / "bot.db") as db:
        personal = Personal(db, clock=CLOCK, eraser=Eraser(pseudonyms=Pseudonyms(tmp_path), redactor=Words()))
        gone = await personal.erase_again()
        assert (len(gone.jobs), gone.blobs) == (20, {PICTURE})
        assert (await personal.erase_again()).jobs == []
        assert await db.fold()
        assert held(tmp_path, SECRET, PICTURE) == {}
        assert await personal.known(ANN) == {}
        assert len((await personal.known(BEN))["job"]) == 80


async def test_what_a_member_asks_for_after_an_erase_is_theirs_at_the_next_start(queue, personal):
    await asked(queue)
    await personal.erase(ANN)
    again = await asked(queue)
    assert (await personal.erase_again()).jobs == []
    assert [job.id for job in await personal.jobs(ANN)] == [again.id]


async def test_an_erase_that_is_done_again_leaves_what_was_asked_for_since(queue, personal, db):
    CLOCK.now = LATER
    await asked(queue)
    await personal.erase(ANN)
    CLOCK.now = LATER + 60.0
    again = await asked(queue)
    await db.write(lambda connection: connection.execute("DELETE FROM meta WHERE key = ?", (APPLIED,)))
    assert (await personal.erase_again()).jobs == []
    assert [job.id for job in await personal.jobs(ANN)] == [again.id]


async def test_a_wish_to_be_erased_survives_until_it_is_done(personal):
    await personal.ask_to_erase(ANN, messages=True)
    [wish] = await personal.erasures()
    assert (wish.user, wish.messages, wish.stage) == (ANN, True, Stage.ASKED)
    await personal.erase(ANN)
    [emptied] = await personal.erasures()
    assert (emptied.user, emptied.stage) == (None, Stage.EMPTIED)
    await personal.reached(emptied, Stage.DONE)
    assert await personal.erasures() == []


async def test_words_go_after_their_days_and_counts_stay(queue, personal):
    old, young, waiting = [await asked(queue, guild=guild) for guild in (1, 2, 3)]
    CLOCK.now = 1000.0
    await queue.claims.cancel(old.id)
    CLOCK.now = 1000.0 + 2 * 86400
    await queue.claims.cancel(young.id)
    CLOCK.now = 1001.0 + 30 * 86400
    gone = await personal.forget_words(days=30)
    assert gone.jobs == [old.id]
    left = await queue.jobs.get(old.id)
    assert (left.recipe, left.inputs, left.user_id, left.state) == ("{}", {}, ANN, State.CANCELLED)
    assert (await queue.jobs.get(young.id)).recipe == (await queue.jobs.get(waiting.id)).recipe == SECRET
    assert (await personal.forget_words(days=30)).jobs == []


async def test_an_export_knows_all_rows_about_a_member_and_no_other_member(queue, personal):
    await asked(queue)
    await asked(queue, BEN)
    await queue.moderation.ban(GUILD, ANN, MOD, "spam")
    known = await personal.known(ANN)
    assert set(known) == {"job", "ban"}
    assert str(MOD) not in str(known)
    assert str(BEN) not in str(known)
    assert known["ban"][0]["reason"] == "spam"


def test_pseudonyms_differ_between_members_and_installations(tmp_path):
    here, there = Pseudonyms(tmp_path / "here"), Pseudonyms(tmp_path / "there")
    assert here.of(ANN) == Pseudonyms(tmp_path / "here").of(ANN)
    assert len({here.of(ANN), here.of(BEN), there.of(ANN)}) == 3
    assert -(2**63) <= here.of(ANN) < 0


def test_the_list_of_the_erased_holds_no_id_and_survives_a_torn_line(tmp_path):
    made = Pseudonyms(tmp_path)
    made.add(ANN, 5.0)
    path = tmp_path / FOLDER / LIST
    assert str(ANN) not in path.read_text()
    assert path.stat().st_mode & 0o777 == 0o600
    with path.open("a") as file:
        file.write("-1234")
    again = Pseudonyms(tmp_path)
    assert [each.pseudonym for each in again.erased()] == [made.of(ANN)]
    again.add(BEN, 6.0)
    assert Pseudonyms(tmp_path).was_erased(BEN)
    assert Pseudonyms(tmp_path).was_erased(ANN)


async def test_an_erase_takes_the_stars_that_a_member_gave_to_others_clips(queue, personal, db):
    await queue_delivered(queue)
    (clip,) = await queue.jobs.ended(GUILD, 0.0)
    for member in (ANN, BEN):
        await queue.stars.star(clip.id, member, interaction=1, most=5)
    await personal.erase(ANN)
    assert [row["user_id"] for row in await db.read("SELECT user_id FROM star")] == [BEN]


async def queue_delivered(queue):
    """A clip of the moderator's in its channel."""
    job = await running(queue, user=MOD)
    await hand_in(queue, job)
    await queue.delivery.begin_posting(job.id)
    await queue.delivery.record_posted(job.id, 77)


async def test_an_erase_takes_reasons_that_name_the_member_whatever_they_were_given_for(db, personal):
    await written(db, GUILD, MOD, "pause", "", f"<@{ANN}> floods the queue")
    await written(db, GUILD, MOD, "pause", "", f"<@{BEN}> floods the queue")
    await personal.erase(ANN)
    assert [entry.reason for entry in await Audit(db).entries(GUILD)] == [f"<@{BEN}> floods the queue", ""]
    assert (await Audit(db).verify()).sound
