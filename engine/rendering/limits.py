"""What a render may spend, and the name of its clip: all that the engine process needs before it can draw.

Nothing heavy is imported here: the process answers its parent while the rest is still being imported.
"""

from __future__ import annotations

from dataclasses import dataclass

CLIP_NAME = "clip.mp4"
"""The name of the finished clip inside the work folder."""

DRAFT_BYTES = 1_000_000
"""A draft is never larger; it is a small picture."""


@dataclass(frozen=True, kw_only=True)
class RenderLimits:
    """How much a render may spend.

    Attributes:
        max_takes: how many takes may be drawn before the best of the rejected ones is kept.
        max_bytes: the finished MP4 is never larger.
        max_wasted_seconds: once this much went into takes that were thrown away, the best of them is kept.
    """

    max_takes: int = 3
    max_bytes: int = 9_900_000
    max_wasted_seconds: int = 600

    def __post_init__(self) -> None:
        if self.max_takes < 1:
            raise ValueError("max_takes must be at least 1")
