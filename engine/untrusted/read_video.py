"""The process that makes a stranger's clip anew from its pixels, and ends.

The file comes by standard input; one line of JSON and then an MP4 leave by standard output. In between stand
two runs of ffmpeg under this process's limits: one reads the stranger's file and gives bare pixels, the other
sees nothing but these pixels and writes the MP4. So no byte of the answer was shaped by the file, and who
takes over the first ffmpeg finds no network, no environment and nothing to write to.

ffmpeg is told the container (:mod:`engine.untrusted.clip_headers`) and may open nothing but the file
descriptor that it gets: a playlist, an address or a name inside the file leads nowhere.

Run by :mod:`bot.intake.clip_intake` as ``python -I`` with an empty environment. By hand, from the project's
folder::

    python -m engine.untrusted.read_video '{}' "$(which ffmpeg)" < clip.mov | tail -n +2 > clip.mp4
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from typing import IO, cast

import system
from engine.untrusted.clip_colours import ClipColours
from engine.untrusted.clip_headers import ClipForm, ClipLimits, ClipRefusal, ClipRefused, mended, recognise
from engine.untrusted.clip_packets import Stream, read_packets, streams_in

_CODECS = "h264,hevc,vp8,vp9,libvpx,libvpx-vp9,av1,libdav1d,mpeg4,gif,prores,qtrle"
"""Decoders that may run, the ones for the sizes of frames too."""
_NO_MEMORY = 256 - 12
"""What ffmpeg ends with when memory ran out: the lower byte of -ENOMEM."""
_LIST_BYTES = 4 * 2**20
"""A list of packets that is longer is of no clip of a few seconds."""
_WITH_ALPHA = {(ClipForm.WEBM, "vp8"): "libvpx", (ClipForm.WEBM, "vp9"): "libvpx-vp9"}
"""Decoders that read a WebM's transparency, where the usual ones leave it out."""
_WORDS_BYTES = 64 * 1024
"""Of what ffmpeg writes about one frame."""
_GLANCES, _GLANCE_SIDE = 20, 32
"""Frames, and pixels a side, that tell whether the visible part of a transparent clip is dark."""
_OPEN_FILES = 32
_THREADS = "2"
_HALF = 128
_QUALITY = ("-preset", "veryfast", "-crf", "16", "-maxrate", "16M", "-bufsize", "16M")
_EXACT = ("-preset", "ultrafast", "-qp", "0")


@dataclass(frozen=True, kw_only=True)
class Recoded:
    """The clip that came out: bytes of an MP4, its size in pixels, its frames and their rate.

    ``even``: each is shown when it was shown in the file, or nearly.
    """

    mp4: bytes
    width: int
    height: int
    frames: int
    rate: Fraction
    even: bool


def main() -> int:
    """Read limits and ffmpeg's path from the arguments and a clip from standard input; write the answer."""
    limits = ClipLimits(**json.loads(sys.argv[1]))
    system.confine(
        cpu_seconds=limits.decode_cpu_seconds,
        memory=limits.decode_memory,
        open_files=_OPEN_FILES,
        file_bytes=max(limits.max_bytes, limits.max_result_bytes),
    )
    mp4 = b""
    try:
        made = make_anew(sys.stdin.buffer.read(limits.max_bytes + 1), limits, sys.argv[2])
        mp4 = made.mp4
        answer: dict[str, object] = {
            "width": made.width,
            "height": made.height,
            "frames": made.frames,
            "rate": [made.rate.numerator, made.rate.denominator],
            "even": made.even,
            "bytes": len(mp4),
        }
    except ClipRefused as refused:
        answer = {"code": refused.code, "facts": refused.facts}
    except MemoryError:
        answer = {"code": ClipRefusal.MEMORY, "facts": {}}
    except Exception:  # noqa: BLE001 - a fault of ours: the parent logs it, and the member gets an answer
        answer = {"code": ClipRefusal.DECODER, "facts": {}, "detail": traceback.format_exc()[-4000:]}
    answer["peak_bytes"] = _peak_bytes()
    sys.stdout.buffer.write(json.dumps(answer).encode() + b"\n" + mp4)
    sys.stdout.buffer.flush()
    return 0


def make_anew(data: bytes, limits: ClipLimits, ffmpeg: str) -> Recoded:
    """Turn a file into an MP4: H.264, 4:2:0, no sound, upright, square pixels, a constant rate.

    Raises:
        ClipRefused: with the reason.
    """
    if len(data) > limits.max_bytes:
        raise ClipRefused(ClipRefusal.BYTES)
    form = recognise(data, limits)
    with nameless_file() as source:
        source.write(mended(data, form))
        source.flush()
        reader = _Reader(ffmpeg, source, form, limits)
        stream = reader.look()
        stream.check(limits)
        return reader.convert(stream)


def nameless_file() -> IO[bytes]:
    """A file without a name, in memory where the system has such files."""
    if hasattr(os, "memfd_create"):
        return open(os.memfd_create("clip"), "w+b")  # noqa: PTH123 - the caller closes it; it has no path
    return system.nameless_file()


class _Reader:
    """The runs of ffmpeg that open the stranger's file."""

    def __init__(self, ffmpeg: str, source: IO[bytes], form: ClipForm, limits: ClipLimits) -> None:
        self._ffmpeg = ffmpeg
        self._source = source
        self._form = form
        self._limits = limits

    def look(self) -> Stream:
        """List the packets, without decoding them, and find the stream of frames."""
        command = [*self._reading(), "-map", "0", "-ignore_unknown", "-c", "copy"]
        with running([*command, "-f", "framecrc", "pipe:1"], self._source) as process:
            listing = stdout_of(process).read(_LIST_BYTES + 1)
            if len(listing) > _LIST_BYTES:
                raise ClipRefused(ClipRefusal.COMPLEX)
        check_status(process.returncode)
        text = listing.decode("ascii", "replace")
        streams = streams_in(text)
        if len(streams) > self._limits.max_streams:
            raise ClipRefused(ClipRefusal.STREAMS)
        return read_packets(text, streams, keep_seconds=self._limits.keep_seconds)

    def convert(self, stream: Stream) -> Recoded:
        """Decode the frames, and encode them anew."""
        limits = self._limits
        decoder = _WITH_ALPHA.get((self._form, stream.codec))
        colours = self._colours(stream, decoder)
        if not colours.has_alpha:
            decoder = None
        as_it_is = limits.exact and not (limits.timely and stream.needs_retiming)
        if as_it_is:
            rate, retimed, most = stream.average_rate(limits.working_fps), "", stream.frames
        else:
            rate = stream.working_rate(limits.working_fps)
            retimed, most = f"fps={rate},", max(2, round(limits.keep_seconds * rate))
        side = limits.working_side
        # After turning it upright, with square pixels, and even for 4:2:0. Never larger than it came.
        scale = f"min(1,{side}/max(iw*sar,ih))"
        shown = colours.filters(
            size=f"w='max(2,2*trunc(iw*sar*{scale}/2))':h='max(2,2*trunc(ih*{scale}/2))'",
            ground=self._ground(stream, decoder) if colours.has_alpha else None,
        )
        command = [
            *self._reading(decoder), "-map", f"0:{stream.index}",
            "-vf", f"setpts=PTS-STARTPTS,{retimed}{shown}",
            "-fps_mode", "passthrough", "-frames:v", str(most), "-f", "yuv4mpegpipe", "pipe:1",
        ]  # fmt: skip
        with nameless_file() as result, running(command, self._source) as process:
            pixels = stdout_of(process)
            width, height = _size(pixels, side)
            quality = _EXACT if limits.exact else _QUALITY
            frames = _encode(self._ffmpeg, pixels, result, size=(width, height), rate=rate, quality=quality)
            check_status(process.wait())
            if frames < 2:  # noqa: PLR2004 - the list promised more
                raise ClipRefused(ClipRefusal.CORRUPT)
            result.seek(0)
            return Recoded(
                mp4=result.read(),
                width=width,
                height=height,
                frames=frames,
                rate=rate,
                even=stream.even or not as_it_is,
            )

    def _colours(self, stream: Stream, decoder: str | None) -> ClipColours:
        """What the first frame says; where it can't be read, converting will find out why."""
        command = [*self._reading(decoder, words="info"), "-map", f"0:{stream.index}"]
        command += ["-vf", "showinfo=checksum=0", "-frames:v", "1", "-f", "null", "-"]
        with running(command, self._source, words=subprocess.STDOUT) as process:
            told = stdout_of(process).read(_WORDS_BYTES)
        return ClipColours.read(told.decode("utf-8", "replace"), width=stream.width, height=stream.height)

    def _ground(self, stream: Stream, decoder: str | None) -> str | None:
        """What to lay a transparent clip on, as pictures are: white where its outline is dark.

        Returns:
            The colour by ffmpeg's name; None: nothing of it is transparent.
        """
        rate = max(Fraction(2), _GLANCES / Fraction(max(1, round(self._limits.keep_seconds))))
        small = f"fps={rate},scale={_GLANCE_SIDE}:{_GLANCE_SIDE}:flags=neighbor,format=rgba"
        command = [*self._reading(decoder), "-map", f"0:{stream.index}", "-vf", small]
        command += ["-frames:v", str(_GLANCES), "-f", "rawvideo", "pipe:1"]
        with running(command, self._source) as process:
            pixels = stdout_of(process).read(_GLANCES * 4 * _GLANCE_SIDE**2)
        if min(pixels[3::4], default=255) == 255:  # noqa: PLR2004 - opaque
            return None
        luma = [
            0.299 * red + 0.587 * green + 0.114 * blue
            for red, green, blue in zip(pixels[::4], pixels[1::4], pixels[2::4], strict=True)
        ]
        shown = _outlined([alpha >= _HALF for alpha in pixels[3::4]])
        seen = [luma[at] for at in shown]
        return "white" if seen and sum(seen) / len(seen) < _HALF else "black"

    def _reading(self, decoder: str | None = None, *, words: str = "panic") -> list[str]:
        """The beginning of each command that opens the stranger's file."""
        limits = self._limits
        return [
            self._ffmpeg, "-nostdin", "-hide_banner", "-loglevel", words,
            "-protocol_whitelist", "fd", "-format_whitelist", "mov,matroska,webm,gif", "-f", self._form,
            "-codec_whitelist", _CODECS, "-max_streams", str(4 * limits.max_streams),
            "-max_pixels", str(limits.max_pixels), "-threads", _THREADS,
            *(() if decoder is None else ("-c:v", decoder)), "-fd", "0", "-i", "fd:",
        ]  # fmt: skip


def _outlined(visible: list[bool]) -> list[int]:
    """The places of visible pixels beside ones that are not, in frames of :data:`_GLANCE_SIDE`; else all."""
    side = _GLANCE_SIDE
    every = [at for at, is_seen in enumerate(visible) if is_seen]

    def is_edge(at: int) -> bool:
        frame, column = at // side**2, at % side
        beside = (
            at - 1 if column else at,
            at + 1 if column < side - 1 else at,
            *(to for to in (at - side, at + side) if to // side**2 == frame and to < len(visible)),
        )
        return not all(visible[to] for to in beside)

    return [at for at in every if is_edge(at)] or every


def _size(pixels: IO[bytes], side: int) -> tuple[int, int]:
    """Read the first line of YUV4MPEG2: ``YUV4MPEG2 W320 H240 F24:1 …``."""
    words = pixels.readline(200).decode("ascii", "replace").split()
    try:
        width, height = (int(next(word[1:] for word in words if word[0] == letter)) for letter in "WH")
    except (StopIteration, ValueError):
        raise ClipRefused(ClipRefusal.CORRUPT) from None
    if not (2 <= width <= side and 2 <= height <= side):  # noqa: PLR2004 - the least even number
        raise ClipRefused(ClipRefusal.CORRUPT)
    return width, height


def _encode(
    ffmpeg: str,
    pixels: IO[bytes],
    result: IO[bytes],
    *,
    size: tuple[int, int],
    rate: Fraction,
    quality: tuple[str, ...],
) -> int:
    """Write what arrives as H.264; how many frames it was."""
    width, height = size
    frame = bytearray(width * height * 3 // 2)
    command = [
        ffmpeg, "-hide_banner", "-loglevel", "panic", "-f", "rawvideo", "-pixel_format", "yuv420p",
        "-video_size", f"{width}x{height}", "-framerate", str(rate), "-color_range", "tv", "-i", "pipe:0",
        "-c:v", "libx264", *quality, "-pix_fmt", "yuv420p", "-threads", _THREADS,
        "-vf", "setparams=range=tv:colorspace=bt709:color_primaries=bt709:color_trc=bt709",
        "-fps_mode", "cfr", "-fflags", "+bitexact", "-flags:v", "+bitexact", "-f", "mp4", "-fd", "1", "fd:",
    ]  # fmt: skip
    count = 0
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=result.fileno(), stderr=subprocess.DEVNULL
    ) as encoder:
        pipe = cast("IO[bytes]", encoder.stdin)
        while pixels.readline(200).startswith(b"FRAME") and pixels.readinto(frame) == len(frame):  # type: ignore[attr-defined]
            pipe.write(frame)
            count += 1
    if encoder.returncode:
        raise ChildProcessError(f"ffmpeg could not encode: status {encoder.returncode}")
    return count


@contextmanager
def running(
    command: list[str], source: IO[bytes], *, words: int = subprocess.DEVNULL
) -> Iterator[subprocess.Popen[bytes]]:
    """Run an ffmpeg that reads the stranger's file; it has ended when the block has."""
    source.seek(0)
    process = subprocess.Popen(
        command,
        stdin=source.fileno(),
        stdout=subprocess.PIPE,
        stderr=words,
        **system.writes_no_file(),  # but pixels to a pipe
    )
    try:
        yield process
        process.wait()
    finally:
        process.kill()
        process.wait()
        stdout_of(process).close()


def stdout_of(process: subprocess.Popen[bytes]) -> IO[bytes]:
    """What a process writes; it was started with a pipe."""
    return cast("IO[bytes]", process.stdout)


def check_status(status: int, refused: Callable[[ClipRefusal], Exception] = ClipRefused) -> None:
    """Tell a broken file from a spent limit, and both from a broken decoder.

    Args:
        status: what ffmpeg ended with.
        refused: makes the error of a code.
    """
    if system.ran_out_of_time(status):
        raise refused(ClipRefusal.TIME)
    if status == _NO_MEMORY:
        raise refused(ClipRefusal.MEMORY)
    if system.crashed(status):
        raise ChildProcessError(f"ffmpeg ended by signal {-status} while reading")
    if status:
        raise refused(ClipRefusal.CORRUPT)


def _peak_bytes() -> int:
    """Bytes of memory that this process or one of those that it started held at most."""
    return max(system.peak_bytes(), system.peak_bytes_of_children())


if __name__ == "__main__":
    sys.exit(main())
