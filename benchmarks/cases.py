"""Take in the files of a folder of cases, each with a README that says what is right, and compare.

    python -m benchmarks.cases ../shared/cases

The files are those of a hunt for what people really send. The tests make files of the same kinds themselves.
Ends with status 1 where something came out wrong.
"""

from __future__ import annotations

import asyncio
import sys
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import click
import numpy as np
from numpy.typing import NDArray

from bot.intake.clip_intake import ClipIntake
from bot.intake.decoder import Decoder
from engine.clips.read_clip import read_clip
from engine.core.errors import EngineError, UserError
from engine.untrusted.headers import PictureLimits
from tests.chart import GREYS, QUADRANTS, is_the_chart
from tests.policies import clip_intake_limits

COLOURS = {
    "chart": QUADRANTS,
    "turned": QUADRANTS[[1, 3, 0, 2]],
    "greys": GREYS,
    "white": np.full((4, 3), 255),
}
"""Of the quadrants."""
CLIPS = frozenset({".mp4", ".mov", ".webm", ".gif"})
WIDE, TALL = (640, 360), (360, 640)


@dataclass(frozen=True, kw_only=True)
class Right:
    """What is right for a file; None: anything.

    Attributes:
        colours: see ``COLOURS``.
        within: how far a channel may be off.
        refused: the code of the refusal, where it has to be refused.
    """

    size: tuple[int, int] | None = WIDE
    colours: str = "chart"
    within: float = 8
    seconds: float | None = None
    fps: float | None = None
    frames: int | None = None
    refused: str | None = None


RIGHT = {
    "06-hdr-clip/hlg.mov": Right(within=12),
    "07-hdr-png-cicp/hdr_cicp8.png": Right(within=12),
    "10-editlist-trimmed/trim25.mp4": Right(size=(320, 180), seconds=10, frames=100),
    "11-gif-delay-1cs/g10.gif": Right(size=(320, 180), seconds=1, frames=10),
    "12-png-bad-crc-ancillary/badcrc_gama.png": Right(),
    "12-png-bad-crc-ancillary/badcrc_iccp.png": Right(),
    "13-end-marker-missing/gnotrail.gif": Right(size=(320, 180), seconds=1, frames=10),
    "13-end-marker-missing/noeoi.jpg": Right(),
    "14-xmp-orientation/exifnone_xmp6.jpg": Right(),
    "14-xmp-orientation/xmp6.jpg": Right(),
    "15-untagged-hd/u_hd.mp4": Right(size=(768, 432), within=4),
    "20-judge-still/one.mp4": Right(refused="E_STILL"),
    "20-judge-still/plain.png": Right(),
    "25-vfr-choppy/vfr.mp4": Right(fps=24, seconds=3),
    "26-alpha-webm/alpha9.webm": Right(size=(320, 180), colours="white", within=4),
    "29-grey-alpha-profile/graylin_la.png": Right(colours="greys"),
    "90-ok/gray16.png": Right(colours="greys"),
    "90-ok/rot90.mp4": Right(size=TALL, colours="turned"),
    "90-ok/sar2rot.mp4": Right(size=(180, 320), colours="turned"),
}
"""By folder and name. What else lies in 90-ok shows the chart."""


@dataclass(frozen=True, kw_only=True)
class Found:
    """What came of a file."""

    size: tuple[int, int] | None = None
    picture: NDArray[np.uint8] | None = None
    seconds: float | None = None
    fps: float | None = None
    frames: int | None = None
    refused: str | None = None


async def look(data: bytes, suffix: str) -> Found:
    """Take a file in."""
    try:
        if suffix in CLIPS:
            async with ClipIntake(clip_intake_limits()) as intake:
                clip = await intake.from_bytes(data)
            frames = _frames(clip.mp4)
            size = clip.width, clip.height
            return Found(size=size, picture=frames[0], seconds=clip.seconds, fps=clip.fps, frames=len(frames))
        pixels = await Decoder(PictureLimits(), wall_seconds=60, at_once=1).decode(data)
    except UserError as refusal:
        return Found(refused=refusal.code)
    except EngineError as refusal:
        return Found(refused=str(refusal))
    picture = np.frombuffer(pixels.data, np.uint8).reshape(pixels.height, pixels.width, 3)
    return Found(size=(pixels.width, pixels.height), picture=picture)


def _frames(mp4: bytes) -> NDArray[np.uint8]:
    with TemporaryDirectory() as folder:
        path = Path(folder, "clip.mp4")
        path.write_bytes(mp4)
        return read_clip(path).frames


def faults(right: Right, found: Found) -> list[str]:
    """What is not right, in words."""
    if right.refused or found.picture is None:
        return [] if right.refused == found.refused else [f"refused: {found.refused}, right: {right.refused}"]
    wrong = [
        f"{name}: {got}, right: {wanted}"
        for name, got, wanted in (
            ("size", found.size, right.size),
            ("frames", found.frames, right.frames),
        )
        if wanted not in {None, got}
    ]
    for name, got, wanted in (("seconds", found.seconds, right.seconds), ("fps", found.fps, right.fps)):
        if wanted is not None and (got is None or abs(got - wanted) > wanted / 20):
            wrong.append(f"{name}: {got}, right: {wanted}")
    if not is_the_chart(found.picture, within=right.within, colours=COLOURS[right.colours]):
        wrong.append("colours")
    return wrong


@click.command(help=__doc__)
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
def main(folder: Path) -> None:
    """Run and compare."""
    bad = 0
    files = {name: right for name, right in RIGHT.items() if (folder / name).exists()}
    files |= {
        name: Right()
        for path in sorted((folder / "90-ok").glob("*.*"))
        if (name := f"90-ok/{path.name}") not in RIGHT
    }
    for name, right in files.items():
        wrong = faults(right, asyncio.run(look((folder / name).read_bytes(), Path(name).suffix)))
        bad += bool(wrong)
        click.echo(f"{name}: {'; '.join(wrong) or 'right'}")
    click.echo(f"{len(files)} files, {bad} wrong")
    sys.exit(bool(bad))


if __name__ == "__main__":
    main()
