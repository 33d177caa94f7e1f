"""A real ComfyUI server, with workflows that need no weights: ``make comfy COMFY=http://127.0.0.1:8188``.

    python -m benchmarks.comfy_real http://127.0.0.1:8188 [--out out/comfy]

What is tried: what the server can draw, a clip that moves, the same take asked for again, a clip with sound,
a workflow that it refuses, a node that breaks off, and a cancel while another's job waits behind ours.
The clips are read as the bot reads them, in confined processes. They and a sheet of their frames stay in the
folder, to be looked at.
"""

from __future__ import annotations

import argparse
import asyncio
import copy
import shutil
import sys
import tempfile
import time
import uuid
import wave
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import aiohttp
import cv2
import numpy as np

from bot import intake_policies
from bot.config.settings import Settings
from bot.intake.clip_intake import ClipIntake
from bot.intake.decoder import Decoder
from bot.intake.foreign_takes import ForeignTakes
from bot.intake.sound_intake import SoundIntake
from engine.clips.read_clip import read_clip
from engine.core.elsewhere import TakeFile, TakeHooks, TakeOrder
from engine.core.errors import RenderFailed
from engine.core.recipe import Kind, Recipe
from engine.elsewhere.comfyui.check import facts_of, missing_on
from engine.elsewhere.comfyui.draw import ComfyUI, prompt_of
from engine.elsewhere.comfyui.folder import read_folder
from engine.elsewhere.comfyui.server import Server
from engine.elsewhere.comfyui.workflow import Workflow
from tests.fake_comfyui.workflow import ABOUT, ENGINE, PANNING, WEIGHTLESS, panning, write_workflow

EXAMPLE = Path(__file__).parents[1] / "examples" / "lake.png"
RATE = 48_000


def workflow(folder: Path, graph: Any, about: str) -> Workflow:
    """A workflow as the bot reads it from the owner's folder."""
    write_workflow(folder, graph=graph, about=about)
    found = read_folder(folder)
    if found.faults:
        raise ValueError(found.faults)
    return found.workflows[ENGINE.partition("/")[2]]


def with_sound() -> dict[str, Any]:
    """The window that slides, and a member's sound with it."""
    graph = panning()
    meta = {"title": "framekiln:sound-in"}
    graph["6"] = {"class_type": "LoadAudio", "_meta": meta, "inputs": {"audio": "tone.wav"}}
    graph["4"]["inputs"]["audio"] = ["6", 0]
    return graph


def slow() -> dict[str, Any]:
    """Many small steps, so that there is time to stop it between two."""
    graph = copy.deepcopy(WEIGHTLESS)
    last: list[Any] = ["2", 0]
    for at in range(60):
        large = {"upscale_method": "lanczos", "width": 4000 + at, "height": 3000, "crop": "center"}
        graph[f"s{at}"] = {"class_type": "ImageScale", "inputs": {"image": last, **large}}
        last = [f"s{at}", 0]
    graph["3"]["inputs"]["image"] = last
    return graph


def broken() -> dict[str, Any]:
    """A clip whose sides are odd, which no H.264 encoder takes: the node that saves it breaks off."""
    graph = copy.deepcopy(WEIGHTLESS)
    graph["7"] = {
        "class_type": "ImageCrop",
        "inputs": {"image": ["2", 0], "width": 33, "height": 33, "x": 0, "y": 0},
    }
    graph["3"]["inputs"]["image"] = ["7", 0]
    return graph


class Trial:
    """One server, one job after the other."""

    def __init__(self, address: str, folder: Path, out: Path) -> None:
        """Make it of a server's address, a folder for what passes and one for what stays."""
        settings = Settings.model_construct()
        self.address = address
        self.server = Server(address)
        self.folder = folder
        self.out = out
        self._makes = ForeignTakes(
            clips=ClipIntake(intake_policies.from_elsewhere(settings)),
            sounds=SoundIntake(intake_policies.to_hear(settings)),
            pictures=Decoder(
                intake_policies.for_intake(settings), wall_seconds=settings.decode_seconds, at_once=1
            ),
        )
        self._run = uuid.uuid4().hex[:8]
        self.told: list[float | None] = []

    def order(self, name: str, **inputs: Path) -> TakeOrder:
        """An order of its own."""
        work = self.folder / name
        work.mkdir(exist_ok=True)
        recipe = Recipe(
            kind=Kind.ANIMATE,
            engine=ENGINE,
            seed=7,
            width=320,
            height=192,
            frames=24,
            native_fps=12,
            fps=12,
            length=24,
        )
        return TakeOrder(
            job=f"{self._run}{name}",
            take=1,
            seed=7,
            recipe=recipe,
            inputs={"picture": EXAMPLE, **inputs},
            work=work,
        )

    async def draw(self, order: TakeOrder, flow: Workflow) -> TakeFile:
        """Have it drawn as the bot does."""
        self.told = []
        comfy = ComfyUI(self.server, workflow_for=lambda _: flow, makes_anew=self._makes)
        hooks = TakeHooks(progress=self.told.append, draft=lambda _: None)
        return await comfy.draw(order, hooks)

    async def version(self) -> str:
        """What it is, and what the workflow lacks there."""
        flow = workflow(self.folder / "w", panning(), PANNING)
        facts = await facts_of(self.server, [flow])
        if faults := missing_on(flow, facts):
            raise AssertionError(faults)
        return f"ComfyUI {'.'.join(map(str, facts.version))}, nothing is missing"

    async def clip(self) -> str:
        """A clip that moves."""
        flow = workflow(self.folder / "w", panning(), PANNING)
        order = self.order("clip")
        take = await self.draw(order, flow)
        shown = self._keep("clip", take)
        began = time.monotonic()
        again = await self.draw(self.order("clip"), flow)
        same = again.clip.read_bytes() == (self.out / "clip.mp4").read_bytes()
        if not same:
            raise AssertionError("asked for again, it came back as another clip")
        return f"{shown}; asked for again: the same in {time.monotonic() - began:.1f} s"

    async def sound(self) -> str:
        """A clip with sound."""
        tone = self.folder / "tone.wav"
        _write_tone(tone)
        flow = workflow(self.folder / "w", with_sound(), PANNING)
        take = await self.draw(self.order("sound", sound=tone), flow)
        if take.sound is None:
            raise AssertionError("it has no sound")
        with wave.open(str(take.sound)) as heard:
            seconds = heard.getnframes() / heard.getframerate()
        return f"{self._keep('sound', take)}, {seconds:.2f} s of sound"

    async def refusal(self) -> str:
        """A workflow with a node that it has not."""
        graph = copy.deepcopy(WEIGHTLESS)
        graph["3"]["class_type"] = "NoSuchNode"
        return await self._fails("refusal", graph)

    async def breaks_off(self) -> str:
        """A node that raises."""
        return await self._fails("broken", broken())

    async def _fails(self, name: str, graph: Any) -> str:
        flow = workflow(self.folder / "w", graph, ABOUT)
        try:
            await self.draw(self.order(name), flow)
        except RenderFailed as error:
            return f"{error.code}: {error}"
        raise AssertionError("it came back as a clip")

    async def cancel(self) -> str:
        """Ours is stopped in the middle; another program's job behind it is drawn."""
        order = self.order("cancel")
        flow = workflow(self.folder / "w", slow(), ABOUT)
        draw = asyncio.create_task(self.draw(order, flow))
        await self._until(lambda queue: queue["queue_running"])
        theirs = str(uuid.uuid4())
        graph = panning()
        named = await self.server.upload("theirs.png", EXAMPLE.read_bytes())
        graph["1"]["inputs"]["image"] = named
        await self.server.submit(theirs, graph, job="")
        draw.cancel()
        await asyncio.gather(draw, return_exceptions=True)
        await self._until(lambda queue: not queue["queue_running"] and not queue["queue_pending"])
        ours, other = [await self.server.look(each) for each in (prompt_of(order), theirs)]
        if ours.where != "stopped" or other.where != "done":
            raise AssertionError(f"ours is {ours.where}, the other {other.where}")
        return "ours is stopped, the other is drawn"

    async def _until(self, true: Callable[[Any], Any]) -> None:
        async with asyncio.timeout(120), aiohttp.ClientSession() as http:
            while True:
                async with http.get(f"{self.address}/queue") as answer:
                    if true(await answer.json()):
                        return
                await asyncio.sleep(0.1)

    def _keep(self, name: str, take: TakeFile) -> str:
        clip = read_clip(take.clip)
        shutil.copy(take.clip, self.out / f"{name}.mp4")
        shown = clip.frames[:: max(1, len(clip.frames) // 6)]
        sheet = cv2.cvtColor(np.concatenate(list(shown), axis=1), cv2.COLOR_RGB2BGR)
        cv2.imwrite(str(self.out / f"{name}.png"), sheet)
        count, height, width = clip.frames.shape[:3]
        return f"{count} frames of {width}×{height} at {clip.fps:g}, {len(self.told)} words of progress"


def _write_tone(path: Path) -> None:
    at = np.arange(2 * RATE) / RATE
    samples = (0.3 * 32767 * np.sin(2 * np.pi * 440 * at)).astype("<i2")
    with wave.open(str(path), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(np.repeat(samples, 2).tobytes())


async def run(address: str, out: Path) -> bool:
    """Try all; True where all came out right."""
    right = True
    with tempfile.TemporaryDirectory() as name:
        trial = Trial(address, Path(name), out)
        tries: tuple[Callable[[], Coroutine[Any, Any, str]], ...] = (
            trial.version,
            trial.clip,
            trial.sound,
            trial.refusal,
            trial.breaks_off,
            trial.cancel,
        )
        for one in tries:
            began = time.monotonic()
            try:
                told = await one()
            except (AssertionError, Exception) as error:  # noqa: BLE001 - each is told, and counts
                told, right = f"WRONG: {type(error).__name__}: {error}", False
            print(f"{one.__name__:<12}{time.monotonic() - began:6.1f} s  {told}", flush=True)
        await trial.server.close()
    return right


def main() -> None:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("address", help="http://host:port")
    parser.add_argument("--out", type=Path, default=Path("out/comfy"))
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    sys.exit(0 if asyncio.run(run(given.address.rstrip("/"), given.out)) else 1)


if __name__ == "__main__":
    main()
