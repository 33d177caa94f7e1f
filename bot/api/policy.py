"""What the API allows. The command line reads this, so it imports little."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class ApiPolicy:
    """What the API allows.

    Attributes:
        host: an address of this machine.
        port: 0 takes a free one.
        per_minute: requests by a key.
        streams: event streams of a key that are open at once.
        upload_seconds: for one request to arrive.
        repeat_hours: for which an Idempotency-Key is remembered.
        webhook_private: endpoints of keys may be on this machine or in its network.
        event_days: for which the events of a job are kept after its end.
    """

    host: str
    port: int
    per_minute: int
    streams: int
    upload_seconds: float
    repeat_hours: float
    webhook_private: bool
    event_days: float
