"""A test clip: whether this machine draws, before anybody waits for what it draws.

It is drawn by the best engine that is here, of a picture that comes with the program, and then looked at as
the bot looks at clips of other people's machines.
"""

from __future__ import annotations

import asyncio
import hashlib
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import imageio_ffmpeg

from bot.fleet.result_check import check_shape
from bot.fleet.results import Unfit
from bot.intake.clip_intake import ClipIntake
from bot.seats import Engine
from engine.core.capabilities import Capabilities
from engine.core.device import Device
from engine.core.errors import EngineError, UserError
from engine.core.recipe import Kind, Recipe
from engine.core.request import Request, Subject
from engine.planning.plan import PlanLimits, plan
from engine.process.remake import Remake, remake
from engine.process.spool import Rendered
from engine.provenance.statement import metadata
from engine.rendering.limits import RenderLimits

PICTURE = Path(__file__).parent.parent / "lake.jpg"
SIZE = (1024, 576)
"""Of that picture: width and height in pixels."""

SECONDS = 2.0
"""Length of the clip."""

NAME = "test_1"
"""Of its job."""


class NoTestClip(Exception):
    """There is no good test clip; the text says why, for a person who lends a machine."""


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """A test clip that is good.

    Attributes:
        engine: that drew it.
        seconds: that it took, without the engine's start.
    """

    engine: str
    seconds: float


async def draw_test_clip(
    engine: Engine,
    *,
    capabilities: Callable[[Device], Capabilities],
    plan_limits: PlanLimits,
    clips: ClipIntake,
    models: Path,
) -> Drawn:
    """Draw one, and look at it.

    Args:
        engine: draws; it is started and closed here.
        capabilities: what is here, on the engine's device; called in a thread.
        plan_limits: of the settings.
        clips: read the clip in a confined process.
        models: the folder of weights.

    Raises:
        NoTestClip: it was not drawn, or is not good.
    """
    try:
        await engine.start()
        recipe = await _planned(await asyncio.to_thread(capabilities, engine.device or Device()), plan_limits)
        began = time.monotonic()
        rendered = await engine.render(
            recipe,
            {str(role): PICTURE for role in recipe.inputs},
            job=NAME,
            limits=RenderLimits(),
            on_event=lambda _: None,
            cancel=asyncio.Event(),
        )
        seconds = time.monotonic() - began
        try:
            await _look_at(rendered, recipe, clips, models)
        finally:
            engine.discard(rendered)
    except (EngineError, UserError, Unfit) as error:
        raise NoTestClip(str(error) or type(error).__name__) from error
    except OSError as error:
        raise NoTestClip(f"The work folder cannot be used: {error}") from error
    finally:
        await engine.close()
    return Drawn(engine=recipe.engine, seconds=seconds)


async def _planned(capabilities: Capabilities, limits: PlanLimits) -> Recipe:
    picture = await asyncio.to_thread(PICTURE.read_bytes)
    subject = Subject(sha256=hashlib.sha256(picture).hexdigest(), width=SIZE[0], height=SIZE[1])
    request = Request(kind=Kind.ANIMATE, prompt="a boat on a lake at dawn", seconds=SECONDS, seed=1)
    return plan(request, subject, capabilities=replace(capabilities, lacking={}), limits=limits)


async def _look_at(rendered: Rendered, recipe: Recipe, clips: ClipIntake, models: Path) -> None:
    """As the bot does: read from its file, held against what was asked for, made anew, and judged again.

    Raises:
        Unfit: it is not good.
        UserError: the file cannot be read.
    """
    if rendered.receipt.forced:
        reasons = rendered.receipt.takes[-1].reasons
        raise Unfit(f"The quality check rejects every take: {'; '.join(reasons)}")
    data = await asyncio.to_thread(rendered.path.read_bytes)
    if hashlib.sha256(data).hexdigest() != rendered.receipt.sha256:
        raise Unfit("The file is not the one that the engine has written. Is the disk in order?")
    clean = await clips.from_bytes(data)
    check_shape(clean, recipe)
    with tempfile.TemporaryDirectory(prefix="framekiln-") as name:
        folder = Path(name)
        (folder / "pixels.mp4").write_bytes(clean.mp4)
        order = Remake(
            clip=str(folder / "pixels.mp4"),
            made=str(folder / "clip.mp4"),
            fps=recipe.fps,
            max_bytes=RenderLimits.max_bytes,
            metadata=metadata(recipe),
            models=str(models),
            ffmpeg=imageio_ffmpeg.get_ffmpeg_exe(),
            recipe=recipe.to_json(),
            judged=True,
            calibration=str(folder / "none"),
            inputs={str(role): str(PICTURE) for role in recipe.inputs},
        )
        made = await asyncio.to_thread(remake, order)
    if made.rejects:
        raise Unfit(f"The quality check rejects the file: {'; '.join(made.reasons)}")
