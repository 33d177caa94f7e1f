"""What tests of the bot's loops share: a clip, a job at any point of its way, an engine that does as told."""

from __future__ import annotations

import asyncio
import functools
import io
import itertools
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any, get_type_hints
from unittest import mock

from PIL import Image, ImageDraw

from bot import policies
from bot.app import App
from bot.client import Framekiln
from bot.config.settings import Settings
from bot.loops.engine_loop import EngineLoop
from bot.loops.outcomes import Outcomes
from bot.loops.render_tally import RenderTally
from bot.seats import Seat
from bot.signals import JobSignals
from db.files import Blobs
from db.jobs.job import Job, NewJob
from db.queue import Queue
from db.sqlite.connection import Database
from engine.core.device import Device
from engine.core.errors import Cancelled
from engine.core.events import Progress
from engine.core.receipt import Outcome, Receipt, TakeRecord
from engine.core.recipe import Kind, Recipe, Stage
from engine.process.host import HostState
from engine.process.spool import Rendered
from engine.rendering.limits import RenderLimits
from tests.clock import CLOCK
from tests.fake_discord import FakeDiscord, Interaction
from tests.policies import DEFAULTS, FAR, shortages, stumble_limits
from tests.present import present
from tests.until import until

GUILD, CHANNEL, ANN, BEN = 100, 7, 1, 2

_keys = itertools.count()


def recipe(**changes: Any) -> Recipe:
    values = {
        "kind": Kind.TEXT2VIDEO,
        "engine": "sketch",
        "seed": 5,
        "width": 512,
        "height": 288,
        "frames": 24,
        "native_fps": 12.0,
        "fps": 24.0,
        "length": 47,
        "prompt": "a red boat",
    }
    return Recipe(**{**values, **changes})


def receipt(sha256: str, size: int, *, seconds: float = 3.0) -> Receipt:
    take = TakeRecord(number=1, seed=5, outcome=Outcome.ACCEPTED, score=90.0, seconds=seconds)
    return Receipt(
        engine="sketch",
        takes=(take,),
        kept=1,
        forced=False,
        width=512,
        height=288,
        frames=47,
        fps=24.0,
        sha256=sha256,
        size=size,
        seconds={"drawing": seconds},
    )


async def queued(queue: Queue, user: int = ANN, guild: int = GUILD, **changes: Any) -> Job:
    made = recipe(**changes.pop("recipe", {}))
    values = {
        "key": f"interaction {next(_keys)}",
        "kind": made.kind,
        "guild_id": guild,
        "channel_id": CHANNEL,
        "user_id": user,
        "recipe": made.to_json(sentences=True),
        "profile": made.profile,
        "inputs": {},
    }
    return (await queue.entry.enqueue(NewJob(**{**values, **changes}), limits=FAR)).job


async def rendered(queue: Queue, blobs: Blobs, data: bytes = b"a clip", **changes: Any) -> Job:
    """A job of its own, the only one that waits, with a finished clip."""
    await queued(queue, **changes)
    job = present(await queue.claims.claim())
    return await hand_in(queue, blobs, job, data)


async def hand_in(queue: Queue, blobs: Blobs, job: Job, data: bytes = b"a clip") -> Job:
    with blobs.in_hand():
        sha256 = blobs.put(data)
        assert await queue.claims.hand_in(
            job.id,
            job.claim,
            clip_sha256=sha256,
            clip_size=len(data),
            receipt=receipt(sha256, len(data)).to_json(),
            gpu_seconds=3.0,
            charged_seconds=3.0,
        )
    return present(await queue.jobs.get(job.id))


def picture(size: tuple[int, int] = (160, 100)) -> bytes:
    """A PNG with something to see."""
    image = Image.new("RGB", size, (90, 140, 200))
    ImageDraw.Draw(image).ellipse((20, 10, 90, 80), fill=(200, 80, 60))
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


async def count_of(app: App) -> int:
    return sum((await app.queue.jobs.counts()).values())


def mocked_app() -> App:
    """Every part as a mock that has what the real one has, and nothing else; made when it is first used.

    The settings are those of an owner who serves the API: the bot then has every command that there is.
    """
    made = object.__new__(_Mocked)
    vars(made).update(settings=Settings(_env_file=None, moderator_roles=(5,), api_port=1), clock=CLOCK)
    return made


class _Mocked(App):
    def __getattr__(self, name: str) -> Any:
        kinds = get_type_hints(App)
        if name not in kinds:
            raise AttributeError(name)
        return vars(self).setdefault(name, _mock_of(kinds[name]))


def _mock_of(kind: type) -> Any:
    """A mock of a class; the queue's has mocks of the parts that it is declared to be made of."""
    made = mock.create_autospec(kind, instance=True)
    if kind is Queue:
        for name, part in get_type_hints(kind).items():
            setattr(made, name, mock.create_autospec(part, instance=True))
    return made


def is_answered(click: Interaction) -> bool:
    """Whether the bot has said something to a click, and not only that it thinks."""
    return click.message is not None and not click.message.loading


class Writes:
    """Counts the statements inside the writes to a database, and lets the n-th fail as on a full disk.

    Attributes:
        passed: how many there were.
    """

    def __init__(self, nth: int) -> None:
        self.passed = 0
        self._nth = nth

    def over(self, connection: sqlite3.Connection) -> Any:
        """The connection, as a transaction sees it."""
        return mock.Mock(
            spec_set=["execute", "executemany"],
            execute=functools.partial(self._one, connection.execute),
            executemany=functools.partial(self._one, connection.executemany),
        )

    def _one(self, do: Callable[..., sqlite3.Cursor], *given: Any) -> sqlite3.Cursor:
        self.passed += 1
        if self.passed == self._nth:
            error = sqlite3.OperationalError("database or disk is full")
            error.sqlite_errorcode = sqlite3.SQLITE_FULL
            raise error
        return do(*given)


@contextmanager
def failing(database: Database, nth: int) -> Iterator[Writes]:
    """Let the n-th statement of the writes that begin meanwhile fail."""
    writes = Writes(nth)
    real = database.write
    with mock.patch.object(
        database,
        "write",
        lambda fn, **_: real(lambda connection: fn(writes.over(connection)), reserved=False),
    ):
        yield writes


class FakeEngine:
    """A :class:`bot.seats.Engine` that follows a script, one act a render; then it just renders.

    Attributes:
        renders: (recipe, inputs, limits) of each call.
        discarded: clips that were given back.
        at_once: renders that it takes at once.
    """

    at_once = 1
    state = HostState.READY

    def __init__(self, folder: Path, *acts: Any) -> None:
        self._folder = folder
        self._numbers = itertools.count()
        self.acts = list(acts)
        self.renders: list[tuple[str, Recipe, dict[str, Path], RenderLimits]] = []
        self.discarded: list[Rendered] = []

    async def render(self, recipe, inputs, *, job, limits, on_event, cancel) -> Rendered:
        self.renders.append((job, recipe, dict(inputs), limits))
        act = self.acts.pop(0) if self.acts else None
        on_event(Progress(stage=Stage.DRAWING, fraction=0.5))
        if isinstance(act, Exception):
            raise act
        if act is not None:
            await act(on_event, cancel)
        return self.clip()

    def clip(self) -> Rendered:
        number = next(self._numbers)
        folder = self._folder / f"work-{number}"
        folder.mkdir(parents=True)
        path = folder / "clip.mp4"
        data = f"clip {number}".encode()
        path.write_bytes(data)
        sha256 = Blobs(self._folder / "scratch").put(data)
        return Rendered(receipt=receipt(sha256, len(data)), path=path, folder=folder)

    def discard(self, rendered: Rendered) -> None:
        self.discarded.append(rendered)
        rendered.path.unlink(missing_ok=True)


class HouseEngine(FakeEngine):
    """In the place of :class:`engine.process.host.EngineHost`."""

    deaths = 0
    rss: int | None = None
    device: Device | None = None

    async def start(self) -> None:
        """There is no process to start."""

    async def close(self) -> None:
        """Nor one to end."""


@asynccontextmanager
async def connected(fake: FakeDiscord, app: App) -> AsyncIterator[Framekiln]:
    """The bot's client, ready, with its commands registered."""
    with fake.point():
        async with Framekiln(app, guild_id=None) as client:
            client._connection.guild_ready_timeout = 0.05  # the fake tells of all guilds at once
            await client.login(fake.token)
            app.messenger.attach(client)
            connection = asyncio.create_task(client.connect())
            try:
                await client.wait_until_ready()
                await until(lambda: fake.world.commands)
                yield client
            finally:
                app.messenger.detach()
                await client.close()
                await connection


_told: list[tuple[str, list[dict[str, Any]]]] = []
"""The commands as the last bot of this process told them, and the digest under which it noted that."""


@asynccontextmanager
async def connected_again(fake: FakeDiscord, app: App) -> AsyncIterator[Framekiln]:
    """The bot's client as after a restart: Discord knows the commands from the life before.

    To say them in thirty languages takes most of the time until a bot is ready, so the first one of this
    process does it for all. One whose commands are others tells them, as after an update.
    """
    meta, application = app.queue.meta, fake.world.application_id
    scope = f"commands:{application}:global"
    for digest, commands in _told:
        fake.world.commands[None] = [one | {"application_id": str(application)} for one in commands]
        await meta.set(scope, digest)
    async with connected(fake, app) as client:
        await present(client._syncing)
        _told[:] = [(present(await meta.get(scope)), fake.world.commands[None])]
        yield client


async def until_cancelled(on_event, cancel: asyncio.Event) -> None:
    """An act: draw until somebody says stop."""
    await cancel.wait()
    raise Cancelled


def limits_of(limits: RenderLimits | None = None) -> Callable[[Job], Awaitable[RenderLimits]]:
    async def limits_for(job: Job) -> RenderLimits:
        return limits or RenderLimits()

    return limits_for


def engine_loop_with(
    queue: Queue, blobs: Blobs, engine: Any, *, seat: Seat | None = None, **changes: Any
) -> EngineLoop:
    """An engine loop; what its outcomes are made with can be changed, too."""
    own = seat or Seat(name="", engine=engine)
    signals = changes.pop("signals", None) or JobSignals()
    judged: dict[str, Any] = {
        "absences": policies.for_absences(DEFAULTS),
        "stumbles": stumble_limits(),
        "shortages": shortages(),
        "clock": CLOCK,
    }
    judged = {name: changes.pop(name, value) for name, value in judged.items()}
    return EngineLoop(
        claims=queue.claims,
        sheets=queue.sheets,
        retention=queue.retention,
        blobs=blobs,
        seat=own,
        outcomes=Outcomes(own.name, claims=queue.claims, jobs=queue.jobs, signals=signals, **judged),
        signals=signals,
        **{"limits_for": limits_of(), "tally": RenderTally(), **changes},
    )
