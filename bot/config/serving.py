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
