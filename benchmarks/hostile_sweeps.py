"""Pictures that are wrong in one place, for each value of it: sizes, kinds of pixel, cuts, markers, lengths.

What is right is worked out here from the rule, not read from the intake.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from itertools import product

from PIL import Image

from benchmarks.encoded_pictures import SIDE, chunk, encoded, png_of, riff
from benchmarks.hostile_case import OK, Case
from engine.untrusted.headers import Refusal
from engine.untrusted.picture_headers import PNG_MAGIC

SIDES = (0, 1, 63, 64, 65, 257, 4882, 8191, 8192, 8193, 2**15, 2**16 - 1)
"""Claimed pixels of a side, about each limit and each width of a field."""

LARGER = (2**16, 2**24 - 1, 2**24, 2**31 - 1, 2**31, 2**32 - 1)
"""Those that only PNG has room for."""

BROKEN = (Refusal.CORRUPT, Refusal.TRUNCATED)
"""What a whole header over no pixels may be called."""

_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
_DEPTHS = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}


def sweeps() -> Iterator[Case]:
    """Every case, made one at a time."""
    for kind, make in _KINDS.items():
        for name, data, *expected in make():
            yield Case(kind=kind, name=name, data=data, expected=frozenset(map(str, expected)))


_Rows = Iterator[tuple[str, bytes, *tuple[str, ...]]]


def _claims(width: int, height: int) -> tuple[str, ...]:
    """The codes of all that is wrong with a size; where nothing is, those of a picture without pixels."""
    if not (width and height):
        return (Refusal.CORRUPT,)
    codes = []
    if max(width, height) > 8192 or width * height > 40_000_000:
        codes.append(Refusal.PIXELS)
    if min(width, height) < 64:
        codes.append(Refusal.SMALL)
    if max(width, height) > 4 * min(width, height):
        codes.append(Refusal.ASPECT)
    return tuple(codes) or BROKEN


def _sizes() -> _Rows:
    for width, height in product(SIDES + LARGER, repeat=2):
        if width <= 2**31 or height == width:  # the rest says nothing new
            yield f"PNG of {width} × {height}", png_of(width, height, rows=b""), *_claims(width, height)
    jpeg, webp = encoded("JPEG"), encoded("WEBP")
    at = jpeg.index(b"\xff\xc0") + 5
    # What the tables and the first scan hold is enough for some small sizes, which are then whole.
    for width, height in product(SIDES, repeat=2):
        named = _claims(width, height)
        right = (OK, *BROKEN) if named == BROKEN else named
        data = jpeg[:at] + struct.pack(">HH", height, width) + jpeg[at + 4 :]
        yield f"JPEG of {width} × {height}", data, *right
    for width, height in product([side for side in SIDES if side < 2**14], repeat=2):
        data = webp[:26] + struct.pack("<HH", width, height) + webp[30:]
        named = _claims(width, height)
        yield f"WebP of {width} × {height}", data, *((OK, *BROKEN) if named == BROKEN else named)
    for width, height in product([side for side in SIDES + LARGER if 0 < side <= 2**24], repeat=2):
        canvas = struct.pack("<I", width - 1)[:3] + struct.pack("<I", height - 1)[:3]
        data = riff((b"VP8X", bytes(4) + canvas), (b"VP8 ", webp[20:]))
        yield f"WebP canvas of {width} × {height}", data, *_claims(width, height)


def _pixels() -> _Rows:
    """Every depth with every colour type; interlaced or not, or something that does not exist."""
    for depth, colour, interlace in product((0, 1, 2, 3, 4, 8, 16, 32), range(8), (0, 1, 2)):
        exists = depth in _DEPTHS.get(colour, ()) and interlace < 2
        bits = depth * _CHANNELS.get(colour, 1)
        # Enough for the seven passes as well: each begins its rows anew.
        rows = zlib.compress(bytes(2 * ((SIDE * max(bits, 1) + 7) // 8 + 1) * SIDE))
        header = struct.pack(">IIBBBBB", SIDE, SIDE, depth, colour, 0, 0, interlace)
        table = chunk(b"PLTE", bytes(3 * 2 ** min(depth, 8))) if colour == 3 and depth else b""
        data = PNG_MAGIC + chunk(b"IHDR", header) + table + chunk(b"IDAT", rows) + chunk(b"IEND")
        name = f"depth {depth}, colour type {colour}, interlace {interlace}"
        yield name, data, *((OK,) if exists else (*BROKEN, OK))


def _cuts() -> _Rows:
    whole = {
        "PNG": encoded("PNG"),
        "interlaced PNG": _adam7(),
        "JPEG": encoded("JPEG"),
        "progressive JPEG": encoded("JPEG", progressive=True),
        "WebP": encoded("WEBP"),
        "WebP with alpha": encoded("WEBP", Image.new("RGBA", (SIDE, SIDE), (200, 90, 9, 99))),
    }
    for form, data in whole.items():
        yield f"{form}, whole", data, OK
        for percent in range(1, 100, 3):
            cut = data[: max(12, len(data) * percent // 100)]
            yield f"{form} to {percent} %", cut, Refusal.TRUNCATED, Refusal.CORRUPT


def _markers() -> _Rows:
    """Each marker of a JPEG where none belongs, with a length that is a lie."""
    jpeg = encoded("JPEG")
    for marker, length in product(range(0xC0, 0xFF), (0, 1, 2, 0xFFFF)):
        yield f"marker FF{marker:02X} of {length} bytes", _with_segment(jpeg, marker, length)


def _lengths() -> _Rows:
    """Each chunk of a PNG, and each of a WebP, with a length that is a lie."""
    png, webp = encoded("PNG", dpi=(72, 72)), encoded("WEBP", exif=b"Exif\0\0II*\0", icc_profile=b"0" * 128)
    lies = (0, 1, 12, 2**16, 2**31 - 1, 2**31, 2**32 - 1)
    at = len(PNG_MAGIC)
    while at < len(png):
        (true,) = struct.unpack(">I", png[at : at + 4])
        for length in lies:
            if length != true:
                name = f"PNG {png[at + 4 : at + 8].decode()} of {length} bytes"
                yield name, png[:at] + struct.pack(">I", length) + png[at + 4 :], *BROKEN
        at += 12 + true
    at = 12
    while at < len(webp):
        (true,) = struct.unpack("<I", webp[at + 4 : at + 8])
        for length in lies:
            if length != true:
                name = f"WebP {webp[at : at + 4].decode().strip()} of {length} bytes"
                # Metadata whose length is wrong may be passed over, and the pixels behind it be found.
                yield name, webp[: at + 4] + struct.pack("<I", length) + webp[at + 8 :]
        at += 8 + true + true % 2


def _with_segment(jpeg: bytes, marker: int, length: int) -> bytes:
    return jpeg[:2] + bytes((0xFF, marker)) + struct.pack(">H", length) + bytes(8) + jpeg[2:]


def _adam7() -> bytes:
    """Pillow reads interlaced PNG and writes none: seven passes over black."""
    starts = ((0, 0), (4, 0), (0, 4), (2, 0), (0, 2), (1, 0), (0, 1))
    steps = ((8, 8), (8, 8), (4, 8), (4, 4), (2, 4), (2, 2), (1, 2))
    rows = b""
    for (left, top), (right, down) in zip(starts, steps, strict=True):
        across, lines = -((left - SIDE) // right), -((top - SIDE) // down)
        rows += bytes((1 + 3 * across) * lines)
    header = struct.pack(">IIBBBBB", SIDE, SIDE, 8, 2, 0, 0, 1)
    pixels = chunk(b"IDAT", zlib.compress(rows, 0))
    return PNG_MAGIC + chunk(b"IHDR", header) + pixels + chunk(b"IEND")


_KINDS = {
    "every size": _sizes,
    "every kind of pixel": _pixels,
    "every cut": _cuts,
    "every marker": _markers,
    "every length": _lengths,
}
