"""Settings for services that draw for money."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, NoDecode

from bot.config.webhook_secret import key_of


class Hosting(BaseSettings):
    """A part of :class:`bot.config.settings.Settings`."""

    replicate_token: SecretStr | None = Field(
        None, description="Token of Replicate, one of the [services that draw for money](hosted.md)."
    )
    fal_key: SecretStr | None = Field(None, description="Key of fal, another of these services.")
    runpod_key: SecretStr | None = Field(None, description="Key of RunPod, another of these services.")
    runpod_endpoint: str = Field(
        "", pattern=r"^[A-Za-z0-9]*$", description="Id of your RunPod endpoint that runs its ComfyUI worker."
    )
    hosted_budget: float = Field(
        0.0,
        ge=0,
        le=100_000,
        description="Dollars a day that services may cost, UTC. 0: none is used, whatever keys there are.",
    )
    hosted_takes: int = Field(
        2, ge=1, le=10, description="Most takes of one clip that are paid for; then the best one is kept."
    )
    hosted_minutes: float = Field(
        30.0, gt=0, le=1440, description="Minutes until a take at a service is given up."
    )
    hosted_away_seconds: float = Field(
        60.0, gt=0, le=3600, description="Seconds without an answer until jobs wait for a service."
    )
    hosted_search_seconds: float = Field(
        120.0, ge=0, le=3600, description="Seconds of looking for a request whose answer was lost."
    )
    hosted_answer_seconds: float = Field(
        60.0, gt=0, le=600, description="Most seconds for one answer of a service."
    )
    hosted_fetch_seconds: float = Field(
        300.0, gt=0, le=3600, description="Most seconds for fetching a clip from a service."
    )
    hosted_clip_bytes: int = Field(
        200_000_000, ge=1_000_000, description="Largest clip in bytes that is fetched from a service."
    )
    hosted_engines_dir: Path | None = Field(
        None, description="Folder with your own [tables of hosted engines](hosted.md) and prices."
    )
    hosted_hosts: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="More hosts that a service's clips may come from. Comma-separated."
    )
    hosted_private: bool = Field(
        False,  # noqa: FBT003 - a default
        description="Whether services may be on this machine or in its network, such as your own proxy.",
    )
    replicate_url: str = Field(
        "https://api.replicate.com", pattern=r"^https?://\S+$", description="Address of Replicate."
    )
    fal_url: str = Field("https://queue.fal.run", pattern=r"^https?://\S+$", description="Address of fal.")
    fal_jwks_url: str = Field(
        "https://rest.alpha.fal.ai/.well-known/jwks.json",
        pattern=r"^https?://\S+$",
        description="Address of the keys that fal signs its messages with.",
    )
    runpod_url: str = Field(
        "https://api.runpod.ai", pattern=r"^https?://\S+$", description="Address of RunPod."
    )
    hosted_webhook_url: str = Field(
        "",
        pattern=r"^(https://\S+)?$",
        description="Public address of this bot's web server, for messages of services. Unset: it only asks.",
    )
    replicate_webhook_secret: SecretStr | None = Field(
        None, description="What Replicate signs its messages with: whsec_ and base64."
    )
    overflow_minutes: float = Field(
        0.0,
        ge=0,
        le=10_080,
        description="A clip whose wait here is longer is made at a service, for those who agreed. 0: none.",
    )
    overflow_engine: str = Field(
        "",
        pattern=r"^((replicate|fal|runpod)/[A-Za-z0-9.\-]+)?$",
        description="The hosted engine that makes them, such as fal/ltx-2-fast.",
    )

    @field_validator("hosted_hosts", mode="before")
    @classmethod
    def _split_hosts(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        return [each.strip().lower() for each in value.split(",") if each.strip()]

    @field_validator("replicate_token", "fal_key", "runpod_key", "replicate_webhook_secret", mode="after")
    @classmethod
    def _bare(cls, value: SecretStr | None) -> SecretStr | None:
        """What a copied line brings along is no part of a key."""
        bare = "" if value is None else value.get_secret_value().strip()
        return SecretStr(bare) if bare else None

    @field_validator("replicate_webhook_secret", mode="after")
    @classmethod
    def _is_a_webhook_secret(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None:
            key_of(value.get_secret_value())
        return value

    def hosting_secrets(self) -> list[SecretStr]:
        """Every value that must never be shown."""
        alone = (self.replicate_token, self.fal_key, self.runpod_key, self.replicate_webhook_secret)
        return [each for each in alone if each is not None]
