"""Settings for what the owner is told by direct message."""

from __future__ import annotations

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings


class OwnerNews(BaseSettings):
    """A part of :class:`bot.config.settings.Settings`."""

    owner_alerts: bool = Field(
        True,  # noqa: FBT003 - a default
        description="Whether you get [direct messages about trouble](monitoring.md#alerts), once a day each.",
    )
    alert_free_disk: int = Field(
        2_000_000_000, ge=0, description="Free disk space in bytes below which you are told."
    )
    security_feed: str | None = Field(
        None,
        description="Address of a [list of releases](monitoring.md#alerts), read once a day for security "
        "fixes. Unset: none is.",
    )

    @field_validator("security_feed", mode="after")
    @classmethod
    def _is_safe(cls, value: str | None) -> str | None:
        written = (value or "").strip()
        if written and not written.startswith(("https://", "http://127.0.0.1", "http://localhost")):
            raise ValueError("must begin with https://")
        return written or None
