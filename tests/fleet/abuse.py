"""Many workers and a bot under abuse: who is killed, frozen or cut off, and what came of every job."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import math
import multiprocessing
import os
import random
import secrets
import signal
import sqlite3
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bot.fleet.capability import Ability
from db.states import ENDS, State
from tests.fleet import bot_process, worker_process
from tests.fleet.bot_process import Notes
from tests.fleet.broker import Broker
from tests.fleet.relay import Relay
from tests.fleet.sleeper import order_text

PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(["tests.fleet.bot_process", "tests.fleet.worker_process"])
Process = Any

ABILITY = Ability(engine="sketch").to_json()

START_NOTES = 4
"""The bot notes its processor time twice a second."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What is to happen. Times are seconds.

    Attributes:
        draw: shortest and longest render.
        every: between two blows.
        blows: kinds, each as often as it stands here.
        gone: how long a worker stays away, frozen or shut in: shortest and longest.
        delay: of the line, each way.
        patience: until everything must be delivered.
    """

    workers: int
    jobs: int
    draw: tuple[float, float]
    every: float
    blows: tuple[str, ...]
    gone: tuple[float, float]
    delay: float = 0.0
    seed: int = 1
    patience: float = 900.0
    input_bytes: int = 200_000
    clip_bytes: int = 500_000


@dataclass(kw_only=True)
class There:
    """A worker on what stands for another machine."""

    name: str
    line: str
    folder: Path
    relay: Relay
    process: Process = None
    busy: bool = False

    def start(self) -> None:
        self.process = PROCESSES.Process(target=worker_process.main, args=(self.folder, self.line))
        self.process.start()

    def send(self, which: int) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.process.pid, which)

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.join()
            self.process.close()
            self.process = None


@dataclass(kw_only=True)
class Outcome:
    """What came of it; times are seconds.

    Attributes:
        delivered: jobs by how often they were posted.
        wrong: clips that were not the job's.
        reassigned: by blow, the seconds until the job was another claim's.
        idle: seconds between two renders of a worker that could reach the bot all the time.
        back: seconds until a worker that could not draws again, from the moment when it can.
        bot_cpu: processor seconds of the bot, without the benchmark's own work.
        start_cpu: those of the first seconds of each of its lives.
        wasted: share of the drawing that came to nothing.
    """

    jobs: int
    states: Counter[str]
    delivered: Counter[str]
    wrong: int
    blows: Counter[str]
    reassigned: dict[str, list[float]]
    idle: list[float]
    back: list[float]
    wasted: float
    seconds: float
    bot_cpu: float
    start_cpu: float
    late: list[float]
    put_out: list[str] = field(default_factory=list)

    @property
    def once(self) -> int:
        return sum(count == 1 for count in self.delivered.values())

    @property
    def lost(self) -> int:
        return self.jobs - len(self.delivered)

    @property
    def doubled(self) -> int:
        return sum(count > 1 for count in self.delivered.values())


def quantile(values: list[float], share: float) -> float:
    """0 where there are none."""
    return sorted(values)[min(len(values) - 1, int(share * len(values)))] if values else 0.0


class Abuse:
    """One run."""

    def __init__(self, plan: Plan, folder: Path, tell: Callable[[str], None] = lambda _: None) -> None:
        self.plan = plan
        self.folder = folder
        self.tell = tell
        self.dice = random.Random(plan.seed)
        self.broker = Broker(folder=folder / "broker")
        self.bot: Process = None
        self.workers: list[There] = []
        self.blows = Notes(path=folder / "blows.jsonl")
        self.ends = Notes(path=folder / "ends.jsonl")
        self._tasks: set[asyncio.Task[None]] = set()

    async def run(self) -> Outcome:
        """Do it."""
        plan = self.plan
        await self._prepare()
        async with contextlib.AsyncExitStack() as stack:
            for there in self.workers:
                await stack.enter_async_context(there.relay)
                there.line = self.broker.invitation(there.name, port=there.relay.port).line()
            stack.callback(self._end)
            began = time.time()
            self.broker.start()
            self._start_bot()
            for there in self.workers:
                there.start()
            abusing = asyncio.create_task(self._abuse())
            end = time.monotonic() + plan.patience
            while time.monotonic() < end and (left := self._open_jobs()):
                self.tell(f"{time.time() - began:6.0f} s: {left} jobs are open")
                await asyncio.sleep(1.0)
            abusing.cancel()
            await asyncio.gather(abusing, return_exceptions=True)
            await asyncio.sleep(1.0)
            seconds = time.time() - began
        return self._outcome(seconds)

    async def _prepare(self) -> None:
        plan = self.plan
        data = self.folder / "bot"
        data.mkdir(parents=True)
        jobs = []
        for number in range(plan.jobs):
            seconds = self.dice.uniform(*plan.draw)
            recipe = order_text(
                round(seconds, 2), size=self.dice.randrange(1000, plan.clip_bytes), mark=str(number)
            )
            picture = self.dice.randbytes(self.dice.randrange(1000, plan.input_bytes))
            jobs.append((recipe, {"picture": picture} if number % 3 else {}))
        await bot_process.fill(data, jobs, [ABILITY])
        for _ in range(plan.workers):
            name = secrets.token_hex(4)
            self.broker.add(name)
            relay = Relay(self.broker.port, delay=plan.delay)
            self.workers.append(There(name=name, line="", folder=self.folder / name, relay=relay))
        keys = {there.name: self.broker.workers[there.name][1] for there in self.workers}
        await bot_process.invite(data, keys)

    def _start_bot(self) -> None:
        self.bot = PROCESSES.Process(target=bot_process.main, args=(self.folder / "bot", self.broker.login()))
        self.bot.start()

    def _kill_bot(self) -> None:
        self.bot.kill()
        self.bot.join()
        self.bot.close()

    def _end(self) -> None:
        for task in self._tasks:
            task.cancel()
        for there in self.workers:
            if there.process is not None:
                there.send(signal.SIGCONT)
            there.kill()
        self._kill_bot()
        self.broker.kill()

    def _rows(self, sql: str) -> list[Any]:
        with contextlib.closing(
            sqlite3.connect(f"file:{self.folder}/bot/bot.db?mode=ro", uri=True)
        ) as database:
            return database.execute(sql).fetchall()

    def _open_jobs(self) -> int:
        return sum(State(state) not in ENDS for (state,) in self._rows("SELECT state FROM job"))

    async def _abuse(self) -> None:
        while True:
            await asyncio.sleep(self.plan.every)
            blow = self.dice.choice(self.plan.blows)
            free = [there for there in self.workers if not there.busy and there.process is not None]
            if blow in {"bot", "broker"}:
                self._strike_house(blow)
            elif free:
                there = self.dice.choice(free)
                there.busy = True
                task = asyncio.create_task(self._strike(blow, there))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)

    def _strike_house(self, blow: str) -> None:
        self.blows.write(blow=blow, worker="")
        if blow == "bot":
            self._kill_bot()
            self._start_bot()
        else:
            self.broker.kill()
            self.broker.start()

    async def _strike(self, blow: str, there: There) -> None:
        self.blows.write(blow=blow, worker=there.name)
        seconds = self.dice.uniform(*self.plan.gone)
        try:
            if blow == "kill":
                there.kill()
                there.start()
            elif blow == "gone":
                there.kill()
                await asyncio.sleep(seconds)
                there.start()
            elif blow == "freeze":
                there.send(signal.SIGSTOP)
                await asyncio.sleep(seconds)
                there.send(signal.SIGCONT)
            elif blow == "shut in":
                there.relay.stall()
                await asyncio.sleep(seconds)
                there.relay.heal()
            elif blow == "cut":
                there.relay.cut()
            elif blow == "stop":
                there.send(signal.SIGTERM)
                await asyncio.to_thread(there.process.join, 20)
                there.kill()
                there.start()
        finally:
            self.ends.write(blow=blow, worker=there.name)
            there.busy = False

    def _outcome(self, seconds: float) -> Outcome:
        posted = Notes(path=self.folder / "bot" / "posted.jsonl").read()
        stats = Notes(path=self.folder / "bot" / "bot.jsonl").read()
        blows = self.blows.read()
        drawn = {there.name: Notes(path=there.folder / "drawn.jsonl").read() for there in self.workers}
        self._mend(drawn, blows)
        useful = {
            f"{job}_{claim}"
            for job, claim in self._rows("SELECT id, claim FROM job WHERE state = 'delivered'")
        }
        spent = {True: 0.0, False: 0.0}
        for line in (line for lines in drawn.values() for line in lines if line["what"] != "begin"):
            spent[line["job"] in useful] += line["t"] - line["began"]
        idle, back = self._pauses(drawn, blows)
        return Outcome(
            jobs=self.plan.jobs,
            states=Counter(state for (state,) in self._rows("SELECT state FROM job")),
            delivered=Counter(line["job"] for line in posted),
            wrong=sum(not line["right"] for line in posted),
            blows=Counter(line["blow"] for line in blows),
            reassigned=self._reassigned(blows),
            idle=idle,
            back=back,
            wasted=spent[False] / max(1e-9, spent[True] + spent[False]),
            seconds=seconds,
            bot_cpu=sum(life[-1]["cpu"] for life in _lives(stats)),
            start_cpu=sum(life[min(START_NOTES, len(life)) - 1]["cpu"] for life in _lives(stats)),
            late=[late for line in stats for late in line["late"]],
            put_out=[why for (why,) in self._rows("SELECT why FROM worker WHERE removed_at IS NOT NULL")],
        )

    def _pauses(
        self, drawn: dict[str, list[dict[str, Any]]], blows: list[dict[str, Any]]
    ) -> tuple[list[float], list[float]]:
        """Of workers that could reach the bot all the time; and of others, from the moment when they can."""
        apart: defaultdict[str, list[tuple[float, float]]] = defaultdict(list)
        ends = self.ends.read()
        for blow in (blow for blow in blows if blow["worker"]):
            later = [end["t"] for end in ends if end["worker"] == blow["worker"] and end["t"] >= blow["t"]]
            apart[blow["worker"]].append((blow["t"], min(later, default=math.inf)))
        idle, back = [], []
        for name, lines in drawn.items():
            for drew, draws in itertools.pairwise(lines):
                if (drew["what"], draws["what"]) != ("end", "begin"):
                    continue
                over = [end for begun, end in apart[name] if begun < draws["t"] and end > drew["t"]]
                if over:
                    back.append(max(0.0, draws["t"] - max(over)))
                else:
                    idle.append(draws["t"] - drew["t"])
        return idle, back

    def _mend(self, drawn: dict[str, list[dict[str, Any]]], blows: list[dict[str, Any]]) -> None:
        """A render that a kill ended wrote no end: it ended then."""
        for name, lines in drawn.items():
            whole = []
            for line, later in zip(lines, [*lines[1:], {"what": "begin"}], strict=True):
                whole.append(line)
                if (line["what"], later["what"]) == ("begin", "begin"):
                    fatal = [blow["t"] for blow in blows if blow["worker"] == name and blow["t"] >= line["t"]]
                    end = fatal[0] if fatal else line["t"]
                    whole.append({"what": "killed", "t": end, "began": line["t"], "job": line["job"]})
            drawn[name] = whole

    def _reassigned(self, blows: list[dict[str, Any]]) -> dict[str, list[float]]:
        """After each blow at a worker: when was the job that it had then given to the next."""
        claims = Notes(path=self.folder / "bot" / "claims.jsonl").read()
        rendered = dict(self._rows("SELECT id, coalesce(rendered_at, 1e12) FROM job"))
        of_job: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
        for line in claims:
            of_job[line["job"]].append(line)
        house = [line["t"] for line in blows if line["blow"] in {"bot", "broker"}]
        found: defaultdict[str, list[float]] = defaultdict(list)
        for blow in blows:
            for job, given in of_job.items():
                before = [line for line in given if line["t"] <= blow["t"]]
                if not before or before[-1]["worker"] != blow["worker"] or rendered[job] <= blow["t"]:
                    continue
                after = [line for line in given if line["t"] > blow["t"]]
                if after and not any(blow["t"] - 5 <= at <= after[0]["t"] for at in house):
                    found[blow["blow"]].append(after[0]["t"] - blow["t"])
        return found


def _lives(stats: list[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    """What the bot noted in each of its lives: its processor time begins again at 0 in each."""
    lives: list[list[dict[str, Any]]] = []
    for line in stats:
        if not lives or line["cpu"] < lives[-1][-1]["cpu"]:
            lives.append([])
        lives[-1].append(line)
    return lives
