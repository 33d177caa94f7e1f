"""Settings for the broker, over which other machines draw for the bot."""

from __future__ import annotations

from ipaddress import IPv4Address
from pathlib import Path

from pydantic import Field, IPvAnyAddress
from pydantic_settings import BaseSettings


class Brokering(BaseSettings):
    """A part of :class:`bot.config.settings.Settings`."""

    broker_binary: Path | None = Field(
        None,
        description="A nats-server of your own for [workers](workers.md). Unset: the one that "
        "`framekiln[workers]` installs, if its digest is known.",
    )
    broker_host: IPvAnyAddress = Field(
        IPv4Address("0.0.0.0"),  # noqa: S104 - workers come from elsewhere, and only after `workers on`
        description="IP address on which the broker listens once `framekiln workers on` was run.",
    )
    broker_port: int = Field(4222, ge=1, le=65_535, description="Port on which the broker listens.")
    worker_judged_first: int = Field(
        20,
        ge=0,
        description="Clips of a worker that the quality gate judges again, the first ones. Machines of the "
        "owner's are believed.",
    )
    worker_judged_share: float = Field(
        1.0,
        ge=0,
        le=1,
        description="The share of a worker's later clips that the gate judges again. Each takes a second of "
        "a core, beside what making it anew takes.",
    )
    worker_check_seconds: float = Field(
        120.0, ge=10, le=3600, description="Most seconds for making a worker's clip anew."
    )
    broker_connections: int = Field(
        2000, ge=10, le=100_000, description="Most connections to the broker at the same time."
    )
    broker_log_bytes: int = Field(
        5_000_000,
        ge=100_000,
        description="Bytes after which the broker's log begins anew; one older is kept.",
    )
