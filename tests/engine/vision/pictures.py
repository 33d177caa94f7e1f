"""Pictures to look at: drawn here, or from the examples."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

EXAMPLES = Path(__file__).resolve().parents[3] / "examples"


def read(path: Path) -> NDArray[np.uint8]:
    """A file's pixels, RGB."""
    pixels = np.asarray(cv2.imread(str(path)), np.uint8)
    return np.ascontiguousarray(pixels[..., ::-1])


def chart() -> NDArray[np.uint8]:
    """Bars with numbers under them."""
    picture = np.full((480, 720, 3), 255, np.uint8)
    for bar, height in enumerate((120, 300, 210, 60, 250)):
        left = 80 + bar * 120
        cv2.rectangle(picture, (left, 420 - height), (left + 80, 420), (40 * bar, 90, 255 - 40 * bar), -1)
        cv2.putText(picture, str(height), (left + 10, 450), cv2.FONT_HERSHEY_SIMPLEX, 0.8, (0, 0, 0), 2)
    return picture


def page() -> NDArray[np.uint8]:
    """A page of text."""
    picture = np.full((900, 700, 3), 250, np.uint8)
    for line in range(26):
        text = "the quick brown fox jumps over a lazy dog"
        cv2.putText(
            picture, text, (30, 40 + 33 * line), cv2.FONT_HERSHEY_SIMPLEX, 0.8, (30, 30, 30), 1, cv2.LINE_AA
        )
    return picture
