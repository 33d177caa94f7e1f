"""Settings for the pages and numbers that the bot serves over HTTP."""

from __future__ import annotations

from ipaddress import IPv4Address

from pydantic import Field, IPvAnyAddress
from pydantic_settings import BaseSettings


class Serving(BaseSettings):
    """A part of :class:`bot.config.settings.Settings`."""

    web_port: int = Field(
        0,
        ge=0,
        le=65_535,
        description="Port of the [status page and metrics](monitoring.md). 0: they are not served.",
    )
    web_host: IPvAnyAddress = Field(
        IPv4Address("127.0.0.1"),
        description="IP address on which they are served. By default, only this machine can read them.",
    )
    api_port: int = Field(
        0, ge=0, le=65_535, description="Port of the [HTTP API](http-api.md). 0: it is not served."
    )
    api_host: IPvAnyAddress = Field(
        IPv4Address("127.0.0.1"),
        description="IP address on which the API is served. By default, only this machine can reach it.",
    )
    api_keys: int = Field(5, ge=1, le=100, description="Most API keys of one member in one server.")
    api_per_minute: int = Field(
        120, ge=1, le=100_000, description="Most requests by one API key in a minute."
    )
    api_streams: int = Field(
        5, ge=1, le=1000, description="Most event streams that one API key can have open at once."
    )
    api_upload_seconds: float = Field(
        60.0, gt=0, le=3600, description="Most seconds for the files of one API request to arrive."
    )
    api_repeat_hours: float = Field(
        24.0, ge=24, le=720, description="Hours for which an Idempotency-Key is remembered."
    )
    api_webhook_private: bool = Field(
        False,  # noqa: FBT003 - a default
        description="Whether the webhook of an API key may be on this machine or in its network.",
    )
    api_event_days: float = Field(
        7.0, ge=1, le=90, description="Days after a job's end before its events are forgotten."
    )
    dashboard: bool = Field(
        False,  # noqa: FBT003 - a default
        description="Whether the [dashboard](dashboard.md) is served beside the status page.",
    )
    dashboard_hours: float = Field(
        12.0, gt=0, le=168, description="Hours after which the owner has to log in to the dashboard again."
    )
    dashboard_tries: int = Field(
        10,
        ge=1,
        le=1000,
        description="Most wrong keys for the dashboard in a minute; then none is looked at.",
    )
    gallery: bool = Field(
        False,  # noqa: FBT003 - a default
        description="Whether the [gallery](gallery.md) is served on the API's port, without a key.",
    )
    gallery_at_once: int = Field(
        16, ge=1, le=1000, description="Most requests for the gallery that are worked on at once."
    )
    gallery_stills: int = Field(
        500, ge=0, le=100_000, description="Stills of the gallery kept in memory; each has 10 to 40 kB."
    )
