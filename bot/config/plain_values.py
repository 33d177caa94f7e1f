"""What holds for every setting: it is no token in a wrong place, and ``~`` is somebody's home."""

from __future__ import annotations

import re
from pathlib import Path

from pydantic import ValidationInfo, field_validator
from pydantic_settings import BaseSettings

from bot.config.secrets import TOKEN

_VARIABLE = re.compile(r"\$\w+|\$\{\w+\}|%\w+%")


class PlainValues(BaseSettings):
    """A part of :class:`bot.config.settings.Settings` without a setting of its own."""

    @field_validator("*", mode="before")
    @classmethod
    def _is_no_token(cls, value: object, info: ValidationInfo) -> object:
        """A token in the wrong line would be shown as a folder's name, or become one."""
        parts = value if isinstance(value, list | tuple) else [value]
        if info.field_name != "discord_token" and any(TOKEN.search(str(part)) for part in parts):
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


def _expanded(path: Path) -> Path:
    if _VARIABLE.match(str(path)):
        raise ValueError("names a variable, which nobody fills in here; write the folder in full, or with ~")
    try:
        return path.expanduser()
    except RuntimeError:
        raise ValueError(f"begins with {path.parts[0]}, and there is no such user") from None
