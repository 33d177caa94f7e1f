"""What a fault of meaning or of sound is; and those of meaning: what a face or a line of text must not do."""

from __future__ import annotations

import math
from dataclasses import dataclass

from engine.core.sentence import Sentence
from engine.gate.meaning.limits import shipped
from engine.vision.box import Box


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A kind of fault and its limits.

    Attributes:
        words: what a member reads.
        unit: of the value.
        warn: from this value on, a take carries a warning.
        reject: from this value on, it is drawn again; infinite where that is never certain.
    """

    words: str
    unit: str
    warn: float
    reject: float = math.inf


def _fitted(words: str) -> Kind:
    """A kind of a broken face: their limits were fitted together."""
    limits = shipped()
    return Kind(words=words, unit="logarithm of its odds", warn=limits.warn, reject=limits.reject)


FAULTS = {
    "face_bends": _fitted(Sentence("a face bends out of shape")),
    "face_grows": _fitted(Sentence("a face grows on its head")),
    "eye_disappears": _fitted(Sentence("an eye disappears")),
    "mouth_slides": _fitted(Sentence("the mouth slides")),
    "head_slides": _fitted(Sentence("the head slides off its body")),
    "face_lost": Kind(words=Sentence("a face gets lost"), unit="share of the clip", warn=0.3),
    "hand_melts": Kind(words=Sentence("a hand falls apart"), unit="share of its certainty", warn=0.4),
    "text_appears": Kind(
        words=Sentence("letters appear where none stood"), unit="share of its shape", warn=0.4
    ),
    "text_garbled": Kind(
        words=Sentence("text turns into gibberish"), unit="share of its shape", warn=0.4, reject=0.72
    ),
}
"""By their code, which is that of the finding."""


@dataclass(frozen=True, kw_only=True)
class Fault:
    """One fault in one place.

    Attributes:
        code: of :data:`FAULTS`.
        value: in the kind's unit; the limit for a warning or more.
        frame: where it is worst.
        box: where in that frame, in pixels.
    """

    code: str
    value: float
    frame: int
    box: Box

    @property
    def severity(self) -> float:
        """The value as a share of the limit for rejection, or of twice that for warning if none."""
        kind = FAULTS[self.code]
        return self.value / (kind.reject if math.isfinite(kind.reject) else 2 * kind.warn)

    @property
    def rejects(self) -> bool:
        """Whether this alone rejects the take."""
        return self.value >= FAULTS[self.code].reject
