"""What is known of a picture before it is filmed: what stands alone in it, and what must stay whole."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Plane = NDArray[np.float32]
Area = tuple[float, float, float, float]
"""Left, top, right, bottom, as shares of the picture's width and height."""


@dataclass(frozen=True, kw_only=True)
class Sight:
    """What was seen in a picture. By default nothing was.

    Attributes:
        subject: float32 ``[h, w]``, 0 … 1, what stands alone before the rest; None: nothing does for certain.
        faces, texts: where they are.
        body: around the subject, where it is.
        flat: it is a page of text, whatever its pixels say.
    """

    subject: Plane | None = None
    faces: tuple[Area, ...] = ()
    texts: tuple[Area, ...] = ()
    body: Area | None = None
    flat: bool = False

    def within(self, left: float, top: float, right: float, bottom: float) -> Sight:
        """The same for a part of the picture, given in shares of it."""

        def moved(area: Area) -> Area:
            x, y = right - left, bottom - top
            return (area[0] - left) / x, (area[1] - top) / y, (area[2] - left) / x, (area[3] - top) / y

        def inside(area: Area) -> bool:
            return area[0] >= left and area[1] >= top and area[2] <= right and area[3] <= bottom

        subject = self.subject
        if subject is not None:
            rows, columns = subject.shape
            subject = subject[
                round(top * rows) : max(round(top * rows) + 1, round(bottom * rows)),
                round(left * columns) : max(round(left * columns) + 1, round(right * columns)),
            ]
        return Sight(
            subject=subject,
            faces=tuple(moved(area) for area in self.faces if inside(area)),
            texts=tuple(moved(area) for area in self.texts if inside(area)),
            body=moved(self.body) if self.body is not None and inside(self.body) else None,
            flat=self.flat,
        )
