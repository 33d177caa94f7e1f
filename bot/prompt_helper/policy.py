"""Which model is asked for other words, and how. The settings read this, so it imports little."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class PromptHelperPolicy:
    """Which model is asked.

    Attributes:
        url: of an API like OpenAI's, without ``/chat/completions``; "": none is asked.
        model: its name there.
        bearer: the key by which the API knows the owner; "" where it needs none.
        seconds: for one answer, the wait for a turn included.
        tokens: that an answer may have.
        per_day: how often a member may ask in 24 hours.
        at_once: how many answers are waited for at the same time.
        private: the address may be one that only this machine or its network reaches.
    """

    url: str
    model: str
    bearer: str
    seconds: float
    tokens: int
    per_day: int
    at_once: int
    private: bool
