"""Frames, and their sound → an MP4 within a byte limit, with the recipe inside.

The frames go to ffmpeg through a pipe, so nothing but the clip itself touches the disk. A clip that comes out
too large is encoded again, one rung lower: stronger compression while the eye forgives it, then a smaller
picture. How far to go down is computed from the size just measured, so most clips need one encode and a large
one two. The sound has its share of the limit from the start, and goes only if nothing else fits.
"""

from __future__ import annotations

import hashlib
import math
import os
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from engine.clips.ffmpeg import H264, EncodeFailed, write_h264
from engine.clips.mp4 import TAGS, read_metadata
from engine.core.cancel import CancelToken
from engine.core.errors import EngineError
from engine.core.family import Frames
from engine.core.sentence import Sentence
from engine.core.sound import Sound, check_sound, samples_for

__all__ = ["ClipTooLarge", "EncodeFailed", "Encoded", "encode", "frame_rate", "read_metadata"]

BEST_CRF = 18  # x264's own scale; its authors call 17 or 18 visually lossless
WORST_CRF = 34  # worse than this, fewer pixels look better than coarser ones
LAST_CRF = 51  # the end of the scale
SCALES = (Fraction(1), Fraction(3, 4), Fraction(1, 2), Fraction(3, 8), Fraction(1, 4), Fraction(1, 8))
SOUND_BITS, LEAST_SOUND_BITS = 160_000, 32_000
"""AAC's bits a second: as good as the source for most ears, and the fewest that are worth hearing."""

SOUND_SHARE = 0.1
"""The share of the byte limit that the sound may take, before it is compressed more."""

_CRF_TO_HALVE = 6  # "+6 means roughly half the bitrate", x264 --fullhelp
_ROUNDED_OFF = 0.005  # people write 29.97
_LEAST_SIDE = 16  # one macroblock


class ClipTooLarge(EngineError):
    """Not even the last rung fits the limit."""


@dataclass(frozen=True, kw_only=True)
class Encoded:
    """A finished file.

    Attributes:
        size: bytes.
        sha256: hex digest of the file.
        width, height: pixels, even.
        frames: how many the file holds.
        sound: whether it has sound.
        ladder: what was given up for the byte limit, in plain words; empty when nothing was.
    """

    path: Path
    size: int
    sha256: str
    width: int
    height: int
    frames: int
    ladder: tuple[str, ...]
    sound: bool = False


def encode(
    frames: Frames,
    *,
    fps: float,
    path: Path,
    metadata: Mapping[str, str],
    max_bytes: int,
    progress: Callable[[float], None],
    cancel: CancelToken,
    sound: Sound | None = None,
    scales: Sequence[Fraction] = SCALES,
) -> Encoded:
    """Write a clip as H.264 in MP4, 4:2:0, BT.709, index first, and its sound as AAC.

    Equal arguments give equal bytes.

    Args:
        frames: uint8 ``[T, H, W, 3]``, full-range RGB. An odd last row or column is cut off.
        fps: the constant frame rate; see :func:`frame_rate`.
        path: where the file appears, whole or not at all. Its folder must exist.
        metadata: text by a tag of :data:`engine.clips.mp4.TAGS`, any but NUL, 100 kB at most; ``comment``
            holds the recipe. An empty text is left out.
        max_bytes: the finished file is no larger.
        progress: told the share that is done, 0 … 1, once an encoded second; a lower rung starts again at 0.
        cancel: looked at once an encoded second.
        sound: float32 ``[S, 2]``, 48,000 samples a second, as long as the frames to within one of them; None:
            the clip is silent.
        scales: how small the picture may become, the largest first. Where it may not become as small as it
            can, the sound may not go either.

    Raises:
        Cancelled: a stop was asked for; nothing is left behind.
        ClipTooLarge: no rung fits.
        EncodeFailed: ffmpeg stopped, with its last words.
        ValueError: the frames, the rate, the sound or a tag make no clip.
    """
    if frames.ndim != 4 or frames.shape[3] != 3 or frames.dtype != "uint8":  # noqa: PLR2004 - [T, H, W, 3]
        raise ValueError(f"frames must be uint8 [T, H, W, 3], not {frames.dtype} {list(frames.shape)}")
    if unknown := set(metadata) - set(TAGS):
        raise ValueError(f"an MP4 has no place for the tags {', '.join(sorted(unknown))}")
    count, rows, columns = frames.shape[:3]
    frames = frames[:, : rows - rows % 2, : columns - columns % 2]
    if not frames.size:
        raise ValueError("there is nothing to encode")
    rate = frame_rate(fps)
    if sound is not None:
        _check_length(sound, count, rate)

    # The folder, and with it whatever a failed attempt has left, goes away however this block ends.
    with tempfile.TemporaryDirectory(prefix=".encode-", dir=path.parent) as folder:
        draft = Path(folder, "clip.mp4")

        def attempt(form: H264) -> int:
            write_h264(
                frames,
                form=form,
                rate=rate,
                path=draft,
                metadata=metadata,
                progress=progress,
                cancel=cancel,
                sound=sound,
            )
            return draft.stat().st_size

        heard = 0.0 if sound is None else float(count / rate)
        size_of = frames.shape[2], frames.shape[1]
        form, size = _with_or_without_sound(attempt, size_of, max_bytes, heard, scales)
        with draft.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
            os.fsync(file.fileno())
        draft.replace(path)
    return Encoded(
        path=path,
        size=size,
        sha256=digest,
        width=form.width,
        height=form.height,
        frames=count,
        ladder=_given_up(form, frames.shape[2], max_bytes, had_sound=sound is not None),
        sound=form.sound_bits > 0,
    )


def frame_rate(fps: float) -> Fraction:
    """The exact rate that a number of frames per second stands for: 23.976 is 24000/1001.

    Raises:
        ValueError: not between 1 and 240.
    """
    if not 1 <= fps <= 240:  # noqa: PLR2004 - the docstring's own bounds
        raise ValueError(f"{fps} is not a frame rate")
    broadcast = Fraction(round(fps * 1.001) * 1000, 1001)
    if fps != round(fps) and abs(broadcast - Fraction(fps)) < _ROUNDED_OFF:
        return broadcast
    return Fraction(fps).limit_denominator(1001)


def _check_length(sound: Sound, frames: int, rate: Fraction) -> None:
    check_sound(sound)
    wanted, frame = samples_for(frames, float(rate)), samples_for(1, float(rate))
    if not len(sound) or abs(len(sound) - wanted) > frame:
        raise ValueError(f"the sound has {len(sound)} samples, and the frames last {wanted}")


def sound_bits(seconds: float, max_bytes: int) -> int:
    """AAC's bits a second for a sound of so many seconds, in a file of so many bytes at most."""
    share = int(max_bytes * SOUND_SHARE * 8 / max(seconds, 0.1))
    return max(LEAST_SOUND_BITS, min(SOUND_BITS, share))


def _with_or_without_sound(
    attempt: Callable[[H264], int],
    size: tuple[int, int],
    max_bytes: int,
    sound_seconds: float,
    scales: Sequence[Fraction],
) -> tuple[H264, int]:
    """Descend with the sound, of so many seconds, and only where nothing fits without it."""
    if not sound_seconds:
        return _descend(attempt, size, max_bytes, scales)
    bits = sound_bits(sound_seconds, max_bytes)
    try:
        return _descend(attempt, size, max_bytes, scales, bits=bits, heard=int(bits * sound_seconds / 8))
    except ClipTooLarge:
        if scales[-1] > SCALES[-1]:
            raise
        return _descend(attempt, size, max_bytes, scales)


def _descend(
    attempt: Callable[[H264], int],
    size: tuple[int, int],
    max_bytes: int,
    scales: Sequence[Fraction],
    *,
    bits: int = 0,
    heard: int = 0,
) -> tuple[H264, int]:
    """Try form after form until one fits; return it with its size in bytes.

    No scale is left out, though the compression may be foretold not to suffice: how much fewer pixels help
    depends on the picture, and the smaller ones are quick to try.

    Args:
        attempt: encodes, and says how large the file came out.
        size: width and height of the frames, in pixels.
        max_bytes: the limit.
        scales: that may be tried, the largest first.
        bits: of the sound, a second; 0: there is none.
        heard: bytes that the sound takes, about; compressing the picture more leaves them as they are.
    """
    wanted = float(BEST_CRF)
    width, height = size
    pixels = width * height
    for scale in scales:
        columns, rows = _scaled(width, scale), _scaled(height, scale)
        wanted = max(BEST_CRF, wanted + _CRF_TO_HALVE * math.log2(columns * rows / pixels))
        pixels = columns * rows
        worst = LAST_CRF if scale == SCALES[-1] else WORST_CRF
        tried = 0
        while tried < worst:
            tried = min(math.ceil(wanted), worst)
            form = H264(width=columns, height=rows, crf=tried, sound_bits=bits)
            came = attempt(form)
            if came <= max_bytes:
                return form, came
            # A little more than foretold: a further encode costs more than half a step of quality.
            seen, room = (max(1, count - heard) for count in (came, max_bytes))
            wanted = tried + _CRF_TO_HALVE * math.log2(seen / room) + 0.5
    raise ClipTooLarge(f"this clip cannot be made small enough for {_in_words(max_bytes)}")


def _scaled(side: int, scale: Fraction) -> int:
    return min(side, max(_LEAST_SIDE, round(side * scale / 2) * 2))


def _given_up(form: H264, width: int, max_bytes: int, *, had_sound: bool) -> tuple[str, ...]:
    limit = _in_words(max_bytes)
    lost = []
    if form.width < width:
        lost.append(
            Sentence(
                "smaller picture, {width}×{height}, to fit {limit}",
                width=form.width,
                height=form.height,
                limit=limit,
            )
        )
    if form.crf > BEST_CRF:
        lost.append(Sentence("stronger compression, to fit {limit}", limit=limit))
    if had_sound and form.sound_bits < SOUND_BITS:
        bits = form.sound_bits / 1000
        lost.append(
            Sentence("sound in {bits:.0f} kbit/s, to fit {limit}", bits=bits, limit=limit)
            if bits
            else Sentence("no sound, to fit {limit}", limit=limit)
        )
    return tuple(lost)


def _in_words(size: int) -> Sentence:
    if size >= 2**20:
        return Sentence("{size:.3g} MiB", size=size / 2**20)
    return Sentence("{size:.3g} KiB", size=size / 2**10)
