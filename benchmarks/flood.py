"""One member against twenty others: what the others feel while somebody floods the bot.

    python -m benchmarks.flood [--kinds pictures,exports] [--seconds 8] [--burst 100] [--checkout DIR]

The real program runs as a process against the fake of Discord in this one, on the same processors. For each
kind of flood it starts anew, with the data that it has. The others do light things and ask for small clips
all the while: first alone, then with one member who sends `--burst` interactions at once and goes on with a
tenth as many every second. `--checkout` runs another checkout's bot, with the `.venv` in it, to compare.
Pictures are looked at if the eyes are in ``models``; they are not downloaded.

Targets: answers within 250 ms (p95), "waiting" within 2 s (p95), 200 MiB more memory than without the flood,
children included, and an event loop that is at most 50 ms late (p99).
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import random
import signal
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np

from benchmarks import flood_kinds
from benchmarks.flood_kinds import ANSWERED, KINDS, Town, waits_in_queue
from tests import ROOT
from tests.fake_discord import FakeDiscord, Permission
from tests.fake_discord.interactions import Interaction

OTHERS = 20
PAUSE = 2.0
"""Seconds between two things that one of the others does, about."""

SAMPLE_SECONDS = 0.05
LATEST = 60.0
"""Seconds after which an answer counts as never given."""

TARGETS = {"answer": 0.250, "waiting": 2.0, "memory": 200.0, "lag": 0.050}

ENV = {
    "FRAMEKILN_ENGINE": "camera",
    "FRAMEKILN_PER_MEMBER_WAITING": "50",
    "FRAMEKILN_PER_MEMBER_HOUR": "100000",
    "FRAMEKILN_PER_GUILD_WAITING": "100000",
    "FRAMEKILN_TOTAL_WAITING": "100000",
    "FRAMEKILN_MAX_TAKES": "1",
    "FRAMEKILN_MIN_FREE_DISK": "0",
    "FRAMEKILN_LOG_LEVEL": "WARNING",
    "FRAMEKILN_FETCH_EYES": "0",
    "PYTHONUNBUFFERED": "1",
}

LAUNCH = """
import asyncio, json, runpy, sys, time
import yarl
from discord import Asset
from discord.gateway import DiscordWebSocket
from discord.http import Route

api, gateway, cdn, lags = sys.argv[1:]
Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY, Asset.BASE = api, yarl.URL(gateway), cdn

class Policy(asyncio.DefaultEventLoopPolicy):
    def new_event_loop(self):
        loop = super().new_event_loop()
        late, out = [], open(lags, "a", buffering=1)
        def beat(due):
            now = loop.time()
            late.append(round(now - due, 5))
            if len(late) == 50:
                out.write(json.dumps([time.time(), late]) + "\\n")
                late.clear()
            loop.call_later(0.02, beat, now + 0.02)
        loop.call_soon(beat, loop.time())
        return loop

asyncio.set_event_loop_policy(Policy())
sys.argv = ["bot"]
sys.path.insert(0, "")
runpy.run_module("bot", run_name="__main__", alter_sys=True)
"""
"""Points discord.py at the fake, notes how late the event loop is, and is the bot, of whichever checkout."""


@dataclass
class Felt:
    """What the others felt in one phase; seconds and MiB."""

    answers: list[float] = field(default_factory=list)
    waiting: list[float] = field(default_factory=list)
    memory: float = 0.0
    late: list[float] = field(default_factory=list)
    unanswered: int = 0


class Bot:
    """The bot of a checkout as a process; it can be started again."""

    def __init__(self, fake: FakeDiscord, folder: Path, checkout: Path) -> None:
        self._fake = fake
        self._checkout = checkout
        self.data = folder / "data"
        self.lags = folder / "lags.jsonl"
        self.log = folder / "bot.log"
        self._process: asyncio.subprocess.Process | None = None

    @asynccontextmanager
    async def living(self) -> AsyncIterator[None]:
        """Run the bot while the block lasts.

        Raises:
            RuntimeError: it ended, or never connected; the text holds the end of its log.
        """
        fake, before = self._fake, self._fake.gateway.identifies
        where = [fake.api, fake.gateway_url, fake.url, str(self.lags)]
        own = {"DISCORD_TOKEN": fake.token, "FRAMEKILN_DATA_DIR": str(self.data)}
        with self.log.open("ab") as out:
            self._process = await asyncio.create_subprocess_exec(
                *(str(self._checkout / ".venv/bin/python"), "-c", LAUNCH, *where),
                cwd=self._checkout,
                env={**os.environ, **ENV, **own},
                stdout=out,
                stderr=out,
                start_new_session=True,
            )
        try:
            await fake.wait_for(lambda: fake.gateway.identifies > before and fake.gateway.connected, 90)
            await fake.wait_for(lambda: fake.world.commands, 60)
            yield
        except TimeoutError as error:
            raise RuntimeError(self.log.read_text(errors="replace")[-3000:]) from error
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            await self._process.wait()
            await fake.gateway.cut(code=None)

    def memory(self) -> float:
        """MiB that the bot and all that it started hold for themselves."""
        if self._process is None:
            return 0.0
        return sum(_own_memory(pid) for pid in _family(self._process.pid)) / 2**20

    def late_between(self, begin: float, end: float) -> list[float]:
        """How late the event loop was between two times; seconds."""
        lines = [json.loads(line) for line in self.lags.read_text().splitlines() if line.endswith("]]")]
        return [one for at, late in lines if begin < at <= end + 1.0 for one in late]


def _family(root: int) -> list[int]:
    """A process and all that descend from it."""
    parents: dict[int, list[int]] = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            after = path.read_text().rpartition(")")[2].split()
            parents.setdefault(int(after[1]), []).append(int(path.parent.name))
    found, left = [], [root]
    while left:
        found.append(left.pop())
        left += parents.get(found[-1], [])
    return found


def _own_memory(pid: int) -> int:
    """Bytes that no other process shares by a file, such as a library."""
    try:
        resident, shared = map(int, Path(f"/proc/{pid}/statm").read_text().split()[1:3])
    except (OSError, ValueError):
        return 0
    return (resident - shared) * os.sysconf("SC_PAGE_SIZE")


async def one_of_the_others(town: Town, number: int, end: float, felt: Felt) -> None:
    """Somebody who does something now and then, until the phase ends."""
    dice = random.Random(number)
    member, channel = town.others[number], town.channel
    await asyncio.sleep(dice.uniform(0, PAUSE))
    while time.monotonic() < end:
        what = dice.random()
        if what < 0.45:
            asked = await town.fake.slash(member, channel, "jobs")
        elif what < 0.6:
            asked = await town.fake.autocomplete(member, channel, "text2video", "quality", "")
        elif what < 0.85:
            asked = await town.fake.slash(
                member, channel, "text2video", prompt="a red boat", length="short", quality="fast"
            )
        else:
            asked = await town.fake.slash(
                member, channel, "animate", image=town.small, length="short", quality="fast"
            )
        await _note(asked, felt, clip=what >= 0.6)
        await asyncio.sleep(PAUSE * dice.uniform(0.5, 1.5))


async def _note(asked: Interaction, felt: Felt, *, clip: bool) -> None:
    try:
        await asked.answered(LATEST)
        felt.answers.append(asked.acked_after or 0.0)
        if clip:
            shown = await asked.shown(LATEST)
            if waits_in_queue(shown.content):
                felt.waiting.append(asked.age)
            else:
                felt.unanswered += 1
    except TimeoutError:
        felt.unanswered += 1
        felt.answers.append(LATEST)


async def phase(
    town: Town, bot: Bot, seconds: float, attack: Callable[[], AsyncIterator[None]] | None
) -> Felt:
    """Let the others do their things for a while, with somebody who attacks or without."""
    felt, begin = Felt(), time.time()
    end = time.monotonic() + seconds

    async def watch() -> None:
        while True:
            felt.memory = max(felt.memory, bot.memory())
            await asyncio.sleep(SAMPLE_SECONDS)

    async def flood(waves: AsyncIterator[None]) -> None:
        async for _ in waves:
            if time.monotonic() >= end:
                return
            await asyncio.sleep(1.0)

    watching = asyncio.create_task(watch())
    attacking = None if attack is None else asyncio.create_task(flood(attack()))
    await asyncio.gather(*(one_of_the_others(town, number, end, felt) for number in range(OTHERS)))
    if attacking is not None:
        await attacking
    await asyncio.sleep(1.2)  # the last second's lags are written once a second
    watching.cancel()
    felt.late = bot.late_between(begin, time.time())
    return felt


@dataclass
class Row:
    """What is printed of one kind of flood."""

    kind: str
    quiet: Felt
    felt: Felt
    sent: int
    answered: int

    @property
    def grown(self) -> float:
        """MiB more than without the flood."""
        return self.felt.memory - self.quiet.memory

    @property
    def misses(self) -> list[str]:
        """The targets that are missed."""
        found = {
            "answer": _share(self.felt.answers, 0.95),
            "waiting": _share(self.felt.waiting, 0.95),
            "memory": self.grown,
            "lag": _share(self.felt.late, 0.99),
        }
        # What was never measured, because nobody was answered, is missed too.
        return [name for name, value in found.items() if not value <= TARGETS[name]]

    def __str__(self) -> str:
        felt, quiet = self.felt, self.quiet
        cells = [
            f"{self.kind:11}",
            f"{_share(felt.answers, 0.5) * 1000:6.0f}",
            f"{_share(felt.answers, 0.95) * 1000:7.0f} ({_share(quiet.answers, 0.95) * 1000:.0f})",
            f"{_share(felt.waiting, 0.95):6.2f} ({_share(quiet.waiting, 0.95):.2f})",
            f"{self.grown:+7.0f}",
            f"{_share(felt.late, 0.99) * 1000:6.1f} ({_share(quiet.late, 0.99) * 1000:.1f})",
            f"{felt.unanswered:4}",
            f"{self.answered} of {self.sent}",
            ", ".join(self.misses) or "none",
        ]
        return "| " + " | ".join(cells) + " |"


HEAD = (
    "| flood | answer p50, ms | p95, ms (quiet) | to “waiting” p95, s (quiet) | memory, MiB | "
    "loop late p99, ms (quiet) | others refused or not answered | answers the flooder got | missed |\n"
    "|---|---|---|---|---|---|---|---|---|"
)


def _share(values: list[float], share: float) -> float:
    return float(np.quantile(values, share)) if values else float("nan")


async def run(kinds: list[str], seconds: float, burst: int, checkout: Path) -> list[Row]:
    """Flood the bot in each of these ways, and print what the others felt."""
    rows = []
    with tempfile.TemporaryDirectory(prefix="framekiln-flood-") as folder:
        async with FakeDiscord() as fake:
            fake.guild()
            fake.interactions.ack_seconds = LATEST
            town = Town(
                fake=fake,
                channel=fake.channel(),
                flooder=fake.member("mallory"),
                moderator=fake.member("mod", permissions=Permission.MANAGE_GUILD),
                others=[fake.member(f"member {number}") for number in range(OTHERS)],
                data=Path(folder) / "data",
            )
            bot = Bot(fake, Path(folder), checkout)
            async with bot.living():
                await flood_kinds.prepare(town)
            print(HEAD, flush=True)
            for kind in kinds:
                async with bot.living():
                    await KINDS[kind].prepare(town)
                    quiet = await phase(town, bot, seconds, None)
                    town.sent.clear()
                    felt = await phase(town, bot, seconds, partial(KINDS[kind].waves, town, burst))
                    row = Row(kind, quiet, felt, len(town.sent), sum(map(ANSWERED, town.sent)))
                print(row, flush=True)
                rows.append(row)
    return rows


def main() -> None:
    """Read the command line, flood, and end with 1 where a target is missed."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--kinds", default=",".join(KINDS), help="comma-separated")
    parser.add_argument("--seconds", type=float, default=8.0, help="of each phase")
    parser.add_argument("--burst", type=int, default=100)
    parser.add_argument("--checkout", type=Path, default=ROOT, help="whose bot is flooded")
    given = parser.parse_args()
    rows = asyncio.run(run(given.kinds.split(","), given.seconds, given.burst, given.checkout.resolve()))
    raise SystemExit(any(row.misses for row in rows))


if __name__ == "__main__":
    main()
