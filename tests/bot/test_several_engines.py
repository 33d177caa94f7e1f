"""The whole bot with two engines of this machine, each a real process; and what it says of them."""

from __future__ import annotations

import asyncio
import os
import signal
from datetime import UTC, datetime, timedelta

import pytest

from bot.assembly import app as assembly
from bot.cli import doctor
from bot.config.gpu_hours import read_hours
from bot.config.paths import DATABASE, SPOOL
from bot.overview import overview_of, state_of
from bot.running import supervisor_of
from bot.seats import LeftOut
from bot.text.status_texts import waits_for_gpu
from bot.web.metrics import metrics
from bot.web.status_page import page
from db.states import State
from engine.core.errors import Away, Code, UserError
from engine.core.recipe import Kind
from engine.core.request import Request
from engine.process.host import EngineHost
from tests.bot.fixtures import queued, recipe
from tests.present import present
from tests.ready_database import put_database
from tests.until import until

SMALL = {"width": 64, "height": 64, "frames": 5, "native_fps": 4.0, "fps": 8.0, "length": 8}
NAMES = ["processor 1", "processor 2"]


@pytest.fixture
def two(settings):
    put_database(settings.data_dir / DATABASE)
    return settings.model_copy(update={"devices": "cpu,cpu"})


async def states(queue, jobs) -> list[State]:
    return [(await queue.jobs.get(job.id)).state for job in jobs]


@pytest.mark.timeout(120)
async def test_a_process_that_is_killed_costs_its_job_a_claim_and_the_other_goes_on(two):
    async with assembly.assemble(two) as app:
        queue, seats = app.queue, [loop.seat for loop in app.engines.loops]
        assert [seat.name for seat in seats] == NAMES
        jobs = [await queued(queue, member, recipe=SMALL) for member in range(6)]
        await asyncio.gather(*(seat.engine.start() for seat in seats))
        assert (two.data_dir / SPOOL / "engine_1").is_dir()
        loops = [asyncio.create_task(each.loop.run()) for each in app.engines.loops]
        await until(lambda: len(app.engines.progress) == 2)
        hit = next(iter(app.engines.loops[0].progress))
        first = seats[0].engine
        assert isinstance(first, EngineHost)
        os.kill(present(first.pid), signal.SIGKILL)

        async def all_drawn():
            return set(await states(queue, jobs)) == {State.RENDERED}

        await until(all_drawn, 60)
        rows = {job.id: present(await queue.jobs.get(job.id)) for job in jobs}
        assert (seats[0].engine.deaths, seats[1].engine.deaths) == (1, 0)
        assert {(row.claim, row.crashes) for row in rows.values() if row.id != hit} == {(1, 0)}
        assert (rows[hit].claim, rows[hit].crashes, rows[hit].stumbles) == (2, 0, 1)
        assert {row.seat for row in rows.values()} <= set(NAMES)
        await app.engines.stop(0)
        await asyncio.gather(*loops)


async def test_each_engine_is_named_wherever_there_are_two(two, engine, monkeypatch):
    monkeypatch.setattr("bot.assembly.seating.EngineHost", lambda **_: engine)
    async with assembly.assemble(two) as app:
        loops = app.engines.loops
        loops[1].outcomes.absence.met(Away("the attic"))
        loops[1].outcomes.gpu.in_a_row = 3
        supervisor = supervisor_of(app)
        health = state_of(app, supervisor)
        assert [health[f"engine {name}"] for name in NAMES] == ["ready", "ready"]
        assert health["GPU faults in a row processor 2"] == 3
        assert health["engine processor 2 can't reach"] == "the attic"
        assert {f"engine loop, {name}" for name in NAMES} < set(health["loops"])
        assert {f"engine alerts, {name}" for name in NAMES} < set(health["loops"])
        found = await overview_of(app, supervisor)
        assert "<h2>Engine: processor 1</h2>" in (text := page(found))
        assert "Processor 2 can&#x27;t be reached." in text
        lines = metrics(found).decode().splitlines()
        assert 'framekiln_seat_up{seat="processor 1"} 1.0' in lines
        assert 'framekiln_seat_up{seat="processor 2"} 0.0' in lines
        assert 'framekiln_engine_state{state="ready"} 2.0' in lines
        assert "framekiln_gpu_faults 3.0" in lines


async def test_of_one_engine_no_name_is_told(app):
    supervisor = supervisor_of(app)
    health = state_of(app, supervisor)
    assert (health["engine"], health["engine deaths"], health["GPU faults in a row"]) == ("ready", 0, 0)
    assert {"engine start", "engine loop", "engine alerts"} < set(health["loops"])
    found = await overview_of(app, supervisor)
    assert "<h2>Engine</h2>" in page(found)
    assert "framekiln_seat" not in metrics(found).decode()


async def test_the_queue_page_says_what_each_engine_does(fake, channel, mod, bot, app, monkeypatch):
    shown = (await (await fake.slash(mod, channel, "queue show")).shown()).content
    assert "this machine" not in shown
    monkeypatch.setattr(app.engines, "loops", app.engines.loops * 2)
    app.engines.loops[0].outcomes.absence.met(Away("the attic"))
    job = await queued(app.queue, guild=channel.guild.id)
    await app.queue.claims.claim()
    app.engines.loops[0].progress[job.id] = object()
    shown = (await (await fake.slash(mod, channel, "queue show")).shown()).content
    assert "-# this machine: ready · this machine: ready" in shown
    assert "on this machine" in shown
    assert "the attic can't be reached since" in shown


@pytest.mark.parametrize(("wanted", "told"), [("cpu,cpu", "processor 1, processor 2"), ("none", "none")])
def test_doctor_names_the_engines_of_this_machine(settings, wanted, told):
    [found] = doctor.examine_devices(settings.model_copy(update={"devices": wanted}))
    assert told in found.text


def test_doctor_says_nothing_of_the_only_one(settings):
    assert list(doctor.examine_devices(settings)) == []


async def test_where_only_servers_draw_nothing_of_this_machine_can_be_chosen(settings, engine, monkeypatch):
    monkeypatch.setattr("bot.assembly.seating.EngineHost", lambda **_: engine)
    put_database(settings.data_dir / DATABASE)
    elsewhere = {"devices": "none", "comfyui": ("http://127.0.0.1:8188",)}
    async with assembly.assemble(settings.model_copy(update=elsewhere)) as app:
        assert [seat.lane for seat in app.engines.seats] == ["comfyui"]
        with pytest.raises(UserError) as refused:
            app.submissions.plan(
                Request(kind=Kind.TEXT2VIDEO, prompt="rain"), {}, await app.submissions.capabilities()
            )
        assert refused.value.code == Code.NO_ENGINE


async def test_an_engine_that_is_left_out_is_named_wherever_it_is_asked_for(
    bot, app, fake, channel, mod, ada
):
    """Also where there is one engine alone: moderators, the owner and members read why nothing happens."""
    until = datetime.now(UTC) + timedelta(hours=1)
    seat = app.engines.loops[0].seat
    seat.left_out, seat.resting = LeftOut(until=until), True
    shown = (await (await fake.slash(mod, channel, "queue show")).shown()).content
    assert f"{seat.name}: left out until {until:%H:%M}" in shown
    health = state_of(app, supervisor_of(app))
    assert health["engine"] == f"left out until {until:%H:%M}, as its owner wishes"
    job = await queued(app.queue, ada.user.id, guild=channel.guild.id, channel_id=channel.id)
    left_out = present(app.engines.left_out_for(job))
    assert f"needed for something else until <t:{round(until.timestamp())}:t>" in waits_for_gpu(
        recipe(), left_out.until
    )
    seat.left_out = LeftOut(until=None, held=5 * 10**9)
    assert "until" not in waits_for_gpu(recipe(), present(app.engines.left_out_for(job)).until)
    seat.left_out = None
    assert app.engines.left_out_for(job) is None


def test_doctor_says_when_engines_are_left_out(two):
    hours = (read_hours("all 0:00-0:00"), read_hours("GPU 7 1:00-2:00"))
    found = list(
        doctor.examine_leaving(two.model_copy(update={"leave_out": hours, "leave_out_memory_gb": 2.0}))
    )
    assert [finding.text.split(",")[0] for finding in found] == [
        "all from 00:00 to 00:00",
        "GPU 7 from 01:00 to 02:00: there is no such engine",
        *(f"{name} is left out until 00:00" for name in NAMES),
    ]
    assert [finding.ok for finding in found] == [True, False, True, True]
    assert list(doctor.examine_leaving(two)) == []
