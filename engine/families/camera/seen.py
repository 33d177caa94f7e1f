"""What was seen in the pictures of a job: every take films the same ones, and looking takes over a second."""

from __future__ import annotations

import hashlib
import weakref
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from engine.families.camera.known import Known

Pixels = NDArray[np.uint8]


class Seen:
    """Keeps it until the next job."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._job: weakref.ref[Pixels] | None = None
        self._known: dict[bytes, Known] = {}
        self._lines: dict[bytes, int] = {}

    def in_job_of(self, picture: Pixels) -> Seen:
        """Begin a take.

        Args:
            picture: that the job was given. It is the same array for all takes of a job; with another one,
                what was seen before is forgotten.

        Returns:
            This object.
        """
        if self._job is None or self._job() is not picture:
            self._job = weakref.ref(picture)
            self._known.clear()
            self._lines.clear()
        return self

    def known(self, picture: Pixels, look: Callable[[], Known]) -> Known:
        """What is known of a picture or a part of it, uint8 ``[H, W, 3]``; looks only at a new one."""
        key = _key(picture)
        if key not in self._known:
            self._known[key] = look()
        return self._known[key]

    def lines(self, picture: Pixels, count: Callable[[], int]) -> int:
        """How many lines of letters are in a picture, in the same way."""
        key = _key(picture)
        if key not in self._lines:
            self._lines[key] = count()
        return self._lines[key]


def _key(picture: Pixels) -> bytes:
    """Of equal pictures the same: milliseconds, where looking takes a second."""
    return hashlib.blake2b(
        np.ascontiguousarray(picture).data, person=repr(picture.shape).encode()[:16]
    ).digest()
