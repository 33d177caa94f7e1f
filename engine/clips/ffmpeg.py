"""One run of ffmpeg: raw frames in through a pipe, and samples; a file of H.264 and AAC out."""

from __future__ import annotations

import errno
import os
import subprocess
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import IO, Any, cast

import imageio_ffmpeg
import numpy as np

import system
from engine.core.cancel import CancelToken
from engine.core.errors import EngineError
from engine.core.family import Frames
from engine.core.shortages import in_words_of_the_system
from engine.core.sound import CHANNELS, RATE, Sound

# A fixed number, since x264 makes other bytes with another number of threads.
_THREADS = 4
_PRESET = "veryfast"
_LAST_LINES = 30
_SECONDS_BETWEEN_LOOKS = 0.1
# The conversion and its label are two things; a player guesses where the label is missing.
_TO_BT709 = (
    "flags=area+accurate_rnd+full_chroma_inp+bitexact:in_range=pc:out_range=tv:out_color_matrix=bt709,"
    "format=yuv420p,setparams=range=tv:colorspace=bt709:color_primaries=bt709:color_trc=bt709"
)


class EncodeFailed(EngineError):
    """ffmpeg stopped. Where the system refused it something, that error is the cause.

    Attributes:
        returncode: its exit status; negative for a signal, as in :mod:`subprocess`.
        last_words: the end of what it wrote to standard error, for the log.
    """

    def __init__(self, returncode: int, last_words: str) -> None:
        super().__init__(f"ffmpeg stopped with status {returncode}: {last_words or 'it said nothing'}")
        self.returncode = returncode
        self.last_words = last_words
        code = in_words_of_the_system(last_words)
        if code is None and system.killed_outright(returncode):
            code = errno.ENOMEM  # nothing here kills it: the system does, where memory runs out
        if code is not None and returncode:
            self.__cause__ = OSError(code, os.strerror(code))


@dataclass(frozen=True, kw_only=True)
class H264:
    """The form of an encode.

    Attributes:
        width, height: pixels, even.
        crf: x264's constant rate factor, 0 … 51.
        sound_bits: AAC's bits a second; 0: no sound.
    """

    width: int
    height: int
    crf: int
    sound_bits: int = 0


def write_h264(
    frames: Frames,
    *,
    form: H264,
    rate: Fraction,
    path: Path,
    metadata: Mapping[str, str],
    progress: Callable[[float], None],
    cancel: CancelToken,
    sound: Sound | None = None,
) -> None:
    """Encode frames into an MP4 at ``path``, over what is there. Equal arguments give equal bytes.

    Args:
        frames: uint8 ``[T, H, W, 3]``, RGB; scaled where ``form`` has another size.
        rate: frames per second, constant.
        metadata: text by the name of a tag; no NUL.
        progress: told the share that is done, once an encoded second.
        cancel: looked at once an encoded second.
        sound: float32 ``[S, 2]``, as long as the frames; left out where ``form`` has no bits for it.

    Raises:
        Cancelled: a stop was asked for; the file is unfinished.
        EncodeFailed: ffmpeg stopped; the file, where there is one, is unfinished.
    """
    with _samples_of(sound if form.sound_bits else None) as (samples, options):
        _write(
            frames,
            _command(frames, form=form, rate=rate, path=path, metadata=metadata, samples=samples),
            a_second=max(1, round(rate)),
            options=options,
            progress=progress,
            cancel=cancel,
        )


def _command(
    frames: Frames,
    *,
    form: H264,
    rate: Fraction,
    path: Path,
    metadata: Mapping[str, str],
    samples: str,
) -> list[str | bytes]:
    """What ffmpeg is told; ``samples`` is where the sound is; "" for none."""
    rows, columns = frames.shape[1:3]
    heard: list[str | bytes] = []
    track: list[str | bytes] = ["-an"]
    if samples:
        heard = ["-f", "f32le", "-ar", str(RATE), "-ac", str(CHANNELS), "-i", samples]
        track = ["-map", "0:v:0", "-map", "1:a:0", "-c:a", "aac", "-b:a", str(form.sound_bits)]
        track += ["-flags:a", "+bitexact"]
    return [
        imageio_ffmpeg.get_ffmpeg_exe(), "-hide_banner", "-loglevel", "error", "-y",
        "-f", "rawvideo", "-pixel_format", "rgb24", "-video_size", f"{columns}x{rows}",
        "-framerate", str(rate), "-i", "pipe:0",
        *heard,
        *(part for name, text in metadata.items() for part in ("-metadata", _tag(name, text))),
        "-vf", f"scale={form.width}:{form.height}:{_TO_BT709}",
        "-filter_threads", "1",
        "-c:v", "libx264", "-preset", _PRESET, "-crf", str(form.crf), "-threads", str(_THREADS),
        "-color_range", "tv", "-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709",
        *track,
        "-fps_mode", "cfr", "-fflags", "+bitexact", "-flags:v", "+bitexact",
        "-movflags", "+faststart", "-f", "mp4", f"file:{path}",
    ]  # fmt: skip


@contextmanager
def _samples_of(sound: Sound | None) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Where ffmpeg finds a sound, "" for none, and the options that it must be started with for that."""
    if sound is None:
        yield "", {}
        return
    # The gate has seen what is not finite, and what is too loud for a file.
    with system.file_of_bytes(np.clip(np.nan_to_num(sound), -1, 1).astype("<f4").tobytes()) as found:
        yield found


def _write(
    frames: Frames,
    command: list[str | bytes],
    *,
    a_second: int,
    options: Mapping[str, Any],
    progress: Callable[[float], None],
    cancel: CancelToken,
) -> None:
    """Run ffmpeg and hand it the frames, as many at a time as last a second."""
    whole = True
    with _running(command, options) as (process, pipe, lines):
        for done in range(0, len(frames), a_second):
            cancel.check()
            progress(done / len(frames))
            whole = _send(pipe, frames[done : done + a_second])
            if not whole:
                break
        with _unless_unread():
            pipe.close()
        ended = False
        while not ended:
            cancel.check()
            with suppress(subprocess.TimeoutExpired):
                process.wait(_SECONDS_BETWEEN_LOOKS)
                ended = True
    if process.returncode or not whole:
        raise EncodeFailed(process.returncode, b"".join(lines).decode("utf-8", "replace").strip())
    progress(1.0)


@contextmanager
def _running(
    command: list[str | bytes], options: Mapping[str, Any]
) -> Iterator[tuple[subprocess.Popen[bytes], IO[bytes], deque[bytes]]]:
    """Run ffmpeg: the process, its standard input, and the last lines of its standard error.

    It has ended when the block has, and the lines are complete.
    """
    # In a session of its own: Ctrl-C at a terminal is for us, and we stop ffmpeg in our own way.
    process = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        **system.apart(),
        **options,
    )
    pipe, errors = cast("IO[bytes]", process.stdin), cast("IO[bytes]", process.stderr)
    lines: deque[bytes] = deque(maxlen=_LAST_LINES)
    # Unread, a full pipe of errors would stop ffmpeg, and then us, writing to it.
    listener = threading.Thread(target=lines.extend, args=(errors,), name="ffmpeg-errors", daemon=True)
    listener.start()
    try:
        yield process, pipe, lines
    finally:
        process.kill()
        process.wait()
        listener.join()
        errors.close()
        with _unless_unread():
            pipe.close()


@contextmanager
def _unless_unread() -> Iterator[None]:
    """Do without what ffmpeg no longer reads."""
    try:
        yield
    except OSError as error:
        if not system.reader_is_gone(error):
            raise


def _send(pipe: IO[bytes], frames: Frames) -> bool:
    """Write frames; False when ffmpeg no longer reads."""
    try:
        for frame in frames:
            pipe.write(np.ascontiguousarray(frame).data)
        pipe.flush()
    except OSError as error:
        if not system.reader_is_gone(error):
            raise
        return False
    return True


def _tag(name: str, text: str) -> bytes:
    # An argument is taken as it is. ffmpeg's metadata files are not: one whose text ends in a backslash
    # swallows the next line. Half a surrogate pair cannot be UTF-8; as an escape it stays valid in JSON.
    return f"{name}={text}".encode("utf-8", "backslashreplace")
