"""The process that makes a stranger's sound anew from its samples, and ends.

The file comes by standard input; one line of JSON and then a WAV leave by standard output. ffmpeg reads the
stranger's file under this process's limits and gives bare samples; the WAV around them is written here. So no
byte of the answer but the samples was shaped by the file.

ffmpeg is told the container (:mod:`engine.untrusted.sound_headers`) and may open nothing but the file
descriptor that it gets, as in :mod:`engine.untrusted.read_video`.

Run by :mod:`bot.intake.sound_intake` as ``python -I`` with an empty environment. By hand, from the project's
folder::

    python -m engine.untrusted.read_sound '{}' "$(which ffmpeg)" < song.mp3 | tail -n +2 > song.wav
"""

from __future__ import annotations

import io
import json
import sys
import traceback
import wave
from dataclasses import dataclass
from fractions import Fraction

import system
from engine.core.sound_form import CHANNELS, RATE
from engine.untrusted.clip_packets import shown_times, streams_in
from engine.untrusted.read_video import check_status, nameless_file, running, stdout_of
from engine.untrusted.sound_headers import (
    SoundLimits,
    SoundRefusal,
    SoundRefused,
    recognise_sound,
)

SAMPLE_BYTES = 2
"""Of what comes out."""

CODECS = frozenset(
    {
        *("aac", "alac", "flac", "mp3", "mp2", "opus", "vorbis", "ac3", "eac3"),
        *("pcm_s16le", "pcm_s16be", "pcm_s24le", "pcm_s24be", "pcm_s32le", "pcm_f32le", "pcm_u8"),
    }
)
"""By ffmpeg's names."""

_DECODERS = ",".join(sorted({*CODECS, "mp3float", "libopus", "libvorbis"}))
_FORMATS = "mp3,wav,ogg,flac,aac,mov,matroska,webm"
_LIST_BYTES = 4 * 2**20
"""A list of packets that is longer is of no sound of a few minutes."""
_OPEN_FILES = 32
_SILENT = round(32768 * 10 ** (-60 / 20))
"""A sample that nobody hears: 60 dB under full scale."""


@dataclass(frozen=True, kw_only=True)
class ReadSound:
    """What came out: bytes of a WAV, its samples a channel, and whether none of them can be heard."""

    wav: bytes
    samples: int
    silent: bool


@dataclass(frozen=True, kw_only=True)
class Track:
    """A track of sound.

    Attributes:
        index: among the file's streams, from 0.
        begins: the second at which the file's frames begin; 0 where there are none.
        mono: it has one channel.
    """

    index: int
    begins: Fraction
    mono: bool

    def filters(self) -> str:
        """What ffmpeg does to it: gaps become silence, and it begins with the frames."""
        # By itself ffmpeg makes one channel quieter by 3 dB when it becomes two.
        both = "pan=stereo|c0=c0|c1=c0," if self.mono else ""
        begin = f"atrim=start={float(self.begins):.6f},asetpts=PTS-STARTPTS"
        return f"{both}aresample={RATE}:async=1:first_pts=0,{begin}"


def main() -> int:
    """Read limits and ffmpeg's path from the arguments and a file from standard input; write the answer."""
    limits = SoundLimits(**json.loads(sys.argv[1]))
    system.confine(
        cpu_seconds=limits.decode_cpu_seconds,
        memory=limits.decode_memory,
        open_files=_OPEN_FILES,
        file_bytes=limits.max_bytes,
    )
    wav = b""
    try:
        made = make_anew(sys.stdin.buffer.read(limits.max_bytes + 1), limits, sys.argv[2])
        wav = made.wav
        answer: dict[str, object] = {"samples": made.samples, "silent": made.silent, "bytes": len(wav)}
    except SoundRefused as refused:
        answer = {"code": refused.code, "facts": refused.facts}
    except MemoryError:
        answer = {"code": SoundRefusal.MEMORY, "facts": {}}
    except Exception:  # noqa: BLE001 - a fault of ours: the parent logs it, and the member gets an answer
        answer = {"code": SoundRefusal.DECODER, "facts": {}, "detail": traceback.format_exc()[-4000:]}
    answer["peak_bytes"] = system.peak_bytes()
    sys.stdout.buffer.write(json.dumps(answer).encode() + b"\n" + wav)
    sys.stdout.buffer.flush()
    return 0


def make_anew(data: bytes, limits: SoundLimits, ffmpeg: str) -> ReadSound:
    """Turn the first track of sound of a file into a WAV: two channels of 16 bits, 48,000 samples a second.

    Where the file has frames too, the sound begins with the first of them.

    Raises:
        SoundRefused: with the reason.
    """
    if len(data) > limits.max_bytes:
        raise SoundRefused(SoundRefusal.BYTES)
    form = recognise_sound(data, limits)
    reading = [
        ffmpeg, "-nostdin", "-hide_banner", "-loglevel", "panic",
        "-protocol_whitelist", "fd", "-format_whitelist", _FORMATS, "-f", form,
        "-codec_whitelist", _DECODERS, "-max_streams", str(4 * limits.max_streams),
        "-threads", "1", "-fd", "0", "-i", "fd:",
    ]  # fmt: skip
    with nameless_file() as source:
        source.write(data)
        source.flush()
        with running(
            [*reading, "-map", "0", "-ignore_unknown", "-c", "copy", "-f", "framecrc", "pipe:1"], source
        ) as process:
            listing = stdout_of(process).read(_LIST_BYTES + 1)
            if len(listing) > _LIST_BYTES:
                raise SoundRefused(SoundRefusal.COMPLEX)
        _check(process.returncode)
        track = _track(listing.decode("ascii", "replace"), limits)
        command = [*reading, "-map", f"0:{track.index}", "-af", track.filters()]
        command += ["-ac", str(CHANNELS), "-ar", str(RATE)]
        command += ["-t", str(limits.keep_seconds), "-f", "s16le", "pipe:1"]
        most = round(limits.keep_seconds * RATE) * CHANNELS * SAMPLE_BYTES
        with running(command, source) as process:
            raw = stdout_of(process).read(most)
            stdout_of(process).read()  # at most a sample more
        _check(process.returncode)
    raw = raw[: len(raw) // (CHANNELS * SAMPLE_BYTES) * CHANNELS * SAMPLE_BYTES]
    if not raw:
        raise SoundRefused(SoundRefusal.CORRUPT)
    loudest = max(map(abs, memoryview(raw).cast("h")))
    return ReadSound(wav=_wav(raw), samples=len(raw) // (CHANNELS * SAMPLE_BYTES), silent=loudest <= _SILENT)


def _track(listing: str, limits: SoundLimits) -> Track:
    """The track to take: the first whose codec is one of ours.

    Raises:
        SoundRefused: E_STREAMS, E_NOSOUND, E_CODEC, E_DURATION, E_CORRUPT.
    """
    streams = streams_in(listing)
    if len(streams) > limits.max_streams:
        raise SoundRefused(SoundRefusal.STREAMS)
    tracks = [index for index, facts in streams.items() if facts.get("media_type") == "audio"]
    if not tracks:
        raise SoundRefused(SoundRefusal.NOSOUND)
    index = next((index for index in tracks if streams[index].get("codec_id") in CODECS), tracks[0])
    codec = streams[index].get("codec_id", "")
    if codec not in CODECS:
        raise SoundRefused(SoundRefusal.CODEC, codec=codec)
    times = _seconds(listing, streams, index)
    if not times:
        raise SoundRefused(SoundRefusal.NOSOUND)
    if times[-1] - times[0] > limits.max_seconds:
        raise SoundRefused(SoundRefusal.DURATION, seconds=float(times[-1] - times[0]))
    videos = [number for number, facts in streams.items() if facts.get("media_type") == "video"]
    frames = _seconds(listing, streams, videos[0]) if videos else []
    return Track(
        index=index,
        begins=max(Fraction(0), frames[0]) if frames else Fraction(0),
        mono=streams[index].get("channel_layout_name") == "mono",
    )


def _seconds(listing: str, streams: dict[int, dict[str, str]], index: int) -> list[Fraction]:
    """When the packets of a track are shown, in seconds, in their order."""
    try:
        unit = Fraction(streams[index]["tb"])
        return sorted(at * unit for at, _ in shown_times(listing, index))
    except (KeyError, ValueError, ZeroDivisionError):
        raise SoundRefused(SoundRefusal.CORRUPT) from None


def _check(status: int) -> None:
    """Tell a broken sound from a spent limit, as is done for clips."""
    check_status(status, refused=lambda code: SoundRefused(SoundRefusal(code.value)))


def _wav(raw: bytes) -> bytes:
    made = io.BytesIO()
    with wave.open(made, "wb") as file:
        file.setnchannels(CHANNELS)
        file.setsampwidth(SAMPLE_BYTES)
        file.setframerate(RATE)
        file.writeframes(raw)
    return made.getvalue()


if __name__ == "__main__":
    sys.exit(main())
