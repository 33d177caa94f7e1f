"""Several finished clips, one after the other, as one that fits a byte limit."""

from __future__ import annotations

import logging
import subprocess
from collections.abc import Sequence
from pathlib import Path

import imageio_ffmpeg

from engine.clips.ffmpeg import EncodeFailed

log = logging.getLogger(__name__)

LADDER = ((854, 480, 23), (854, 480, 28), (640, 360, 30), (480, 270, 34))
"""Width, height and x264's constant rate factor, from the best to the least."""
FPS, SECONDS = 24, 300.0
"""Frames a second; and how long one attempt may take."""
TITLE = "Made with Framekiln"
ABOUT = "Made by machines; joined from several clips"


def join_clips(clips: Sequence[Path], path: Path, *, max_bytes: int) -> int:
    """Join clips into a silent MP4; each is shown whole, with bars where its shape is another.

    Args:
        clips: MP4 files of our own making, at least one.
        path: where the result goes, over what is there.
        max_bytes: it has no more.

    Returns:
        How many of the clips are in it, from the first on: all, unless all do not fit at their smallest.

    Raises:
        EncodeFailed: ffmpeg stopped, took too long, or not even one clip fits.
    """
    for count in range(len(clips), 0, -1):
        for form in LADDER if count == len(clips) else LADDER[-1:]:
            _write(clips[:count], path, form, max_bytes)
            if path.stat().st_size <= max_bytes:
                return count
            log.info("a reel of %d clips as %s is larger than %d bytes", count, form, max_bytes)
    raise EncodeFailed(0, f"not even one clip fits {max_bytes} bytes")


def _write(clips: Sequence[Path], path: Path, form: tuple[int, int, int], max_bytes: int) -> None:
    width, height, crf = form
    shown = ";".join(
        f"[{number}:v:0]scale={width}:{height}:force_original_aspect_ratio=decrease:flags=area,"
        f"pad={width}:{height}:(ow-iw)/2:(oh-ih)/2,setsar=1,fps={FPS},format=yuv420p[v{number}]"
        for number in range(len(clips))
    )
    every = "".join(f"[v{number}]" for number in range(len(clips)))
    command = [
        imageio_ffmpeg.get_ffmpeg_exe(), "-hide_banner", "-loglevel", "error", "-nostdin", "-y",
        *(part for clip in clips for part in ("-protocol_whitelist", "file", "-i", f"file:{clip}")),
        "-filter_complex", f"{shown};{every}concat=n={len(clips)}:v=1:a=0[out]", "-map", "[out]", "-an",
        "-c:v", "libx264", "-preset", "veryfast", "-crf", str(crf), "-threads", "2",
        "-metadata", f"title={TITLE}", "-metadata", f"description={ABOUT}",
        # A file that is already too large need not be finished.
        "-fs", str(max_bytes + 65536),
        "-fflags", "+bitexact", "-movflags", "+faststart", "-f", "mp4", f"file:{path}",
    ]  # fmt: skip
    try:
        done = subprocess.run(command, capture_output=True, timeout=SECONDS, check=False)
    except subprocess.TimeoutExpired as error:
        raise EncodeFailed(-9, f"it took more than {SECONDS:g} s") from error
    if done.returncode != 0:
        raise EncodeFailed(done.returncode, done.stderr.decode("utf-8", "replace")[-2000:])
