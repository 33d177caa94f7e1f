"""Settings for ComfyUI servers that draw clips."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import SplitResult, urlsplit

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, NoDecode

from engine.elsewhere.comfyui.limits import ServerLimits


class ComfyUISettings(BaseSettings):
    """A part of :class:`bot.config.settings.Settings`."""

    comfyui: Annotated[tuple[str, ...], NoDecode] = Field(
        (),
        description="Addresses of [ComfyUI servers](comfyui.md), comma-separated, such as "
        "http://127.0.0.1:8188. Each draws a clip at a time.",
    )
    comfyui_login: SecretStr | None = Field(
        None,
        description="What a proxy before these servers wants: name:password, or Bearer and a token. All of "
        "them get it.",
    )
    comfyui_poll_seconds: float = Field(
        ServerLimits.poll_seconds,
        ge=0.1,
        le=60,
        description="Seconds between two looks at a clip that a server draws.",
    )
    comfyui_answer_seconds: float = Field(
        ServerLimits.answer_seconds, gt=0, le=600, description="Most seconds for a server's answer."
    )
    comfyui_transfer_seconds: float = Field(
        ServerLimits.transfer_seconds,
        gt=0,
        description="Most seconds for sending a file to a server, or fetching one.",
    )
    comfyui_patience_seconds: float = Field(
        ServerLimits.patience_seconds,
        ge=0,
        description="Seconds that a server may stay silent in the middle of a clip before the clip waits.",
    )
    comfyui_stop_seconds: float = Field(
        ServerLimits.stop_seconds, gt=0, description="Most seconds for stopping a clip on a server."
    )
    comfyui_answer_bytes: int = Field(
        ServerLimits.answer_bytes, ge=100_000, description="Most bytes of a server's answer, clips aside."
    )
    comfyui_preview_bytes: int = Field(
        ServerLimits.preview_bytes, ge=10_000, description="Most bytes of a preview from a server."
    )
    comfyui_clip_bytes: int = Field(
        ServerLimits.clip_bytes, ge=1_000_000, description="Most bytes of a clip from a server."
    )
    comfyui_previews: int = Field(
        ServerLimits.previews, ge=0, le=50, description="Most previews that a first look is made of."
    )
    comfyui_tries: int = Field(
        ServerLimits.tries,
        ge=0,
        description="How often a clip is submitted again that a server lost, or was told to stop by others.",
    )

    @field_validator("comfyui", mode="before")
    @classmethod
    def _split_servers(cls, value: object) -> object:
        return value if not isinstance(value, str) else list(filter(None, value.replace(" ", "").split(",")))

    @field_validator("comfyui", mode="after")
    @classmethod
    def _are_addresses(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for address in value:
            url = _split(address)
            if url is None or url.scheme not in {"http", "https"} or not url.hostname:
                raise ValueError("must be addresses like http://127.0.0.1:8188, comma-separated")
            if "@" in url.netloc:
                raise ValueError("must name no login; FRAMEKILN_COMFYUI_LOGIN is for that")
            if url.query or url.fragment:
                raise ValueError("must end with a port or a path, without “?” or “#”")
        alike = {address.rstrip("/").lower() for address in value}
        if len(alike) < len(value):
            raise ValueError("names a server twice")
        return value

    @field_validator("comfyui_login", mode="after")
    @classmethod
    def _is_a_login(cls, value: SecretStr | None) -> SecretStr | None:
        written = "" if value is None else value.get_secret_value().strip()
        if not written:
            return None
        if not written.isprintable() or not (
            ":" in written or written.lower().startswith(("bearer ", "basic "))
        ):
            raise ValueError("must be name:password, or Bearer and a token")
        return SecretStr(written)


def _split(written: str) -> SplitResult | None:
    try:
        url = urlsplit(written)
        _ = url.port  # reading it checks it
    except ValueError:
        return None
    return url
