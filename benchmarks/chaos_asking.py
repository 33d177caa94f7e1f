"""Kill the bot within 50 ms of each question: nobody may be left with a "thinking" that never ends.

    python -m benchmarks.chaos --at-asking --kills 300 [--seed 0]

The bot is the real one (``bot.running.run``) in a process of its own, against the fake of Discord in this
one.
One to three members ask at once, with and without a picture, or press a button under a clip that stands
there. The kill comes at a random moment of the 50 ms that follow, in half of the lives of the 50 ms that
follow the first "thinking". The next life answers what is left. A question that was never acknowledged is
not "thinking": Discord itself says after three seconds that the application did not respond.
"""

from __future__ import annotations

import asyncio
import collections
import logging
import random
import tempfile
import time
from pathlib import Path

from benchmarks.fault_sweep import make_clip
from benchmarks.faults.checks import ENDS, left_in, rows
from benchmarks.faults.life import Life, Lived
from benchmarks.faults.points import Point
from benchmarks.faults.town import Town
from tests.fake_discord import FakeDiscord
from tests.fake_discord.interactions import Interaction

LONGEST = 0.05
"""Seconds between the first question and the kill."""

REST_SECONDS = 120.0
SETTINGS = {
    "per_member_waiting": 10**6,
    "per_member_hour": 10**6,
    "per_guild_waiting": 10**6,
    "total_waiting": 10**6,
}
BUTTONS = ("More…", "Delete", "Reroll")


class Asking:
    """Lives of the bot, one after the other on the same folder, each of which is killed while members ask."""

    def __init__(self, discord: FakeDiscord, folder: Path, clip: Path, seed: int) -> None:
        self._discord = discord
        self._folder = folder
        self._clip = clip
        self._dice = random.Random(seed)
        self._town = Town(discord)
        self._sessions = 0
        self.asked: list[Interaction] = []

    @property
    def data(self) -> Path:
        """The bot's data folder."""
        return self._folder / "data"

    @property
    def town(self) -> Town:
        """The members and their channel."""
        return self._town

    def born(self, point: Point | None = None) -> Lived:
        """Start a life."""
        self._sessions = self._discord.gateway.identifies
        return Lived(
            Life(
                api=self._discord.api,
                gateway=self._discord.gateway_url,
                token=self._discord.token,
                data=self.data,
                log=self._folder / "bot.log",
                clip=self._clip,
                point=point,
                settings=SETTINGS,
            )
        )

    async def connected(self) -> None:
        """Wait until the life hears what members ask."""
        gateway = self._discord.gateway
        if not await self._town.sees(
            lambda: gateway.identifies > self._sessions and gateway.connected and self._knows(), 60.0
        ):
            raise TimeoutError("the bot did not connect")

    def _knows(self) -> bool:
        return any(self._discord.world.commands.values())

    async def kill_once(self) -> None:
        """One life: members ask, and it is killed."""
        life = self.born()
        try:
            await self.connected()
            if self._dice.random() < 0.3:
                await asyncio.sleep(self._dice.uniform(0.0, 0.5))  # with work under way
            for _ in range(self._dice.randint(1, 3)):
                await self._ask()
            if self._dice.random() < 0.5:
                await self._town.sees(lambda: self.asked[-1].response is not None, 3.0)
            await asyncio.sleep(self._dice.uniform(0.0, LONGEST))
        finally:
            life.kill()

    async def _ask(self) -> None:
        clips = self._town.clips()
        if clips and self._dice.random() < 0.4:
            asked = await self._town.click(self._dice.choice(clips), self._dice.choice(BUTTONS))
        else:
            asked = await self._town.ask("a cat", with_picture=self._dice.random() < 0.5)
        if asked is not None:
            self.asked.append(asked)

    async def settle(self) -> bool:
        """A last life that nobody kills; whether it came to rest."""
        life = self.born()
        try:
            await self.connected()
            rest = await self._town.sees(self._at_rest, REST_SECONDS)
            await life.stop()
            return bool(rest)
        finally:
            life.kill()

    def _at_rest(self) -> bool:
        return not self.thinking() and all(
            row["state"] in ENDS and row["status_final"] for row in rows(self.data)
        )

    def thinking(self) -> list[Interaction]:
        """The questions whose first answer still only says that there will be one."""
        return [
            one
            for one in self.asked
            if one.message is not None and one.message.loading and not one.message.deleted
        ]


def report(asking: Asking, kills: int, seconds: float, rest: bool, left: list[str]) -> bool:
    """Print what was found; True where nobody is left thinking, and nothing is lost or doubled."""
    asked = asking.asked
    acknowledged = [one for one in asked if one.response is not None]
    late = [one for one in asked if any("I was restarted before" in each.content for each in one.messages)]
    jobs = rows(asking.data)
    states = collections.Counter(row["state"] for row in jobs)
    twice = [name for name, times in asking.town.times_posted().items() if times > 1]
    bad = [row for row in jobs if row["state"] not in {"delivered", "cancelled"}]
    thinking = asking.thinking()
    print(f"kills                          {kills} in {seconds:.0f} s")
    print(f"questions, acknowledged        {len(asked)}, {len(acknowledged)}")
    print(f"answered by a later life       {len(late)}")
    print(f"jobs by their end              {dict(states)}")
    print(f"left thinking                  {len(thinking)}")
    print(f"posted twice                   {len(twice)}")
    print(f"ended badly, or not at all     {len(bad)}")
    print(f"came to rest                   {rest}")
    print(f"left over                      {left or 'nothing'}")
    print(f"breaches of Discord's API      {len(asking.town.discord.violations)}")
    return rest and not (thinking or twice or bad or left)


async def run(kills: int, seed: int) -> bool:
    """Kill so many lives; True where everything held."""
    logging.getLogger("aiohttp.server").setLevel(logging.CRITICAL)  # a bot that dies leaves half a request
    with tempfile.TemporaryDirectory(prefix="framekiln-asking-") as name:
        folder = Path(name)
        clip = folder / "clip.mp4"
        make_clip(clip)
        async with FakeDiscord() as discord:
            discord.front.spec = None  # the schemas are held in the tests; here they would cost half the time
            discord.interactions.token_seconds = 10.0 * 3600.0  # the run takes longer than 15 minutes
            asking = Asking(discord, folder, clip, seed)
            began = time.monotonic()
            first = asking.born()
            try:
                await asking.connected()
                await first.stop()
            finally:
                first.kill()
            for number in range(1, kills + 1):
                await asking.kill_once()
                if number % 20 == 0:
                    print(
                        f"{number} kills, {len(asking.asked)} questions, {len(asking.thinking())} thinking",
                        flush=True,
                    )
            rest = await asking.settle()
            left = await left_in(asking.data)
            return report(asking, kills, time.monotonic() - began, rest, left)
