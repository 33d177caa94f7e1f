"""What a clip takes on this machine is measured once, before anybody asks, and nobody waits for it."""

from __future__ import annotations

import asyncio

import pytest

from bot import first_estimates as module
from bot.forecast import UNTAUGHT
from bot.running import first_times
from engine.core.device import Device
from engine.core.errors import RenderFailed
from engine.core.recipe import Role
from tests.bot.fixtures import ANN, GUILD, queued, recipe, until_cancelled
from tests.until import PATIENCE, until

USUAL = "camera/balanced/768x432/96"


@pytest.fixture(autouse=True)
def quick(monkeypatch, engine):
    monkeypatch.setattr(module, "LOOK_EVERY", 0.02)
    engine.device = Device()


async def measure(app) -> None:
    """Until its loop ends by itself."""
    await asyncio.wait_for(first_times(app).loop.run(), PATIENCE)


async def test_the_first_wait_is_told_from_a_clip_that_was_drawn_at_the_first_start(app, engine):
    await measure(app)
    drawn = [(each.engine, each.seconds, set(inputs)) for _, each, inputs, _ in engine.renders]
    assert drawn == [("camera", module.SECONDS, {Role.PICTURE}), ("sketch", module.SECONDS, set())]
    assert len(engine.discarded) == 2, "they leave no file"
    wait = await app.forecaster.for_new(USUAL, GUILD, ANN, engine="camera")
    assert 3.0 < wait.middle < 3.0 * 2, "3 s for two seconds of a clip, of which a part is for the start"
    assert wait.high == pytest.approx(wait.middle * UNTAUGHT[1])


async def test_it_is_measured_again_only_where_the_program_or_the_machine_changes(app, engine, monkeypatch):
    await measure(app)
    known = app.forecaster.first
    app.forecaster.first = {}
    await measure(app)
    assert app.forecaster.first == known
    assert len(engine.renders) == 2
    monkeypatch.setattr(module, "_processor", lambda: "another processor")
    await measure(app)
    assert len(engine.renders) == 4


async def test_a_request_ends_the_drawing_and_goes_first(app, engine):
    engine.acts = [until_cancelled]
    measuring = asyncio.create_task(first_times(app).loop.run())
    await until(lambda: engine.renders)
    await queued(app.queue)
    app.signals.queued()
    for _ in range(5):
        await asyncio.sleep(0.02)
    assert len(engine.renders) == 1, "nothing is measured while a member waits"
    job = await app.queue.claims.claim()
    await app.queue.claims.fail(job.id, job.claim, code="E_ENGINE")
    await asyncio.wait_for(measuring, PATIENCE)
    assert len(engine.renders) == 3


async def test_an_engine_that_cannot_draw_it_is_left_in_peace(app, engine):
    engine.acts = [RenderFailed("E_ENGINE", "no")]
    await measure(app)
    assert len(engine.renders) == 1
    assert app.forecaster.first == {}


@pytest.mark.parametrize("kept", ["", "[]", "{", '{"of": 3}', '{"of": "x", "seconds": {"a": "b"}}'])
async def test_what_was_kept_may_be_broken(app, engine, kept):
    await app.queue.meta.set(module.KEY, kept)
    await measure(app)
    assert set(app.forecaster.first) == {each.profile for _, each, _, _ in engine.renders}


async def test_a_clip_of_another_size_is_estimated_by_what_there_is_to_draw(app):
    small, large = recipe(engine="camera"), recipe(engine="camera", width=1280, height=720)
    app.forecaster.first = {small.profile: 4.0}
    middles = [(await app.forecaster.for_new(each.profile, GUILD, ANN)).middle for each in (small, large)]
    assert middles[0] == pytest.approx(4.0)
    assert middles[1] > 1.5 * middles[0]
