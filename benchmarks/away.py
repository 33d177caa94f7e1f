"""Take Discord away for half an hour, in six ways, and see when the clips arrive that were made meanwhile.

    python -m benchmarks.away [--minutes 30] [--speed 20] [--clips 12] [--way refused]

Time is compressed: bot, Discord and members live by one clock that runs ``--speed`` times as fast, so all
of the bot's pauses and limits are its own, and half an hour takes a minute and a half. Computing takes as
long as ever: to that clock this machine is slower by as much, so the times after Discord's return are upper
bounds.
Members ask just before Discord goes; the engine draws while it is away; the nonces of the posts are forgotten
before it is back.
"""

from __future__ import annotations

import argparse
import asyncio
import math
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from benchmarks.fault_sweep import make_clip
from benchmarks.faults import clock
from benchmarks.faults.checks import rows
from benchmarks.faults.life import Life, Lived
from benchmarks.faults.town import Town
from tests.fake_discord import EVERYONE, FakeDiscord, Permission
from tests.fake_discord.faults import Fault, RateLimit, Rule, Status

ALL = 10**9
GOAL = 120.0
"""Seconds after Discord's return by which everything should have arrived."""

LONGEST = 900.0
"""Seconds after Discord's return that are waited at most."""

Leave = Callable[[Town], Awaitable[Callable[[], Awaitable[None]]]]


def _failing(method: str, route: str, how: Fault) -> Leave:
    async def leave(town: Town) -> Callable[[], Awaitable[None]]:
        rule: Rule = town.discord.fail(method, route, how, times=ALL)

        async def come_back() -> None:
            rule.times = 0

        return come_back

    return leave


def _down(*, refused: bool) -> Leave:
    async def leave(town: Town) -> Callable[[], Awaitable[None]]:
        await town.discord.down(refused=refused)
        return town.discord.up

    return leave


async def _gateway(town: Town) -> Callable[[], Awaitable[None]]:
    """The gateway alone is cut, and stays away."""
    gateway = town.discord.gateway
    gateway.down = True
    await gateway.cut(code=None)

    async def come_back() -> None:
        gateway.down = False

    return come_back


async def _permissions(town: Town) -> Callable[[], Awaitable[None]]:
    world, channel = town.discord.world, town.channel
    world.permit(channel, EVERYONE & ~Permission.SEND_MESSAGES & ~Permission.ATTACH_FILES)

    async def come_back() -> None:
        world.permit(channel, EVERYONE)

    return come_back


WAYS: dict[str, Leave] = {
    "503": _down(refused=False),
    "refused": _down(refused=True),
    "500, gateway stands": _failing("*", ".", Status(500)),
    "429, retry after 90 s": _failing("*", ".", RateLimit(90.0, is_global=True)),
    "gateway cut": _gateway,
    "permissions lost": _permissions,
}


async def go_and_come_back(
    way: str, *, clips: int, seconds: float, speed: float, folder: Path
) -> list[float]:
    """One outage.

    Returns:
        For each clip, the seconds after Discord's return at which it stood in the channel.

    Raises:
        AssertionError: a clip was lost or doubled.
    """
    data = folder / "data"
    clip = folder / "clip.mp4"
    make_clip(clip)
    async with FakeDiscord() as discord:
        discord.front.spec = None
        # How soon the bot answers is a matter of computing, which this clock does not shorten.
        discord.interactions.ack_seconds = discord.interactions.token_seconds = math.inf
        town = Town(discord)
        life = Lived(
            Life(
                api=discord.api,
                gateway=discord.gateway_url,
                token=discord.token,
                data=data,
                log=folder / "bot.log",
                clip=clip,
                point=None,
                clock=(speed, SINCE),
            )
        )
        try:
            for _ in range(clips):
                await town.ask("slow cat", patience=LONGEST)
            await discord.wait_for(lambda: len(rows(data)) == clips, LONGEST)
            before = len(town.clips())
            come_back = await WAYS[way](town)
            await asyncio.sleep(seconds)
            early = len(town.clips())
            await come_back()
            began = time.monotonic()
            arrived: list[float] = []
            while len(arrived) < clips - early and time.monotonic() - began < LONGEST:
                arrived += [time.monotonic() - began] * (len(town.clips()) - early - len(arrived))
                await asyncio.sleep(0.2)
            await asyncio.sleep(90)  # a double would come by now
            await life.stop(20)
        except TimeoutError:
            sys.stderr.write((folder / "bot.log").read_text(errors="replace")[-6000:])
            raise
        finally:
            life.kill()
        doubled = [name for name, times in town.times_posted().items() if times > 1]
        print(
            f"{way:24} {clips} asked, {before} before, {early - before} meanwhile, {len(arrived)} after: "
            + ", ".join(f"{one:.0f}" for one in arrived)
            + f" s; lost {clips - len(town.times_posted())}, doubled {len(doubled)}",
            flush=True,
        )
        if doubled or len(town.times_posted()) != clips:
            sys.stderr.write((folder / "bot.log").read_text(errors="replace")[-6000:])
            raise AssertionError(f"{way}: lost or doubled")
        return arrived


SINCE = time.time()


def main() -> None:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--speed", type=float, default=20.0)
    parser.add_argument("--clips", type=int, default=12)
    parser.add_argument("--way", choices=WAYS, action="append")
    given = parser.parse_args()
    clock.install(given.speed, SINCE)
    late = []
    for way in given.way or WAYS:
        with tempfile.TemporaryDirectory(prefix="framekiln-away-") as folder:
            going = go_and_come_back(
                way,
                clips=given.clips,
                seconds=60 * given.minutes,
                speed=given.speed,
                folder=Path(folder),
            )
            late += [one for one in asyncio.run(going) if one > GOAL]
    print(f"later than {GOAL:.0f} s after Discord's return: {len(late)}")
    sys.exit(1 if late else 0)


if __name__ == "__main__":
    main()
