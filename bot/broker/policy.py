"""How the broker is run."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class BrokerPolicy:
    """How the broker is run.

    Attributes:
        binary: the owner's ``nats-server``; None: the one that a package brings.
        host: address that it listens on.
        port: port that it listens on.
        connections: that it holds at the same time, the bot's own among them.
        log_bytes: after which its log is begun anew; one older is kept.
    """

    binary: Path | None
    host: str
    port: int
    connections: int
    log_bytes: int
