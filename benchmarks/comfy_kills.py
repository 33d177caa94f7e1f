"""Kill the bot, a ComfyUI server, or both, and count what was lost and what was done twice.

    python -m benchmarks.comfy_kills [--kills 50] [--seed 0]

The real program and a fake of ComfyUI are processes, each killed with SIGKILL at a random moment while
members ask for clips that the server draws; a fake of Discord is in this process. The server keeps its files,
as a real one does, and loses its queue and its history.

A job is lost if its member saw it in the queue and it has no clip at the end. It is doubled if its clip
stands in the channel twice, or if one life of the server was given the same take twice: what a server lost
with its life has to be submitted again, and nothing else may be.
"""

from __future__ import annotations

import argparse
import asyncio
import collections
import random
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.chaos import open_jobs, rows
from benchmarks.comfy_faults import ask, clips_in, whole
from tests.fake_comfyui import ComfyProcess
from tests.fake_discord import FakeDiscord
from tests.fake_discord.people import Channel
from tests.fake_discord.process import BotProcess

ENV = {
    "FRAMEKILN_PER_MEMBER_WAITING": "1000",
    "FRAMEKILN_PER_MEMBER_HOUR": "100000",
    "FRAMEKILN_PER_GUILD_WAITING": "1000",
    "FRAMEKILN_RESTART_LIMIT": "1000",
    "FRAMEKILN_MAX_TAKES": "3",
    "FRAMEKILN_COMFYUI_PATIENCE_SECONDS": "1",
    "FRAMEKILN_COMFYUI_TRIES": "1000",
    "FRAMEKILN_LOG_LEVEL": "INFO",
}

BACKLOG = 3
"""Members stop asking while so many jobs wait: the kills should meet work, not an endless queue."""

DRAIN_SECONDS = 300.0

VICTIMS = ("bot", "server", "both")


class Scene:
    """A bot, a server and a channel."""

    def __init__(
        self, discord: FakeDiscord, channel: Channel, bot: BotProcess, comfy: ComfyProcess, folder: Path
    ) -> None:
        """Make it of its parts; the folder is the bot's."""
        self.discord = discord
        self.channel = channel
        self.bot = bot
        self.comfy = comfy
        self.database = folder / "data" / "framekiln.db"
        self.asked = 0

    def clips(self) -> collections.Counter[str]:
        """How often each clip stands in the channel, by its file's name."""
        return collections.Counter(clips_in(self.discord, self.channel))

    async def live(self, dice: random.Random) -> None:
        """Let everything work for a moment, while members ask."""
        until = time.monotonic() + dice.uniform(0.3, 12.0)
        while time.monotonic() < until:
            if self.asked - len(self.clips()) < BACKLOG and dice.random() < 0.2:
                self.asked += 1
                await ask(self.discord, self.channel)
            await asyncio.sleep(0.05)

    async def kill(self, victim: str) -> None:
        """Kill one or both, and start it again."""
        if victim in {"bot", "both"}:
            await self.bot.kill9()
        if victim in {"server", "both"}:
            await self.comfy.kill9()
            await self.comfy.start()
        if victim in {"bot", "both"}:
            await self.bot.start()
            await self.bot.wait_ready(60)

    async def drain(self) -> bool:
        """Wait until all jobs have ended; whether they have."""
        until = time.monotonic() + DRAIN_SECONDS
        while time.monotonic() < until:
            if not open_jobs(self.database):
                await asyncio.sleep(2.0)
                return True
            await asyncio.sleep(0.5)
        return False


def report(scene: Scene, kills: collections.Counter[str], seconds: float, *, drained: bool) -> bool:
    """Print what was found; True where nothing was lost or doubled."""
    states = dict(rows(scene.database, "SELECT state, count(*) FROM job GROUP BY state"))
    jobs = {f"framekiln-{job}.mp4" for (job,) in rows(scene.database, "SELECT id FROM job")}
    posted = scene.clips()
    submits = scene.comfy.submits()
    again = [entry for entry, times in collections.Counter(submits).items() if times > 1]
    twice = [name for name, times in posted.items() if times > 1]
    lost = jobs - set(posted)
    print(f"kills                            {dict(kills)} in {seconds:.0f} s")
    print(f"requests, jobs                   {scene.asked}, {len(jobs)}")
    print(f"jobs by their end                {states}")
    print(f"lives of the server              {scene.comfy.lives}")
    print(f"submits, different takes         {len(submits)}, {len({take for _, take in submits})}")
    print(f"lost                             {len(lost)}{'' if drained else ' (the queue did not drain)'}")
    print(f"posted twice                     {len(twice)}")
    print(f"submitted twice to one life      {len(again)}")
    print(f"breaches of Discord's API        {len(scene.discord.violations)}")
    return drained and not (lost or twice or again) and len(jobs) > 0


async def run(kills: int, seed: int) -> bool:
    """Kill so many times; True where nothing was lost or doubled."""
    dice = random.Random(seed)
    victims: collections.Counter[str] = collections.Counter()
    with tempfile.TemporaryDirectory(prefix="framekiln-comfy-kills-") as name:
        folder = Path(name)
        comfy = ComfyProcess(folder, seconds=1.0)
        async with comfy, whole(folder, comfy.url, env=ENV) as (discord, channel, bot), bot:
            scene = Scene(discord, channel, bot, comfy, folder)
            await bot.wait_ready(60)
            await discord.wait_for(lambda: discord.world.commands, 60)
            began = time.monotonic()
            for number in range(1, kills + 1):
                await scene.live(dice)
                victim = VICTIMS[number % len(VICTIMS)]
                victims[victim] += 1
                await scene.kill(victim)
                if number % 10 == 0:
                    print(f"{number} kills, {scene.asked} requests, {len(scene.clips())} clips", flush=True)
            drained = await scene.drain()
            good = report(scene, victims, time.monotonic() - began, drained=drained)
            if not good:
                kept = Path(tempfile.mkdtemp(prefix="framekiln-comfy-failed-")) / "bot.log"
                kept.write_text(bot.output)
                print(f"the bot's log: {kept}")
            return good


def main() -> None:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    sys.exit(0 if asyncio.run(run(given.kills, given.seed)) else 1)


if __name__ == "__main__":
    main()
