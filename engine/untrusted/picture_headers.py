"""What a picture says about itself, read without decoding it.

The first bytes name the format (a file's name and declared type prove nothing). A walk over the container
gives the size and the amount of work that the file asks for, before any decoder sees it. No length in the
file is believed before it was compared with what is left.

Sources: PNG, third edition (https://www.w3.org/TR/png-3/); JPEG, ITU-T T.81, annex B
(https://www.w3.org/Graphics/JPEG/itu-t81.pdf); WebP, RFC 9649.
"""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Iterator

from engine.untrusted.colour import Colour
from engine.untrusted.headers import Header, PictureFormat, PictureLimits, Refusal, Refused, check_size
from engine.untrusted.iso_pictures import is_iso_picture, read_iso
from engine.untrusted.old_pictures import read_bmp, read_gif, read_tiff

PNG_MAGIC = b"\x89PNG\r\n\x1a\n"
_IHDR_SIZE = 4 + 4 + 13 + 4
_CICP_SIZE = 4 + 4 + 4 + 4
_IEND = b"\0\0\0\0IEND\xaeB`\x82"

_BMP = b"BM"
_TIFF = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
_OTHER_FORMATS = (
    (4, b"ftypcrx", "a raw photo"),
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
    elif data[:6] in {b"GIF87a", b"GIF89a"}:
        header = read_gif(data, limits)
    elif data.startswith(_BMP) and int.from_bytes(data[6:10], "little") == 0:
        header = read_bmp(data, limits)
    elif data.startswith(_TIFF):
        header = read_tiff(data, limits)
    elif is_iso_picture(data):
        header = read_iso(data, limits)
    else:
        raise Refused(Refusal.FORMAT, looks_like=_name(data))
    check_size(header.width, header.height, limits)
    return header


def _name(data: bytes) -> str:
    for at, magic, name in _OTHER_FORMATS:
        if data.startswith(magic, at):
            return name
    start = data[:1024].lower()
    return next((name for tag, name in _MARKUP if tag in start), "")


def _png_chunks(data: bytes, most: int) -> Iterator[tuple[bytes, int, int]]:
    """Walk to IEND, and yield each chunk's type, start and end. What follows IEND is not part of a PNG.

    IEND itself may be missing, wholly or in part. The decoder finds out whether the pixels are all there.
    """
    at = len(PNG_MAGIC)
    pixels = False
    for _ in range(most):
        if pixels and len(data) - at < len(_IEND) and _IEND.startswith(data[at:]):
            return
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
        pixels = pixels or kind == b"IDAT"
        at = end
    raise Refused(Refusal.COMPLEX)


def _png(data: bytes, limits: PictureLimits) -> Header:
    size: tuple[int, int] | None = None
    colour: Colour | None = None
    count = 0
    for kind, start, end in _png_chunks(data, limits.png_chunks):
        count += 1
        if (kind == b"IHDR") != (count == 1) or (count == 1 and end - start != _IHDR_SIZE):
            raise Refused(Refusal.CORRUPT)
        if count == 1:
            size = struct.unpack_from(">II", data, start + 8)
            # Before the walk goes on: a size that is refused needs no more of the file.
            check_size(*size, limits)
        if kind == b"cICP" and end - start == _CICP_SIZE and _is_whole(data, kind, start, end):
            colour = Colour.of(primaries=data[start + 8], transfer=data[start + 9])
    if size is None:
        raise Refused(Refusal.TRUNCATED)
    return Header(format=PictureFormat.PNG, width=size[0], height=size[1], parts=count, colour=colour)


_CRITICAL = frozenset({b"IHDR", b"PLTE", b"IDAT", b"IEND"})
_KEPT = frozenset({b"tRNS", b"gAMA", b"cHRM", b"sRGB"})
MAX_PROFILE = 2**20
"""Bytes of the largest colour profile that is looked at, unpacked."""
_MAX_EXIF = 2**16


def slim_png(data: bytes, limits: PictureLimits) -> tuple[bytes, bool]:
    """Keep of a PNG only what its pixels, colours and orientation need.

    Text, animation frames, private chunks and whatever follows the end never reach the decoder. Neither does
    an ancillary chunk that fails its checksum, nor a colour profile that unpacks to more than ``MAX_PROFILE``
    bytes.

    Returns:
        The PNG, and whether a profile was too large.

    Raises:
        Refused: E_CORRUPT when a critical chunk fails its checksum (Pillow does not check IDAT's).
    """
    kept = [PNG_MAGIC]
    too_large = False
    for kind, start, end in _png_chunks(data, limits.png_chunks):
        body = memoryview(data)[start + 8 : end - 4]
        if not (kind in _CRITICAL | _KEPT or kind == b"iCCP" or (kind == b"eXIf" and len(body) <= _MAX_EXIF)):
            continue
        if not _is_whole(data, kind, start, end):
            if kind in _CRITICAL:
                raise Refused(Refusal.CORRUPT)
            continue
        if kind == b"iCCP" and not _profile_fits(bytes(body)):
            too_large = True
        else:
            kept.append(data[start:end])
    if not kept[-1].endswith(_IEND):
        kept.append(_IEND)
    return b"".join(kept), too_large


def _is_whole(data: bytes, kind: bytes, start: int, end: int) -> bool:
    """Whether a chunk passes its checksum."""
    body = memoryview(data)[start + 8 : end - 4]
    return zlib.crc32(body, zlib.crc32(kind)) == int.from_bytes(data[end - 4 : end], "big")


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
    """Walk to EOI, and yield each marker with the first six bytes that follow its length.

    A file that ends within a scan may lack nothing but EOI. EOI is yielded where it is found.
    """
    at = 2
    scanning = False
    for _ in range(_MAX_SEGMENTS):
        found = _JPEG_MARKER.search(data, at)
        if found is None and scanning:
            return
        if found is None:
            raise Refused(Refusal.TRUNCATED)
        marker, at = found[1][0], found.end()
        if marker == _EOI:
            yield marker, b""
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
        scanning = marker == _SOS
    raise Refused(Refusal.COMPLEX)


def _jpeg(data: bytes, limits: PictureLimits) -> Header:
    size: tuple[int, int] | None = None
    scans = 0
    ended = False
    for marker, body in _jpeg_segments(data):
        if marker in _FRAMES:
            if size is not None or len(body) < 6:  # noqa: PLR2004 - precision, height, width, components
                raise Refused(Refusal.CORRUPT)
            height, width = struct.unpack_from(">HH", body, 1)
            size = (width, height)
            check_size(width, height, limits)
        elif marker == _EOI:
            ended = True
        elif marker == _SOS:
            scans += 1
            if scans > limits.jpeg_scans:
                raise Refused(Refusal.COMPLEX)
    if size is None or scans == 0:
        raise Refused(Refusal.CORRUPT)
    return Header(format=PictureFormat.JPEG, width=size[0], height=size[1], parts=scans, ended=ended)


def _webp(data: bytes, limits: PictureLimits) -> Header:
    end = 8 + int.from_bytes(data[4:8], "little")
    ended = end <= len(data)
    end = min(end, len(data))
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
            check_size(*canvas, limits)
        elif kind in {b"VP8 ", b"VP8L"}:
            frame = _vp8(body) if kind == b"VP8 " else _vp8l(body)
        animated = animated or kind == b"ANMF"
        at += 8 + length + length % 2
    size = canvas or frame
    # What is missing may be a chunk that isn't drawn, or the byte that fills a chunk up.
    if not ended and (at < end or (frame is None and not animated)):
        raise Refused(Refusal.TRUNCATED)
    # Frames of an animation lie inside ANMF and are checked by the decoder against the canvas.
    if size is None or (frame is None and not animated) or (frame is not None and frame != size):
        raise Refused(Refusal.CORRUPT)
    return Header(format=PictureFormat.WEBP, width=size[0], height=size[1], parts=count, ended=ended)


def end_webp(data: bytes) -> bytes:
    """Let a WebP whose last chunk is whole end with it."""
    filled = data + b"\0" * (len(data) % 2)
    return filled[:4] + (len(filled) - 8).to_bytes(4, "little") + filled[8:]


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
