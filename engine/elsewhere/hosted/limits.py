"""What an owner allows services to cost, to take and to send. The settings are read into this."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class HostedPolicy:
    """The owner's limits.

    Attributes:
        budget: millionths of a dollar that may be spent in a day.
        takes: paid takes of one clip.
        longest: seconds until a take that is not done is given up.
        away: seconds without an answer until a service counts as away, and the job waits.
        search: seconds that are spent on looking for a request whose answer was lost.
        first_look, last_look: seconds between two looks, at first and at most.
    """

    budget: int
    takes: int
    longest: float
    away: float
    search: float
    first_look: float
    last_look: float


@dataclass(frozen=True, kw_only=True)
class WireLimits:
    """What is sent to, and taken from, a service.

    Attributes:
        seconds: for one answer.
        fetch_seconds: for one clip.
        max_bytes: of one clip.
        private: services and clips may be on this machine or in its network.
        hosts: more hosts that clips may come from, with all below them.
    """

    seconds: float
    fetch_seconds: float
    max_bytes: int
    private: bool
    hosts: tuple[str, ...]
