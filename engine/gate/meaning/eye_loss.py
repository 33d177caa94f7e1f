"""Whether one of a face's eyes fades away while the other stays."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.gate.meaning.faces import EyePatches, Followed
from engine.vision.optical_flow import Floats

_EARLY, _LATE = 0.45, 0.6
"""Shares of the take: until when an eye is known, and from when it may be gone."""
_FEWEST = 2
"""Later looks, at least."""
_TURN, _ASIDE = 0.7, 0.8
"""Radians turned since the first picture, and away from the camera, beyond which the nose may hide an eye."""
_MARGIN = (7, 9)
"""Pixels by which an eye may move in its patch, down and across."""
_BANDS = ((1.2, 6.0), (1.0, 3.0))
"""Blurs, in pixels, between which an eye's detail is: its outline, and its lids and iris. Where it is painted
over with skin, the shadow of the brow may keep the outline."""
_FINEST = (0.6, 1.5)
"""The same for what a face's shadows do not reach: where skin took the eye's place, nothing is left there."""
_DARKEST = 10.0
"""Levels; the eye of a face in the dark shows no more detail."""
_UNEVEN, _GAP = 0.7, 1.6
"""What counts of a growing unevenness and of a gap, which are in natural logarithms."""
_MOST = 0.45
"""What either counts at most."""
_PLAIN_SKIN, _SKIN = 0.01, 0.005
"""Detail, and the finest detail, that skin has as well, as a share of brightness."""


class _Eye:
    """An eye in one look.

    Attributes:
        contrast: size of its detail in each of the bands, as a share of the brightness.
        finest: size of the finest detail, in the same way.
    """

    def __init__(self, patch: NDArray[np.uint8]) -> None:
        light = float(_core(patch).mean()) + _DARKEST
        *self.contrast, self.finest = (
            float(np.sqrt((_core(_detail(patch, *band)) ** 2).mean())) / light for band in (*_BANDS, _FINEST)
        )


class EyePair:
    """What became of a face's two eyes, each look's beside each other.

    Neither light nor a change of the face matters: whoever it looks like by now has two eyes.
    """

    def __init__(self, face: Followed) -> None:
        """Measure them.

        Args:
            face: through the take.
        """
        end = face.looks[-1].number if face.looks else 0
        seen = [(0, 0.0, face.first.mesh.aside, face.eyes)]
        seen += [(look.number, look.turned, look.aside, look.eyes) for look in face.looks]
        known = [
            (number, turned, _pair(patches))
            for number, turned, aside, patches in seen
            if patches is not None and aside <= _ASIDE
        ]
        self._early = [pair for number, _, pair in known if number <= _EARLY * end]
        self._late = [pair for number, turned, pair in known if number > _LATE * end and turned <= _TURN]

    @property
    def uneven(self) -> float | None:
        """How much plainer one eye has become beside the other.

        The eye has to have lost detail: where only the other one gained some, it came into sight. 0 … 0.45,
        of its look, less what this wavers by; None where too little was seen.
        """
        if not self._early or len(self._late) < _FEWEST:
            return None
        before, now = (
            np.log(np.array([[eye.contrast for eye in pair] for pair in part]) + _PLAIN_SKIN)
            for part in (self._early, self._late)
        )
        lost = np.median(now, axis=0) - np.median(before, axis=0)  # [eye, band]
        wavers = max(float((one[:, 1] - one[:, 0]).std(axis=0).max()) for one in (before, now))
        steps = lost[1] - lost[0]
        if steps[0] * steps[1] <= 0:
            return 0.0
        gone = 1 if steps[0] < 0 else 0
        least = min(*np.abs(steps), -lost[gone, -1]) - wavers
        return float(np.clip(_UNEVEN * least, 0, _MOST))

    @property
    def gap(self) -> float | None:
        """How far one eye's fine detail, beside the other's, fell below all that it was.

        The most that any later look shows of it is compared with the least of any earlier one. So neither a
        blink nor a wavering counts, and two later looks suffice. The eye's own detail has to have fallen as
        far. 0 … 0.45, of its look; None where too little was seen.
        """
        if not self._early or len(self._late) < _FEWEST:
            return None
        before, now = (
            np.log(np.array([[(eye.finest, eye.contrast[-1]) for eye in pair] for pair in part]) + _SKIN)
            for part in (self._early, self._late)
        )  # [look, eye, band]
        beside = [part - part[:, ::-1] for part in (before, now)]
        fell = np.minimum(before.min(axis=0) - now.max(axis=0), beside[0].min(axis=0) - beside[1].max(axis=0))
        return float(np.clip(_GAP * fell.max(), 0, _MOST))


def _pair(patches: EyePatches) -> list[_Eye]:
    return [_Eye(patch) for patch in patches]


def _detail(patch: NDArray[np.uint8], fine: float, coarse: float) -> Floats:
    """Without grain, and without light and shade."""
    luma = patch.astype(np.float32)
    return np.asarray(
        cv2.GaussianBlur(luma, (0, 0), fine) - cv2.GaussianBlur(luma, (0, 0), coarse), np.float32
    )


def _core(detail: NDArray[Any]) -> NDArray[Any]:
    """The eye without the border in which it may move."""
    down, across = _MARGIN
    return detail[down:-down, across:-across]
