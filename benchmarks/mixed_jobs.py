"""Many jobs of all families in one engine process: does one leave a trace in the next, does memory grow?

    python -m benchmarks.mixed_jobs [--jobs 200]

Real pipelines on tiny random weights, on the CPU. Each recipe is first rendered alone, in a fresh process;
then all are drawn at random, some of them cancelled at a random moment, in one process. Each clip must have
the bytes that it had alone.
"""

from __future__ import annotations

import argparse
import asyncio
import dataclasses
import hashlib
import json
import os
import random
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np

from engine.clips.encode import encode
from engine.core.cancel import CancelToken
from engine.core.capabilities import Capabilities
from engine.core.device import Device
from engine.core.errors import Cancelled, EngineError, RenderFailed
from engine.core.events import Event, Progress
from engine.core.recipe import Camera, Follow, Kind, Motion, Quality, Recipe, Role, Style
from engine.core.request import Request, Subject
from engine.families import CATALOGUE
from engine.planning.plan import plan
from engine.process.host import EngineHost
from engine.rendering.limits import RenderLimits
from engine.runtime.capabilities import capabilities_of
from engine.runtime.context import DEVICE_VARIABLE
from engine.weights.store import FOLDER_VARIABLE, Store

SIZE = (64, 64)
SECONDS = 1.0
CANCELLED = 0.2
"""Share of the jobs that are cancelled."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Case:
    """A wish with its files, by a name that says what is special about it."""

    name: str
    recipe: Recipe
    inputs: dict[str, Path]


def write_inputs(folder: Path) -> dict[str, Path]:
    """A picture, another whose look is taken, and a clip."""
    rows, columns = np.mgrid[0:96, 0:128]
    picture = (np.stack([columns * 2, rows * 2, rows + columns], axis=-1) % 256).astype(np.uint8)
    paths = {Role.PICTURE: folder / "picture.png", Role.LIKE: folder / "like.png"}
    cv2.imwrite(str(paths[Role.PICTURE]), picture)
    cv2.imwrite(str(paths[Role.LIKE]), picture[::-1, ::-1])
    frames = np.stack([np.roll(picture, 6 * shift, axis=1) for shift in range(16)])
    paths[Role.REFERENCE] = folder / "reference.mp4"
    encode(
        frames,
        fps=8,
        path=paths[Role.REFERENCE],
        metadata={},
        max_bytes=9_000_000,
        progress=lambda _: None,
        cancel=CancelToken(),
    )
    return {str(role): path for role, path in paths.items()}


def cases(capabilities: Capabilities, files: dict[str, Path]) -> list[Case]:
    """A recipe for each family, way and feature that the means allow; what they don't is named."""
    requests: list[tuple[str, Request, tuple[Role, ...]]] = []
    for quality in Quality:
        requests += [
            (f"svd {quality}", _request(Kind.ANIMATE, "svd", quality=quality), (Role.PICTURE,)),
            (f"animatediff {quality}", _request(Kind.TEXT2VIDEO, "animatediff", quality=quality), ()),
            (f"wan {quality}", _request(Kind.TEXT2VIDEO, "wan", quality=quality), ()),
        ]
    text = Kind.TEXT2VIDEO
    styles = tuple(Style(name=name, weight=0.8) for name in capabilities.styles[:1])
    requests += [
        ("camera", _request(Kind.ANIMATE, "camera"), (Role.PICTURE,)),
        ("sketch", _request(text, "sketch"), ()),
        (
            "svd wild and long",
            _request(Kind.ANIMATE, "svd", motion=Motion.WILD, seconds=4.0),
            (Role.PICTURE,),
        ),
        ("animatediff style", _request(text, "animatediff", styles=styles), ()),
        ("animatediff camera", _request(text, "animatediff", camera=Camera.PUSH_IN), ()),
        ("animatediff like", _request(text, "animatediff"), (Role.LIKE,)),
        ("animatediff first frame", _request(text, "animatediff"), (Role.PICTURE,)),
        ("animatediff by frame", _request(text, "animatediff", prompt="0: a bud | 6: a flower"), ()),
        ("animatediff long", _request(text, "animatediff", seconds=5.0), ()),
        ("animatediff restyle", _request(Kind.RESTYLE, "animatediff", strength=0.6), (Role.REFERENCE,)),
        ("wan-5b picture", _request(Kind.ANIMATE, "wan-5b"), (Role.PICTURE,)),
    ]
    requests.append(
        ("control edges", _request(text, "animatediff-control", follow=Follow.EDGES), (Role.REFERENCE,))
    )
    found = []
    for name, request, roles in requests:
        try:
            found.append(_case(name, request, roles, capabilities, files))
        except EngineError as error:
            print(f"  left out: {name}: {error}")
    return found


def _request(kind: Kind, engine: str, **changes: object) -> Request:
    request = Request(
        kind=kind, engine=engine, prompt="a red fox in snow", seconds=SECONDS, size=SIZE, seed=7
    )
    return dataclasses.replace(request, **changes)  # type: ignore[arg-type]


def _case(
    name: str, request: Request, roles: tuple[Role, ...], capabilities: Capabilities, files: dict[str, Path]
) -> Case:
    given = {str(role): files[role] for role in roles}
    subjects = {
        role: Subject(sha256=hashlib.sha256(path.read_bytes()).hexdigest(), width=128, height=96)
        for role, path in given.items()
    }
    recipe = plan(
        request,
        subjects.get(Role.PICTURE),
        like=subjects.get(Role.LIKE),
        reference=subjects.get(Role.REFERENCE),
        capabilities=capabilities,
    )
    return Case(name=name, recipe=recipe, inputs=given)


async def render(host: EngineHost, case: Case, job: str, stop_at: float | None = None) -> str:
    """Render one, and return its clip's digest.

    Args:
        stop_at: cancel as soon as a stage has come so far; None: let it finish.

    Raises:
        Cancelled: it was stopped in time.
    """
    cancel = asyncio.Event()
    rendered = await host.render(
        case.recipe,
        case.inputs,
        job=job,
        limits=RenderLimits(max_takes=1),
        on_event=_stopper(stop_at, cancel),
        cancel=cancel,
    )
    digest = rendered.receipt.sha256
    host.discard(rendered)
    return digest


def _stopper(stop_at: float | None, cancel: asyncio.Event) -> Callable[[Event], None]:
    def look(event: Event) -> None:
        if stop_at is not None and isinstance(event, Progress) and event.fraction >= stop_at:
            cancel.set()

    return look


def _host(folder: Path, models: Path) -> EngineHost:
    return EngineHost(
        spool=folder / "spool",
        environment=os.environ | {FOLDER_VARIABLE: str(models), DEVICE_VARIABLE: "cpu"},
    )


async def alone(folder: Path, models: Path, every: list[Case]) -> dict[str, str]:
    """Each case in a process of its own."""
    digests = {}
    for case in every:
        began = time.monotonic()
        host = _host(folder, models)
        await host.start()
        try:
            digests[case.name] = await render(host, case, "alone")
        except RenderFailed as failed:
            raise SystemExit(f"{case.name} fails alone: {failed.code}\n{failed.detail}") from failed
        finally:
            await host.close()
        print(f"  {case.name}: {time.monotonic() - began:.1f} s", flush=True)
    return digests


async def together(
    folder: Path, models: Path, every: list[Case], digests: dict[str, str], jobs: int, seed: int
) -> dict[str, object]:
    """All at random in one process."""
    chance = random.Random(seed)
    counts: Counter[str] = Counter()
    differing: Counter[str] = Counter()
    memory = []
    host = _host(folder, models)
    await host.start()
    pid = host.pid
    try:
        for number in range(jobs):
            case = chance.choice(every)
            stop_at = chance.random() if chance.random() < CANCELLED else None
            try:
                digest = await render(host, case, f"job{number}", stop_at)
            except Cancelled:
                counts["cancelled"] += 1
            else:
                counts["rendered"] += 1
                if digest != digests[case.name]:
                    differing[case.name] += 1
            memory.append(await _settled(host))
        same_process = host.pid == pid
    finally:
        await host.close()
    warm = memory[len(memory) // 4 :]
    return {
        **counts,
        "clips with other bytes than alone": dict(differing),
        "one process all the way": same_process,
        "MiB after a quarter of the jobs, median of ten": _mib(warm[:10]),
        "MiB at the end, median of ten": _mib(warm[-10:]),
    }


async def _settled(host: EngineHost) -> int:
    """Resident bytes by a heartbeat that came after the job."""
    await asyncio.sleep(0.05)
    return host.rss or 0


def _mib(values: list[int]) -> int:
    return round(float(np.median(values)) / 2**20)


def write_models(models: Path) -> None:
    """Tiny random weights of every family."""
    from tests.engine.tiny import animatediff, svd, wan  # noqa: PLC0415 - torch takes seconds

    for family in (svd, animatediff, wan):
        family.build(models)
    animatediff.wake(animatediff.control()).save_pretrained(models / "controlnet-canny")


async def run(jobs: int, seed: int) -> None:
    """Build the weights, render, print."""
    with tempfile.TemporaryDirectory(prefix="framekiln-mixed-") as name:
        folder = Path(name)
        models = folder / "models"
        write_models(models)
        store = Store(models)
        every = cases(capabilities_of(store, CATALOGUE, Device(), slow=True), write_inputs(folder))
        began = time.monotonic()
        digests = await alone(folder, models, every)
        print(f"{len(every)} recipes alone: {time.monotonic() - began:.0f} s")
        began = time.monotonic()
        told = await together(folder, models, every, digests, jobs, seed)
        print(f"{jobs} jobs in one process: {time.monotonic() - began:.0f} s")
        print(json.dumps(told, indent=2))


def main() -> None:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--jobs", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    asyncio.run(run(given.jobs, given.seed))


if __name__ == "__main__":
    main()
