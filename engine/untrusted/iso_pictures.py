"""The headers of AVIF and HEIC pictures: boxes that describe items, of which one is the picture.

Sources: ISO/IEC 14496-12 (boxes), ISO/IEC 23008-12 (HEIF), AV1 Image File Format (https://aomediacodec.github.io/av1-avif/).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from engine.untrusted.colour import Colour
from engine.untrusted.headers import Header, PictureFormat, PictureLimits, Refusal, Refused, check_size

_AVIF = frozenset({b"avif", b"avis"})
_HEIC = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx"})
_EITHER = frozenset({b"mif1", b"msf1", b"mif2", b"miaf"})


@dataclass(kw_only=True)
class _Found:
    """What the walk finds: all properties in order, those of each item by place, and the picture's item."""

    primary: int | None = None
    properties: list[tuple[bytes, bytes]] = field(default_factory=list)
    of_item: dict[int, list[int]] = field(default_factory=dict)


def is_iso_picture(data: bytes) -> bool:
    """Whether the first box says that this is an AVIF or a HEIC."""
    return data[4:8] == b"ftyp" and data[8:12] in _AVIF | _HEIC | _EITHER


def read_iso(data: bytes, limits: PictureLimits) -> Header:
    """Find the size and the declared colours of the picture, and hold every size in the file to the limits.

    Raises:
        Refused: E_TRUNCATED, E_CORRUPT, E_COMPLEX, or one of :func:`engine.untrusted.headers.check_size`'s.
    """
    walk = _Walk(data, limits.png_chunks)
    found = _look(data, walk)
    mine = [
        found.properties[at] for at in found.of_item.get(found.primary or 0, ()) if at < len(found.properties)
    ]
    sizes = [struct.unpack_from(">II", body, 4) for kind, body in mine if kind == b"ispe" and len(body) >= 12]  # noqa: PLR2004 - version, width, height
    if not sizes:
        raise Refused(Refusal.CORRUPT)
    for kind, body in found.properties:
        if kind == b"ispe" and len(body) >= 12:  # noqa: PLR2004 - same
            width, height = struct.unpack_from(">II", body, 4)
            if max(width, height) > limits.max_side or width * height > limits.max_pixels:
                raise Refused(Refusal.PIXELS, width=width, height=height)
    width, height = sizes[0]
    check_size(width, height, limits)
    return Header(
        format=_format(data),
        width=width,
        height=height,
        parts=walk.count,
        colour=next((_colour(body) for kind, body in mine if kind == b"colr" and body[:4] == b"nclx"), None),
    )


def _format(data: bytes) -> PictureFormat:
    end = min(int.from_bytes(data[:4], "big"), len(data))
    brands = {data[8:12], *(data[at : at + 4] for at in range(16, end, 4))}
    return PictureFormat.AVIF if brands & _AVIF else PictureFormat.HEIC


def _colour(body: bytes) -> Colour | None:
    if len(body) < 8:  # noqa: PLR2004 - kind, primaries, transfer
        return None
    primaries, transfer = struct.unpack_from(">HH", body, 4)
    return Colour.of(primaries=primaries, transfer=transfer)


class _Walk:
    """The boxes of a file, no more of them than is allowed."""

    def __init__(self, data: bytes, most: int) -> None:
        self._data = data
        self._most = most
        self.count = 0

    def boxes(self, start: int, end: int) -> Iterator[tuple[bytes, int, int]]:
        """Yield each box's type, and the start and end of what it holds."""
        data = self._data
        while start < end:
            self.count += 1
            if self.count > self._most:
                raise Refused(Refusal.COMPLEX)
            if end - start < 8:  # noqa: PLR2004 - size and type
                raise Refused(Refusal.TRUNCATED)
            size, kind = struct.unpack_from(">I4s", data, start)
            header = 8
            if size == 1:
                header, size = 16, int.from_bytes(data[start + 8 : start + 16], "big")
            elif size == 0:
                size = end - start
            if size < header:
                raise Refused(Refusal.CORRUPT)
            if start + size > end:
                raise Refused(Refusal.TRUNCATED)
            yield kind, start + header, start + size
            start += size


def _look(data: bytes, walk: _Walk) -> _Found:
    found = _Found()
    for kind, start, end in walk.boxes(0, len(data)):
        if kind != b"meta":
            continue
        for part, at, to in walk.boxes(start + 4, end):  # after version and flags
            if part == b"pitm" and to - at >= 6:  # noqa: PLR2004 - version, flags, and a number
                found.primary = int.from_bytes(data[at + 4 : at + (8 if data[at] else 6)], "big")
            elif part == b"iprp":
                _properties(data, at, to, walk, found)
    return found


def _properties(data: bytes, start: int, end: int, walk: _Walk, found: _Found) -> None:
    for kind, at, to in walk.boxes(start, end):
        if kind == b"ipco":
            found.properties += [
                (name, data[first : min(last, first + 16)]) for name, first, last in walk.boxes(at, to)
            ]
        elif kind == b"ipma":
            _associate(data[at:to], found)


def _associate(body: bytes, found: _Found) -> None:
    """Read which properties belong to which item; they are counted from 1."""
    try:
        number = ">I" if body[0] else ">H"
        wide = body[3] & 1
        (count,) = struct.unpack_from(">I", body, 4)
        at = 8
        for _ in range(count):
            (item,) = struct.unpack_from(number, body, at)
            at += struct.calcsize(number)
            many = body[at]
            at += 1
            for _ in range(many):
                index = int.from_bytes(body[at : at + 1 + wide], "big") & (0x7FFF if wide else 0x7F)
                at += 1 + wide
                if index:
                    found.of_item.setdefault(item, []).append(index - 1)
            if at > len(body):
                raise Refused(Refusal.CORRUPT)
    except (struct.error, IndexError):
        raise Refused(Refusal.CORRUPT) from None
