"""Sounds in and out of ffmpeg: a file becomes samples, and samples take another rate."""

from __future__ import annotations

import signal
import subprocess
from pathlib import Path

import imageio_ffmpeg
import numpy as np
from numpy.typing import NDArray

from engine.clips.ffmpeg import EncodeFailed
from engine.core.sound import CHANNELS, RATE, Sound

TIMEOUT = 120.0
"""Seconds that one run may take."""

_RAW = ("-f", "f32le", "-ac", str(CHANNELS), "-ar", str(RATE), "pipe:1")


def read_sound(path: Path) -> Sound:
    """Read the first track of sound of a file that this program made; a stranger's is never read here.

    Returns:
        float32 ``[S, 2]``.

    Raises:
        EncodeFailed: there is none, or it cannot be read.
    """
    return _run("-i", f"file:{path}", "-map", "0:a:0")


def resampled(samples: NDArray[np.floating], rate: int) -> Sound:
    """Bring samples to :data:`engine.core.sound.RATE`. One channel becomes two.

    Args:
        samples: float ``[S]`` or ``[S, channels]`` of one or two channels.
        rate: samples a second that they have now.

    Returns:
        float32 ``[S · 48000 / rate, 2]``; what is not finite in the samples is not finite here.

    Raises:
        EncodeFailed: ffmpeg stopped.
        ValueError: there are more channels, or the rate is not positive.
    """
    columns = samples[:, None] if samples.ndim == 1 else samples
    if columns.ndim != 2 or not 1 <= columns.shape[1] <= CHANNELS or rate <= 0:  # noqa: PLR2004 - [S, channels]
        raise ValueError(f"no sound has the shape {list(samples.shape)} at {rate} samples a second")
    both = np.ascontiguousarray(np.broadcast_to(columns, (len(columns), CHANNELS)), dtype="<f4")
    if rate == RATE or not len(both):
        return both.astype(np.float32)
    form = ("-f", "f32le", "-ar", str(rate), "-ac", str(CHANNELS))
    return _run(*form, "-i", "pipe:0", raw=both.tobytes())


def _run(*source: str, raw: bytes = b"") -> Sound:
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-hide_banner", "-v", "error", *source, *_RAW]
    try:
        run = subprocess.run(command, capture_output=True, check=False, timeout=TIMEOUT, input=raw)
    except subprocess.TimeoutExpired as error:
        raise EncodeFailed(-signal.SIGTERM, f"not finished after {TIMEOUT:g} s") from error
    if run.returncode:
        raise EncodeFailed(run.returncode, run.stderr[-2000:].decode("utf-8", "replace"))
    sound: Sound = np.frombuffer(run.stdout, "<f4").astype(np.float32).reshape(-1, CHANNELS)
    return sound
