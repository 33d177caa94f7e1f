"""What an MP4 says of itself: its words, its size and length, whether it has sound. Read without a decoder.

An MP4 is a tree of boxes, each a 32-bit big-endian size, a four-letter name and its contents (ISO/IEC
14496-12, section 4.2). The words lie in ``moov/udta/meta/ilst``, in the layout that iTunes made common: one
box for each tag, and in it a ``data`` box whose text follows four bytes of type and four of locale.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

TAGS = {
    "title": b"\xa9nam",
    "comment": b"\xa9cmt",
    "description": b"desc",
    "artist": b"\xa9ART",
    "copyright": b"cprt",
}
"""The tags that a clip may carry, by the names that ffmpeg gives them."""

# An index of a clip is a few dozen bytes a frame; a stranger's file may claim anything.
_MOST_INDEX_BYTES = 16 * 2**20
_UTF8 = 1


@dataclass(frozen=True, kw_only=True)
class Box:
    """Where a box lies: ``start`` and ``end`` bound its contents, in bytes, without its header."""

    name: bytes
    start: int
    end: int


def top_boxes(path: Path) -> list[Box]:
    """List the outermost boxes of a file, in their order, reading only their headers.

    Raises:
        ValueError: the file is no MP4, or it is cut short.
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        return list(_boxes_in_file(file, path.stat().st_size))


def read_metadata(path: Path) -> dict[str, str]:
    """Read the tags of :data:`TAGS` that a file carries.

    Returns:
        The text by the tag's name; empty when there are none.

    Raises:
        ValueError: the file is no MP4, or it is damaged.
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        return _metadata(file, path.stat().st_size)


def metadata_in(data: bytes) -> dict[str, str]:
    """Read the tags that a file of these bytes carries, as :func:`read_metadata` does.

    Raises:
        ValueError: they are no MP4, or it is damaged.
    """
    return _metadata(io.BytesIO(data), len(data))


def has_sound(path: Path) -> bool:
    """Whether a file has a track of sound.

    Raises:
        ValueError: the file is no MP4, or it is damaged.
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        moov = _index(file, path.stat().st_size)
    handlers = (_inside(track, b"mdia", b"hdlr") for name, track in _boxes(moov) if name == b"trak")
    return any(handler[8:12] == b"soun" for handler in handlers)


def measure(path: Path) -> tuple[int, int, float]:
    """How large and how long a clip is.

    Returns:
        Width and height in pixels, and seconds.

    Raises:
        ValueError: the file is no MP4, shows nothing, or is damaged.
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        moov = _index(file, path.stat().st_size)
    whole = _inside(moov, b"mvhd")
    tracks = [inner for name, inner in _boxes(moov) if name == b"trak"]
    shown = next((track for track in tracks if _inside(track, b"mdia", b"hdlr")[8:12] == b"vide"), b"")
    try:
        # The second version of the box has room for longer times.
        scale, length = struct.unpack_from(">20xIQ" if whole[0] else ">12xII", whole)
        width, height = struct.unpack(">II", _inside(shown, b"tkhd")[-8:])  # in 65536ths
        return width >> 16, height >> 16, length / scale
    except (IndexError, struct.error, ZeroDivisionError):
        raise ValueError("this MP4 is damaged") from None


def _index(file: BinaryIO, size: int) -> bytes:
    """What the box ``moov`` holds."""
    index = next((box for box in _boxes_in_file(file, size) if box.name == b"moov"), None)
    if index is None:
        raise ValueError("this MP4 has no index")
    if index.end - index.start > _MOST_INDEX_BYTES:
        raise ValueError("this MP4 has an index of absurd size")
    file.seek(index.start)
    return file.read(index.end - index.start)


def _metadata(file: BinaryIO, size: int) -> dict[str, str]:
    moov = _index(file, size)
    names = {code: name for name, code in TAGS.items()}
    words = {}
    for tag in _boxes(_inside(moov, b"udta", b"meta", b"ilst")):
        if tag[0] in names:
            kind, text = _text(tag[1])
            if kind == _UTF8:
                words[names[tag[0]]] = text
    return words


def _boxes_in_file(file: BinaryIO, size: int) -> Iterator[Box]:
    at = 0
    while at < size:
        file.seek(at)
        header = file.read(16)
        if len(header) < 8:  # noqa: PLR2004 - a header's length
            raise ValueError("this is not an MP4, or it is cut short")
        length, name = struct.unpack(">I4s", header[:8])
        start = at + 8
        if length == 1 and len(header) == 16:  # noqa: PLR2004 - the size is in the next eight bytes
            length = struct.unpack(">Q", header[8:])[0]
            start = at + 16
        elif length == 0:
            length = size - at
        if at + length > size or at + length < start:
            raise ValueError("this is not an MP4, or it is cut short")
        yield Box(name=name, start=start, end=at + length)
        at += length


def _boxes(contents: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 0
    while at + 8 <= len(contents):
        length, name = struct.unpack_from(">I4s", contents, at)
        if length < 8 or at + length > len(contents):  # noqa: PLR2004 - a header's length
            raise ValueError("this MP4 is damaged")
        yield name, contents[at + 8 : at + length]
        at += length


def _inside(contents: bytes, *names: bytes) -> bytes:
    """Go down a path of boxes; what is missing is empty."""
    for name in names:
        contents = next((inner for found, inner in _boxes(contents) if found == name), b"")
        if name == b"meta":
            contents = contents[4:]  # a full box: version and flags come before its children
    return contents


def _text(tag: bytes) -> tuple[int, str]:
    data = _inside(tag, b"data")
    if len(data) < 8:  # noqa: PLR2004 - the type and the locale
        raise ValueError("this MP4 is damaged")
    return struct.unpack(">I", data[:4])[0], data[8:].decode("utf-8", "replace")
