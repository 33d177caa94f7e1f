"""One engine process as its parent sees it: spawned, listened to, watched, and buried.

Whatever the process does or fails to do, nothing is raised by ``Child.run`` but EngineDied and its kinds, or
RanShort where the system killed it for want of memory.
"""

from __future__ import annotations

import asyncio
import contextlib
import enum
import logging
import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import system
from engine.core.device import Device
from engine.core.errors import EngineDied, EngineError, EngineHung, EngineKilled
from engine.core.events import Draft, Event, Progress, TakeDiscarded
from engine.core.shortages import RanShort, Shortage
from engine.process import ending, wire
from engine.process.watch import HostLimits, Watch
from system.line import Begun

log = logging.getLogger(__name__)

LAST_WORDS = 4096
"""Bytes of the process's output that are kept for the log."""

_DRAIN = 0.5
"""Seconds for the last message and words of a dead process to arrive; they are in a buffer already."""

_VMSTAT = Path("/proc/vmstat")

_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]+")


class Cause(enum.Enum):
    """Why a process ended."""

    ITSELF = enum.auto()
    HUNG = enum.auto()
    BROKEN = enum.auto()
    VERSION = enum.auto()
    GPU_GONE = enum.auto()
    WANTED = enum.auto()


@dataclass(frozen=True, kw_only=True)
class Death:
    """How a process ended.

    Attributes:
        returncode: negative for a signal; None when it could not be started at all.
        reason: a sentence for the log.
        last_words: the end of its output, without control characters.
        out_of_memory: the system has killed a process for want of memory meanwhile: this one, most likely.
    """

    cause: Cause
    returncode: int | None
    reason: str
    last_words: str = ""
    out_of_memory: bool = False

    @property
    def is_anothers_doing(self) -> bool:
        """Whether a render without an answer is not why: another was stopped, or broke the GPU's context."""
        return self.cause is Cause.WANTED or self.returncode == wire.EXIT_POISONED

    def error(self) -> EngineError:
        """What the render that ran is told."""
        family = EngineHung if self.cause is Cause.HUNG else EngineDied
        if self.cause is Cause.ITSELF and system.was_ended(self.returncode):
            if self.out_of_memory:
                return RanShort(Shortage.MEMORY, "the system killed the engine process: it was out of memory")
            family = EngineKilled
        return family(self.returncode, f"{self.reason}\n{self.last_words}".rstrip())


@dataclass(frozen=True, kw_only=True)
class _Assignment:
    job: str
    work: str
    on_event: Callable[[Event], None]
    on_wanted: Callable[[wire.Wanted], None]
    answer: asyncio.Future[wire.Result | wire.Failed]


class Child:
    """One engine process. Made by :meth:`spawn`.

    Attributes:
        pid: its process id, and its process group's.
        ready: set when it waits for its first job.
        ended: done, with how, when it is gone and all that it said has been heard.
        rss: bytes of resident memory at the last heartbeat.
        device: where it draws; known once it is ready.
        taken: how many renders its host has given it, or is about to.
    """

    def __init__(self, begun: Begun, limits: HostLimits) -> None:
        self._loop = asyncio.get_running_loop()
        self._limits = limits
        self._reader, self._writer = begun.reader, begun.writer
        self._output, self._close_output = begun.output, begun.close_output
        self._watch = Watch(limits, self._loop.time())
        self._assignments: dict[str, _Assignment] = {}
        self.taken = 0
        self._verdict: tuple[Cause, str] | None = None
        self._greeted = False
        self._leaving = False
        self._tail = b""
        self._killed_for_memory = killed_for_memory()
        self.pid = begun.process.pid
        self._group = system.Group(self.pid)
        self.rss = 0
        self.device = Device()
        self.ready = asyncio.Event()
        self.ended: asyncio.Future[Death] = self._loop.create_future()
        self._exit = asyncio.create_task(begun.process.wait())
        self._listener = asyncio.create_task(self._listen())
        self._drainer = asyncio.create_task(self._drain())
        self._watcher = asyncio.create_task(self._keep_watch())
        self._reaper = asyncio.create_task(self._reap())
        self._killer: asyncio.Task[None] | None = None

    @classmethod
    async def spawn(cls, command: Sequence[str], environment: Mapping[str, str], limits: HostLimits) -> Self:
        """Start a process. Call it in the thread that will live longest: the child dies with it.

        Args:
            command: what to run; the worker's arguments are put behind it.
            environment: all that the process sees of one.
            limits: how long to wait for what.

        Raises:
            OSError: the command cannot be run.
        """
        begun = await system.begin_line(
            command,
            lambda number: (
                *("--fd", str(number), "--parent", str(os.getpid())),
                *("--beat", str(limits.heartbeat_every)),
                *(() if limits.memory is None else ("--memory", str(limits.memory))),
            ),
            environment,
            wire.MAX_LINE,
        )
        child = cls(begun, limits)
        child._send(wire.Hello(version=wire.PROTOCOL))
        return child

    @property
    def usable(self) -> bool:
        """Whether it may be given a render."""
        return self._verdict is None and not self._leaving and not self._exit.done()

    async def run(
        self,
        order: wire.Render,
        on_event: Callable[[Event], None],
        on_wanted: Callable[[wire.Wanted], None],
    ) -> wire.Result | wire.Failed:
        """Have it render, and wait for the answer. It may be given two renders at once.

        Args:
            order: what to render.
            on_event: told of progress and of discarded takes.
            on_wanted: told of takes that are to be drawn elsewhere; :meth:`tell` brings the answer.

        Raises:
            EngineDied: it ended, or was killed, before it answered.
            RanShort: the system killed it for want of memory.
            EngineHung: it said nothing for too long and was killed.
            WireError: the order does not fit the wire; nothing was sent.
        """
        if self.ended.done():
            raise self.ended.result().error()
        self._send(order)
        assignment = _Assignment(
            job=order.job,
            work=order.work,
            on_event=on_event,
            on_wanted=on_wanted,
            answer=self._loop.create_future(),
        )
        self._assignments[order.job] = assignment
        self._watch.begin(order.job, self._loop.time())
        try:
            return await assignment.answer
        finally:
            del self._assignments[order.job]
            self._watch.end(order.job)

    def tell(self, message: wire.OfTake) -> None:
        """Say how a take that is drawn elsewhere comes on, or what became of it."""
        self._send(message)

    def cancel(self, job: str) -> None:
        """Ask it to stop a render; :meth:`run` still waits for the answer."""
        self._send(wire.Cancel(job=job))

    async def gone(self) -> None:
        """Wait until it has ended."""
        await asyncio.wait({self.ended})

    async def close(self) -> None:
        """Ask it to end, then make it end."""
        if self._verdict is None:
            self._verdict = (Cause.WANTED, "its parent closed it")
        self._send(wire.Shutdown())
        await asyncio.wait({self.ended}, timeout=self._limits.term_grace)
        await self.end("it did not close when asked to")

    async def end(self, reason: str, cause: Cause = Cause.WANTED) -> None:
        """Kill it because it is not wanted any more, and wait until it has ended."""
        self._schedule_kill(cause, reason)
        await self.gone()

    def kill_now(self) -> None:
        """Kill it, without a grace and without waiting."""
        if not self._exit.done():
            self._verdict = self._verdict or (Cause.WANTED, "its parent ran out of time")
            self._group.kill()

    def _send(self, message: wire.FromParent) -> None:
        line = wire.encode(message)
        if not self._writer.is_closing():
            self._writer.write(line)

    def _schedule_kill(self, cause: Cause, reason: str) -> None:
        """Have it killed, for the first reason that was found."""
        self._verdict = self._verdict or (cause, reason)
        if self._killer is None:
            self._killer = asyncio.create_task(self._kill())

    async def _kill(self) -> None:
        if not self._exit.done():
            self._group.ask()
            await asyncio.wait({self._exit}, timeout=self._limits.term_grace)
        if not self._exit.done():
            self._group.kill()

    async def _reap(self) -> None:
        """Wait for its end, however it comes, and tell everything that waits for it."""
        returncode = await self._exit
        self._group.kill()  # what it started must not outlive it, nor share the GPU with the next one
        await ending.gone(self._group)
        await asyncio.wait({self._listener, self._drainer}, timeout=_DRAIN)
        self._writer.close()
        self._close_output()
        with contextlib.suppress(OSError):
            await self._writer.wait_closed()
        tasks = (self._listener, self._drainer, self._watcher)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        cause, reason = self._verdict or (Cause.ITSELF, "it exited by itself")
        words = _CONTROL.sub(" ", self._tail.decode(errors="replace")).strip()
        death = Death(
            cause=cause,
            returncode=returncode,
            reason=reason,
            last_words=words,
            out_of_memory=killed_for_memory() > self._killed_for_memory,
        )
        self.ended.set_result(death)
        for assignment in self._assignments.values():
            if not assignment.answer.done():
                assignment.answer.set_exception(death.error())

    async def _drain(self) -> None:
        rest = b""
        while chunk := await self._output.read(1 << 16):
            self._tail = (self._tail + chunk)[-LAST_WORDS:]
            *lines, rest = re.split(rb"[\r\n]+", rest + chunk)
            rest = rest[-LAST_WORDS:]
            for line in lines:
                log.debug("engine %d: %s", self.pid, _CONTROL.sub(" ", line.decode(errors="replace")))

    async def _keep_watch(self) -> None:
        tick = self._watch.tick
        while True:
            before = self._loop.time()
            await asyncio.sleep(tick)
            now = self._loop.time()
            if now - before > 2 * tick:
                self._watch.forgive(now - before)
            elif reason := self._watch.overdue(now):
                self._schedule_kill(Cause.HUNG, reason)
                return

    async def _listen(self) -> None:
        try:
            while line := await self._reader.readline():
                self._take_in(wire.from_child(line))
        except ConnectionError:
            pass  # it died with unread messages of ours; its end is seen by itself
        except ValueError as error:  # a line that is too long, or no message
            self._schedule_kill(Cause.BROKEN, str(error))
        self._watch.close(self._loop.time())

    def _take_in(self, message: wire.FromChild) -> None:
        now = self._loop.time()
        if isinstance(message, wire.Hello):
            self._greeted = True
            if message.version != wire.PROTOCOL:
                self._schedule_kill(
                    Cause.VERSION, f"it speaks version {message.version}, this program {wire.PROTOCOL}"
                )
        elif not self._greeted:
            raise wire.WireError(f"its first message was {message.type}, not hello")
        elif isinstance(message, wire.Ready):
            self._watch.ready(now)
            # What was condemned at its greeting is told to end; that it says "ready" first does not count.
            if self._verdict is None:
                self.device = Device(kind=message.device, name=message.name, memory=message.memory)
                self.ready.set()
        elif isinstance(message, wire.Beat):
            self._watch.beat(now)
            self.rss = message.rss
        elif (assignment := self._assignments.get(message.job)) is None:
            log.info("engine %d: a late %s of %s is ignored", self.pid, message.type, message.job)
        else:
            self._follow(assignment, message, now)

    def _follow(self, assignment: _Assignment, message: wire.OfRender, now: float) -> None:
        """Take in what is said of the render that runs."""
        if isinstance(message, wire.Progressed):
            progress = Progress(stage=message.stage, fraction=message.fraction, take=message.take)
            self._watch.step(assignment.job, progress, now)
            self._pass_on(assignment, progress)
        elif isinstance(message, wire.Discarded):
            sheet = None if message.sheet is None else _in_folder(assignment.work, message.sheet)
            self._pass_on(assignment, TakeDiscarded(take=message.take, sheet=sheet))
        elif isinstance(message, wire.Drafted):
            path = _in_folder(assignment.work, message.path)
            if path is not None:
                self._pass_on(assignment, Draft(path=path, take=message.take))
        elif isinstance(message, wire.Wanted):
            assignment.on_wanted(message)
        else:
            self._leaving |= isinstance(message, wire.Failed) and message.leaving
            if not assignment.answer.done():
                assignment.answer.set_result(message)

    def _pass_on(self, assignment: _Assignment, event: Event) -> None:
        try:
            assignment.on_event(event)
        except Exception:
            log.exception("handling the result of render %s failed", assignment.job)


def killed_for_memory() -> int:
    """How many processes the system has killed for want of memory so far; Linux only, elsewhere 0."""
    try:
        words = _VMSTAT.read_text().split()
    except OSError:
        return 0
    return int(words[words.index("oom_kill") + 1]) if "oom_kill" in words else 0


def _in_folder(folder: str, name: str) -> Path | None:
    """A file that the process says is in its work folder; None where it is none, or leads out of it."""
    path = Path(folder) / Path(name).name
    return path if path.is_file() and not path.is_symlink() else None
