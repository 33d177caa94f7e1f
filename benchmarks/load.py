"""1,000 requests from 50 members while the engine renders: what the bot adds to an answer.

    python -m benchmarks.load [--requests 1000] [--members 50]

The real program runs as a process against the fake of Discord in this one. Bot, engine and fake compete for
the same cores, as on a small server. The bot's own figures (event-loop lag, database time, idle time of the
engine) come from its health file.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.chaos import picture
from tests.fake_discord import FakeDiscord, Upload
from tests.fake_discord.interactions import Interaction
from tests.fake_discord.process import BotProcess

ENV = {
    "FRAMEKILN_PER_MEMBER_WAITING": "100000",
    "FRAMEKILN_PER_MEMBER_AT_ONCE": "1000",
    "FRAMEKILN_PER_GUILD_AT_ONCE": "1000",
    "FRAMEKILN_PER_MEMBER_HOUR": "100000",
    "FRAMEKILN_PER_GUILD_WAITING": "100000",
    "FRAMEKILN_TOTAL_WAITING": "100000",
    "FRAMEKILN_LOG_LEVEL": "WARNING",
}
RENDERS = 12
"""Renders that are waited for at the end, so that the engine's idle time is measured with a full queue."""


async def member_asks(discord: FakeDiscord, number: int, requests: int, png: bytes) -> list[Interaction]:
    """One member asks again and again, each time as soon as the last request was answered."""
    member = discord.member(f"member {number}")
    channel = next(iter(member.guild.channels.values()))
    asked = []
    for turn in range(requests):
        options: dict[str, Any] = {"quality": "fast", "length": "short"}
        if (number + turn) % 5 == 0:  # one in five brings a picture
            one = await discord.slash(member, channel, "animate", image=Upload("p.png", png), **options)
        else:
            one = await discord.slash(
                member, channel, "text2video", prompt=f"boat {number} {turn}", **options
            )
        asked.append(one)
        await one.shown(120)
    return asked


def health(data: Path) -> dict[str, Any]:
    """The bot's latest sign of life."""
    told: dict[str, Any] = json.loads((data / "health.json").read_text())
    return told


async def run(requests: int, members: int) -> None:
    """Ask, wait for a few renders, and print."""
    with tempfile.TemporaryDirectory(prefix="framekiln-load-") as folder:
        data = Path(folder) / "data"
        async with FakeDiscord() as discord:
            discord.guild()
            discord.channel()
            discord.interactions.ack_seconds = 60.0  # late answers are counted here, not refused
            async with BotProcess(discord, data, env=ENV) as bot:
                await bot.wait_ready(60)
                await discord.wait_for(lambda: discord.world.commands, 60)
                began = time.monotonic()
                asked = await asyncio.gather(
                    *(
                        member_asks(discord, number, requests // members, picture())
                        for number in range(members)
                    )
                )
                took = time.monotonic() - began
                await asyncio.sleep(6)  # a health file with all of it
                after = health(data)
                # A short queue from here on would end the measurement of idle time; the queue is long.
                await discord.wait_for(lambda: health(data)["rendered"] >= after["rendered"] + RENDERS, 600)
                end = health(data)
        answers = np.array(
            [one.acked_after for member in asked for one in member if one.acked_after is not None]
        )
        count = sum(len(member) for member in asked)
        print(f"requests                         {count} from {members} members in {took:.1f} s")
        print(f"answered                         {len(answers)}")
        for share in (0.5, 0.95, 0.99, 1.0):
            print(f"answer, {share:>4.0%}                     {np.quantile(answers, share) * 1000:.0f} ms")
        print(f"answers later than 2.5 s         {int((answers > 2.5).sum())}")
        print(f"event-loop lag p99, max          {end['loop lag p99 ms']} ms, {end['loop lag max ms']} ms")
        print(f"database time per request        {after['database seconds'] / count * 1000:.2f} ms")
        print(
            f"idle between two jobs, p95       {end['idle between jobs p95 ms']} ms ({end['rendered']} jobs)"
        )
        print(f"breaches of Discord's API        {len(discord.violations)}")


def main() -> None:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--requests", type=int, default=1000)
    parser.add_argument("--members", type=int, default=50)
    given = parser.parse_args()
    asyncio.run(run(given.requests, given.members))


if __name__ == "__main__":
    main()
