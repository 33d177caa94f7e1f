"""Where messages go, and for how long they are tried. The settings read this, so it imports little."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class WebhookPolicy:
    """Where messages go.

    Attributes:
        url: "" for nowhere.
        secrets: what messages are signed with; two while one replaces the other.
        private: the address may be one that only this machine or its network reaches.
        seconds: for one try.
        keep_days: before an event that was given up is forgotten.
    """

    url: str
    secrets: tuple[str, ...]
    private: bool
    seconds: float
    keep_days: float
