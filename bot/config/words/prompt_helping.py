"""Settings for a language model that proposes other words for what a member wrote."""

from __future__ import annotations

from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationInfo, field_validator
from pydantic_settings import BaseSettings


class PromptHelping(BaseSettings):
    """A part of :class:`bot.config.settings.Settings`."""

    prompt_helper_model: str = Field(
        "", max_length=100, description="Name of the [prompt helper](prompt-helper.md)'s model."
    )
    prompt_helper_url: str = Field(
        "",
        description="Address of an API like OpenAI's, such as http://localhost:11434/v1. Unset: nobody is "
        "offered help with words.",
    )
    prompt_helper_key: SecretStr | None = Field(None, description="Key for that API, if it needs one.")
    prompt_helper_private: bool = Field(
        False,  # noqa: FBT003 - a default
        description="Whether that address may be on this machine or in its network.",
    )
    prompt_helper_seconds: float = Field(
        20.0, gt=0, le=120, description="Most seconds for an answer of the prompt helper."
    )
    prompt_helper_tokens: int = Field(
        300,
        ge=16,
        le=8192,
        description="Most tokens of such an answer; a model that thinks aloud needs more.",
    )
    prompt_helper_per_day: int = Field(
        20, ge=1, le=1000, description="How often a member can ask the prompt helper in 24 hours."
    )
    prompt_helper_at_once: int = Field(
        2, ge=1, le=100, description="Questions to the prompt helper that are open at the same time."
    )

    @field_validator("prompt_helper_url", mode="after")
    @classmethod
    def _is_a_helpers_address(cls, value: str, info: ValidationInfo) -> str:
        if not (written := value.strip()):
            return ""
        try:
            url = urlsplit(written)
            whole = url.scheme in {"http", "https"} and url.hostname and url.port != 0
        except ValueError:
            whole = False
        if not whole or "@" in written or "?" in written or "#" in written:
            raise ValueError("must be an address like https://api.example.org/v1, without a name in it")
        if info.data.get("prompt_helper_model") == "":
            raise ValueError("needs FRAMEKILN_PROMPT_HELPER_MODEL, which recipes name")
        return written
