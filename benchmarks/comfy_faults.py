"""Each thing that can go wrong at a ComfyUI server, through the whole bot: one clip, or one plain refusal.

    python -m benchmarks.comfy_faults [FAULT …]

The real program runs as a process against the fake of Discord and the fake of ComfyUI in this one. A member
asks for one clip with each fault. What is read at the end: how many clips stand in the channel, what the
member was told, how often the take was submitted and drawn, and whether a path of the server's was shown.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.end_to_end.whole_bot import ENV, cat
from tests.fake_comfyui import ENGINE, FakeComfyUI, Fault, write_workflow
from tests.fake_comfyui.server import SECRET_PATH
from tests.fake_discord import FakeDiscord
from tests.fake_discord.people import Channel, Member
from tests.fake_discord.process import BotProcess

SETTINGS = {
    **ENV,
    "FRAMEKILN_COMFYUI_POLL_SECONDS": "0.3",
    "FRAMEKILN_COMFYUI_ANSWER_SECONDS": "2",
    "FRAMEKILN_COMFYUI_PATIENCE_SECONDS": "3",
    "FRAMEKILN_COMFYUI_CLIP_BYTES": "20000000",
    "FRAMEKILN_COMFYUI_ANSWER_BYTES": "2000000",
    "FRAMEKILN_MAX_TAKES": "2",
    "FRAMEKILN_DEVICES": "none",  # nothing is drawn here
    "FRAMEKILN_LOG_LEVEL": "INFO",
}

LONGEST = 90.0
"""Seconds for one request, on a busy machine."""

REFUSED = frozenset({Fault.NODE_ERROR, Fault.OUT_OF_MEMORY, Fault.REFUSES})
"""What ends a request in words. Everything else ends in a clip."""

ENDS = ("✅", "⚠️")
"""How a message begins whose job is over."""


@dataclass(frozen=True, kw_only=True)
class Ended:
    """What came of a request."""

    clips: int
    told: str
    submits: int
    drawn: int
    seconds: float

    def is_right(self, fault: Fault | None) -> bool:
        """Whether that is one clip, or one plain refusal that says nothing of the server."""
        wanted = 0 if fault in REFUSED else 1
        return self.clips == wanted and SECRET_PATH not in self.told and "127.0.0.1" not in self.told


@asynccontextmanager
async def whole(
    folder: Path, *servers: str, env: Mapping[str, str] | None = None
) -> AsyncIterator[tuple[FakeDiscord, Channel, BotProcess]]:
    """A bot that is not started yet, whose clips these servers draw."""
    write_workflow(folder / "workflows")
    own = {
        "FRAMEKILN_COMFYUI": ",".join(servers),
        "FRAMEKILN_WORKFLOWS_DIR": str(folder / "workflows"),
    }
    async with FakeDiscord() as discord:
        discord.guild()
        channel = discord.channel()
        bot = BotProcess(discord, folder / "data", env={**SETTINGS, **own, **(env or {})})
        yield discord, channel, bot


async def ask(discord: FakeDiscord, channel: Channel, member: Member | None = None) -> None:
    """A member, by default a new one, asks for one short clip from a server."""
    ada = member or discord.member("ada")
    await discord.slash(ada, channel, "animate", image=cat(), engine=ENGINE, quality="fast", length="short")


def clips_in(discord: FakeDiscord, channel: Channel) -> list[str]:
    """The names of all clips in the channel; a first look is none."""
    files = [file.filename for message in discord.messages(channel) for file in message.attachments]
    return [name for name in files if name.startswith("framekiln-")]


def said(discord: FakeDiscord, channel: Channel) -> str:
    """All that stands in the channel."""
    return "\n".join(message.content for message in discord.messages(channel))


async def one(
    discord: FakeDiscord, comfy: FakeComfyUI, fault: Fault | None, *, lasting: bool = False
) -> Ended:
    """One request in a channel of its own."""
    channel = discord.channel(name=f"channel-{fault or 'none'}")
    before, drawn = len(comfy.submits), len(comfy.drawn)
    if fault is not None:
        comfy.order(fault, times=9 if lasting else 1)
    began = time.monotonic()
    await ask(discord, channel)
    try:
        await discord.wait_for(lambda: is_over(discord, channel), LONGEST)
    except TimeoutError:
        print(f"no end in {LONGEST:g} s: {said(discord, channel)}", file=sys.stderr)
    await asyncio.sleep(1.0)  # a second clip would come now
    return Ended(
        clips=len(clips_in(discord, channel)),
        told=said(discord, channel),
        submits=len(comfy.submits) - before,
        drawn=len(comfy.drawn) - drawn,
        seconds=time.monotonic() - began,
    )


def is_over(discord: FakeDiscord, channel: Channel) -> bool:
    """Whether a request has come to its end."""
    return any(word in said(discord, channel) for word in ENDS)


async def run(faults: list[Fault]) -> bool:
    """Try each; True where all ended as they must."""
    with tempfile.TemporaryDirectory(prefix="framekiln-comfy-") as name:
        async with FakeComfyUI(seconds=0.5) as comfy, whole(Path(name), comfy.url) as (discord, _, bot):
            async with bot:
                await bot.wait_ready(60)
                await discord.wait_for(lambda: discord.world.commands, 60)
                right = True
                print(f"{'fault':<16}{'clips':>6}{'submits':>9}{'drawn':>7}{'seconds':>9}  told")
                for fault in [None, *faults]:
                    comfy.foreign("00000000-0000-4000-8000-00000000000f")
                    ended = await one(discord, comfy, fault)
                    right &= ended.is_right(fault)
                    last = ended.told.strip().splitlines()[-1] if ended.told.strip() else ""
                    mark = "" if ended.is_right(fault) else "  WRONG"
                    print(
                        f"{fault or 'none':<16}{ended.clips:>6}{ended.submits:>9}{ended.drawn:>7}"
                        f"{ended.seconds:>9.1f}  {last[:90]}{mark}",
                        flush=True,
                    )
                if not right:
                    kept = Path(tempfile.mkdtemp(prefix="framekiln-comfy-failed-")) / "bot.log"
                    kept.write_text(bot.output)
                    print(f"the bot's log: {kept}")
                foreign = [job for key, job in comfy.board.history.items() if key.endswith("0f")]
                print(f"global interrupts: {comfy.interrupts.count(None)}; jobs of others: {len(foreign)}")
            return right and None not in comfy.interrupts


def main() -> None:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("faults", nargs="*", type=Fault, default=list(Fault))
    given = parser.parse_args()
    sys.exit(0 if asyncio.run(run(given.faults)) else 1)


if __name__ == "__main__":
    main()
