"""Sweeping, backups, the sign of life and the pulse."""

from __future__ import annotations

import asyncio
import json
import os
import sqlite3
import time

import pytest

from bot.ops import health, loop_lag
from bot.ops.health import HealthFile, look
from bot.ops.housekeeping import Housekeeping
from bot.ops.loop_lag import LoopLag
from bot.privacy.forgetting import RecipeRedactor
from db.privacy.departed_guilds import Guilds
from db.privacy.erase import Eraser
from db.privacy.personal import Personal
from db.privacy.pseudonyms import Pseudonyms
from engine.core.recipe import Role
from tests.bot.fixtures import hand_in, queued
from tests.clock import CLOCK
from tests.policies import retention, shortages
from tests.until import until

DAY = 24 * 3600.0


@pytest.fixture
def make(db, queue, blobs, tmp_path):
    def made(**keep) -> Housekeeping:
        return Housekeeping(
            shortages=shortages(),
            database=db,
            retention=queue.retention,
            meta=queue.meta,
            blobs=blobs,
            personal=Personal(
                db, clock=CLOCK, eraser=Eraser(pseudonyms=Pseudonyms(tmp_path), redactor=RecipeRedactor())
            ),
            guilds=Guilds(db, clock=CLOCK),
            prompt_help=queue.prompt_help,
            backup_dir=tmp_path / "backups",
            clock=CLOCK,
            policy=retention(**{"backups": 2, **keep}),
        )

    return made


@pytest.fixture
def clock(clock):
    clock.now = time.time()
    return clock


def aged(blobs, data: bytes) -> str:
    """A blob that was written a day ago."""
    sha256 = blobs.put(data)
    os.utime(blobs.path(sha256), (time.time() - DAY, time.time() - DAY))
    return sha256


async def test_only_what_nothing_needs_is_swept(make, queue, blobs):
    waiting, done, stray = (aged(blobs, name) for name in (b"waiting", b"done", b"stray"))
    young = blobs.put(b"young")
    await queued(queue, 1, inputs={Role.PICTURE: done})
    job = await hand_in(queue, blobs, await queue.claims.claim(), b"a clip")
    aged(blobs, b"a clip")
    await queued(queue, 2, inputs={Role.PICTURE: waiting})
    assert await make().sweep() == 1
    assert not blobs.exists(stray)
    assert all(map(blobs.exists, [waiting, done, young, job.clip_sha256]))

    await queue.delivery.begin_posting(job.id)
    await queue.delivery.record_posted(job.id, 77)
    assert await make().sweep() == 0, "somebody may want to go on with it"
    assert await make(clips_days=0, inputs_days=0).sweep() == 2
    assert not blobs.exists(done)
    assert not blobs.exists(job.clip_sha256)


async def test_pictures_are_swept_when_their_days_are_over(make, queue, blobs, clock):
    picture = aged(blobs, b"a picture")
    job = await queued(queue, inputs={Role.PICTURE: picture})
    await queue.claims.cancel(job.id)
    assert await make(inputs_days=3).sweep() == 0
    clock.now += 3 * DAY + 60
    assert await make(inputs_days=3).sweep() == 1


@pytest.mark.parametrize("days", [20, 120])
async def test_a_clip_with_a_star_is_kept_for_as_long_as_the_owner_says(make, queue, blobs, clock, days):
    await queued(queue)
    job = await hand_in(queue, blobs, await queue.claims.claim(), b"a clip")
    aged(blobs, b"a clip")
    await queue.delivery.begin_posting(job.id)
    await queue.delivery.record_posted(job.id, 77)
    await queue.stars.star(job.id, job.user_id, interaction=1, most=5)
    clock.now += days * DAY - 60
    assert await make(starred_days=days).sweep() == 0
    clock.now += 120
    assert await make(starred_days=days).sweep() == 1


@pytest.mark.parametrize("days", [2, 5, 20])
async def test_pictures_of_takes_are_kept_for_as_long_as_the_owner_says(make, queue, blobs, clock, days):
    await queued(queue)
    job = await queue.claims.claim()
    await queue.sheets.save(job.id, job.claim, {1: aged(blobs, b"a discarded take")})
    clock.now += days * DAY - 60
    assert await make(sheets_days=days, inputs_days=30).sweep() == 0
    clock.now += 120
    assert await make(sheets_days=days, inputs_days=30).sweep() == 1


async def test_there_is_one_backup_a_day_and_a_few_are_kept(make, queue, clock, tmp_path):
    keeper = make(backups=2)
    await queued(queue)
    for _ in range(4):
        assert await keeper.back_up_if_due()
        assert not await keeper.back_up_if_due()
        assert not await make(backups=2).back_up_if_due(), "a restart does not forget"
        clock.now += DAY
    kept = sorted((tmp_path / "backups").iterdir())
    assert len(kept) == 2
    copy = sqlite3.connect(kept[-1])
    assert copy.execute("SELECT count(*) FROM job").fetchone() == (1,)
    copy.close()


async def test_a_clock_that_was_set_back_does_not_stop_the_backups(make, clock):
    keeper = make()
    assert await keeper.back_up_if_due()
    clock.now -= 400 * DAY
    assert await keeper.back_up_if_due()


async def test_no_backups_are_none(make, tmp_path):
    assert not await make(backups=0).back_up_if_due()
    assert not (tmp_path / "backups").exists()


async def test_a_failed_sweep_does_not_prevent_the_backup(make, blobs, tmp_path, monkeypatch, caplog):
    def broken(*_):
        raise OSError("the disk")

    monkeypatch.setattr(blobs, "sweep", broken)
    running = asyncio.create_task(make().loop.run())
    await until(lambda: list((tmp_path / "backups").glob("*.db")))
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert "the disk" in caplog.text


async def test_a_server_that_cannot_be_forgotten_keeps_no_other_from_it(make, queue, db, clock, caplog):
    guilds = Guilds(db, clock=CLOCK)
    for guild in (100, 200):
        await queued(queue, guild=guild)
        await guilds.record_left(guild)
    clock.now += 400 * DAY
    stuck = "BEFORE DELETE ON job WHEN OLD.guild_id = 100 BEGIN SELECT RAISE(ABORT, 'stuck'); END"
    await db.write(lambda connection: connection.execute(f"CREATE TRIGGER keeps_it {stuck}"))
    with pytest.raises(sqlite3.IntegrityError, match="stuck"):
        await make().forget()
    assert [row["guild_id"] for row in await db.read("SELECT guild_id FROM job")] == [100]
    assert await guilds.to_forget(days=30) == [100]
    assert "server 100, which the bot has left, could not be forgotten: stuck" in caplog.text


async def test_the_bot_gives_a_sign_of_life_only_while_it_runs(tmp_path, monkeypatch):
    monkeypatch.setattr(health, "EVERY", 0.01)
    assert look(tmp_path, now=time.time()) == (False, "the bot is not running")
    told = {"engine": "ready"}
    running = asyncio.create_task(HealthFile(tmp_path, lambda: dict(told), clock=time.time).loop.run())
    await until(lambda: look(tmp_path, now=time.time()) == (True, "engine: ready"))
    told["engine"] = "busy"
    await until(lambda: look(tmp_path, now=time.time()) == (True, "engine: busy"))
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert look(tmp_path, now=time.time()) == (False, "the bot is not running")
    assert list(tmp_path.glob("health*")) == []


def test_an_old_or_broken_sign_of_life_does_not_count(tmp_path):
    file = tmp_path / health.FILE
    file.write_text(json.dumps({"time": time.time() - health.STALE - 1}))
    alive, why = look(tmp_path, now=time.time())
    assert not alive
    assert why.startswith("no sign of life for 31 s")
    for broken in ("", "[]", "{}", '{"time": "now"}'):
        file.write_text(broken)
        alive, why = look(tmp_path, now=time.time())
        assert not alive
        assert "cannot be read" in why


async def test_a_full_disk_does_not_end_the_sign_of_life(tmp_path, monkeypatch):
    monkeypatch.setattr(health, "EVERY", 0.01)
    folder = tmp_path / "not yet"
    running = asyncio.create_task(HealthFile(folder, dict, clock=time.time).loop.run())
    await asyncio.sleep(0.05)
    assert not running.done()
    folder.mkdir()
    await until(lambda: look(folder, now=time.time())[0])
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_the_pulse_notices_a_blocked_loop(monkeypatch):
    monkeypatch.setattr(loop_lag, "EVERY", 0.005)
    beat = LoopLag()
    assert beat.lag(0.99) == 0.0
    running = asyncio.create_task(beat.loop.run())
    await asyncio.sleep(0.05)
    time.sleep(0.3)  # noqa: ASYNC251 - this is what is measured
    await asyncio.sleep(0.02)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert 0.25 < beat.lag(1.0) < 60
    assert beat.lag(0.0) < 0.25


async def test_a_database_that_was_set_aside_is_deleted_after_its_days(make, clock, db):
    aside = db.path.parent / "damaged"
    (aside / "an owner's own folder").mkdir(parents=True)
    for stamp in ("20260101T000000.000000Z", "20260110T000000.000000Z"):
        (aside / stamp).mkdir()
        (aside / stamp / "bot.db").write_bytes(b"")
    clock.now = 1770249600.0  # 5 February 2026
    assert await make(set_aside_days=30.0).drop_set_aside() == 1
    assert {path.name for path in aside.iterdir()} == {"an owner's own folder", "20260110T000000.000000Z"}
