"""A finished clip → a smaller file of it, for when Discord takes less than it said.

The frames are long gone by then, so the file itself is encoded again; its sound and its tags come along.
"""

from __future__ import annotations

import signal
import subprocess
from fractions import Fraction
from pathlib import Path

import imageio_ffmpeg

from engine.clips.encode import ClipTooLarge, sound_bits
from engine.clips.ffmpeg import EncodeFailed
from engine.clips.mp4 import has_sound

FILL = 0.9
"""The share of the limit that is aimed at: a bit rate is met only about."""

TRIES = 4
STEP = 0.7
"""What a try that came out too large is multiplied by."""

LEAST_BITS_PER_PIXEL = 0.04
"""Below this, fewer pixels look better than coarser ones."""

LEAST_BITS = 8_000.0
"""A second, for the picture, however much of the limit the sound takes."""

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
    heard = sound_bits(seconds, max_bytes) if has_sound(source) else 0
    aim = max_bytes * FILL
    draft = target.with_suffix(".draft.mp4")
    try:
        for _ in range(TRIES):
            bits_per_second = max(LEAST_BITS, aim * 8 / max(0.1, seconds) - heard)
            scale = min(1.0, (bits_per_second / pixels_per_second / LEAST_BITS_PER_PIXEL) ** 0.5)
            _encode(source, draft, bits_per_second, _even(width * scale), _even(height * scale), heard)
            if draft.stat().st_size <= max_bytes:
                draft.replace(target)
                return
            aim *= STEP
        raise ClipTooLarge(f"the clip cannot be made small enough for {max_bytes} bytes")
    finally:
        draft.unlink(missing_ok=True)


def _measure(source: Path) -> tuple[int, int, float, float]:
    """Width and height in pixels, frames per second, and seconds.

    ffmpeg lists the frames without decoding them: a head of ``#name 0: value``, then for each frame
    ``stream, decoding time, time, duration, bytes, checksum``, all times in units of ``tb``.
    """
    listed = _run_ffmpeg("-i", str(source), "-map", "0:v:0", "-c", "copy", "-f", "framecrc", "-").splitlines()
    head = dict(line[1:].split(" 0: ") for line in listed if line.startswith("#") and " 0: " in line)
    durations = [int(line.split(",")[3]) for line in listed if not line.startswith("#")]
    seconds = float(sum(durations) * Fraction(head["tb"]))
    if not seconds:
        raise EncodeFailed(0, f"{source.name} has no frames")
    width, height = map(int, head["dimensions"].split("x"))
    return width, height, len(durations) / seconds, seconds


def _even(pixels: float) -> int:
    return max(16, round(pixels / 2) * 2)


def _encode(source: Path, draft: Path, bits_per_second: float, width: int, height: int, heard: int) -> None:
    """Encode again; ``heard`` is the bits a second of the sound, 0 where there is none."""
    rate = str(int(bits_per_second))
    command = ["-y", "-i", str(source)]
    command += ["-map_metadata", "0", "-vf", f"scale={width}:{height}:flags=area"]
    command += ["-c:a", "aac", "-b:a", str(heard)] if heard else ["-an"]
    command += ["-c:v", "libx264", "-preset", "veryfast", "-pix_fmt", "yuv420p", "-threads", "2"]
    command += ["-b:v", rate, "-maxrate", rate, "-bufsize", rate, "-movflags", "+faststart", str(draft)]
    _run_ffmpeg(*command)


def _run_ffmpeg(*arguments: str) -> str:
    """Return what it writes to standard output."""
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-nostdin", "-v", "error", *arguments]
    try:
        run = subprocess.run(command, capture_output=True, check=False, timeout=TIMEOUT, text=True)
    except subprocess.TimeoutExpired as error:
        raise EncodeFailed(-signal.SIGTERM, f"not finished after {TIMEOUT:g} s") from error
    if run.returncode != 0:
        raise EncodeFailed(run.returncode, run.stderr[-2000:])
    return run.stdout
