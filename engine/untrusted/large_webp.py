"""Reading a large WebP at a bit more than the memory of its pixels.

Pillow's reader is made for animations: it holds two canvases and two copies of the answer, 16 bytes a pixel.
OpenCV lets the same library write the pixels to where they stay, 3 or 4 bytes each. It knows no animations
that way, so it is given the first frame as a picture of its own.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from typing import TYPE_CHECKING

from PIL import Image

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_ALPHA = 0x10
_FRAME_HEADER = 16
_RAW = {("RGB", 3): "BGR", ("RGB", 4): "BGRX", ("RGBA", 4): "BGRA"}


class LargeWebp:
    """The pixels of a WebP, which gives them part by part: a :class:`engine.untrusted.scale.Source`.

    Args:
        data: the file.
        opened: what Pillow found in its header, not loaded. It is closed.

    Attributes:
        info: what Pillow found: profile, EXIF.

    Raises:
        ValueError: it cannot be decoded, or the frame does not lie within the canvas.
        MemoryError: there is not enough.
    """

    def __init__(self, data: bytes, opened: Image.Image) -> None:
        self.info = opened.info
        self.mode = opened.mode
        self.size = self.width, self.height = opened.size
        opened.close()
        still, self._at = _first_frame(data)
        self._pixels: NDArray[np.uint8] | None = _decoded(still)
        rows, columns = self._pixels.shape[:2]
        if self._at[0] + columns > self.width or self._at[1] + rows > self.height:
            raise ValueError("the frame is larger than the canvas")

    def crop(self, box: tuple[int, int, int, int], /) -> Image.Image:
        """Copy a part: left, top, right, bottom. What no frame covers is transparent, or black."""
        if self._pixels is None:
            raise ValueError("it is closed")
        left, top, right, bottom = box
        x, y = self._at
        part = self._pixels[max(0, top - y) : max(0, bottom - y), max(0, left - x) : max(0, right - x)]
        canvas = Image.new(self.mode, (right - left, bottom - top))
        if part.size:
            rows, columns, channels = part.shape
            mode = self.mode if channels == 4 else "RGB"  # noqa: PLR2004 - with alpha
            made = Image.frombytes(mode, (columns, rows), part.tobytes(), "raw", _RAW[mode, channels])
            canvas.paste(made.convert(self.mode), (max(0, x - left), max(0, y - top)))
        return canvas

    def close(self) -> None:
        """Give the memory back."""
        self._pixels = None


def _decoded(data: bytes) -> NDArray[np.uint8]:
    # Each processor would get threads with memory of their own.
    os.environ["OPENBLAS_NUM_THREADS"] = "1"
    import cv2  # noqa: PLC0415 - few pictures need it
    import numpy as np  # noqa: PLC0415 - same

    cv2.setNumThreads(1)
    try:
        pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    except cv2.error as error:
        if error.code == cv2.Error.StsNoMem:
            raise MemoryError from error
        raise ValueError(str(error)) from error
    if pixels is None:
        raise ValueError("the picture cannot be decoded")
    return np.asarray(pixels, np.uint8)


def _first_frame(data: bytes) -> tuple[bytes, tuple[int, int]]:
    """The first frame as a still picture, and where it lies on the canvas: x and y."""
    for kind, body in _chunks(data, 12):
        if kind in {b"VP8 ", b"VP8L"}:
            return data, (0, 0)
        if kind == b"ANMF":
            at = 2 * int.from_bytes(body[:3], "little"), 2 * int.from_bytes(body[3:6], "little")
            return _still(body), at
    raise ValueError("there is no picture in it")


def _still(frame: bytes) -> bytes:
    """A file with nothing but a frame: the body of a chunk ANMF."""
    parts = dict(_chunks(frame, _FRAME_HEADER))
    kinds = [b"VP8L"] if b"VP8L" in parts else [b"ALPH", b"VP8 "]
    chosen = [(kind, parts[kind]) for kind in kinds if kind in parts]
    if b"ALPH" in dict(chosen):
        chosen.insert(0, (b"VP8X", bytes([_ALPHA, 0, 0, 0]) + frame[6:12]))
    body = b"WEBP" + b"".join(
        kind + struct.pack("<I", len(part)) + part + b"\0" * (len(part) % 2) for kind, part in chosen
    )
    return b"RIFF" + struct.pack("<I", len(body)) + body


def _chunks(data: bytes, at: int) -> Iterator[tuple[bytes, bytes]]:
    while at + 8 <= len(data):
        kind, length = struct.unpack_from("<4sI", data, at)
        yield kind, data[at + 8 : at + 8 + length]
        at += 8 + length + length % 2
