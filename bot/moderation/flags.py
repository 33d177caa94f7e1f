"""What classifiers have to say to moderators. A flag decides nothing by itself, and drops nothing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from bot.text import review_texts
from engine.core.receipt import Receipt
from engine.core.request import Subject


class Seen(StrEnum):
    """Where something was seen."""

    PICTURE = "picture"
    """In what a member gave."""

    CLIP = "clip"
    """In what was made of it."""


@dataclass(frozen=True, kw_only=True)
class Flag:
    """Something that people should look at.

    Attributes:
        score: 0 … 1, how sure the network is.
    """

    seen: Seen
    score: float

    @property
    def text(self) -> str:
        """For the reason of a hold, and for the log."""
        return review_texts.nudity(self.score, in_clip=self.seen is Seen.CLIP)


def of_subjects(subjects: Iterable[Subject], *, least: float) -> Flag | None:
    """The flag of the files that a member gave.

    Args:
        subjects: as they were taken in.
        least: the score from which there is one.
    """
    found = [subject.nudity for subject in subjects if subject.nudity is not None]
    return _flag(Seen.PICTURE, max(found, default=None), least)


def of_receipt(receipt: Receipt, *, least: float) -> Flag | None:
    """The flag of a finished clip."""
    return _flag(Seen.CLIP, receipt.nudity, least)


def _flag(seen: Seen, score: float | None, least: float) -> Flag | None:
    return None if score is None or score < least else Flag(seen=seen, score=score)
