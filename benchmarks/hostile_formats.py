"""Pictures in the formats of cameras and old programs: whole, cut, lying, and as large as is allowed."""

from __future__ import annotations

import struct
from collections.abc import Iterator

import numpy as np
from PIL import Image

from benchmarks.encoded_pictures import SIDE, before_idat, chunk, encoded, png_of, scene
from benchmarks.heic import box, heic
from benchmarks.hostile_case import OK, Case
from engine.untrusted.headers import Refusal

Rows = Iterator[tuple[str, bytes, *tuple[str, ...]]]
"""A name, a file, and the answers that are right."""

FORMS = ("GIF", "BMP", "TIFF", "AVIF", "HEIF")


def formats() -> Iterator[Case]:
    """Every case, made one at a time."""
    for make in (whole, cut, lying, worst_allowed):
        for name, data, *expected in make():
            kind = f"more formats: {make.__name__.replace('_', ' ')}"
            yield Case(kind=kind, name=name, data=data, expected=frozenset(map(str, expected)))


def whole() -> Rows:
    """Each format, in the kinds of pixels that it knows."""
    for form in FORMS:
        yield form, encoded(form), OK
    for mode in ("1", "L", "P", "RGB", "RGBA"):
        yield f"BMP {mode}", encoded("BMP", scene().convert(mode)), OK
    for mode in ("1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "LAB", "F"):
        image = scene().convert("L").convert("F") if mode == "F" else _in_mode(mode)
        yield f"TIFF {mode}", encoded("TIFF", image), OK
    for packing in ("tiff_lzw", "tiff_adobe_deflate", "packbits", "jpeg"):
        yield f"TIFF by {packing}", encoded("TIFF", compression=packing), OK
    yield "BigTIFF", encoded("TIFF", big_tiff=True), OK
    yield "16-bit TIFF", encoded("TIFF", Image.fromarray(np.full((SIDE, SIDE), 0x8000, np.uint16))), OK
    yield "AVIF with alpha", encoded("AVIF", scene().convert("RGBA")), OK
    yield "animated GIF", encoded("GIF", save_all=True, append_images=[scene().rotate(90)]), OK
    yield "HEIC turned by a quarter", heic(scene(), quarter_turns=1), OK
    yield "HEIC in PQ", heic(scene(), primaries=9, transfer=16), OK


def _in_mode(mode: str) -> Image.Image:
    if mode != "LAB":
        return scene().convert(mode)
    return Image.merge("LAB", scene().split())


def cut() -> Rows:
    """Files that end too early, and those in which only the mark of the end is missing."""
    for form in FORMS:
        data = encoded(form)
        for share in (0.02, 0.3, 0.5, 0.9, 0.99):
            yield (
                f"{form} to {share:.0%}",
                data[: max(12, int(share * len(data)))],
                Refusal.TRUNCATED,
                Refusal.CORRUPT,
            )
    yield "GIF without its end", encoded("GIF")[:-1], OK
    for form in ("JPEG", "PNG"):
        yield f"{form} without its last byte", encoded(form)[:-1], OK
    yield "JPEG without EOI", encoded("JPEG")[:-2], OK
    yield "progressive JPEG without EOI", encoded("JPEG", progressive=True)[:-2], OK
    yield "JPEG without EOI and a bit more", encoded("JPEG")[:-12], Refusal.TRUNCATED
    yield "PNG without IEND", encoded("PNG")[:-12], OK
    odd = encoded("WEBP")
    body = odd[20:] if len(odd) % 4 else odd[20:-1]
    yield "WebP that claims a byte more", _riff_size(odd, 1), OK, Refusal.TRUNCATED
    yield (
        "WebP of an odd chunk without its filler",
        b"RIFF"
        + struct.pack("<I", len(body) + 12 + len(body) % 2)
        + b"WEBPVP8 "
        + struct.pack("<I", len(body))
        + body,
        OK,
        Refusal.CORRUPT,
    )


def _riff_size(data: bytes, more: int) -> bytes:
    size = int.from_bytes(data[4:8], "little") + more
    return data[:4] + size.to_bytes(4, "little") + data[8:]


def lying() -> Rows:
    """Sizes that are not true, or too large."""
    large, small, bad = Refusal.PIXELS, Refusal.SMALL, Refusal.CORRUPT
    bmp, tiff, gif = encoded("BMP"), encoded("TIFF"), encoded("GIF")
    for width, height, *codes in (
        (0, SIDE, bad),
        (9000, SIDE, large),
        (2**31 - 1, 2**31 - 1, large),
        (-SIDE, SIDE, bad),
        (16, 16, small),
        (SIDE, -SIDE, OK),
        (SIDE, 2 * SIDE, Refusal.TRUNCATED),
    ):
        yield f"BMP of {width} × {height}", bmp[:18] + struct.pack("<ii", width, height) + bmp[26:], *codes
    for width, height, *codes in ((0, 0, bad), (65535, 65535, large), (8192, 16, small)):
        yield f"GIF of {width} × {height}", gif[:6] + struct.pack("<HH", width, height) + gif[10:], *codes
    for side, *codes in ((0, bad), (60_000, large), (16, small)):
        yield f"TIFF of {side} a side", _tiff(side), *codes
    yield "TIFF whose directory is nowhere", tiff[:4] + b"\xff\xff\xff\x7f" + tiff[8:], Refusal.TRUNCATED
    yield "TIFF of 65,535 tags", b"II*\0\x08\0\0\0\xff\xff" + bytes(999), Refusal.COMPLEX
    yield "TIFF whose directory is itself the next", _tiff(SIDE, follows=8), bad, Refusal.TRUNCATED, OK
    yield "TIFF of four billion strips", _tiff(SIDE, strips=2**32 - 1), Refusal.TRUNCATED
    for size, *codes in (((9000, 9000), large), ((0, 0), bad), ((16, 16), small), ((4000, 2000), bad)):
        yield f"HEIC that claims {size}", heic(scene(), size=size), *codes
    yield (
        "HEIC with a second size",
        heic(scene(), more=(box(b"ispe", struct.pack(">II", 2**31, 2**31), version=0),)),
        large,
    )
    yield "HEIC of 100 properties more", heic(scene(), more=(box(b"free"),) * 100), OK, bad
    yield "AVIF without a picture", box(b"ftyp", b"avif\0\0\0\0avif") + box(b"meta", version=0), bad
    yield "5,000 empty boxes", box(b"ftyp", b"avif\0\0\0\0avif") + box(b"free") * 5000, Refusal.COMPLEX
    yield "meta in meta in meta", _nested(3000), Refusal.COMPLEX, bad, Refusal.TRUNCATED


def _tiff(side: int, *, strips: int = 1, follows: int = 0) -> bytes:
    tags = (
        (256, 4, 1, side),
        (257, 4, 1, side),
        (258, 3, 1, 8),
        (259, 3, 1, 1),
        (262, 3, 1, 1),
        (273, 4, strips, 200),
        (279, 4, strips, 99),
    )
    body = b"".join(struct.pack("<HHII", *tag) for tag in tags)
    return b"II*\0\x08\0\0\0" + struct.pack("<H", len(tags)) + body + struct.pack("<I", follows) + bytes(400)


def _nested(depth: int) -> bytes:
    inner = b""
    for _ in range(depth):
        inner = box(b"meta", inner, version=0)
    return box(b"ftyp", b"heic\0\0\0\0heic") + inner


def worst_allowed() -> Rows:
    """As large as is allowed, and what costs most to convert."""
    flat = Image.new("RGB", (8192, 4880), (9, 90, 200))
    yield "GIF of 40 megapixels", encoded("GIF", flat.quantize(4)), OK
    yield "TIFF RGB of 40 megapixels", encoded("TIFF", flat, compression="tiff_adobe_deflate"), OK
    yield "TIFF RGBA of 40 megapixels", encoded("TIFF", flat.convert("RGBA"), compression="tiff_lzw"), OK
    yield (
        "AVIF of 40 megapixels",
        encoded("AVIF", flat, speed=10, quality=30),
        OK,
        Refusal.TIME,
        Refusal.MEMORY,
    )
    yield "HEIC of 40 megapixels", heic(flat), OK, Refusal.TIME, Refusal.MEMORY
    linear = chunk(b"gAMA", struct.pack(">I", 100_000))
    yield "linear PNG of 40 megapixels", before_idat(png_of(8192, 4882), linear), OK
    hdr = chunk(b"cICP", b"\x09\x10\0\1")
    yield "PQ PNG of 40 megapixels", before_idat(png_of(8192, 4882), hdr), OK
    large = scene(1024, 610).resize((8192, 4880), Image.Resampling.NEAREST)
    yield "JPEG of 40 megapixels without EOI", encoded("JPEG", large, quality=30)[:-2], OK
