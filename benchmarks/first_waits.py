"""The first ten clips of a fresh install: did they come when their members were told?

    python -m benchmarks.first_waits [--clips 10] [--installs 1] [--wait 15] [--without]

The real program runs as a process with an empty data folder, against the fake of Discord. Clips of both
engines that need no weights are asked for in several lengths and qualities: one after the other, and the last
four at once. What counts is what a member sees: the range in the first message, and the seconds from asking
until the clip stands in the channel. ``--wait``: seconds until the first is asked for; ``--without``: what
would be without the times that are measured at the first start.
"""

from __future__ import annotations

import argparse
import asyncio
import re
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.end_to_end.whole_bot import commands_known
from tests.fake_discord import FakeDiscord
from tests.fake_discord.faults import Upload
from tests.fake_discord.process import BotProcess

PICTURE = Path(__file__).parents[1] / "bot" / "cli" / "lake.jpg"
TOGETHER = 4
PATIENCE = 180.0
TOLD = re.compile(r"ready in about ([^·\n]+)")
UNITS = {"s": 1.0, "min": 60.0, "h": 3600.0}
ASKED: tuple[tuple[str, dict[str, Any]], ...] = (
    ("animate", {}),
    ("animate", {"length": "short"}),
    ("text2video", {"prompt": "a red balloon over the sea"}),
    ("animate", {"quality": "fast"}),
    ("text2video", {"prompt": "snow on a mountain", "quality": "fast"}),
    ("animate", {"quality": "best"}),
    ("text2video", {"prompt": "a boat at night"}),
    ("animate", {"prompt": "slowly"}),
    ("animate", {}),
    ("text2video", {"prompt": "a fox in the wood", "length": "short"}),
)


@dataclass(frozen=True, kw_only=True)
class Clip:
    """One clip's story, in seconds."""

    what: str
    low: float
    high: float
    took: float

    @property
    def held(self) -> bool:
        """Whether the range that the member read held the truth."""
        return self.low <= self.took <= self.high


def read(text: str) -> tuple[float, float]:
    """The seconds of a range in words: "5 to 20 s", "30 s to 2 min", "about 3 min"."""
    found = [(float(number), unit) for number, unit in re.findall(r"([\d.]+)\s*(s|min|h)?\b", text)]
    if not found:
        raise ValueError(f"no time in {text!r}")
    last = next(unit for _, unit in reversed(found) if unit)
    seconds = [number * UNITS[unit or last] for number, unit in found]
    return seconds[0], seconds[-1]


async def ask(discord: FakeDiscord, number: int) -> Clip:
    """Ask in a channel of its own, and wait for the clip."""
    command, options = ASKED[number % len(ASKED)]
    channel = discord.channel(name=f"clip-{number}")
    member = discord.member(f"member {number}")
    if command == "animate":
        options = {"image": Upload("lake.jpg", PICTURE.read_bytes(), content_type="image/jpeg"), **options}
    began = time.monotonic()
    asked = await discord.slash(member, channel, command, **options)
    await asked.answered(3)
    first: list[str] = []

    def told() -> bool:
        first.extend(match[1] for each in discord.messages(channel) if (match := TOLD.search(each.content)))
        return bool(first) or posted()

    def posted() -> bool:
        return any(each.attachments for each in discord.messages(channel))

    await discord.wait_for(told, PATIENCE)
    await discord.wait_for(posted, PATIENCE)
    took = time.monotonic() - began
    if not first:
        raise RuntimeError(f"{command}: the clip came, and no wait was told")
    low, high = read(first[0])
    return Clip(what=f"/{command} {ASKED[number % len(ASKED)][1] or ''}", low=low, high=high, took=took)


async def install(clips: int, wait: float, *, measured: bool) -> list[Clip]:
    """A fresh bot, and its first clips."""
    env = {"FRAMEKILN_FIRST_TIMES": "1" if measured else "0", "FRAMEKILN_MIN_FREE_DISK": "0"}
    with tempfile.TemporaryDirectory(prefix="framekiln-first-") as folder:
        async with FakeDiscord() as discord:
            discord.guild()
            async with BotProcess(discord, Path(folder) / "data", env=env) as bot:
                await bot.wait_ready()
                await commands_known(discord)
                await asyncio.sleep(wait)
                alone = max(0, clips - TOGETHER)
                found = [await ask(discord, number) for number in range(alone)]
                return found + await asyncio.gather(*(ask(discord, each) for each in range(alone, clips)))


def main() -> None:
    """Print each clip, and the share of ranges that held."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--clips", type=int, default=10)
    parser.add_argument("--installs", type=int, default=1)
    parser.add_argument("--wait", type=float, default=15.0)
    parser.add_argument("--without", action="store_true")
    given = parser.parse_args()
    found: list[Clip] = []
    for _ in range(given.installs):
        for clip in asyncio.run(install(given.clips, given.wait, measured=not given.without)):
            mark = "held" if clip.held else "MISSED"
            told = f"told {clip.low:5.0f} to {clip.high:5.0f} s, took {clip.took:5.1f} s"
            print(f"{clip.what:<55} {told}  {mark}")
            found.append(clip)
    held = sum(clip.held for clip in found)
    print(f"{held} of {len(found)} ranges held the truth: {held / len(found):.0%}")


if __name__ == "__main__":
    main()
