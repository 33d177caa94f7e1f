"""What a line of text says, with PaddleOCR's small reader (PP-OCRv4): Latin letters, digits and Chinese.

Source: Li et al. 2022, *PP-OCRv3: More Attempts for the Improvement of Ultra Lightweight OCR System*;
Apache-2.0. What it reads is used to tell letters from things that look like letters, and to see whether
letters are still the same. It is not kept.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.vision.network import Network, Unreadable
from engine.vision.optical_flow import Floats

ENTRY = "text-reader"
FILE = "ch_PP-OCRv4_rec_infer.onnx"

_READABLE = 0.6
"""The reader's certainty; docs/measurements.md tells what lies above and below."""
_HEIGHT = 48
_WIDEST = 1280
_MULTIPLE = 32
_UPRIGHT = 1.5
"""Height over width, from which a line runs downwards."""
_LETTERS = b"character"
"""The name under which the file keeps its letters."""


@dataclass(frozen=True, kw_only=True)
class Words:
    """What a line says.

    Attributes:
        text: "" where it is none.
        certainty: 0 … 1, the mean over the letters. Below about 0.6, they are most often no letters.
    """

    text: str
    certainty: float

    @property
    def is_text(self) -> bool:
        """Whether it is letters at all."""
        return self.certainty >= _READABLE


class Reader:
    """Reads lines of text. It belongs to one thread."""

    def __init__(self, path: Path) -> None:
        """Read the network and its letters.

        Raises:
            Unreadable: the file is not this network.
        """
        self._network = Network(path)
        self._letters = ["", *_letters_of(path), " "]

    def read(self, picture: NDArray[np.uint8], corners: Floats) -> Words:
        """Read a line.

        Args:
            picture: uint8 ``[H, W, 3]``, RGB.
            corners: float32 ``[4, 2]``, as :class:`engine.vision.text_regions.TextLine` has them.

        Raises:
            Unreadable: the network is another one.
        """
        found = self._network.run(_straightened(picture, corners))[0][0]
        if found.ndim != 2 or found.shape[1] != len(self._letters):  # noqa: PLR2004 - [places, letters]
            raise Unreadable(f"{FILE} is not the network that was expected.")
        best = found.argmax(axis=1)
        # CTC: 0 is "no letter", and a letter that goes on is written once.
        first = np.concatenate([[True], best[1:] != best[:-1]])
        places = np.nonzero((best > 0) & first)[0]
        sure = found.max(axis=1)[places]
        return Words(
            text="".join(self._letters[best[place]] for place in places),
            certainty=float(sure.mean()) if places.size else 0.0,
        )


def _straightened(picture: NDArray[np.uint8], corners: Floats) -> Floats:
    """A line as the reader is shown it: float32 ``[48, w, 3]``, BGR, -1 … 1."""
    width, height = (float(np.hypot(*(corners[end] - corners[0]))) for end in (1, 3))
    if height > _UPRIGHT * width:
        corners, width, height = np.roll(corners, -1, axis=0), height, width
    across = float(np.clip(width / max(height, 1.0) * _HEIGHT, _HEIGHT, _WIDEST))
    columns = -(-round(across) // _MULTIPLE) * _MULTIPLE
    shown = np.array([[0, 0], [across, 0], [0, _HEIGHT]], np.float32)
    there = cv2.getAffineTransform(np.asarray(corners[[0, 1, 3]], np.float32), shown)
    line = cv2.warpAffine(picture, there, (columns, _HEIGHT), flags=cv2.INTER_LINEAR)
    return np.asarray(line[..., ::-1] / 127.5 - 1, np.float32)


def _letters_of(path: Path) -> list[str]:
    """The letters in an ONNX file's metadata: their name, the byte 0x12, a length, the text."""
    data = path.read_bytes()
    place = data.rfind(_LETTERS)
    start = place + len(_LETTERS)
    if place < 0 or data[start : start + 1] != b"\x12":
        raise Unreadable(f"{path.name} holds no letters.")
    length, shift = 0, 0
    for byte in data[start + 1 : start + 6]:  # a varint: seven bits a byte, the low ones first
        length |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:  # noqa: PLR2004 - the last one
            break
    start += 1 + shift // 7
    try:
        return data[start : start + length].decode("utf-8").splitlines()
    except UnicodeDecodeError as error:
        raise Unreadable(f"{path.name} holds no letters.") from error
