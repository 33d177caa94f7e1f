"""A worker's gate judges as the bot's own would."""

import asyncio

from bot.worker.calibrated import CalibratedEngine
from engine.core.recipe import Recipe
from engine.rendering.limits import RenderLimits
from tests.fleet.sleeper import Sleeper, order_text


async def test_the_engine_is_made_anew_only_when_the_calibration_changes(tmp_path):
    path, made = tmp_path / "gate.json", []

    def make():
        made.append(Sleeper(tmp_path / "spool"))
        return made[-1]

    engine = CalibratedEngine(make, path)
    await engine.start()
    await engine.judge_by("")
    assert len(made) == 1
    await engine.judge_by("{}")
    await engine.judge_by("{}")
    assert (len(made), path.read_text()) == (2, "{}")
    await engine.judge_by("")
    assert (len(made), path.exists()) == (3, False)


async def test_a_render_that_runs_ends_before_the_engine_is_made_anew(tmp_path):
    engine = CalibratedEngine(lambda: Sleeper(tmp_path / "spool"), tmp_path / "gate.json")
    await engine.start()
    drawing = asyncio.create_task(
        engine.render(
            Recipe.from_json(order_text(0.3)),
            {},
            job="a_1",
            limits=RenderLimits(),
            on_event=lambda _: None,
            cancel=asyncio.Event(),
        )
    )
    await asyncio.sleep(0.05)
    await engine.judge_by("{}")
    assert drawing.done()
    engine.discard(await drawing)
