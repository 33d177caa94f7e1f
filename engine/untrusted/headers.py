"""What a picture says about itself, read without decoding it.

The first bytes name the format (a file's name and declared type prove nothing), and a walk over the
container gives the size and the amount of work that the file asks for, before any decoder sees it. No length
in the file is believed before it was compared with what is left.

Sources: PNG, third edition (https://www.w3.org/TR/png-3/); JPEG, ITU-T T.81, annex B
(https://www.w3.org/Graphics/JPEG/itu-t81.pdf); WebP, RFC 9649.
"""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from engine.core.errors import EngineError


class Refusal(StrEnum):
    """Why a picture is not taken."""

    BYTES = "E_BYTES"
    FORMAT = "E_FORMAT"
    EMPTY = "E_EMPTY"
    TRUNCATED = "E_TRUNCATED"
    CORRUPT = "E_CORRUPT"
    PIXELS = "E_PIXELS"
    SMALL = "E_SMALL"
    ASPECT = "E_ASPECT"
    COMPLEX = "E_COMPLEX"
    MEMORY = "E_MEMORY"
    TIME = "E_TIME"
    DECODER = "E_DECODER"
    DOWNLOAD = "E_DOWNLOAD"


class Refused(EngineError):
    """A picture is not taken. Carries facts, not words: the words are the front door's.

    Attributes:
        code: why.
        facts: what the words need, such as ``width`` and ``height``.
    """

    def __init__(self, code: Refusal, **facts: str | int) -> None:
        super().__init__(code.value)
        self.code = code
        self.facts = facts


@dataclass(frozen=True, kw_only=True)
class PictureLimits:
    """How much of a picture is taken, and what reading it may cost.

    Attributes:
        max_bytes: of the file.
        max_pixels: width times height, before anything is scaled.
        min_side, max_side: pixels.
        max_aspect: longest side over shortest side.
        jpeg_scans: passes over the picture; a progressive JPEG from a camera has about ten.
        png_chunks: parts of a PNG or WebP container.
        max_working_side: pixels of the longest side of the picture that comes out.
        decode_cpu_seconds: processor seconds of the reading process, its start included.
        decode_memory: bytes of address space of the reading process.
    """

    max_bytes: int = 10 * 2**20
    max_pixels: int = 40_000_000
    min_side: int = 64
    max_side: int = 8192
    max_aspect: float = 4.0
    jpeg_scans: int = 64
    png_chunks: int = 4096
    max_working_side: int = 2048
    decode_cpu_seconds: int = 5
    decode_memory: int = 2**30


class PictureFormat(StrEnum):
    """The formats that are taken, by Pillow's names."""

    PNG = "PNG"
    JPEG = "JPEG"
    WEBP = "WEBP"


@dataclass(frozen=True, kw_only=True)
class Header:
    """What the container says.

    Attributes:
        width, height: pixels, before any rotation that the metadata asks for.
        parts: chunks of a PNG or WebP, scans of a JPEG.
    """

    format: PictureFormat
    width: int
    height: int
    parts: int


PNG_MAGIC = b"\x89PNG\r\n\x1a\n"
_IHDR_SIZE = 4 + 4 + 13 + 4

_OTHER_FORMATS = (
    (0, b"GIF8", "a GIF"),
    (0, b"BM", "a BMP"),
    (0, b"II*\0", "a TIFF"),
    (0, b"MM\0*", "a TIFF"),
    (4, b"ftypavi", "an AVIF"),
    (4, b"ftyphe", "a HEIC"),
    (4, b"ftypmif1", "a HEIC"),
    (4, b"ftyp", "a video"),
    (0, b"\x1aE\xdf\xa3", "a video"),
    (8, b"AVI ", "a video"),
    (0, b"\xff\x0a", "a JPEG XL"),
    (4, b"JXL ", "a JPEG XL"),
    (4, b"jP  ", "a JPEG 2000"),
    (0, b"%PDF", "a PDF"),
    (0, b"%!PS", "a PostScript file"),
    (0, b"8BPS", "a Photoshop file"),
    (0, b"\0\0\1\0", "an icon file"),
    (0, b"icns", "an icon file"),
    (0, b"PK\3\4", "a ZIP archive"),
    (0, b"#EXTM3U", "a playlist"),
    (0, b"ffconcat", "a playlist"),
)
_MARKUP = ((b"<svg", "an SVG"), (b"<html", "a web page"), (b"<!doctype html", "a web page"))


def read_header(data: bytes, limits: PictureLimits) -> Header:
    """Find a picture's format and size, and hold both to the limits.

    Raises:
        Refused: with E_FORMAT, E_EMPTY, E_TRUNCATED, E_CORRUPT, E_COMPLEX, E_PIXELS, E_SMALL or E_ASPECT.
    """
    if not data:
        raise Refused(Refusal.EMPTY)
    if data.startswith(PNG_MAGIC):
        header = _png(data, limits)
    elif data.startswith(b"\xff\xd8\xff"):
        header = _jpeg(data, limits)
    elif data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        header = _webp(data, limits)
    else:
        raise Refused(Refusal.FORMAT, looks_like=_name(data))
    _check_size(header.width, header.height, limits)
    return header


def _name(data: bytes) -> str:
    for at, magic, name in _OTHER_FORMATS:
        if data.startswith(magic, at):
            return name
    start = data[:1024].lower()
    return next((name for tag, name in _MARKUP if tag in start), "")


def _check_size(width: int, height: int, limits: PictureLimits) -> None:
    short, long = sorted((width, height))
    if short == 0:
        raise Refused(Refusal.CORRUPT)
    if long > limits.max_side or width * height > limits.max_pixels:
        raise Refused(Refusal.PIXELS, width=width, height=height)
    if short < limits.min_side:
        raise Refused(Refusal.SMALL, width=width, height=height)
    if long > short * limits.max_aspect:
        raise Refused(Refusal.ASPECT, width=width, height=height)


def _png_chunks(data: bytes, most: int) -> Iterator[tuple[bytes, int, int]]:
    """Walk to IEND, and yield each chunk's type, start and end. What follows IEND is not part of a PNG."""
    at = len(PNG_MAGIC)
    for _ in range(most):
        if at + 12 > len(data):
            raise Refused(Refusal.TRUNCATED)
        length, kind = struct.unpack_from(">I4s", data, at)
        end = at + 12 + length
        if not kind.isalpha():
            raise Refused(Refusal.CORRUPT)
        if end > len(data):
            raise Refused(Refusal.TRUNCATED)
        yield kind, at, end
        if kind == b"IEND":
            return
        at = end
    raise Refused(Refusal.COMPLEX)


def _png(data: bytes, limits: PictureLimits) -> Header:
    size: tuple[int, int] | None = None
    count = 0
    for kind, start, end in _png_chunks(data, limits.png_chunks):
        count += 1
        if (kind == b"IHDR") != (count == 1) or (count == 1 and end - start != _IHDR_SIZE):
            raise Refused(Refusal.CORRUPT)
        if count == 1:
            size = struct.unpack_from(">II", data, start + 8)
            # Before the walk goes on: a size that is refused needs no more of the file.
            _check_size(*size, limits)
    if size is None:
        raise Refused(Refusal.TRUNCATED)
    return Header(format=PictureFormat.PNG, width=size[0], height=size[1], parts=count)


_DRAWN = frozenset({b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND", b"gAMA", b"cHRM", b"sRGB"})
MAX_PROFILE = 2**20
"""Bytes of the largest colour profile that is looked at, unpacked."""
_MAX_EXIF = 2**16


def slim_png(data: bytes, limits: PictureLimits) -> bytes:
    """Keep of a PNG only what its pixels, colours and orientation need.

    Text, animation frames, private chunks and whatever follows the end never reach the decoder; a colour
    profile that unpacks to more than ``MAX_PROFILE`` bytes does not either.

    Raises:
        Refused: E_CORRUPT when a chunk that is kept fails its checksum (Pillow does not check IDAT's).
    """
    kept = [PNG_MAGIC]
    for kind, start, end in _png_chunks(data, limits.png_chunks):
        body = memoryview(data)[start + 8 : end - 4]
        if kind in _DRAWN or (kind == b"iCCP" and _profile_fits(bytes(body))):
            if zlib.crc32(body, zlib.crc32(kind)) != int.from_bytes(data[end - 4 : end], "big"):
                raise Refused(Refusal.CORRUPT)
            kept.append(data[start:end])
        elif kind == b"eXIf" and len(body) <= _MAX_EXIF:
            kept.append(data[start:end])
    return b"".join(kept)


def _profile_fits(body: bytes) -> bool:
    packed = body.partition(b"\0")[2][1:]
    try:
        return len(zlib.decompressobj().decompress(packed, MAX_PROFILE + 1)) <= MAX_PROFILE
    except zlib.error:
        return False


# Within a scan, FF 00 is a stuffed byte and FF D0 … D7 a restart: anything else after FF ends the scan.
_JPEG_MARKER = re.compile(rb"\xff([\x01-\xcf\xd8-\xfe])", re.DOTALL)
_SOI, _EOI, _SOS, _TEM = 0xD8, 0xD9, 0xDA, 0x01
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_MAX_SEGMENTS = 4096


def _jpeg_segments(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Walk to EOI, and yield each marker with the first six bytes that follow its length."""
    at = 2
    for _ in range(_MAX_SEGMENTS):
        found = _JPEG_MARKER.search(data, at)
        if found is None:
            raise Refused(Refusal.TRUNCATED)
        marker, at = found[1][0], found.end()
        if marker == _EOI:
            return
        if marker == _TEM:
            continue
        length = int.from_bytes(data[at : at + 2], "big")
        if at + max(length, 2) > len(data):
            raise Refused(Refusal.TRUNCATED)
        if marker == _SOI or length < 2:  # noqa: PLR2004 - the length counts itself
            raise Refused(Refusal.CORRUPT)
        yield marker, data[at + 2 : at + min(length, 8)]
        at += length
    raise Refused(Refusal.COMPLEX)


def _jpeg(data: bytes, limits: PictureLimits) -> Header:
    size: tuple[int, int] | None = None
    scans = 0
    for marker, body in _jpeg_segments(data):
        if marker in _FRAMES:
            if size is not None or len(body) < 6:  # noqa: PLR2004 - precision, height, width, components
                raise Refused(Refusal.CORRUPT)
            height, width = struct.unpack_from(">HH", body, 1)
            size = (width, height)
            _check_size(width, height, limits)
        elif marker == _SOS:
            scans += 1
            if scans > limits.jpeg_scans:
                raise Refused(Refusal.COMPLEX)
    if size is None or scans == 0:
        raise Refused(Refusal.CORRUPT)
    return Header(format=PictureFormat.JPEG, width=size[0], height=size[1], parts=scans)


def _webp(data: bytes, limits: PictureLimits) -> Header:
    end = 8 + int.from_bytes(data[4:8], "little")
    if end > len(data):
        raise Refused(Refusal.TRUNCATED)
    canvas: tuple[int, int] | None = None
    frame: tuple[int, int] | None = None
    animated = False
    at = 12
    count = 0
    while at + 8 <= end:
        kind, length = struct.unpack_from("<4sI", data, at)
        body = data[at + 8 : at + 8 + min(length, 10)]
        count += 1
        if at + 8 + length > end:
            raise Refused(Refusal.TRUNCATED)
        if count > limits.png_chunks:
            raise Refused(Refusal.COMPLEX)
        if kind == b"VP8X":
            canvas = _webp_canvas(body)
            _check_size(*canvas, limits)
        elif kind in {b"VP8 ", b"VP8L"}:
            frame = _vp8(body) if kind == b"VP8 " else _vp8l(body)
        animated = animated or kind == b"ANMF"
        at += 8 + length + length % 2
    size = canvas or frame
    # Frames of an animation lie inside ANMF and are checked by the decoder against the canvas.
    if size is None or (frame is None and not animated) or (frame is not None and frame != size):
        raise Refused(Refusal.CORRUPT)
    return Header(format=PictureFormat.WEBP, width=size[0], height=size[1], parts=count)


def _webp_canvas(body: bytes) -> tuple[int, int]:
    if len(body) < 10:  # noqa: PLR2004 - flags, 3 reserved, 3 + 3 bytes of size
        raise Refused(Refusal.CORRUPT)
    return 1 + int.from_bytes(body[4:7], "little"), 1 + int.from_bytes(body[7:10], "little")


def _vp8(body: bytes) -> tuple[int, int]:
    if body[3:6] != b"\x9d\x01\x2a" or len(body) < 10:  # noqa: PLR2004 - tag, start code, 2 + 2 bytes of size
        raise Refused(Refusal.CORRUPT)
    width, height = struct.unpack_from("<HH", body, 6)
    return width & 0x3FFF, height & 0x3FFF


def _vp8l(body: bytes) -> tuple[int, int]:
    if body[:1] != b"\x2f" or len(body) < 5:  # noqa: PLR2004 - signature, 14 + 14 bits of size
        raise Refused(Refusal.CORRUPT)
    bits = int.from_bytes(body[1:5], "little")
    return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
