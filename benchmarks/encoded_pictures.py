"""Small pictures in every format, and the pieces of their files: what hostile ones are made of."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
from PIL import Image, ImageCms

from benchmarks.heic import heic
from engine.untrusted.picture_headers import PNG_MAGIC

SIDE = 96
"""Pixels of the scene's sides."""


def scene(width: int = SIDE, height: int = SIDE, channels: int = 3) -> Image.Image:
    """A picture with edges, slopes and grain, the same each time."""
    grain = np.random.default_rng(7).integers(0, 40, (height, width, channels))
    slope = np.linspace(0, 160, width)[None, :, None] + np.linspace(0, 55, height)[:, None, None]
    pixels = (grain + slope).astype(np.uint8)
    pixels[height // 4 : height // 2, width // 4 : width // 2, 0] = 250
    return Image.fromarray(pixels[..., 0] if channels == 1 else pixels)


def encoded(form: str, image: Image.Image | None = None, **options: object) -> bytes:
    """Encode a picture, the scene if none is given, with Pillow's options; a HEIF without any."""
    if form == "HEIF":
        return heic(image or scene())
    buffer = io.BytesIO()
    (image or scene()).save(buffer, form, **options)
    return buffer.getvalue()


def chunk(kind: bytes, body: bytes = b"") -> bytes:
    """A PNG chunk with its right checksum."""
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png_of(width: int, height: int, *, depth: int = 8, colour: int = 2, rows: bytes | None = None) -> bytes:
    """A PNG that claims a size; black, packed as small as it goes, unless its packed rows are given."""
    if rows is None:
        bits = depth * {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[colour]
        rows = zeros(((width * bits + 7) // 8 + 1) * height)
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    return PNG_MAGIC + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND")


def before_idat(png: bytes, more: bytes) -> bytes:
    """Put chunks in front of the pixels of a PNG."""
    at = png.index(b"IDAT") - 4
    return png[:at] + more + png[at:]


def jpeg_scans(count: int) -> bytes:
    """A progressive JPEG whose last scan is repeated until there are ``count``."""
    data = encoded("JPEG", scene(), progressive=True)
    last = data.rindex(b"\xff\xda")
    return data[:-2] + data[last:-2] * (count - data.count(b"\xff\xda")) + data[-2:]


def riff(*parts: tuple[bytes, bytes]) -> bytes:
    """A WebP container of these chunks."""
    body = b"".join(
        kind + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2) for kind, data in parts
    )
    return b"RIFF" + struct.pack("<I", len(body) + 4) + b"WEBP" + body


def oriented(value: int, form: str = "JPEG") -> bytes:
    """A picture of 96 × 80 with an EXIF orientation."""
    exif = Image.Exif()
    exif[0x0112] = value
    return encoded(form, scene(SIDE, 80), exif=exif)


def zeros(count: int) -> bytes:
    """A zlib stream of ``count`` zero bytes. One MiB is packed, and repeated."""
    packer = zlib.compressobj(9, wbits=-15)
    mebibyte = packer.compress(bytes(1 << 20)) + packer.flush(zlib.Z_FULL_FLUSH)
    last = packer.compress(bytes(count & 0xFFFFF)) + packer.flush()
    checksum = struct.pack(">HH", count % 65521, 1)  # Adler-32 of zeros
    return b"\x78\xda" + mebibyte * (count >> 20) + last + checksum


def palette() -> bytes:
    """A PNG of 16 colours, one of which is transparent."""
    return encoded("PNG", scene().quantize(16), transparency=3)


def animated(form: str, frames: int = 5) -> bytes:
    """The scene as it turns, 10 degrees a frame."""
    more = [scene().rotate(10 * turn) for turn in range(1, frames)]
    return encoded(form, save_all=True, append_images=more, duration=40)


def with_profile(form: str, profile: bytes | None = None) -> bytes:
    """The scene with a colour profile; sRGB if none is given."""
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    return encoded(form, icc_profile=srgb if profile is None else profile)
