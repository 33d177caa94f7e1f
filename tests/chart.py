"""A picture whose orientation and colours can be told: four quadrants, and a ramp of grey between them."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

QUADRANTS = np.array([(200, 60, 50), (60, 170, 80), (50, 80, 190), (220, 190, 60)])
"""Red, green, blue and yellow: top left, top right, bottom left, bottom right."""

GREYS = np.array([101, 127, 84, 184])
"""Their luma."""


def chart(width: int = 128, height: int = 96) -> NDArray[np.uint8]:
    """uint8 ``[H, W, 3]``, sRGB."""
    picture = np.empty((height, width, 3), np.uint8)
    picture[: height // 2, : width // 2], picture[: height // 2, width // 2 :] = QUADRANTS[:2]
    picture[height // 2 :, : width // 2], picture[height // 2 :, width // 2 :] = QUADRANTS[2:]
    picture[height * 2 // 5 : height * 3 // 5] = np.linspace(0, 255, width, dtype=np.uint8)[None, :, None]
    return picture


def quadrants(picture: NDArray[Any]) -> NDArray[np.float64]:
    """The mean colours of a picture's quadrants, in the order of :data:`QUADRANTS`."""
    height, width = picture.shape[:2]
    rows = slice(height // 10, height * 3 // 10), slice(height * 7 // 10, height * 9 // 10)
    columns = slice(width // 10, width * 4 // 10), slice(width * 6 // 10, width * 9 // 10)
    return np.array([picture[row, column].reshape(-1, 3).mean(0) for row in rows for column in columns])


def is_the_chart(picture: ArrayLike, *, within: float = 4.0, colours: NDArray[Any] = QUADRANTS) -> bool:
    """Whether a picture shows the chart upright, each channel of each quadrant right to ``within``."""
    found = quadrants(np.asarray(picture, float))
    expected = colours if colours.ndim == 2 else np.repeat(colours[:, None], 3, axis=1)
    return bool(np.abs(found - expected).max() <= within)


TO_BT2020 = np.linalg.inv(
    [[1.6605, -0.5876, -0.0728], [-0.1246, 1.1329, -0.0083], [-0.0182, -0.1006, 1.1187]]
)
TO_P3 = np.linalg.inv([[1.2249, -0.2247, 0.0], [-0.0420, 1.0419, 0.0], [-0.0197, -0.0786, 1.0979]])
"""From linear sRGB."""


def light(picture: ArrayLike) -> NDArray[np.float64]:
    """Linear light, 0 … 1, of an sRGB picture."""
    signal = np.asarray(picture, float) / 255
    return np.where(signal <= 0.04045, signal / 12.92, ((signal + 0.055) / 1.055) ** 2.4)


def srgb(linear: ArrayLike) -> NDArray[np.float64]:
    """The signal, 0 … 1, of linear light."""
    linear = np.clip(linear, 0, 1)
    return np.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055)


def pq(linear: ArrayLike) -> NDArray[np.float64]:
    """The PQ signal, 0 … 1, of light whose 1 is 203 candela (SMPTE ST 2084)."""
    root = (np.clip(linear, 0, None) * 203 / 10_000) ** (2610 / 16384)
    return ((3424 / 4096 + 2413 / 128 * root) / (1 + 2392 / 128 * root)) ** (2523 / 32)


def hlg(linear: ArrayLike) -> NDArray[np.float64]:
    """The HLG signal, 0 … 1, of scene light whose 1 gives a signal of 75 % (ARIB STD-B67)."""
    a, b, c = 0.17883277, 0.28466892, 0.55991073
    scene = np.clip(linear, 0, None) * (np.exp((0.75 - c) / a) + b) / 12
    return np.where(scene <= 1 / 12, np.sqrt(3 * scene), a * np.log(np.maximum(12 * scene - b, 1e-9)) + c)
