"""Whether one of a face's eyes fades away while the other stays."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.gate.meaning.faces import Followed
from engine.vision.optical_flow import Floats

_EARLY, _LATE = 0.45, 0.6
"""Shares of the take: until when an eye is known, and from when it may be gone."""
_FEWEST, _FEWEST_PLAIN = 3, 2
"""Later looks for what compares looks with each other, and for what compares each look's two eyes."""
_MARGIN = 5
"""Pixels by which an eye may move in its patch."""
_NOISE = 4.0
"""Levels squared, which count for nothing."""
_BANDS = ((1.2, 6.0), (1.0, 3.0))
"""Blurs, in pixels, between which an eye's detail is: its outline, and its lids and iris. Where it is painted
over with skin, the shadow of the brow may keep the outline."""
_FINEST = (0.6, 1.5)
"""The same for what a face's shadows do not reach: where skin took the eye's place, nothing is left there."""
_PLAINER = 1.3
"""How much the share of its detail that is gone counts."""
_IN_THE_DARK = 3
"""How fast a loss counts less for an eye that gets darker: it is in the shadow, as skin is no darker."""
_DARKEST = 10.0
"""Levels; the eye of a face in the dark shows no more detail."""
_BOTH = 1.2
"""How much the loss beside the other eye's counts: a blink takes both, and so does the dark."""


_UNEVEN = 0.7
"""What counts of a growing unevenness, which is in natural logarithms."""
_UNEVEN_MOST = 0.45
"""What it counts at most: alone it rejects no take."""
_APART, _SKIN = 1.6, 0.005
"""What counts of a gap, in the same unit: those of harmless takes are below 0.09. And the finest detail of
skin, as a share of brightness."""
_UNEVEN_TURN = 0.7
"""Radians, beyond which the nose may hide an eye."""
_PLAIN_SKIN = 0.01
"""Detail, as a share of brightness, that skin has as well."""


class _Eye:
    """An eye in one look.

    Attributes:
        detail: in each of the bands, float32 ``[EYE_HIGH, EYE_WIDE]``.
        contrast: size of that detail, as a share of the brightness.
        finest: size of the finest detail, in the same way.
        shade: mean luma.
    """

    def __init__(self, patch: NDArray[np.uint8]) -> None:
        self.shade = float(_core(patch).mean())
        self.detail = [_detail(patch, *band) for band in _BANDS]
        *self.contrast, self.finest = (
            float(np.sqrt((_core(detail) ** 2).mean())) / (self.shade + _DARKEST)
            for detail in (*self.detail, _detail(patch, *_FINEST))
        )


class EyePair:
    """What became of a face's two eyes."""

    def __init__(self, face: Followed) -> None:
        """Measure them.

        Args:
            face: through the take.
        """
        end = face.looks[-1].number if face.looks else 0
        seen = [(0, 0.0, face.eyes)]
        seen += [(look.number, look.turned, look.eyes) for look in face.looks if look.eyes is not None]
        wanted = [one for one in seen if one[0] <= _EARLY * end or one[0] > _LATE * end]
        pairs = [(number, turned, [_Eye(patch) for patch in patches]) for number, turned, patches in wanted]
        self._early = [pair for number, _, pair in pairs if number <= _EARLY * end]
        self._late = [pair for number, _, pair in pairs if number > _LATE * end]
        self._plain = [pair for n, turned, pair in pairs if n > _LATE * end and turned <= _UNEVEN_TURN]

    @property
    def loss(self) -> float | None:
        """The share of one eye's look that is gone in the later part of the take, beyond the other eye's.

        0 … 1; None where too little was seen.
        """
        if len(self._late) < _FEWEST:
            return None
        sides = [
            _Side(*([pair[side] for pair in part] for part in (self._early, self._late))) for side in (0, 1)
        ]
        one, other = sorted(sides, key=lambda side: side.kept)
        loss = min(1 - one.kept, _BOTH * (other.kept - one.kept), _PLAINER * one.plainer)
        return max(0.0, loss) * min(1.0, one.brighter) ** _IN_THE_DARK

    @property
    def uneven(self) -> float | None:
        """How much plainer one eye has become beside the other, whoever the face looks like by now.

        Each look is compared with itself, so that neither light nor a change of the face matters. The eye has
        to have lost detail: where only the other one gained some, it came into sight. 0 … 0.45, of its look,
        less what this wavers by; None where too little was seen.
        """
        if len(self._plain) < _FEWEST_PLAIN:
            return None
        before, now = (
            np.log(np.array([[eye.contrast for eye in pair] for pair in part]) + _PLAIN_SKIN)
            for part in (self._early, self._plain)
        )
        lost = np.median(now, axis=0) - np.median(before, axis=0)  # [eye, band]
        wavers = max(float((one[:, 1] - one[:, 0]).std(axis=0).max()) for one in (before, now))
        steps = lost[1] - lost[0]
        if steps[0] * steps[1] <= 0:
            return 0.0
        gone = 1 if steps[0] < 0 else 0
        least = min(*np.abs(steps), -lost[gone, -1]) - wavers
        return float(np.clip(_UNEVEN * least, 0, _UNEVEN_MOST))

    @property
    def gap(self) -> float | None:
        """How far one eye's fine detail, beside the other's, fell below all that it was.

        The most that any later look shows of it is compared with the least of any earlier one. So neither a
        blink nor a wavering counts, and two later looks suffice. The eye's own detail has to have fallen as
        far. 0 … 0.45, of its look; None where too little was seen.
        """
        if len(self._plain) < _FEWEST_PLAIN:
            return None
        before, now = (
            np.log(np.array([[(eye.finest, eye.contrast[-1]) for eye in pair] for pair in part]) + _SKIN)
            for part in (self._early, self._plain)
        )  # [look, eye, band]
        beside = [part - part[:, ::-1] for part in (before, now)]
        fell = np.minimum(before.min(axis=0) - now.max(axis=0), beside[0].min(axis=0) - beside[1].max(axis=0))
        return float(np.clip(_APART * fell.max(), 0, _UNEVEN_MOST))


class _Side:
    """What became of one eye.

    Attributes:
        kept: how much of it is still there.
        plainer: share of its detail, beside its brightness, that is gone: what covers an eye has its own.
        brighter: how much brighter it is.
    """

    def __init__(self, early: list[_Eye], late: list[_Eye]) -> None:
        coarse, fine = (_kept(early, late, band) for band in range(len(_BANDS)))
        self.kept = float(np.sqrt(max(0.0, coarse * fine)))
        before, now = (float(np.median([eye.contrast[-1] for eye in eyes])) for eyes in (early, late))
        self.plainer = 1 - (now + 0.01) / (before + 0.01)
        shade, light = (float(np.median([eye.shade for eye in eyes])) for eyes in (early, late))
        self.brighter = (light + 5) / (shade + 5)


def _kept(early: list[_Eye], late: list[_Eye], band: int) -> float:
    """How much of an eye is still there: its strength times its likeness, in most of the later looks."""
    strength, likeness = [], []
    for eye in late:
        found = [_found(eye.detail[band], _core(known.detail[band])) for known in early]
        strength.append(max(share for share, _ in found))
        likeness.append(max(alike for _, alike in found))
    return float(np.median(strength)) * float(np.median(likeness))


def _found(there: Floats, eye: Floats) -> tuple[float, float]:
    """How strongly an eye is seen where it is seen best, and how alike it is."""
    _, alike, _, (x, y) = cv2.minMaxLoc(cv2.matchTemplate(there, eye, cv2.TM_CCORR_NORMED))
    part = there[y : y + eye.shape[0], x : x + eye.shape[1]]
    return float((part * eye).sum() / ((eye * eye).sum() + eye.size * _NOISE)), float(alike)


def _detail(patch: NDArray[np.uint8], fine: float, coarse: float) -> Floats:
    """Without grain, and without light and shade."""
    luma = patch.astype(np.float32)
    return np.asarray(
        cv2.GaussianBlur(luma, (0, 0), fine) - cv2.GaussianBlur(luma, (0, 0), coarse), np.float32
    )


def _core(detail: NDArray[Any]) -> NDArray[Any]:
    """The eye without the border in which it may move."""
    return detail[_MARGIN + 2 : -_MARGIN - 2, _MARGIN + 4 : -_MARGIN - 4]
