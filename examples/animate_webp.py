"""Turn a clip into an animated WebP for a web page: ``python -m examples.animate_webp CLIP.mp4 OUT.webp``.

It plays forwards, then backwards, so the loop has no jump. Only every second frame is kept, to keep it small.
"""

from __future__ import annotations

import sys
from pathlib import Path

import imageio_ffmpeg
from PIL import Image

WIDTH = 560
STEP = 2
QUALITY = 50


def frames_of(clip: Path) -> tuple[list[Image.Image], float]:
    """Read every second frame.

    Args:
        clip: an MP4.

    Returns:
        The frames, RGB, ``WIDTH`` pixels wide, and how many of them there are to a second.
    """
    reader = imageio_ffmpeg.read_frames(str(clip))
    facts = next(reader)
    size = facts["size"]
    height = round(size[1] * WIDTH / size[0])
    stills = [Image.frombytes("RGB", size, frame) for frame in reader]
    small = [still.resize((WIDTH, height), Image.Resampling.LANCZOS) for still in stills[::STEP]]
    return small, facts["fps"] / STEP


def main() -> None:
    """Write the animation."""
    clip, out = map(Path, sys.argv[1:])
    frames, fps = frames_of(clip)
    there_and_back = frames + frames[-2:0:-1]
    there_and_back[0].save(
        out,
        save_all=True,
        append_images=there_and_back[1:],
        duration=round(1000 / fps),
        loop=0,
        quality=QUALITY,
        method=6,
    )
    print(f"{out}  ({out.stat().st_size / 1e6:.1f} MB, {len(there_and_back)} frames)")  # noqa: T201 - its result


if __name__ == "__main__":
    main()
