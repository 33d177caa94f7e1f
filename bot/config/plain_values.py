"""What holds for every setting: it is no token in a wrong place, and ``~`` is somebody's home."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from pydantic import ValidationInfo, field_validator
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings

from bot.config.secrets import DISCORD_TOKEN, TOKEN

_VARIABLE = re.compile(r"\$\w+|\$\{\w+\}|%\w+%")


class PlainValues(BaseSettings):
    """A part of :class:`bot.config.settings.Settings` without a setting of its own."""

    @field_validator("*", mode="before")
    @classmethod
    def _is_no_token(cls, value: object, info: ValidationInfo) -> object:
        """A token in the wrong line would be shown as a folder's name, or become one.

        A secret may be the key of any service, but it is never Discord's.
        """
        if info.field_name == "discord_token":
            return value
        wrong = DISCORD_TOKEN if is_secret(cls.model_fields, info.field_name) else TOKEN
        parts = value if isinstance(value, list | tuple) else [value]
        if any(wrong.search(str(part)) for part in parts):
            raise ValueError("looks like a token; a bot's token belongs in DISCORD_TOKEN")
        return value

    @field_validator("*", mode="after")
    @classmethod
    def _at_home(cls, value: object) -> object:
        """``~`` is somebody's home, as in a shell. A folder that is called ``~`` is a danger."""
        if isinstance(value, Path):
            return _expanded(value)
        if isinstance(value, tuple) and value and isinstance(value[0], Path):
            return tuple(map(_expanded, value))
        return value


def is_secret(fields: Mapping[str, FieldInfo], name: str | None) -> bool:
    """Whether the value of one of these settings must not be shown, even a wrong one."""
    known = fields.get(name or "")
    return known is not None and "SecretStr" in repr(known.annotation)


def _expanded(path: Path) -> Path:
    if _VARIABLE.match(str(path)):
        raise ValueError("names a variable, which nobody fills in here; write the folder in full, or with ~")
    try:
        return path.expanduser()
    except RuntimeError:
        raise ValueError(f"begins with {path.parts[0]}, and there is no such user") from None
