"""What can be seen of a picture before anything is drawn: enough to choose an engine, and to warn.

Everything is measured on a copy with :data:`engine.vision.drawing.SIDE` pixels on the longest side, so that a
figure means the same for a thumbnail and for a photograph of 40 megapixels.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.core.request import Subject
from engine.core.sentence import Sentence
from engine.core.sight import Sight
from engine.vision.drawing import SURE, drawn_certainty, reduced
from engine.vision.nudity import highest_score
from engine.weights.store import Store

DARK, BRIGHT = 0.1, 0.95
"""Mean luma, 0 (black) … 1 (white), below and above which little is left that could move."""

BLURRED = 3.0
"""Standard deviation of the Laplacian of the 8-bit luma below which a picture is out of focus, or empty."""


@dataclass(frozen=True, kw_only=True)
class PictureFacts:
    """A picture's facts.

    Attributes:
        width, height: pixels.
        is_drawing: it was drawn rather than photographed, see :mod:`engine.vision.drawing`.
        sight: what the eyes saw; None: they did not look.
        notes: for the member: what may spoil the clip.
        nudity: a score, 0 … 1, see :mod:`engine.vision.nudity`; None: not checked.
    """

    width: int
    height: int
    is_drawing: bool
    sight: Sight | None = None
    notes: tuple[str, ...] = ()
    nudity: float | None = None

    @property
    def faces(self) -> int | None:
        """How many there are; None: not checked."""
        found = None if self.sight is None else self.sight.faces
        return None if found is None else len(found)

    @property
    def aspect(self) -> float:
        """Width over height."""
        return self.width / self.height

    def subject(self, sha256: str) -> Subject:
        """What a plan must know of it.

        Args:
            sha256: hex digest of the picture's file.
        """
        return Subject(
            sha256=sha256,
            width=self.width,
            height=self.height,
            faces=self.faces,
            is_drawing=self.is_drawing,
            notes=self.notes,
            nudity=self.nudity,
            sight=self.sight,
        )


def inspect(picture: NDArray[np.uint8], store: Store | None = None) -> PictureFacts:
    """Measure a picture.

    Args:
        picture: uint8 ``[H, W, 3]``, RGB.
        store: where the network for nudity may lie; None: it is not checked.
    """
    height, width = picture.shape[:2]
    luma = np.asarray(cv2.cvtColor(reduced(picture), cv2.COLOR_RGB2GRAY), np.uint8)
    return PictureFacts(
        width=width,
        height=height,
        is_drawing=drawn_certainty(picture) >= SURE,
        notes=_warnings(luma),
        nudity=None if store is None else highest_score([picture], store),
    )


def _warnings(luma: NDArray[np.uint8]) -> tuple[str, ...]:
    brightness = float(luma.mean()) / 255
    sharpness = float(cv2.Laplacian(luma, cv2.CV_32F).std())
    told = {
        Sentence("the picture is very dark: the clip will be, too"): brightness < DARK,
        Sentence("the picture is almost white: there may be little to move"): brightness > BRIGHT,
        Sentence("the picture looks blurred: a sharper one makes a better clip"): sharpness < BLURRED,
    }
    return tuple(warning for warning, holds in told.items() if holds)
