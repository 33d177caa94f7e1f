"""A worker's life: the engine and the line are made, its loops run, and a signal ends them in order."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Coroutine
from importlib.metadata import version
from pathlib import Path
from typing import Any

import system
from bot.link import subjects
from bot.link.connection import DEFAULT_LIMITS, Line, LineLimits, Login
from bot.link.errors import LinkError, LoginRefused, WrongPrint
from bot.link.invitation import Invitation
from bot.link.messages import HeldState, Told
from bot.supervisor import wait_at_most
from bot.worker.asking import Asking
from bot.worker.calibrated import CalibratedEngine
from bot.worker.copies import Copies
from bot.worker.drawing import Drawing
from bot.worker.ends import refused, unreachable, unwelcome
from bot.worker.inputs import Inputs
from bot.worker.local_files import LocalFiles
from bot.worker.policy import WorkerPolicy
from bot.worker.talk import PutOut, Talk
from bot.worker.times import Times
from bot.worker.voice import Voice
from bot.worker.work import Holding
from engine.core.errors import EngineClosed, EngineError
from engine.weights.own_files import OwnFiles

log = logging.getLogger(__name__)

CLAIMS = "claims"
"""The folder of what is drawn, in the worker's own."""

START_PAUSE = 5.0
CONTACT_EVERY = 1.0
LOOK_EVERY = 60.0
LAST_BEAT = 2.0
"""Seconds."""


class Worker:
    """A machine that draws for a bot elsewhere."""

    def __init__(
        self,
        invitation: Invitation,
        engine: CalibratedEngine,
        *,
        folder: Path,
        policy: WorkerPolicy,
        look: Callable[[], Told],
        own: OwnFiles,
        say: Callable[[str], None],
        clock: Callable[[], float],
        line_limits: LineLimits = DEFAULT_LIMITS,
    ) -> None:
        """Make one; nothing is started, but an event loop must run.

        Args:
            invitation: whom it draws for.
            engine: draws.
            folder: the worker's own. What is in it outlives this process.
            policy: what it allows itself.
            look: looks at what this machine can draw; called in a thread.
            own: knows this machine's checkpoints and styles by their digests.
            say: shows a line to whoever started it.
            clock: returns Unix seconds.
            line_limits: how patient the line is.
        """
        self._engine = engine
        self._policy = policy
        self._look = look
        self._looked = float("-inf")
        self._caps = Told()
        self._address = invitation.address
        self._voice = Voice(say)
        self._unwelcome: tuple[float, Exception] | None = None
        self._holding = Holding(folder / CLAIMS, keep_seconds=policy.keep_seconds, clock=clock)
        self._times = Times(folder)
        self._files = LocalFiles(own, self._look_soon)
        worker, line = invitation.worker, self._current_line
        self._copies = Copies(
            line, worker, folder, most_bytes=policy.weights_bytes, on_copy=self._files.look_soon
        )
        self._talk = Talk(line, worker, self._holding, self._about, on_offers=self._copies.offer)
        self._line = Line(
            _login_of(invitation),
            answers=subjects.answers_to_worker(invitation.worker),
            hears=self._talk.hears(),
            limits=line_limits,
            on_up=self._came_up,
            on_down=self._went_down,
        )
        self._drawing = Drawing(
            self._holding,
            engine,
            judge_by=engine.judge_by,
            local=self._files.local,
            on_time=self._times.note,
            on_clip=self._voice.clip,
        )
        self._inputs = Inputs(self._line, invitation.worker, self._holding)
        self._asking = Asking(
            self._talk,
            self._holding,
            self._drawing,
            self._inputs,
            engine,
            clips_waiting=policy.clips_waiting,
        )

    async def run(self, stop: asyncio.Event) -> None:
        """Draw until told to stop.

        Raises:
            Ended: it ends by itself; the text says why.
            OSError: the folder cannot be used.
        """
        await asyncio.to_thread(self._holding.recover)
        await asyncio.to_thread(self._times.load)
        await self._until(stop, self._start())
        if stop.is_set():
            await self._engine.close()
            return
        self._caps, self._looked = await asyncio.to_thread(self._look), time.monotonic()
        self._voice.begins(self._address, self._caps)
        line = asyncio.create_task(self._line.run(), name="line")
        loops = [
            asyncio.create_task(work, name=name)
            for name, work in (
                ("drawing", self._drawing.run()),
                ("inputs", self._inputs.run()),
                ("talk", self._talk.run()),
                ("copies", self._copies.run()),
                ("files", self._files.run()),
                ("contact", self._contact()),
            )
        ]
        asking = asyncio.create_task(self._asking.run(), name="asking")
        stopping = asyncio.create_task(stop.wait(), name="stop")
        try:
            done, _ = await asyncio.wait(
                {line, asking, stopping, *loops}, return_when=asyncio.FIRST_COMPLETED
            )
            await _end(asking)
            for task in done - {stopping, asking}:
                task.result()
            if asking in done:
                asking.result()
            await self._finish()
        except PutOut as error:
            raise refused(error.refused) from None
        finally:
            await _end(stopping, asking, *loops)
            await self._last_beat()
            await _end(line)
            await self._engine.close()

    async def _finish(self) -> None:
        """Give what runs, and clips that wait, a moment."""
        log.info("closing")
        self._drawing.begin_no_more()
        self._give_back(HeldState.FETCH, HeldState.READY)
        idle = asyncio.Event()

        def look() -> None:
            if not self._holding.count(HeldState.RUN, HeldState.DONE):
                idle.set()

        self._holding.connect(look)
        look()
        await wait_at_most(idle, self._policy.stop_grace)

    async def _last_beat(self) -> None:
        """Give back what is still drawn, so that another machine takes it at once."""
        self._give_back(HeldState.FETCH, HeldState.READY, HeldState.RUN)
        if len(self._holding) and self._talk.greeted and self._line.up.is_set():
            try:
                async with asyncio.timeout(LAST_BEAT):
                    await self._talk.beat()
            except (LinkError, TimeoutError) as error:
                log.info("the last beat was not heard: %s", error)

    def _give_back(self, *states: HeldState) -> None:
        for work in self._holding:
            if work.state in states:
                self._holding.failed(work, EngineClosed("the worker ends"))

    async def _start(self) -> None:
        """Start the engine. If its process ends, it goes on trying by itself; without a folder, this does."""
        while True:
            try:
                await self._engine.start()
            except OSError as error:
                log.error("could not prepare the engine's work folder: %s", error)  # noqa: TRY400 - says it all
                await asyncio.sleep(START_PAUSE)
            except EngineError as error:
                log.error("the engine did not start: %s", error)  # noqa: TRY400 - the host has logged it
                return
            else:
                return

    async def _until(self, stop: asyncio.Event, work: Coroutine[Any, Any, None]) -> None:
        """Do something, but no longer than until the stop."""
        tasks = {asyncio.create_task(work), asyncio.create_task(stop.wait())}
        done, pending = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        await _end(*pending)
        for task in done:
            task.result()

    async def _contact(self) -> None:
        """Say when the bot is away; end where it has refused this worker for too long."""
        while True:
            await asyncio.sleep(CONTACT_EVERY)
            if time.monotonic() - self._looked > LOOK_EVERY:
                self._looked = time.monotonic()
                await self._look_again()
            if self._unwelcome is None:
                self._voice.contact(self._talk.heard)
                continue
            since, error = self._unwelcome
            self._voice.unwelcome(unwelcome(error, self._policy.refused_seconds))
            if time.monotonic() - since > self._policy.refused_seconds:
                raise unreachable(error)

    def _about(self) -> Told:
        """What the bot is told. Times change with each clip, and wait for the next occasion to be told."""
        return self._caps.model_copy(update={"times": self._times.told()})

    def _current_line(self) -> Line:
        return self._line

    def _look_soon(self) -> None:
        """What this machine can draw has changed."""
        self._looked = float("-inf")

    async def _look_again(self) -> None:
        """Tell the bot if this machine can draw more than before, or less."""
        caps = await asyncio.to_thread(self._look)
        if caps != self._caps:
            self._caps = caps
            self._talk.greet_again()

    def _came_up(self) -> None:
        self._unwelcome = None
        self._talk.wake()

    def _went_down(self, error: Exception) -> None:
        log.info("%s", error)
        if isinstance(error, LoginRefused | WrongPrint):
            since = time.monotonic() if self._unwelcome is None else self._unwelcome[0]
            self._unwelcome = since, error


async def run(worker: Worker) -> None:
    """Be a worker until a signal says stop; the second signal does not wait.

    Raises:
        Ended: it ended by itself; the text says why.
    """
    stop = asyncio.Event()
    task = asyncio.current_task()

    def heard() -> None:
        if stop.is_set() and task is not None:
            task.cancel()
        stop.set()

    system.on_stop(heard)
    await worker.run(stop)


def _login_of(invitation: Invitation) -> Login:
    return Login(
        host=invitation.host,
        port=invitation.port,
        seed=invitation.seed,
        fingerprint=invitation.fingerprint,
        name=f"framekiln worker {version('framekiln')}",
    )


async def _end(*tasks: asyncio.Task[Any]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
