"""A job ends after a bounded number of tries, whatever is wrong, or its status says what it waits for."""

from __future__ import annotations

import pytest

from bot.job_documents import recipe_of
from bot.loops import absence, gpu_faults, outcomes
from bot.loops.engines import Engines
from bot.loops.render_tally import RenderTally
from bot.loops.status import kept_from_drawing
from bot.ops import shortages as shortages_module
from bot.seats import Seat
from bot.text import messages, status_texts
from db.codes import BotCode
from db.errors import CannotWrite
from db.states import State
from engine.clips.ffmpeg import EncodeFailed
from engine.core.errors import (
    Away,
    Code,
    EngineDied,
    EngineHung,
    RenderFailed,
    Unsupported,
    UserError,
)
from engine.core.shortages import RanShort, Shortage
from engine.process.host import HostState
from tests.bot.fixtures import HouseEngine, queued
from tests.bot.loops.engine_loop.bench import comes_to
from tests.db.asking import new_job
from tests.policies import enqueue_limits, stumble_limits
from tests.until import until

FAULTS = 3
MOST_TRIES = 6

ENDS = {
    **{f"render {code}": RenderFailed(code, "no") for code in Code if code is not Code.VERSION},
    **{f"member {code}": UserError(code, "no") for code in Code},
    "unsupported": Unsupported("no"),
    "encoder": EncodeFailed(1, "no"),
    "crash": EngineDied(-11, "gone"),
    "hang": EngineHung(None, "gone"),
    "file": FileNotFoundError(2, "no such file"),
    "bug": ZeroDivisionError("no"),
}
OF_MACHINES = ["render E_DEVICE", "file", "crash", "hang", "bug"]
WAITS = {
    "version": (RenderFailed(Code.VERSION, "another release"), HostState.DOWN, "doesn't start right now"),
    "away": (Away("the attic"), HostState.READY, "can't be reached"),
    "memory": (RanShort(Shortage.MEMORY), HostState.READY, "waiting for free memory"),
    "full": (OSError(28, "full"), HostState.READY, "waiting for room"),
    "database": (CannotWrite("no"), HostState.READY, "waiting for my disk"),
}


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch):
    for module, names in (
        (gpu_faults, ("FIRST_PAUSE", "LAST_PAUSE")),
        (outcomes, ("TROUBLE_PAUSE", "LAST_TROUBLE_PAUSE", "ENGINE_DOWN_PAUSE")),
        (absence, ("FIRST_PAUSE",)),
        (shortages_module, ("FIRST_PAUSE",)),
    ):
        for name in names:
            monkeypatch.setattr(module, name, 0.001)


class Fails(HouseEngine):
    """It fails in the same way, always."""

    error: Exception

    async def render(self, recipe, inputs, *, job, **others):
        self.acts = [self.error]
        return await super().render(recipe, inputs, job=job, **others)


@pytest.fixture
def engine(tmp_path):
    return Fails(tmp_path / "spool")


async def test_a_job_that_fails_always_ends_whatever_the_error_is(queue, engine, start):
    start(stumbles=stumble_limits(faults=FAULTS))
    codes, tries = {}, {}
    for number, (name, error) in enumerate(ENDS.items()):
        engine.error, engine.renders = error, []
        job = await queued(queue, user=number)
        row = await comes_to(queue, job, State.FAILED, State.QUARANTINED)
        codes[name], tries[name] = row.error_code, len(engine.renders)
    assert max(tries.values()) <= MOST_TRIES, tries
    assert [name for name, code in codes.items() if code == BotCode.MACHINES] == sorted(
        OF_MACHINES, key=list(ENDS).index
    )
    assert {tries[name] for name in OF_MACHINES} == {FAULTS}


@pytest.mark.parametrize("what", WAITS)
async def test_a_job_that_waits_for_something_says_for_what(queue, engine, start, what):
    engine.error, engine.state, words = WAITS[what]
    seat = Seat(name="", engine=engine)
    loop = start(seat=seat, stumbles=stumble_limits(faults=FAULTS))
    job = await queued(queue)
    await until(lambda: len(engine.renders) > MOST_TRIES)
    engines = Engines([loop], RenderTally())

    async def told():
        row = await queue.jobs.get(job.id)
        return row.state is State.QUEUED and kept_from_drawing(engines, row, recipe_of(row))

    assert words in await until(told)
    row = await queue.jobs.get(job.id)
    assert row.faults == {}


async def test_what_machines_failed_in_is_no_fault_of_its_members_and_costs_nothing(queue, engine, start):
    engine.error = RenderFailed(Code.DEVICE, "illegal access")
    start(stumbles=stumble_limits(faults=FAULTS))
    row = await comes_to(queue, await queued(queue), State.FAILED)
    text = status_texts.why_no_clip(row)
    assert str(messages.CAUSES[BotCode.MACHINES]) in text
    assert "not yours" in text
    assert "Nothing was charged" in text
    assert row.charged_seconds == 0
    again = new_job(row.user_id, row.guild_id)
    await queue.entry.enqueue(again, enqueue_limits(per_member_hour=1))  # as if it had never been asked for
