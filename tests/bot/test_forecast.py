"""How long it will take, from measured times."""

from __future__ import annotations

from functools import partial
from unittest.mock import create_autospec

import numpy as np
import pytest

from benchmarks.simulated_day import Community, figures, simulate
from bot import forecast as wait_module
from bot.fleet.places import RemoteMachine, RemoteSeat
from bot.forecast import CROWDS, ENOUGH, UNTAUGHT, WINDOW, Forecaster, overtaking
from bot.link.messages import Told
from bot.render_times import FEW
from bot.seats import Seat
from db.jobs.fairness import UNKNOWN_SECONDS, charge
from db.jobs.queries import Arrival
from db.states import STRANGERS
from engine.core.family_spec import FamilySpec
from engine.families import FAMILIES
from engine.process.host import EngineHost
from tests.bot.fixtures import ANN, BEN, GUILD, hand_in, queued, recipe
from tests.clock import CLOCK
from tests.db.asking import audit_entry
from tests.policies import enqueue_limits, stumble_limits

FAST = {"quality": "fast"}
LOW, HIGH = UNTAUGHT
PROFILE = recipe().profile


async def measured(db, *seconds: float, profile: str = PROFILE) -> None:
    def insert(connection):
        rows = [(profile, each) for each in seconds]
        connection.executemany("INSERT INTO render_time (profile, seconds) VALUES (?, ?)", rows)

    await db.write(insert)


async def foretold(db, *ratios: float, ahead: int = 0) -> None:
    def insert(connection):
        rows = [(ahead, each) for each in ratios]
        connection.executemany("INSERT INTO foretold (ahead, ratio) VALUES (?, ?)", rows)

    await db.write(insert)


async def for_new(queue, profile: str = PROFILE, user: int = ANN, guild: int = GUILD):
    return await Forecaster(queue.jobs, clock=CLOCK).for_new(profile, guild, user)


async def test_before_anything_is_measured_a_guess_stands_in(queue):
    wait = await for_new(queue)
    assert (wait.position, wait.ahead, wait.middle) == (1, 0, UNKNOWN_SECONDS)
    assert (wait.low, wait.high) == (UNKNOWN_SECONDS * LOW, UNKNOWN_SECONDS * HIGH)


async def test_a_profile_with_few_renders_is_estimated_from_others_of_its_engine(queue, db):
    own, other = recipe().profile, recipe(**FAST).profile
    await measured(db, *[10.0] * 50, profile=other)
    await measured(db, *[500.0] * 50, profile="wan/fast/832x480/81")
    assert (await for_new(queue, own)).own == pytest.approx(10.0)
    await measured(db, 100.0, profile=own)
    assert (await for_new(queue, own)).own == pytest.approx(55.0), "the one and the estimate"
    await measured(db, *[100.0] * (FEW - 1), profile=own)
    assert (await for_new(queue, own)).own == pytest.approx(100.0)


async def test_seats_are_as_quick_as_what_they_drew(queue, db):
    """Of two engines one is four times as quick, and draws something else most of the time."""

    def insert(connection):
        rows = [("a", "seat 0", 40.0)] * 20 + [("a", "seat 1", 10.0)] * 20 + [("b", "seat 1", 100.0)] * 20
        connection.executemany("INSERT INTO render_time (profile, seat, seconds) VALUES (?, ?, ?)", rows)

    await db.write(insert)
    both = seats("", "")
    waits = Forecaster(queue.jobs, seats=both, clock=CLOCK)
    slow, quick = both
    slow.draws, quick.draws = lambda: {"slow"}, lambda: {"quick"}
    assert (await waits.for_new("a", GUILD, ANN, engine="slow")).own == pytest.approx(40, rel=0.2)
    assert (await waits.for_new("a", GUILD, ANN, engine="quick")).own == pytest.approx(10, rel=0.2)
    assert (await waits.for_new("b", GUILD, ANN, engine="slow")).own == pytest.approx(400, rel=0.3)


async def test_an_engine_whose_owner_knows_its_price_is_forecast_by_it_until_it_is_measured(queue, db):
    mill = FamilySpec(
        name="comfyui/mill.2",
        target="",
        kinds=frozenset(),
        needs_picture=False,
        max_native_fps=16,
        about="",
        seconds=70.0,
    )
    waits = Forecaster(queue.jobs, families=lambda: {mill.name: mill}, clock=CLOCK)
    own, other = "comfyui/mill.2/fast/832x480/81", "comfyui/mill/fast/832x480/81"
    await measured(db, *[10.0] * FEW, profile="camera/fast/832x480/81")
    assert (await waits.for_new(own, GUILD, ANN)).own == 70.0
    assert (await waits.for_new(other, GUILD, ANN)).own == 10.0
    await measured(db, *[30.0] * FEW, profile=own)
    assert (await waits.for_new(own, GUILD, ANN)).own == 30.0


async def test_what_engines_without_weights_take_says_nothing_of_one_that_loads_some(queue, db):
    waits = Forecaster(queue.jobs, families=lambda: FAMILIES, clock=CLOCK)
    await measured(db, *[5.0] * FEW, profile="camera/fast/832x480/96")
    assert (await waits.for_new("svd/fast/832x480/25", GUILD, ANN)).own == UNKNOWN_SECONDS


async def test_each_job_waits_for_those_before_it(queue, db):
    await measured(db, *[10.0] * FEW)
    jobs = [await queued(queue, user) for user in range(3)]
    forecast = await Forecaster(queue.jobs, clock=CLOCK).forecast()
    waits = [forecast.waits[job.id] for job in jobs]
    assert [(wait.position, wait.ahead) for wait in waits] == [(1, 0), (2, 1), (3, 2)]
    assert [wait.middle for wait in waits] == pytest.approx([10, 20, 30])


def seats(*lanes: str, draws=None) -> list[Seat]:
    return [
        Seat(name=f"seat {number}", engine=create_autospec(EngineHost), lane=lane, draws=lambda: draws)
        for number, lane in enumerate(lanes)
    ]


async def test_a_worker_is_as_quick_as_its_machine_says_until_it_is_measured(queue, db):
    usual = [("a", "seat 0", 40.0)] * 20
    new = remote_seat("afar", times={"a": 160.0, "b": 12.0})
    here, _ = seats("", "")
    here.draws = lambda: {"camera"}
    waits = Forecaster(queue.jobs, seats=[here, new], clock=CLOCK)

    async def of_wan():
        waits.latest = None
        return (await waits.for_new("a", GUILD, ANN, engine="wan")).own

    await timed(db, usual)
    told = await of_wan()
    assert 45 < told < 160, "it is believed, but not as much as measured times are"
    new.believed = False
    assert await of_wan() == pytest.approx(40)
    new.believed = True
    await timed(db, [("a", "afar", 20.0)] * FEW)
    assert await of_wan() < 40, "what it has drawn for us says more than it does"


async def timed(db, rows):
    def insert(connection):
        connection.executemany("INSERT INTO render_time (profile, seat, seconds) VALUES (?, ?, ?)", rows)

    await db.write(insert)


def remote_seat(name, **told):
    return RemoteSeat(name=name, engine=RemoteMachine(told=Told(families=("wan",), **told)))


async def test_equal_seats_divide_the_wait(queue, db):
    await measured(db, *[10.0] * FEW)
    jobs = [await queued(queue, user) for user in range(5)]
    waits = Forecaster(queue.jobs, seats=seats("", ""), clock=CLOCK)
    found = [(await waits.forecast()).waits[job.id] for job in jobs]
    assert [wait.middle for wait in found] == pytest.approx([10, 10, 20, 20, 30])
    assert [wait.ahead for wait in found] == [0, 0, 2, 3, 4], "nothing is ahead where an engine is free"
    assert (await waits.for_new(PROFILE, GUILD, 60)).middle == pytest.approx(30)


async def test_a_seat_that_draws_is_free_when_it_has_drawn_and_one_that_rests_does_not_count(queue, db):
    await measured(db, *[10.0] * FEW)
    for user in range(4):
        await queued(queue, user)
    for name in ("seat 0", "seat 1"):
        await queue.claims.claim(seat=name)
    both = seats("", "", "")
    now = CLOCK.now = (await queue.jobs.running())[0].started_at + 4.0
    order = [job.id for job in await queue.jobs.waiting()]

    async def middles():
        waits = (await Forecaster(queue.jobs, seats=both, clock=lambda: now).forecast()).waits
        return [waits[job].middle for job in order]

    assert await middles() == pytest.approx([10, 16], abs=0.1)
    both[2].resting = True
    assert await middles() == pytest.approx([16, 16], abs=0.1)


async def test_who_waits_for_a_server_does_not_wait_for_this_machine(queue, db):
    await measured(db, *[10.0] * FEW)
    for user in range(20):
        await queued(queue, user)
    far = [await queued(queue, ANN, lane="comfyui", engine=name) for name in ("wan", "wan", "ltx")]
    away = seats("", "comfyui", "comfyui")
    away[1].draws, away[2].draws = lambda: {"wan"}, lambda: {"ltx"}
    found = (await Forecaster(queue.jobs, seats=away, clock=CLOCK).forecast()).waits
    assert [(found[job.id].position, found[job.id].ahead) for job in far] == [(1, 0), (2, 1), (3, 0)]
    assert found[far[2].id].middle == pytest.approx(10, abs=0.5), "its server is free"
    assert found[far[1].id].middle == pytest.approx(20, abs=0.5)


async def test_what_is_left_of_a_render_is_taken_from_those_that_took_as_long(queue, db):
    await measured(db, 10.0, 10.0, 40.0, 60.0)
    waiting = await queued(queue, 1)
    running = await queue.claims.claim()
    waiting = await queued(queue, 2)
    for elapsed, left in ((0, 30.0), (20, 30.0), (50, 10.0), (70, 9.0)):
        waits = Forecaster(queue.jobs, clock=partial(float, running.started_at + elapsed))
        wait = (await waits.forecast()).waits[waiting.id]
        assert (wait.position, wait.ahead) == (1, 1)
        assert wait.middle == pytest.approx(left + 30.0, abs=0.1)


async def test_a_new_job_counts_the_one_that_runs_as_ahead_of_it(queue, db):
    """The number that a member reads before anything is queued."""
    await measured(db, *[10.0] * FEW)
    await queued(queue, ANN)
    assert await place_and_ahead(queue) == (2, 1)
    await queue.claims.claim()
    assert await place_and_ahead(queue) == (1, 1)
    await queued(queue, 50)
    assert await place_and_ahead(queue) == (2, 2)


async def place_and_ahead(queue) -> tuple[int, int]:
    wait = await for_new(queue, user=60)
    return wait.position, wait.ahead


async def test_only_the_latest_renders_count(queue, db):
    await measured(db, *[1000.0] * 200)
    await measured(db, *[2.0] * wait_module.SAMPLE)
    assert (await for_new(queue)).middle == pytest.approx(2.0)


async def test_a_finished_render_is_learnt_from(queue, blobs):
    for user in range(FEW):
        await queued(queue, user)
        await hand_in(queue, blobs, await queue.claims.claim())
    assert (await for_new(queue)).own == pytest.approx(3.0)


async def test_a_forecast_is_made_once_a_second_however_many_ask(queue, db, monkeypatch):
    waits = Forecaster(queue.jobs, clock=CLOCK)
    first = await waits.forecast()
    calls = db.calls
    assert await waits.forecast() is first
    assert db.calls == calls
    monkeypatch.setattr(wait_module, "FRESH_SECONDS", 0.0)
    assert await waits.forecast() is not first


async def test_the_range_is_as_wide_as_the_last_ones_were_off(queue, db):
    await measured(db, *[10.0] * FEW)
    await foretold(db, *[5.0] * (ENOUGH - 1))
    assert (await for_new(queue)).high == pytest.approx(10.0 * HIGH)
    await foretold(db, *[0.3, 3.0] * ENOUGH * 3)
    wait = await for_new(queue)
    assert (wait.low, wait.high) == pytest.approx((3.0, 30.0))


@pytest.mark.parametrize("crowd", range(len(CROWDS)))
async def test_long_queues_teach_nothing_about_short_ones(queue, db, crowd):
    fewest, most = CROWDS[crowd]
    await foretold(db, *[2.5] * ENOUGH, ahead=min(most, fewest + 1))
    for user in range(10, 10 + fewest):
        await queued(queue, user)
    wait = await for_new(queue)
    assert wait.ahead == fewest
    assert wait.high / wait.middle == pytest.approx(2.5)
    if crowd:
        await foretold(db, *[9.0] * 100, ahead=0)
        assert (await for_new(queue)).high / wait.middle == pytest.approx(2.5)


async def test_a_told_wait_is_compared_with_the_true_one(queue, blobs, db):
    job = await queued(queue)
    await queue.entry.record_answer(job.id, 7, 8, foretold=40.0, ahead=0)
    running = await queue.claims.claim()
    at = job.created_at + 60.0
    CLOCK.now = at
    await queue.claims.hand_in(
        running.id,
        running.claim,
        clip_sha256="0" * 64,
        clip_size=1,
        receipt="{}",
        gpu_seconds=1.0,
        charged_seconds=1.0,
    )
    assert await queue.jobs.forecast_ratios(0, 0) == pytest.approx([1.5])
    assert await queue.jobs.forecast_ratios(1, 100) == []


@pytest.mark.parametrize("cause", ["pause", "move", "restart"])
async def test_nothing_is_learnt_from_a_wait_that_somebody_changed(queue, blobs, db, cause):
    job = await queued(queue)
    await queue.entry.record_answer(job.id, 7, 8, foretold=40.0, ahead=0)
    if cause == "pause":
        await queue.moderation.pause(audit_entry("pause"))
        await queue.moderation.resume(audit_entry("resume"))
    elif cause == "move":
        await queue.moderation.move(job.id, 1, audit_entry("move"))
    else:
        await queue.claims.recover(limits=stumble_limits())
    await hand_in(queue, blobs, await queue.claims.claim())
    assert await queue.jobs.forecast_ratios(0, 100) == []


async def test_members_who_used_a_lot_are_told_a_longer_wait_and_why(queue, db):
    await measured(db, *[10.0] * FEW)

    def use(connection):
        charge(connection, guild_id=GUILD, user_id=ANN, seconds=60, now=now, half_life=21_600)

    waits = Forecaster(queue.jobs, clock=CLOCK)
    for _ in range(4):  # each is due 100 s after the one before
        now = (await queued(queue, BEN)).created_at
    await db.write(use)
    heavy, light = await waits.for_new(PROFILE, GUILD, ANN), await waits.for_new(PROFILE, GUILD, 77)
    assert heavy.delay == pytest.approx(660, abs=5)
    assert light.delay == pytest.approx(60, abs=5)  # the server's own share
    assert (light.ahead, heavy.ahead) == (1, 4)
    assert heavy.middle > light.middle + 29


def test_the_forecast_counts_later_jobs_that_go_first():
    hour = [Arrival(at=0.0, delay=0.0, expected=WINDOW / 2 / 10) for _ in range(10)]  # half the engine
    base, late = np.array([100.0, 100.0, 100.0]), np.array([0.0, 50.0, 1e9])
    assert overtaking(base, late, []) == pytest.approx([0, 0, 0])
    # Nobody; those of the next 50 s; and as much again as half of a wait that is twice as long for it.
    assert overtaking(base, late, hour) == pytest.approx([0, 25, 100], rel=0.01)
    slower = [Arrival(at=0.0, delay=40.0, expected=WINDOW / 2)]
    assert overtaking(base, late, slower)[1] == pytest.approx(5)


def test_the_sums_say_what_each_pair_of_jobs_would():
    """Overtaking is reckoned for thousands of jobs at once; here for each of them by itself."""
    chance = np.random.default_rng(1)
    base, late = chance.uniform(0, 3000, 40), np.maximum(0.0, chance.uniform(-500, 3000, 40))
    delays = np.maximum(0.0, chance.uniform(-300, 2000, 30))
    hour = [Arrival(at=0.0, delay=delay, expected=20.0) for delay in delays]
    found = overtaking(base, late, hour, 3)
    for waits, due, added in zip(base, late, found, strict=True):
        mine = 0.0
        for _ in range(wait_module.ROUNDS):
            first = sum(20.0 / WINDOW * min(max(0.0, due - delay), waits + mine) for delay in delays)
            mine = first / 3
        assert added == pytest.approx(mine)


async def test_on_a_busy_day_four_ranges_of_five_hold_the_truth(tmp_path):
    busy = Community(members=2000, jobs=300, paces=(30.0, 300.0), evening=0.4)
    day = figures(await simulate(tmp_path, busy, 3, enqueue_limits()))
    assert day["engine busy"] > 0.5
    assert day["ranges that held the truth"] >= 0.8
    assert day["high over low, median"] < 6


async def test_a_stranger_reads_before_the_click_that_every_member_goes_first(queue):
    for user, guild in ((ANN, GUILD), (BEN, GUILD), (100, STRANGERS)):
        await queued(queue, user, guild)
    assert (await for_new(queue, user=101, guild=STRANGERS)).ahead == 3
    assert (await for_new(queue, user=102)).ahead == 2
