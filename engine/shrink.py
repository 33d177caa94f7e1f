"""A finished clip → a smaller file of it, for when Discord takes less than it said.

The frames are long gone by then, so the file itself is encoded again; its tags come along.
"""

from __future__ import annotations

import signal
import subprocess
from pathlib import Path

import imageio_ffmpeg

from engine.encode import ClipTooLarge
from engine.ffmpeg import EncodeFailed

FILL = 0.9
"""The share of the limit that is aimed at: a bit rate is met only about."""

TRIES = 4
STEP = 0.7
"""What a try that came out too large is multiplied by."""

LEAST_BITS_PER_PIXEL = 0.04
"""Below this, fewer pixels look better than coarser ones."""

TIMEOUT = 300.0
"""Seconds that one encode may take."""


def shrink(source: Path, target: Path, *, max_bytes: int) -> None:
    """Write a version of a clip that is no larger than a limit.

    Args:
        source: an MP4.
        target: where the smaller one appears, whole or not at all.
        max_bytes: its largest size.

    Raises:
        ClipTooLarge: no try fitted.
        EncodeFailed: ffmpeg stopped, with its last words.
    """
    width, height, fps, seconds = _measure(source)
    pixels_per_second = width * height * fps
    aim = max_bytes * FILL
    draft = target.with_suffix(".draft.mp4")
    try:
        for _ in range(TRIES):
            bits_per_second = aim * 8 / max(0.1, seconds)
            scale = min(1.0, (bits_per_second / pixels_per_second / LEAST_BITS_PER_PIXEL) ** 0.5)
            _encode(source, draft, bits_per_second, _even(width * scale), _even(height * scale))
            if draft.stat().st_size <= max_bytes:
                draft.replace(target)
                return
            aim *= STEP
        raise ClipTooLarge(f"the clip cannot be made to fit {max_bytes} bytes")
    finally:
        draft.unlink(missing_ok=True)


def _measure(source: Path) -> tuple[int, int, float, float]:
    """Width and height in pixels, frames per second, and seconds."""
    try:
        _, seconds = imageio_ffmpeg.count_frames_and_secs(str(source))
        details = next(imageio_ffmpeg.read_frames(str(source)))
    except (OSError, RuntimeError) as error:
        raise EncodeFailed(0, f"{source.name} is no clip: {error}") from error
    if not isinstance(details, dict):
        raise EncodeFailed(0, f"{source.name} is no clip")
    width, height = details["size"]
    return width, height, float(details["fps"]), seconds


def _even(pixels: float) -> int:
    return max(16, round(pixels / 2) * 2)


def _encode(source: Path, draft: Path, bits_per_second: float, width: int, height: int) -> None:
    rate = str(int(bits_per_second))
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-nostdin", "-v", "error", "-y", "-i", str(source)]
    command += ["-map_metadata", "0", "-vf", f"scale={width}:{height}:flags=area", "-an"]
    command += ["-c:v", "libx264", "-preset", "veryfast", "-pix_fmt", "yuv420p", "-threads", "2"]
    command += ["-b:v", rate, "-maxrate", rate, "-bufsize", rate, "-movflags", "+faststart", str(draft)]
    try:
        run = subprocess.run(command, capture_output=True, check=False, timeout=TIMEOUT, text=True)
    except subprocess.TimeoutExpired as error:
        raise EncodeFailed(-signal.SIGKILL, f"no end after {TIMEOUT:g} s") from error
    if run.returncode != 0:
        raise EncodeFailed(run.returncode, run.stderr[-2000:])
