"""Settings for telling another program what happens to jobs."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import SplitResult, urlsplit

from pydantic import Field, SecretStr, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, NoDecode

from bot.config.webhook_secret import key_of

MOST_SECRETS = 2


class Announcing(BaseSettings):
    """A part of :class:`bot.config.settings.Settings`."""

    webhook_secret: Annotated[tuple[SecretStr, ...], NoDecode] = Field(
        (),
        max_length=MOST_SECRETS,
        description="What [messages about jobs](webhooks.md) are signed with: whsec_ and base64. Two, "
        "comma-separated, while one replaces the other.",
    )
    webhook_url: SecretStr | None = Field(
        None,
        description="Address that is told what happens to jobs. Unset: none is. Its path may be a secret.",
    )
    webhook_private: bool = Field(
        False,  # noqa: FBT003 - a default
        description="Whether that address may be on this machine or in its network.",
    )
    webhook_seconds: float = Field(20.0, gt=0, le=60, description="Most seconds for sending one message.")
    webhook_keep_days: float = Field(
        7.0, ge=4, le=90, description="Days before a message that was not taken is forgotten."
    )

    @field_validator("webhook_secret", mode="before")
    @classmethod
    def _split_secrets(cls, value: object) -> object:
        return value if not isinstance(value, str) else list(filter(None, value.replace(" ", "").split(",")))

    @field_validator("webhook_secret", mode="after")
    @classmethod
    def _is_a_secret(cls, value: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
        for each in value:
            key_of(each.get_secret_value())
        return value

    @field_validator("webhook_url", mode="after")
    @classmethod
    def _is_an_address(cls, value: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        written = "" if value is None else value.get_secret_value().strip()
        if not written:
            return None
        url = _split(written)
        if url is None or url.scheme not in {"http", "https"} or not url.hostname or "@" in url.netloc:
            raise ValueError("must be an address like https://example.org/framekiln, without a name in it")
        if info.data.get("webhook_secret") == ():
            raise ValueError("needs FRAMEKILN_WEBHOOK_SECRET, which its messages are signed with")
        return SecretStr(written)


def _split(written: str) -> SplitResult | None:
    try:
        url = urlsplit(written)
        _ = url.port  # reading it checks it
    except ValueError:
        return None
    return url
