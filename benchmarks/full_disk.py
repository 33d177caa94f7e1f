"""A disk that is really full, under the real bot: no acknowledged job may be lost, and all of it by itself.

    python -m benchmarks.full_disk [--seconds 90]

The data folder is a tmpfs, which takes root; elsewhere this says so and ends. Six members ask; then the disk
is filled, once to the last byte and once but for 1.5 MB, which is less than a clip takes here. After a while
the room is given back. The bot's pauses are a twentieth of the true ones, as in the sweep; the seconds are
true.
"""

from __future__ import annotations

import argparse
import asyncio
import ctypes
import logging
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.chaos_asking import Asking
from benchmarks.fault_sweep import make_clip
from benchmarks.faults.checks import ENDS, rows
from tests.fake_discord import FakeDiscord, Message

SIZE = b"size=64m"
CLIP_BYTES = 2_000_000
JOBS = 6
LEFT = {"nothing left": 0, "1.5 MB left": 1_500_000}
MNT_DETACH = 2


@contextmanager
def small_disk(folder: Path) -> Iterator[None]:
    """Mount a small file system.

    Raises:
        PermissionError: this is not allowed here.
    """
    folder.mkdir()
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.mount(b"tmpfs", os.fsencode(folder), b"tmpfs", 0, SIZE) != 0:
        raise PermissionError(os.strerror(ctypes.get_errno()))
    try:
        yield
    finally:
        libc.umount2(os.fsencode(folder), MNT_DETACH)


def fill(folder: Path, left: int) -> Path:
    """Fill the disk but for so many bytes; the file that does so."""
    filler = folder / "filler"
    with filler.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(1 << 16))
        except OSError:
            file.truncate(max(0, file.tell() - left))
    return filler


async def outage(asking: Asking, seconds: float, left: int) -> list[str]:
    """Members ask, the disk is full for a while, and everything is delivered; what went wrong."""
    before = len(rows(asking.data))
    for number in range(JOBS):
        await asking.town.ask(f"slow {number}")
    town = asking.town
    if not await town.sees(lambda: len(rows(asking.data)) == before + JOBS, 30.0):
        return ["not all were taken"]
    filler = fill(asking.data, left)
    began = time.monotonic()
    seen = await town.sees(lambda: any("room on my disk" in one.content for one in shown(asking)), seconds)
    await asyncio.sleep(max(0.0, seconds - (time.monotonic() - began)))
    filler.unlink()
    await town.sees(
        lambda: all(row["state"] in ENDS and row["status_final"] for row in rows(asking.data)), 120.0
    )
    late = time.monotonic() - began - seconds
    bad = [row for row in rows(asking.data) if row["state"] != "delivered"]
    print(f"  all delivered {late:.0f} s after there was room; members read what is waited for: {bool(seen)}")
    return [f"a job ended as {row['state']} {row['error_code']}" for row in bad]


def shown(asking: Asking) -> list[Message]:
    """What stands in the channel."""
    return list(asking.town.discord.messages(asking.town.channel))


async def run(seconds: float) -> bool:
    """Both outages; True where nothing was lost."""
    logging.getLogger("aiohttp.server").setLevel(logging.CRITICAL)
    wrong = []
    with tempfile.TemporaryDirectory(prefix="framekiln-full-") as name:
        folder = Path(name)
        clip = folder / "clip.mp4"
        make_clip(clip)
        with clip.open("ab") as file:  # an MP4's own filling
            file.write((CLIP_BYTES + 8).to_bytes(4, "big") + b"free" + os.urandom(CLIP_BYTES))
        with small_disk(folder / "data"):
            async with FakeDiscord() as discord:
                discord.front.spec = None
                asking = Asking(discord, folder, clip, 0)
                life = asking.born()
                try:
                    await asking.connected()
                    for words, left in LEFT.items():
                        print(f"{words} for {seconds:.0f} s, {JOBS} jobs", flush=True)
                        wrong += await outage(asking, seconds, left)
                    await life.stop()
                finally:
                    life.kill()
                twice = [name for name, times in asking.town.times_posted().items() if times > 1]
                wrong += [f"{name} was posted twice" for name in twice]
                wrong += ["a member is left thinking" for _ in asking.town.thinking()]
                if wrong:
                    print((folder / "bot.log").read_text()[-6000:])
    print("\n".join(wrong) or "nothing was lost or doubled, nobody was left thinking")
    return not wrong


def main() -> None:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=90.0)
    given = parser.parse_args()
    try:
        good = asyncio.run(run(given.seconds))
    except PermissionError as error:
        print(f"left out: a small disk cannot be mounted here ({error})")
        return
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
