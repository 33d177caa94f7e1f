"""HEIC pictures, made by hand: our decoder brings no encoder, and tests want each property of their own.

Source: ISO/IEC 23008-12 (HEIF).
"""

from __future__ import annotations

import struct
import subprocess
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import imageio_ffmpeg
from PIL import Image


def box(kind: bytes, *parts: bytes, version: int | None = None) -> bytes:
    """A box of ISO/IEC 14496-12; with a version, a full one."""
    body = (b"" if version is None else struct.pack(">I", version << 24)) + b"".join(parts)
    return struct.pack(">I4s", 8 + len(body), kind) + body


def heic(
    image: Image.Image,
    *,
    primaries: int = 1,
    transfer: int = 13,
    quarter_turns: int = 0,
    size: tuple[int, int] | None = None,
    more: tuple[bytes, ...] = (),
) -> bytes:
    """A HEIC of one picture.

    Args:
        image: RGB, with even sides.
        primaries, transfer: code points of ITU-T H.273.
        quarter_turns: how often it is turned counter-clockwise when it is shown.
        size: the size that it claims; None: its own.
        more: further properties of the picture, as boxes.
    """
    config, coded = _coded(image.tobytes(), image.size)
    properties = [
        config,
        box(b"ispe", struct.pack(">II", *(size or image.size)), version=0),
        box(
            b"colr", b"nclx", struct.pack(">HHHB", primaries, transfer, 6, 0x80)
        ),  # BT.601's matrix, full range
        *((box(b"irot", bytes([quarter_turns])),) if quarter_turns else ()),
        *more,
    ]
    of_item = bytes([len(properties), *range(1, len(properties) + 1)])
    start = box(b"ftyp", b"heic\0\0\0\0mif1heic")

    def meta(offset: int) -> bytes:
        return box(
            b"meta",
            box(b"hdlr", bytes(4), b"pict", bytes(13), version=0),
            box(b"pitm", struct.pack(">H", 1), version=0),
            box(b"iloc", struct.pack(">HHHHHII", 0x4400, 1, 1, 0, 1, offset, len(coded)), version=0),
            box(
                b"iinf",
                struct.pack(">H", 1),
                box(b"infe", struct.pack(">HH4s", 1, 0, b"hvc1"), b"\0", version=2),
                version=0,
            ),
            box(
                b"iprp", box(b"ipco", *properties), box(b"ipma", struct.pack(">IH", 1, 1), of_item, version=0)
            ),
            version=0,
        )

    return start + meta(len(start) + len(meta(0)) + 8) + box(b"mdat", coded)


@cache
def _coded(pixels: bytes, size: tuple[int, int]) -> tuple[bytes, bytes]:
    """The configuration of a decoder, and a picture for it."""
    with TemporaryDirectory() as folder:
        path = Path(folder, "one.mp4")
        command = [
            imageio_ffmpeg.get_ffmpeg_exe(), "-nostdin", "-v", "error", "-f", "rawvideo", "-pix_fmt", "rgb24",
            "-s", f"{size[0]}x{size[1]}", "-i", "pipe:0",
            "-vf", "scale=out_color_matrix=bt601:out_range=pc,format=yuv420p",
            "-c:v", "libx265", "-preset", "ultrafast", "-x265-params", "log-level=none:crf=8:range=full",
            "-tag:v", "hvc1", str(path),
        ]  # fmt: skip
        subprocess.run(command, input=pixels, check=True, capture_output=True)
        made = path.read_bytes()
    at = made.index(b"hvcC") - 4
    config = made[at : at + int.from_bytes(made[at : at + 4], "big")]
    at = made.index(b"mdat") - 4
    return config, made[at + 8 : at + int.from_bytes(made[at : at + 4], "big")]
