"""ffmpeg's list of a file's packets, and what it says of the frames in it before one of them is decoded.

The list is that of its ``framecrc`` muxer: some lines about each stream, then one line for each packet with
stream, decoding time, time of display, duration and size, in units of the stream's time base.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

from engine.untrusted.clip_headers import ClipLimits, ClipRefusal, ClipRefused, check_size

CODECS = frozenset({"h264", "hevc", "vp8", "vp9", "av1", "mpeg4", "gif", "prores", "qtrle"})
"""By ffmpeg's names."""

LEAST_FPS = 8
"""A slide show gets frames in between: a clip is followed by its times."""

_FACT = re.compile(r"#(tb|media_type|codec_id|dimensions|sar|channel_layout_name) (\d+): (\S+)")
_NEAR_WHOLE = Fraction(1, 200)
_ROUNDED_OFF = Fraction(1, 200)
"""Frames per second: what times in whole milliseconds make of a rate; 29.97 is farther from 30."""
_SHORTEST, _NOT_MUCH_LONGER = 10, Fraction(19, 10)
_DISCARDED = 4
"""ffmpeg's flag of a packet that is decoded and not shown."""


@dataclass(frozen=True, kw_only=True)
class Stream:
    """The frames of a clip, as its container tells of them.

    Attributes:
        index: among the file's streams, from 0.
        codec: ffmpeg's name.
        width, height: pixels, before it is turned upright.
        shape: width of a pixel over its height.
        frames: how many are shown within the seconds that are kept.
        kept: seconds of those.
        seconds: from the first frame that is shown to the end of the last.
        lively_fps: frames per second where they follow each other fastest.
        even: at a constant rate, each frame would be shown when it is shown in the file, or nearly.
    """

    index: int
    codec: str
    width: int
    height: int
    shape: Fraction
    frames: int
    kept: Fraction
    seconds: float
    lively_fps: Fraction
    even: bool

    @property
    def fps(self) -> Fraction:
        """Frames per second, on average."""
        return Fraction(self.frames) / self.kept

    def check(self, limits: ClipLimits) -> None:
        """Hold what is told to the limits.

        Raises:
            ClipRefused: with E_CODEC, E_DURATION, E_STILL, E_FRAMES, E_FPS, or one of
                :func:`engine.untrusted.clip_headers.check_size`'s.
        """
        if self.codec not in CODECS:
            raise ClipRefused(ClipRefusal.CODEC, codec=self.codec)
        if max(self.width, self.height) > limits.max_side:  # before a pixel's shape can hide it
            raise ClipRefused(ClipRefusal.PIXELS, width=self.width, height=self.height)
        check_size(float(round(self.width * self.shape)), self.height, limits)
        if self.seconds > limits.max_seconds:
            raise ClipRefused(ClipRefusal.DURATION, seconds=self.seconds)
        if self.frames < 2:  # noqa: PLR2004 - one is a picture
            raise ClipRefused(ClipRefusal.STILL)
        if self.frames > limits.max_frames:
            raise ClipRefused(ClipRefusal.FRAMES)
        if self.fps > limits.max_fps:
            raise ClipRefused(ClipRefusal.FPS, fps=float(self.fps))

    @property
    def needs_retiming(self) -> bool:
        """Whether no constant rate that clips can be written at shows all frames when they are to be seen."""
        return not self.even or self.fps < 1

    def working_rate(self, most: int) -> Fraction:
        """The constant rate that stands for this clip's own, in frames per second.

        That of its lively parts: a clip that stands still for a while must not stutter where it moves.
        """
        whole = round(self.lively_fps)
        return min(Fraction(most), max(Fraction(LEAST_FPS), _tidy(self.lively_fps, whole * _NEAR_WHOLE)))

    def average_rate(self, most: int) -> Fraction:
        """The constant rate at which all frames last as long as they do in the file, in frames per second."""
        return min(Fraction(most), _tidy(self.fps, _ROUNDED_OFF))


def _tidy(fps: Fraction, within: Fraction) -> Fraction:
    """The whole number that is so near, or else the rate itself."""
    whole = round(fps)
    near = whole if abs(fps - whole) <= within else fps.limit_denominator(1001)
    return max(Fraction(1, 1001), Fraction(near))


def streams_in(listing: str) -> dict[int, dict[str, str]]:
    """What the list says of each stream, by the names that ffmpeg gives to its facts."""
    found: dict[int, dict[str, str]] = {}
    for name, index, value in _FACT.findall(listing):
        found.setdefault(int(index), {})[name] = value
    return found


def read_packets(listing: str, streams: dict[int, dict[str, str]], *, keep_seconds: float) -> Stream:
    """Find the stream of frames: the first whose codec is one of ours, or else the first.

    Raises:
        ClipRefused: E_NOVIDEO, E_CORRUPT.
    """
    videos = [index for index, facts in streams.items() if facts.get("media_type") == "video"]
    if not videos:
        raise ClipRefused(ClipRefusal.NOVIDEO)
    index = next((index for index in videos if streams[index].get("codec_id") in CODECS), videos[0])
    facts = streams[index]
    try:
        unit = Fraction(facts["tb"])
        width, height = map(int, facts["dimensions"].split("x"))
        above, below = map(int, facts.get("sar", "1/1").split("/"))
        times = sorted(shown_times(listing, index))
    except (KeyError, ValueError, ZeroDivisionError):
        raise ClipRefused(ClipRefusal.CORRUPT) from None
    if not times:
        raise ClipRefused(ClipRefusal.NOVIDEO)
    first, (last, duration) = times[0][0], times[-1]
    seconds = (last - first + max(duration, 0)) * unit
    kept = [at for at, _ in times if (at - first) * unit < keep_seconds]
    # The last of them is shown as long as the others are on average.
    span = Fraction(kept[-1] - first) * unit * Fraction(len(kept), max(1, len(kept) - 1))
    return Stream(
        index=index,
        codec=facts["codec_id"],
        width=width,
        height=height,
        shape=Fraction(above, below) if above > 0 and below > 0 else Fraction(1),
        frames=len(kept),
        kept=max(span, unit),
        seconds=float(seconds),
        lively_fps=1 / (_short_gap(kept) * unit),
        even=_is_even(kept, last + duration if duration > 0 and len(kept) == len(times) else None),
    )


def _is_even(times: list[int], end: int | None) -> bool:
    """Whether no frame, nor the end if it is told, is off by half a frame where all last equally long."""
    gap = Fraction(times[-1] - times[0], max(1, len(times) - 1))
    told = times if end is None else [*times, end]
    return all(abs(at - times[0] - place * gap) <= gap / 2 for place, at in enumerate(told))


def _short_gap(times: list[int]) -> Fraction:
    """The mean distance of frames where they are close: a tenth of all gaps, and those not much longer.

    Where the rate is constant, these are all of them, so that rounded times do no harm.
    """
    gaps = sorted(after - at for at, after in pairwise(times) if after > at)
    if not gaps:
        return Fraction(1)
    close = [gap for gap in gaps if gap <= gaps[len(gaps) // _SHORTEST] * _NOT_MUCH_LONGER]
    return Fraction(sum(close), len(close))


def shown_times(listing: str, index: int) -> list[tuple[int, int]]:
    """Time of display and duration of each packet of a stream that is shown.

    An edit list leaves packets in the file that are decoded only because others need them; they are flagged.
    """
    found = []
    for line in listing.splitlines():
        if line.startswith("#"):
            continue
        stream, decoded, shown, duration, _, _, *flags = (part.strip() for part in line.split(","))
        if int(stream) == index and not _is_discarded(flags):
            # One that says only when it is decoded is shown then.
            found.append((int(decoded if shown == "NOPTS" else shown), int(duration)))
    return found


def _is_discarded(flags: list[str]) -> bool:
    """Whether a packet's further fields (side data, and ``F=0x…`` where it is not a key frame's) say so."""
    return any(int(flag.removeprefix("F="), 0) & _DISCARDED for flag in flags if flag.startswith("F=0x"))
