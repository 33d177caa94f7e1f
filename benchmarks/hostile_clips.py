"""Clips that mean harm, or that somebody broke, or that are merely odd, each made by code.

Good ones are among them, so that a refusal cannot be the answer to everything. A case says what the answer
must be: taken, or refused with one of a few codes of :class:`engine.untrusted.clip_headers.ClipRefusal`.
"""

from __future__ import annotations

import io
import random
import struct
import subprocess
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import imageio_ffmpeg
from PIL import Image

from benchmarks.hostile_case import OK, Case

Made = tuple[str, bytes, *tuple[str, ...]]
"""A name, the bytes, and the answers that are right; none: any clean answer."""

_SECOND = "testsrc2=s=128x96:r=12:d=1"
_H264 = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p")
_BROKEN = ("E_CORRUPT", "E_TRUNCATED", "E_NOVIDEO")


def clips() -> Iterator[Case]:
    """Every case, made one at a time."""
    for kind, make in _KINDS.items():
        for name, data, *expected in make():
            yield Case(kind=kind, name=name, data=data, expected=frozenset(expected))


def mutants(count: int, seed: int = 42) -> Iterator[Case]:
    """Good clips with damage: bits flipped, bytes overwritten, spans removed or doubled."""
    chance = random.Random(seed)
    good = [filmed(), filmed(suffix="webm", codec=_VP8), gif(), _fragmented()]
    for number in range(count):
        data = bytearray(chance.choice(good))
        for _ in range(chance.choice((1, 1, 2, 5, 20))):
            at, length = chance.randrange(len(data)), chance.choice((1, 2, 4, 16, 64))
            match chance.randrange(4):
                case 0:
                    data[at] ^= 1 << chance.randrange(8)
                case 1:
                    data[at : at + length] = chance.randbytes(length)
                case 2:
                    del data[at : at + length]
                case _:
                    data[at:at] = data[at : at + length]
        yield Case(kind="mutant", name=str(number), data=bytes(data), expected=frozenset())


_VP8 = ("-c:v", "libvpx", "-deadline", "realtime", "-cpu-used", "8", "-b:v", "300k")
_VP9 = ("-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8", "-b:v", "300k")


@cache
def filmed(*more: str, source: str = _SECOND, suffix: str = "mp4", codec: tuple[str, ...] = _H264) -> bytes:
    """A file that ffmpeg writes of a test pattern, or of another of its sources."""
    with TemporaryDirectory() as folder:
        path = Path(folder, f"clip.{suffix}")
        command = [imageio_ffmpeg.get_ffmpeg_exe(), "-nostdin", "-v", "error", "-f", "lavfi", "-i", source]
        subprocess.run([*command, *more, *codec, str(path)], check=True, capture_output=True)
        return path.read_bytes()


def gif(width: int = 96, height: int = 96, frames: int = 4, milliseconds: int = 100) -> bytes:
    """A GIF in which something moves."""
    drawn = [Image.new("P", (width, height), number + 1) for number in range(frames)]
    for picture in drawn:
        picture.putpalette([value for shade in range(256) for value in (shade, 255 - shade, shade * 7 % 256)])
    buffer = io.BytesIO()
    drawn[0].save(
        buffer, "GIF", save_all=True, append_images=drawn[1:], duration=milliseconds, loop=0, optimize=False
    )
    return buffer.getvalue()


def _fragmented() -> bytes:
    return filmed("-movflags", "empty_moov+frag_keyframe", "-g", "4")


def _honest() -> Iterator[Made]:
    yield "H.264 in MP4", filmed(), OK
    yield "index first", filmed("-movflags", "faststart"), OK
    yield "in fragments", _fragmented(), OK
    yield "MOV", filmed(suffix="mov"), OK
    yield "MPEG-4 part 2", filmed(codec=("-c:v", "mpeg4")), OK
    yield (
        "HEVC",
        filmed(codec=("-c:v", "libx265", "-preset", "ultrafast", "-x265-params", "log-level=none")),
        OK,
    )
    yield "AV1", filmed(codec=("-c:v", "libsvtav1", "-preset", "11", "-svtav1-params", "lp=1")), OK
    yield "VP8 in WebM", filmed(suffix="webm", codec=_VP8), OK
    yield "VP9 in WebM", filmed(suffix="webm", codec=_VP9), OK
    yield "VP9 in MP4", filmed(codec=_VP9), OK
    yield "GIF", gif(), OK
    yield "with sound", filmed("-f", "lavfi", "-i", "sine=d=1", "-c:a", "aac"), OK


def _odd() -> Iterator[Made]:
    yield "turned by a quarter", _turned(filmed()), OK
    yield (
        "odd sides",
        filmed(source="testsrc2=s=127x95:r=12:d=1", codec=(*_H264[:4], "-pix_fmt", "yuv444p")),
        OK,
    )
    yield "10 bits", filmed(codec=(*_H264[:4], "-pix_fmt", "yuv420p10le")), OK
    hdr = ("-color_primaries", "bt2020", "-color_trc", "smpte2084", "-colorspace", "bt2020nc")
    yield "HDR tags", filmed(codec=(*_H264, *hdr)), OK
    yield "pixels that are not square", filmed("-vf", "setsar=2"), OK
    yield "varying frame rate", filmed("-vf", "setpts='if(lt(N,6),N/12,N/6)/TB'", "-fps_mode", "vfr"), OK
    yield "two frames a second", filmed(source="testsrc2=s=128x96:r=2:d=2"), OK
    yield (
        "frames stored out of order",
        filmed(codec=("-c:v", "libx264", "-bf", "3", "-pix_fmt", "yuv420p")),
        OK,
    )
    yield "a start that is not zero", filmed("-output_ts_offset", "5"), OK
    yield "longer than is kept", filmed(source="testsrc2=s=64x64:r=8:d=12"), OK
    yield "a GIF without delays", gif(milliseconds=0), OK
    yield "bytes after the end", filmed() + b"\0" * 7, OK
    yield (
        "alpha in WebM",
        filmed(suffix="webm", codec=("-pix_fmt", "yuva420p", "-auto-alt-ref", "0", *_VP9)),
        OK,
    )
    yield "size changes on the way", _grows(), OK, *_BROKEN


def _too_much() -> Iterator[Made]:
    yield "10,000 frames a second", filmed(source="testsrc2=s=64x64:r=10000:d=0.02"), "E_FPS"
    yield "31 seconds", filmed(source="testsrc2=s=64x64:r=2:d=32"), "E_DURATION"
    yield "901 frames", filmed(source="testsrc2=s=64x64:r=100:d=9.1"), "E_FRAMES"
    yield "a GIF of 901 frames", _repeated_gif(901), "E_FRAMES"
    yield "4,096 pixels wide", filmed(source="testsrc2=s=4096x1024:r=4:d=0.5"), "E_PIXELS"
    yield "a GIF of 65,535 a side", _lying_gif(65_535), "E_PIXELS"
    yield "a GIF of 1×1", gif(1, 1), "E_SMALL"
    yield "32×32", filmed(source="testsrc2=s=32x32:r=12:d=1"), "E_SMALL"
    yield "a ribbon", filmed(source="testsrc2=s=640x96:r=12:d=1"), "E_ASPECT"
    yield "pixels ten times as wide", filmed("-vf", "setsar=10"), "E_ASPECT"
    yield "nine tracks", filmed(*("-map", "0") * 9), "E_STREAMS"
    forty = filmed(*("-map", "0") * 40, source="testsrc2=s=32x32:r=4:d=0.5", suffix="webm", codec=_VP8)
    yield "40 tracks in WebM", forty, "E_STREAMS", *_BROKEN


def _little() -> Iterator[Made]:
    yield "nothing", b"", "E_EMPTY"
    yield "one byte", b"\0", "E_FORMAT"
    yield "one frame", filmed("-frames:v", "1"), "E_STILL"
    yield "a GIF of one frame", gif(frames=1), "E_STILL"
    yield "no frames", _without_frames(), *_BROKEN
    yield "an index without tracks", _box(b"ftyp", b"isom") + _box(b"moov", b""), "E_NOVIDEO"
    yield "no index", _box(b"ftyp", b"isom") + _box(b"mdat", b"x" * 99), "E_TRUNCATED"
    yield "sound only", filmed(source="sine=d=1", suffix="m4a", codec=("-c:a", "aac")), "E_NOVIDEO"
    yield (
        "sound only, in WebM",
        filmed(source="sine=d=1", suffix="webm", codec=("-c:a", "libopus")),
        "E_NOVIDEO",
    )
    yield "a file's first bytes", filmed()[:16], *_BROKEN


def _cut() -> Iterator[Made]:
    whole, early = filmed(), filmed("-movflags", "faststart")
    webm, moving = filmed(suffix="webm", codec=_VP8), gif()
    yield "index cut off", whole[:-200], "E_TRUNCATED"
    yield "frames cut off", early[: len(early) // 2], "E_TRUNCATED"
    yield "WebM cut off", webm[: len(webm) // 2], "E_TRUNCATED"
    yield "GIF cut off", moving[: len(moving) // 2], "E_TRUNCATED"
    yield "GIF without its end", moving[:-1], OK


def _lying() -> Iterator[Made]:
    whole = filmed()
    yield "a box larger than the file", _replaced(whole, b"mdat", -4, b"\x7f\xff\xff\xff"), "E_TRUNCATED"
    yield "a box of size 4", _replaced(whole, b"mdat", -4, b"\0\0\0\4"), "E_CORRUPT"
    yield "four billion samples", _replaced(whole, b"stsz", 12, b"\xff\xff\xff\xff"), *_BROKEN, OK, "E_MEMORY"
    yield (
        "four billion time steps",
        _replaced(whole, b"stts", 8, b"\xff\xff\xff\xff"),
        *_BROKEN,
        OK,
        "E_MEMORY",
    )
    yield (
        "65,535 pixels a side in the header",
        _replaced(whole, b"avc1", 28, b"\xff\xff\xff\xff"),
        OK,
        "E_PIXELS",
    )
    yield "time runs a billion times slower", _replaced(whole, b"mdhd", 16, b"\0\0\0\1"), "E_DURATION"
    yield (
        "frames far behind the file's end",
        _replaced(whole, b"stco", 12, b"\x7f\xff\xff\xff"),
        *_BROKEN,
        "E_STILL",
    )
    yield "a codec that does not exist", _replaced(whole, b"avc1", 0, b"zzzz"), "E_CODEC", *_BROKEN
    yield (
        "one frame shown for a year",
        _replaced(whole, b"stts", 16, b"\x7f\xff\xff\xff"),
        "E_DURATION",
        "E_FPS",
    )
    yield "16,385 empty boxes", whole + _box(b"free", b"") * 16_385, "E_COMPLEX"
    yield "a compressed index", _box(b"ftyp", b"qt  ") + _box(b"moov", _box(b"cmov", b"x" * 64)), "E_COMPLEX"
    yield "noise for frames", _noise_for_frames(), *_BROKEN, OK
    yield (
        "an EBML header without an end",
        b"\x1a\x45\xdf\xa3\x01\xff\xff\xff\xff\xff\xff\xff" + b"x" * 99,
        "E_CORRUPT",
    )
    yield "Matroska that calls itself nothing", b"\x1a\x45\xdf\xa3\x80" + b"\0" * 40, "E_CORRUPT"


PLAYLISTS: dict[str, bytes] = {
    "HLS": b"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n%s\n#EXT-X-ENDLIST\n",
    "HLS after a mark": b"\xef\xbb\xbf#EXTM3U\n#EXTINF:1,\n%s\n",
    "concat": b"ffconcat version 1.0\nfile '%s'\n",
    "DASH": b'<?xml version="1.0"?><MPD><Period><BaseURL>%s</BaseURL></Period></MPD>',
    "SDP": b"v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nt=0 0\nm=video 9 RTP/AVP 96\na=control:%s\n",
    "ASX": b'<asx version="3.0"><entry><ref href="%s"/></entry></asx>',
}
"""Files that lead a player elsewhere; ``%s`` is the address."""


def _leading_elsewhere() -> Iterator[Made]:
    for name, text in PLAYLISTS.items():
        yield f"{name}, called .mp4", text % b"http://127.0.0.1:9/x", "E_FORMAT"
        yield (
            f"{name}, behind an MP4's first box",
            _box(b"ftyp", b"isom") + text % b"file:///etc/passwd",
            *_BROKEN,
        )
    yield "a track in another file", outside(b"file:///etc/passwd"), "E_OUTSIDE"
    yield "a track at an address", outside(b"http://127.0.0.1:9/x"), "E_OUTSIDE"


def _disguised() -> Iterator[Made]:
    picture = io.BytesIO()
    Image.new("RGB", (96, 96)).save(picture, "PNG")
    animated = io.BytesIO()
    frames = [Image.new("RGB", (96, 96), colour) for colour in ("red", "green", "blue")]
    frames[0].save(animated, "PNG", save_all=True, append_images=frames[1:])
    yield "PNG", picture.getvalue(), "E_FORMAT"
    yield "APNG", animated.getvalue(), "E_FORMAT"
    yield "PNG with a clip behind it", picture.getvalue() + filmed(), "E_FORMAT"
    yield "GIF with a clip behind it", gif() + filmed(), OK
    yield "clip with a ZIP behind it", filmed() + _box(b"free", b"PK\3\4" * 20), OK
    yield (
        "GIF in name only",
        b"GIF89a" + filmed(),
        "E_PIXELS",
        "E_CORRUPT",
        "E_ASPECT",
        "E_SMALL",
        "E_TRUNCATED",
    )
    yield "Matroska", filmed(suffix="mkv"), "E_FORMAT"
    yield "AVI", filmed(suffix="avi", codec=("-c:v", "mpeg4")), "E_FORMAT"
    yield "MPEG-TS", filmed(suffix="ts"), "E_FORMAT"
    yield "HEIC", _box(b"ftyp", b"heic\0\0\0\0mif1") + b"\0" * 64, "E_FORMAT"
    yield "MJPEG in MOV", filmed(suffix="mov", codec=("-c:v", "mjpeg")), "E_CODEC"
    yield "raw pixels in MOV", filmed(suffix="mov", codec=("-c:v", "rawvideo", "-t", "0.3")), "E_CODEC"
    yield "a web page", b"<html><video src='file:///etc/passwd'></html>", "E_FORMAT"
    yield "zeros", bytes(5000), "E_FORMAT"
    yield "noise", random.Random(7).randbytes(5000), "E_FORMAT"


_KINDS: dict[str, Callable[[], Iterator[Made]]] = {
    "honest": _honest,
    "odd": _odd,
    "too much": _too_much,
    "too little": _little,
    "cut off": _cut,
    "lying": _lying,
    "leading elsewhere": _leading_elsewhere,
    "disguised": _disguised,
}


def _box(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I4s", 8 + len(body), kind) + body


def _replaced(data: bytes, mark: bytes, offset: int, value: bytes) -> bytes:
    """Overwrite bytes at a distance from the first byte of the last ``mark``."""
    at = data.rindex(mark) + offset
    return data[:at] + value + data[at + len(value) :]


def _turned(data: bytes) -> bytes:
    """With a track header's matrix that turns by a quarter."""
    matrix = struct.pack(">9i", 0, 0x10000, 0, -0x10000, 0, 0, 0, 0, 0x40000000)
    return _replaced(data, b"tkhd", 44, matrix)


def _grows() -> bytes:
    """Two streams of H.264 of different sizes, one after the other in one track."""
    small, large = (
        filmed(source=f"testsrc2=s={size}:r=12:d=0.5", suffix="h264") for size in ("128x96", "256x192")
    )
    with TemporaryDirectory() as folder:
        raw, path = Path(folder, "both.h264"), Path(folder, "both.mp4")
        raw.write_bytes(small + large)
        command = [imageio_ffmpeg.get_ffmpeg_exe(), "-nostdin", "-v", "quiet", "-r", "12", "-i", str(raw)]
        subprocess.run([*command, "-c", "copy", str(path)], check=True, capture_output=True)
        return path.read_bytes()


def _lying_gif(side: int) -> bytes:
    data = bytearray(gif())
    struct.pack_into("<HH", data, 6, side, side)
    return bytes(data)


def _repeated_gif(frames: int) -> bytes:
    """One small frame, again and again."""
    frame = (
        b"\x21\xf9\x04\0\x0a\0\0\0" + b"\x2c" + struct.pack("<HHHHB", 0, 0, 1, 1, 0) + b"\x02\x02\x4c\x01\0"
    )
    return (
        b"GIF89a"
        + struct.pack("<HHBBB", 96, 96, 0x80, 0, 0)
        + b"\0\0\0\xff\xff\xff"
        + frame * frames
        + b"\x3b"
    )


def _without_frames() -> bytes:
    data = filmed()
    for mark in (b"stts", b"stsc", b"stco"):
        data = _replaced(data, mark, 8, b"\0\0\0\0")
    return _replaced(data, b"stsz", 12, b"\0\0\0\0")


def _noise_for_frames() -> bytes:
    data = filmed()
    at = data.index(b"mdat") + 4
    size = int.from_bytes(data[at - 8 : at - 4], "big") - 8
    return data[:at] + random.Random(1).randbytes(size) + data[at + size :]


def outside(address: bytes) -> bytes:
    """With a data reference that names another file."""
    data = filmed()
    entry = _box(b"url ", b"\0\0\0\0" + address + b"\0")
    at = data.rindex(b"dref") - 4
    old = int.from_bytes(data[at : at + 4], "big")
    new = _box(b"dref", b"\0\0\0\0\0\0\0\1" + entry)
    grown = bytearray(data[:at] + new + data[at + old :])
    for kind in (b"moov", b"trak", b"mdia", b"minf", b"dinf"):
        start = grown.rindex(kind) - 4
        size = int.from_bytes(grown[start : start + 4], "big") + len(new) - old
        grown[start : start + 4] = size.to_bytes(4, "big")
    return bytes(grown)
