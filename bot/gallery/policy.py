"""What the served gallery allows. The command line reads this, so it imports little."""

from __future__ import annotations

from dataclasses import dataclass

from bot.config.choices import Language
from db.gallery import Kept


@dataclass(frozen=True, kw_only=True)
class GalleryPolicy:
    """What the served gallery allows.

    Attributes:
        kept: how long the files of clips are kept.
        at_once: requests that are worked on at once; others are told to come back.
        stills: that are kept in memory; each has some 10 to 40 kB.
        language: of the pages; ``AUTO``: the visitor's, as their browser tells.
    """

    kept: Kept
    at_once: int
    stills: int
    language: Language
