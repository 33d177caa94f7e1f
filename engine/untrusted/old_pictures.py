"""The headers of GIF, BMP and TIFF pictures.

Sources: the GIF89a specification (https://www.w3.org/Graphics/GIF/spec-gif89a.txt); Microsoft's
BITMAPFILEHEADER and BITMAPINFOHEADER; TIFF 6.0
(https://www.itu.int/itudoc/itu-t/com16/tiff-fx/docs/tiff6.pdf).
"""

from __future__ import annotations

import struct

from engine.untrusted.clip_headers import ClipRefused, gif_blocks, gif_screen
from engine.untrusted.headers import Header, PictureFormat, PictureLimits, Refusal, Refused, check_size


def read_gif(data: bytes, limits: PictureLimits) -> Header:
    """Find a GIF's size.

    Raises:
        Refused: E_TRUNCATED, E_CORRUPT, E_COMPLEX, or one of :func:`engine.untrusted.headers.check_size`'s.
    """
    blocks = 0
    try:
        width, height = gif_screen(data)
        check_size(width, height, limits)
        for _ in gif_blocks(data):
            blocks += 1
            if blocks > limits.png_chunks:
                raise Refused(Refusal.COMPLEX)
    except ClipRefused as refused:
        raise Refused(Refusal(refused.code.value)) from refused
    return Header(format=PictureFormat.GIF, width=width, height=height, parts=blocks)


_FILE_HEADER = 14
_OLD_INFO, _INFO = 12, 40
_PLAIN = frozenset({0, 3, 6})
"""Compressions that are none: RGB, and RGB with masks."""


def read_bmp(data: bytes, limits: PictureLimits) -> Header:
    """Find a BMP's size, and whether its rows are all there.

    Raises:
        Refused: E_TRUNCATED, E_CORRUPT, or one of :func:`engine.untrusted.headers.check_size`'s.
    """
    if len(data) < _FILE_HEADER + _OLD_INFO:
        raise Refused(Refusal.TRUNCATED)
    start, kind = struct.unpack_from("<II", data, 10)
    compression = 0
    if kind == _OLD_INFO:
        width, height, _, bits = struct.unpack_from("<HHHH", data, 18)
    elif kind >= _INFO:
        if len(data) < _FILE_HEADER + _INFO:
            raise Refused(Refusal.TRUNCATED)
        width, height, _, bits, compression = struct.unpack_from("<iiHHI", data, 18)
        height = abs(height)  # negative: the first row is on top
    else:
        raise Refused(Refusal.CORRUPT)
    if width < 0:
        raise Refused(Refusal.CORRUPT)
    check_size(width, height, limits)
    if compression in _PLAIN and start + (width * bits + 31) // 32 * 4 * height > len(data):
        raise Refused(Refusal.TRUNCATED)
    return Header(format=PictureFormat.BMP, width=width, height=height, parts=1)


_WIDTH, _HEIGHT = 256, 257
_WHERE = ((273, 279), (324, 325))
"""Tags of where strips or tiles begin, and of how long they are."""
_NUMBERS = {3: "H", 4: "I", 16: "Q"}
"""Types of tags that hold whole numbers, by the letters of :mod:`struct`."""


def read_tiff(data: bytes, limits: PictureLimits) -> Header:
    """Find the size of a TIFF's first picture, and whether its strips are all there.

    Raises:
        Refused: E_TRUNCATED, E_CORRUPT, E_COMPLEX, or one of :func:`engine.untrusted.headers.check_size`'s.
    """
    order = "<" if data.startswith(b"II") else ">"
    try:
        big = struct.unpack_from(f"{order}H", data, 2)[0] == _BIG
        tags, count = _tags(data, order, big=big, limits=limits)
        width, height = tags[_WIDTH][0], tags[_HEIGHT][0]
        check_size(width, height, limits)
        for starts, lengths in _WHERE:
            if any(at + size > len(data) for at, size in zip(tags.get(starts, ()), tags.get(lengths, ()))):  # noqa: B905 - the decoder minds
                raise Refused(Refusal.TRUNCATED)
    except struct.error:
        raise Refused(Refusal.TRUNCATED) from None
    except (KeyError, IndexError):
        raise Refused(Refusal.CORRUPT) from None
    return Header(format=PictureFormat.TIFF, width=width, height=height, parts=count)


_BIG = 43


def _tags(
    data: bytes, order: str, *, big: bool, limits: PictureLimits
) -> tuple[dict[int, tuple[int, ...]], int]:
    """The wanted whole numbers of the first directory, by tag, and how many tags there are."""
    word, room = ("Q", 8) if big else ("I", 4)
    (at,) = struct.unpack_from(order + word, data, 8 if big else 4)
    (count,) = struct.unpack_from(order + ("Q" if big else "H"), data, at)
    at += 8 if big else 2
    if count > limits.png_chunks:
        raise Refused(Refusal.COMPLEX)
    wanted = {_WIDTH, _HEIGHT, *(tag for pair in _WHERE for tag in pair)}
    found: dict[int, tuple[int, ...]] = {}
    for _ in range(count):
        tag, kind, many = struct.unpack_from(f"{order}HH{word}", data, at)
        value = at + 4 + struct.calcsize(order + word)
        at = value + room
        if tag not in wanted or kind not in _NUMBERS:
            continue
        size = struct.calcsize(f"{order}{_NUMBERS[kind]}") * many
        if size > len(data):  # before a tuple of that length is asked for
            raise Refused(Refusal.TRUNCATED)
        if size > room:
            (value,) = struct.unpack_from(order + word, data, value)
        found[tag] = struct.unpack_from(f"{order}{many}{_NUMBERS[kind]}", data, value)
    if at > len(data):
        raise Refused(Refusal.TRUNCATED)
    return found, count
