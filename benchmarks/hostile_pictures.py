"""Pictures that mean harm, or that somebody broke, each made by code.

Good ones are among them, so that a refusal cannot be the answer to everything. A case says what the answer
must be: taken, or refused with one of a few codes.
"""

from __future__ import annotations

import random
import struct
import zlib
from collections.abc import Callable, Iterator
from itertools import islice

import cv2
import numpy as np
from PIL import Image, PngImagePlugin

from benchmarks.encoded_pictures import (
    SIDE,
    animated,
    before_idat,
    chunk,
    encoded,
    jpeg_scans,
    oriented,
    palette,
    png_of,
    riff,
    scene,
    with_profile,
    zeros,
)
from benchmarks.hostile_case import OK, Case
from engine.untrusted.headers import Refusal
from engine.untrusted.picture_headers import PNG_MAGIC


def corpus(first: int | None = None) -> Iterator[Case]:
    """Every case, or the first few of each kind, made one at a time: some are large."""
    for kind, make in _KINDS.items():
        for name, data, *expected in islice(make(), first):
            yield Case(kind=kind, name=name, data=data, expected=frozenset(map(str, expected)))


_Rows = Iterator[tuple[str, bytes, *tuple[str, ...]]]


def _good() -> _Rows:
    for mode in ("1", "L", "LA", "P", "RGB", "RGBA"):
        yield f"PNG {mode}", encoded("PNG", scene().convert(mode)), OK
    for mode in ("L", "RGB", "CMYK"):
        yield f"JPEG {mode}", encoded("JPEG", scene().convert(mode)), OK
    yield "JPEG progressive", encoded("JPEG", progressive=True), OK
    yield "JPEG 4:4:4", encoded("JPEG", subsampling=0), OK
    yield "WebP lossy", encoded("WEBP"), OK
    yield "WebP lossless", encoded("WEBP", lossless=True), OK
    yield "WebP with alpha", encoded("WEBP", scene().convert("RGBA")), OK
    yield "16-bit grey", encoded("PNG", Image.fromarray(np.full((SIDE, SIDE), 0x8000, np.uint16))), OK
    deep = np.full((SIDE, SIDE, 4), 0x8000, np.uint16)
    yield "16-bit RGBA", cv2.imencode(".png", deep)[1].tobytes(), OK
    yield "16-bit RGB", cv2.imencode(".png", deep[..., :3])[1].tobytes(), OK
    yield "palette with transparency", palette(), OK
    yield "RGB with a transparent colour", encoded("PNG", transparency=(0, 0, 0)), OK
    yield "wholly transparent", encoded("PNG", Image.new("RGBA", (SIDE, SIDE))), OK
    yield "4:1", encoded("PNG", scene(256, 64)), OK
    yield "64 × 64", encoded("PNG", scene(64, 64)), OK
    yield "1-bit grey", png_of(SIDE, SIDE, depth=1, colour=0), OK


def _oriented() -> _Rows:
    for value in range(1, 9):
        yield f"JPEG {value}", oriented(value), OK
        yield f"PNG {value}", oriented(value, "PNG"), OK
        yield f"WebP {value}", oriented(value, "WEBP"), OK
    for value in (0, 9, 65535):
        yield f"JPEG {value}", oriented(value), OK
    yield "broken EXIF", encoded("JPEG", exif=b"Exif\0\0II*\0\xff\xff\xff\xff"), OK
    yield (
        "EXIF that points at itself",
        encoded("JPEG", exif=b"Exif\0\0II*\0\x08\0\0\0\1\0\x69\x87\4\0\1\0\0\0\x08\0\0\0\x08\0\0\0"),
        OK,
    )


def _worst_allowed() -> _Rows:
    for colour, depth, name in ((6, 8, "RGBA"), (0, 16, "16-bit grey"), (0, 1, "1-bit"), (4, 8, "LA")):
        yield f"PNG {name} of 40 megapixels", png_of(8192, 4882, depth=depth, colour=colour), OK
    yield "PNG 16-bit RGBA of 40 megapixels", png_of(8192, 4882, depth=16, colour=6), OK
    large = scene(1024, 610).resize((8192, 4880), Image.Resampling.NEAREST)
    yield "JPEG of 40 megapixels", encoded("JPEG", large, quality=30), OK
    yield "progressive JPEG of 40 megapixels", encoded("JPEG", large, quality=30, progressive=True), OK
    flat = Image.new("RGBA", (8192, 4882), (9, 9, 9, 99))
    yield "WebP RGBA of 40 megapixels", encoded("WEBP", flat, lossless=True, quality=0, method=0), OK


def _cut() -> _Rows:
    cut = Refusal.TRUNCATED
    whole = {
        "PNG": encoded("PNG"),
        "JPEG": encoded("JPEG"),
        "progressive JPEG": encoded("JPEG", progressive=True),
        "WebP": encoded("WEBP"),
        "lossless WebP": encoded("WEBP", lossless=True),
    }
    for form, data in whole.items():
        for share in (0.02, 0.1, 0.3, 0.5, 0.7, 0.9, 0.99):
            yield f"{form} to {share:.0%}", data[: max(12, int(share * len(data)))], cut
    yield "PNG signature alone", PNG_MAGIC, cut
    yield "JPEG start alone", b"\xff\xd8\xff", cut
    yield "RIFF start alone", b"RIFF\x10\0\0\0WEBP", cut
    rows = zlib.compress(bytes((SIDE * 3 + 1) * SIDE // 2))
    yield "PNG with half its rows", png_of(SIDE, SIDE, rows=rows), cut, Refusal.CORRUPT, OK


def _damaged() -> _Rows:
    bad = Refusal.CORRUPT
    png = encoded("PNG")
    idat = png.index(b"IDAT")
    yield "IHDR's checksum", png[:29] + bytes(4) + png[33:], bad
    yield "IDAT's checksum", png[:-16] + bytes(4) + png[-12:], bad
    yield "a bit of IDAT", png[: idat + 99] + bytes([png[idat + 99] ^ 1]) + png[idat + 100 :], bad
    yield "zlib stream is noise", png_of(SIDE, SIDE, rows=random.Random(1).randbytes(999)), bad
    yield "no IDAT", png[: idat - 4] + png[-12:], bad, Refusal.TRUNCATED
    yield "two IHDR", png[:33] + png[8:33] + png[33:], bad
    yield "IHDR is not first", PNG_MAGIC + chunk(b"tEXt", b"a\0b") + png[8:], bad
    yield "chunk type is not letters", before_idat(png, chunk(b"a\0b ", b"x")), bad
    for name, bits in (("depth 3", (3, 2)), ("colour type 5", (8, 5)), ("palette without PLTE", (8, 3))):
        header = struct.pack(">IIBBBBB", SIDE, SIDE, *bits, 0, 0, 0)
        yield name, PNG_MAGIC + chunk(b"IHDR", header) + png[33:], bad, Refusal.TRUNCATED, OK
    jpeg = encoded("JPEG")
    for marker, name in ((b"\xff\xdb", "quantisation"), (b"\xff\xc4", "Huffman"), (b"\xff\xc0", "frame")):
        at = jpeg.index(marker)
        yield f"no {name} table", jpeg[:at] + jpeg[at + 2 + int.from_bytes(jpeg[at + 2 : at + 4], "big") :]
    yield (
        "two frames",
        jpeg[: jpeg.index(b"\xff\xc0")]
        + jpeg[jpeg.index(b"\xff\xc0") :].replace(
            b"\xff\xda", jpeg[jpeg.index(b"\xff\xc0") :][:19] + b"\xff\xda", 1
        ),
        bad,
    )
    yield "segment of length 0", jpeg[:2] + b"\xff\xe1\0\0" + jpeg[2:], bad
    yield "start and end only", b"\xff\xd8\xff\xd9", bad
    yield "scan is noise", jpeg[: jpeg.index(b"\xff\xda") + 14] + b"\x55\xaa" * 4000 + b"\xff\xd9"
    yield "picture in a picture", jpeg[:2] + jpeg + jpeg[2:], bad, Refusal.TRUNCATED
    webp = encoded("WEBP")
    yield "VP8 without its start code", webp[:23] + bytes(3) + webp[26:], bad
    yield "VP8X without a picture", riff((b"VP8X", bytes(4) + b"\x5f\0\0\x5f\0\0")), bad
    yield "VP8X too short", riff((b"VP8X", b"\0")), bad
    yield "VP8L too short", riff((b"VP8L", b"\x2f")), bad
    yield "RIFF of nothing", riff(), bad
    yield "VP8 is noise", riff((b"VP8 ", webp[20:30] + random.Random(2).randbytes(4000))), bad
    yield "VP8L is noise", riff((b"VP8L", b"\x2f\x5f\xc0\x17\0" + random.Random(3).randbytes(4000))), bad, OK


def _bombs() -> _Rows:
    large = Refusal.PIXELS
    yield "12,000 × 12,000 RGB", png_of(12000, 12000), large
    yield "30,000 × 30,000 of 1 bit", png_of(30000, 30000, depth=1, colour=0), large
    yield "8,192 × 8,192", png_of(8192, 8192, depth=1, colour=0), large
    yield "9,000 × 3,000", png_of(9000, 3000, depth=1, colour=0), large
    yield "zTXt of 64 MiB", before_idat(encoded("PNG"), chunk(b"zTXt", b"a\0\0" + zeros(2**26))), OK
    yield "500 zTXt of 1 MiB", before_idat(encoded("PNG"), chunk(b"zTXt", b"a\0\0" + zeros(2**20)) * 500), OK
    yield "iTXt of 64 MiB", before_idat(encoded("PNG"), chunk(b"iTXt", b"a\0\1\0\0\0" + zeros(2**26))), OK
    yield "iCCP of 64 MiB", before_idat(encoded("PNG"), chunk(b"iCCP", b"a\0\0" + zeros(2**26))), OK
    yield "iCCP is noise", before_idat(encoded("PNG"), chunk(b"iCCP", b"a\0\0" + b"\x55" * 999)), OK
    yield "iCCP of zeros", before_idat(encoded("PNG"), chunk(b"iCCP", b"a\0\0" + zeros(999))), OK
    yield "eXIf of 1 MiB", before_idat(encoded("PNG"), chunk(b"eXIf", b"II*\0" + bytes(2**20))), OK
    yield "tEXt of 5 MiB", before_idat(encoded("PNG"), chunk(b"tEXt", b"a\0" + b"b" * 5 * 2**20)), OK
    yield "rows for a hundred pictures", png_of(SIDE, SIDE, rows=zeros(2**25)), OK
    yield "profile of zeros in a JPEG", with_profile("JPEG", bytes(200_000)), OK
    yield "profile of 3 MiB in a JPEG", with_profile("JPEG", bytes(3 * 2**20)), OK
    yield "animated WebP, 40 frames", animated("WEBP", 40), OK
    yield "animated PNG, 40 frames", animated("PNG", 40), OK
    frames = scene(64, 64), Image.new("RGB", (64, 64))
    many = encoded(
        "WEBP", frames[0], save_all=True, append_images=list(frames) * 2500, duration=1, method=0, quality=1
    )
    yield "animated WebP, 5,000 frames", many, Refusal.COMPLEX
    flat = [Image.new("RGB", (64, 64), colour) for colour in ("red", "blue")]
    yield (
        "animated PNG, 5,000 frames",
        encoded("PNG", flat[1], save_all=True, append_images=flat * 2500),
        Refusal.COMPLEX,
    )
    canvas = struct.pack("<I", 4095)[:3] * 2
    blank = (b"VP8X", b"\x02\0\0\0" + canvas), (b"ANIM", bytes(6))
    yield "animated WebP, large and empty", riff(*blank), Refusal.CORRUPT


def _complex() -> _Rows:
    deep = Refusal.COMPLEX
    yield "PNG of 5,000 chunks", before_idat(encoded("PNG"), chunk(b"teSt") * 5000), deep
    yield "PNG of 4,000 chunks", before_idat(encoded("PNG"), chunk(b"teSt") * 4000), OK
    png = encoded("PNG")
    at, body = png.index(b"IDAT") - 4, png[png.index(b"IDAT") + 4 : -16]
    by_byte = b"".join(chunk(b"IDAT", bytes([byte])) for byte in body)
    yield "PNG of IDAT by the byte", png[:at] + by_byte + png[-12:], deep
    yield "PNG of 100,000 empty IDAT", before_idat(png, chunk(b"IDAT") * 100_000), deep
    for scans in (65, 200, 1000):
        yield f"JPEG of {scans} scans", jpeg_scans(scans), deep
    jpeg = encoded("JPEG")
    yield "JPEG of 5,000 comments", jpeg[:2] + b"\xff\xfe\0\2" * 5000 + jpeg[2:], deep
    yield "JPEG of 50,000 TEM", jpeg[:2] + b"\xff\x01" * 50_000 + jpeg[2:], deep
    yield "WebP of 5,000 chunks", riff((b"VP8 ", encoded("WEBP")[20:]), *[(b"JUNK", b"")] * 5000), deep


def _lies() -> _Rows:
    png, jpeg, webp = encoded("PNG"), encoded("JPEG"), encoded("WEBP")
    zero = Refusal.CORRUPT
    yield "PNG of width 0", png_of(0, SIDE), zero
    yield "PNG of height 0", png_of(SIDE, 0), zero
    yield "PNG of 2³¹ pixels a side", png_of(2**31, 2**31, rows=b""), Refusal.PIXELS
    yield "PNG of 2³² − 1 pixels a side", png_of(2**32 - 1, 2**32 - 1, rows=b""), Refusal.PIXELS
    yield "PNG that claims more rows", png_of(SIDE, 4 * SIDE, rows=zeros(99)), zero, Refusal.TRUNCATED
    yield "PNG chunk of 4 GiB", png[:33] + b"\xff\xff\xff\xffIDAT" + png[41:], Refusal.TRUNCATED
    yield "PNG chunk of 2 GiB", png[:33] + b"\x7f\xff\xff\xffIDAT" + png[41:], Refusal.TRUNCATED
    at = jpeg.index(b"\xff\xc0") + 5
    for name, size, expected in (
        ("0 × 96", (0, 96), zero),
        ("96 × 0", (96, 0), zero),
        ("65,535 × 65,535", (65535, 65535), Refusal.PIXELS),
        ("8,000 × 4,000", (8000, 4000), Refusal.TRUNCATED),
        ("16 × 16", (16, 16), Refusal.SMALL),
    ):
        answers = (expected, zero, OK) if expected is Refusal.TRUNCATED else (expected,)
        yield f"JPEG that claims {name}", jpeg[:at] + struct.pack(">HH", *size) + jpeg[at + 4 :], *answers
    yield "WebP that claims 16,383 × 16,383", webp[:26] + b"\xff\x3f\xff\x3f" + webp[30:], Refusal.PIXELS
    yield "WebP that claims 0 × 0", webp[:26] + bytes(4) + webp[30:], zero
    yield "WebP that claims 3,000 × 2,000", webp[:26] + struct.pack("<HH", 3000, 2000) + webp[30:], zero
    wide = b"\0\0\0\0" + b"\xff\xff\xff" * 2
    yield "WebP canvas of 2²⁴", riff((b"VP8X", wide), (b"VP8 ", webp[20:])), Refusal.PIXELS
    other = b"\0\0\0\0" + b"\x7f\0\0" * 2
    yield "WebP canvas and frame differ", riff((b"VP8X", other), (b"VP8 ", webp[20:])), zero
    two = (b"VP8X", b"\0\0\0\0" + b"\x5f\0\0" * 2), (b"VP8X", wide), (b"VP8 ", webp[20:])
    yield "WebP with two canvases", riff(*two), Refusal.PIXELS
    yield "RIFF of 4 GiB", b"RIFF\xff\xff\xff\xff" + webp[8:], OK
    yield "RIFF of 0 bytes", b"RIFF\0\0\0\0" + webp[8:], zero
    yield "WebP chunk of 4 GiB", webp[:16] + b"\xff\xff\xff\xff" + webp[20:], Refusal.TRUNCATED


def _shapes() -> _Rows:
    for width, height, code in (
        (1, 1, Refusal.SMALL),
        (40, 40, Refusal.SMALL),
        (63, 64, Refusal.SMALL),
        (8192, 1, Refusal.SMALL),
        (1, 8192, Refusal.SMALL),
        (640, 64, Refusal.ASPECT),
        (64, 257, Refusal.ASPECT),
    ):
        yield f"PNG {width} × {height}", encoded("PNG", scene(width, height)), code
        yield f"WebP {width} × {height}", encoded("WEBP", scene(width, height)), code
    yield "JPEG 1 × 1", encoded("JPEG", scene(1, 1)), Refusal.SMALL
    yield "empty", b"", Refusal.EMPTY
    yield "more than 10 MiB", encoded("PNG") + bytes(10 * 2**20), Refusal.BYTES


def _polyglots() -> _Rows:
    archive = b"PK\3\4" + bytes(26) + b"PK\5\6" + bytes(18)
    script = b"<script>fetch('http://127.0.0.1/')</script>"
    for form in ("PNG", "JPEG", "WEBP"):
        data = encoded(form)
        yield f"{form} and ZIP", data + archive, OK
        yield f"{form} and HTML", data + script, OK
        yield f"{form} twice", data + data, OK
    jpeg = encoded("JPEG")
    yield (
        "JPEG with a script as comment",
        jpeg[:2] + b"\xff\xfe" + struct.pack(">H", len(script) + 2) + script + jpeg[2:],
        OK,
    )
    text = PngImagePlugin.PngInfo()
    text.add_text("Comment", script.decode())
    yield "PNG with a script as text", encoded("PNG", pnginfo=text), OK
    other = Refusal.FORMAT
    yield "GIF and JavaScript", b"GIF89a=1;alert(1)//" + bytes(99), Refusal.PIXELS
    yield "ZIP and PNG", archive + encoded("PNG"), other
    yield "PDF and JPEG", b"%PDF-1.7\n" + jpeg, other
    yield "HTML and PNG", b"<html>" + encoded("PNG"), other


def _other_formats() -> _Rows:
    other = Refusal.FORMAT
    for form in (
        "ICO",
        "PPM",
        "TGA",
        "PCX",
        "JPEG2000",
        "ICNS",
        "SGI",
        "DDS",
        "BLP",
        "EPS",
        "PDF",
    ):
        image = scene(128, 128).quantize(16) if form == "BLP" else scene(128, 128)
        try:
            yield f"whole {form}", encoded(form, image), other
        except (OSError, KeyError, ValueError):
            continue  # this Pillow was built without it
    yield "MSP", encoded("MSP", scene().convert("1")), other
    heads = {
        "BLP": b"BLP2" + bytes(200),
        "FITS": b"SIMPLE  =                    T" + b" " * 2850,
        "EPS": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 99999 99999\n(r) file\n",
        "MP4": b"\0\0\0\x18ftypisom" + bytes(99),
        "WebM": b"\x1aE\xdf\xa3" + bytes(99),
        "AVI": b"RIFF\x40\0\0\0AVI LIST" + bytes(99),
        "JPEG XL": b"\xff\x0a" + bytes(99),
        "PSD": b"8BPS\0\1" + bytes(99),
        "PDF": b"%PDF-1.7\n",
        "ELF": b"\x7fELF" + bytes(99),
        "shell script": b"#!/bin/sh\nexit 1\n",
        "pickle": b"\x80\x04\x95cos\nsystem\n(S'true'\ntR.",
        "HTML": b"<!DOCTYPE html><html><img src=http://127.0.0.1/></html>",
        "SVG with a script": b"<svg xmlns='http://www.w3.org/2000/svg'><script>1</script></svg>",
        "SVG with an entity": b"<?xml version='1.0'?><!DOCTYPE s [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><svg>&x;</svg>",
        "SVG that loads": b"<svg xmlns='http://www.w3.org/2000/svg'><image href='http://127.0.0.1/'/></svg>",
        "HLS playlist": b"#EXTM3U\n#EXTINF:1,\nhttp://127.0.0.1/a.ts\n",
        "HLS of a local file": b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n",
        "ffconcat": b"ffconcat version 1.0\nfile 'http://127.0.0.1/a.mp4'\n",
        "SDP": b"v=0\no=- 0 0 IN IP4 127.0.0.1\nc=IN IP4 127.0.0.1\nm=video 9 RTP/AVP 96\n",
        "DASH": b"<?xml version='1.0'?><MPD><BaseURL>http://127.0.0.1/</BaseURL></MPD>",
        "MVG": b"push graphic-context\nfill 'url(http://127.0.0.1/)'\n",
        "1 byte": b"\x89",
        "PNG signature with text line ends": b"\x89PNG\n\x1a\n" + bytes(99),
        "MNG": b"\x8aMNG\r\n\x1a\n" + bytes(99),
        "zeros": bytes(5000),
        "ones": b"\xff" * 5000,
        "text": "a picture of a cat".encode("utf-16"),
    }
    for name, data in heads.items():
        yield name, data, other
    for seed in range(8):
        yield f"noise {seed}", random.Random(seed).randbytes(4096), other


_KINDS: dict[str, Callable[[], _Rows]] = {
    "good": _good,
    "oriented": _oriented,
    "worst allowed": _worst_allowed,
    "cut short": _cut,
    "damaged": _damaged,
    "bomb": _bombs,
    "too complex": _complex,
    "lying header": _lies,
    "size and shape": _shapes,
    "polyglot": _polyglots,
    "other format": _other_formats,
}
