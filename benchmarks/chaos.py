"""Kill the whole bot at random moments, and count what was lost and what was posted twice.

    python -m benchmarks.chaos --kills 200 [--nonce-window 300] [--seed 0] [--at-asking]

The real program runs as a process against the fake of Discord in this one. Members ask all the while; half of
the kills come at a random time, half within milliseconds of a request that posts a message. A nonce window of
0 is Discord after an outage of more than a few minutes: only the look for an own message guards against
doubles.
"""

from __future__ import annotations

import argparse
import asyncio
import collections
import contextlib
import random
import sqlite3
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from bot.text import messages
from tests.fake_discord import FakeDiscord, Upload
from tests.fake_discord.interactions import Interaction
from tests.fake_discord.people import Channel, Member
from tests.fake_discord.process import BotProcess

ENV = {
    "FRAMEKILN_ENGINE": "camera",
    "FRAMEKILN_PER_MEMBER_WAITING": "1000",
    "FRAMEKILN_PER_MEMBER_AT_ONCE": "1000",
    "FRAMEKILN_PER_GUILD_AT_ONCE": "1000",
    "FRAMEKILN_PER_MEMBER_HOUR": "100000",
    "FRAMEKILN_PER_GUILD_WAITING": "1000",
    "FRAMEKILN_RESTART_LIMIT": "1000",
    "FRAMEKILN_STATUS_INTERVAL": "1",
    "FRAMEKILN_LOG_LEVEL": "WARNING",
}
BACKLOG = 6
"""Members stop asking while so many jobs wait: the kills should meet work, not an endless queue."""

DRAIN_SECONDS = 900.0


def picture() -> bytes:
    """A small picture with something near and something far."""
    import io  # noqa: PLC0415 - only here

    from PIL import Image, ImageDraw  # noqa: PLC0415 - only here

    image = Image.new("RGB", (256, 160), (100, 150, 210))
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 100, 256, 160), fill=(60, 100, 50))
    draw.ellipse((30, 50, 110, 150), fill=(190, 90, 60))
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


class Town:
    """Members who ask, and what they were told."""

    def __init__(self, discord: FakeDiscord, channel: Channel, dice: random.Random) -> None:
        self.discord = discord
        self.channel = channel
        self.dice = dice
        self.members: list[Member] = [discord.member(f"member {number}") for number in range(5)]
        self.asked: list[Interaction] = []
        self._png = picture()

    def acknowledged(self) -> list[Interaction]:
        """The requests whose member has seen that they are in the queue, and not been told to ask again."""
        answered = [one for one in self.asked if one.messages and not one.messages[0].loading]
        return [one for one in answered if one.messages[0].content != messages.NOT_TAKEN_BEFORE_RESTART]

    def clips(self) -> collections.Counter[str]:
        """How often each clip stands in the channel, by its file name."""
        names = (
            file.filename for message in self.discord.messages(self.channel) for file in message.attachments
        )
        return collections.Counter(names)

    async def ask(self) -> None:
        """One member asks for one short clip."""
        member = self.dice.choice(self.members)
        self.asked.append(
            await self.discord.slash(
                member,
                self.channel,
                "animate",
                image=Upload("p.png", self._png),
                quality="fast",
                length="short",
            )
        )


async def live_and_die(town: Town, bot: BotProcess, dice: random.Random) -> None:
    """One life of the bot: it starts, members ask, and it is killed."""
    await bot.start()
    await bot.wait_ready(60)
    posts = len(town.discord.requests)
    at_a_post = dice.random() < 0.5
    deadline = time.monotonic() + dice.uniform(0.0, 4.0) + (6.0 if at_a_post else 0.0)
    while time.monotonic() < deadline:
        pending = len(town.acknowledged()) - len(town.clips())
        if pending < BACKLOG and dice.random() < 0.2:
            await town.ask()
        fresh = town.discord.requests[posts:]
        posts += len(fresh)
        if at_a_post and any(one.method == "POST" and "/messages" in one.path for one in fresh):
            await asyncio.sleep(dice.uniform(0.0, 0.03))
            break
        await asyncio.sleep(0.01)
    await bot.kill9()


async def drain(bot: BotProcess, database: Path) -> None:
    """Let the last life finish everything."""
    await bot.start()
    await bot.wait_ready(60)
    deadline = time.monotonic() + DRAIN_SECONDS
    while time.monotonic() < deadline:
        if not open_jobs(database):
            return
        await asyncio.sleep(0.5)
    print("the queue did not drain in time", file=sys.stderr)


def rows(database: Path, sql: str) -> list[Any]:
    """Read from the bot's database while it runs."""
    with contextlib.closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        return connection.execute(sql).fetchall()


def open_jobs(database: Path) -> int:
    """How many jobs have not ended."""
    ends = "('delivered', 'cancelled', 'failed', 'quarantined', 'refused')"
    return int(rows(database, f"SELECT count(*) FROM job WHERE state NOT IN {ends}")[0][0])  # noqa: S608


def report(town: Town, database: Path, kills: int, seconds: float) -> bool:
    """Print what was found; True where nothing was lost or doubled."""
    states = dict(rows(database, "SELECT state, count(*) FROM job GROUP BY state"))
    keys = {key for (key,) in rows(database, "SELECT key FROM job")}
    delivered = {
        f"framekiln-{job}.mp4" for (job,) in rows(database, "SELECT id FROM job WHERE state = 'delivered'")
    }
    acknowledged = town.acknowledged()
    unwritten = [one for one in acknowledged if str(one.id) not in keys]
    clips = town.clips()
    doubled = [name for name, times in clips.items() if times > 1]
    missing = delivered - set(clips)
    unended = open_jobs(database)
    bad_ends = {state: count for state, count in states.items() if state != "delivered"}
    sound = rows(database, "PRAGMA integrity_check")[0][0]
    lost = len(unwritten) + len(missing) + unended
    print(f"kills                      {kills} in {seconds:.0f} s")
    for one in unwritten:
        print(f"not written, and told: {one.messages[0].content!r}")
    print(f"requests, acknowledged     {len(town.asked)}, {len(acknowledged)}")
    print(f"jobs by their end          {states}")
    parts = f"not written {len(unwritten)}, without a clip {len(missing)}, open {unended}"
    print(f"lost                       {lost} ({parts})")
    print(f"posted twice               {len(doubled)}")
    print(f"ended otherwise            {bad_ends or 0}")
    print(f"integrity_check            {sound}")
    print(f"breaches of Discord's API  {len(town.discord.violations)}")
    return lost == 0 and not doubled and not bad_ends and sound == "ok"


async def run(kills: int, nonce_window: float, seed: int, env: dict[str, str]) -> bool:
    """Kill the bot so many times; True where nothing was lost or doubled."""
    dice = random.Random(seed)
    with tempfile.TemporaryDirectory(prefix="framekiln-chaos-") as folder:
        data = Path(folder) / "data"
        async with FakeDiscord() as discord:
            discord.guild()
            discord.rest.nonce_window = nonce_window
            town = Town(discord, discord.channel(), dice)
            bot = BotProcess(discord, data, env={**ENV, **env})
            began = time.monotonic()
            async with contextlib.AsyncExitStack() as stack:
                await bot.start()
                await bot.wait_ready(60)
                await discord.wait_for(lambda: discord.world.commands, 60)
                stack.push_async_exit(bot)
                await bot.kill9()
                for number in range(1, kills + 1):
                    await live_and_die(town, bot, dice)
                    if number % 10 == 0:
                        print(
                            f"{number} kills, {len(town.asked)} requests, {len(town.clips())} clips",
                            flush=True,
                        )
                await drain(bot, data / "framekiln.db")
                good = report(town, data / "framekiln.db", kills, time.monotonic() - began)
            if not good:
                kept = Path(tempfile.mkdtemp(prefix="framekiln-chaos-failed-")) / "bot.log"
                kept.write_text(bot.output)
                print(f"the bot's log: {kept}")
            return good


def main() -> None:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--nonce-window", type=float, default=300.0, help="seconds")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--at-asking", action="store_true", help="kill within 50 ms of each question instead")
    given = parser.parse_args()
    if given.at_asking:
        from benchmarks.chaos_asking import run as run_at_asking  # noqa: PLC0415 - it takes parts of this module

        sys.exit(0 if asyncio.run(run_at_asking(given.kills, given.seed)) else 1)
    sys.exit(0 if asyncio.run(run(given.kills, given.nonce_window, given.seed, {})) else 1)


if __name__ == "__main__":
    main()
