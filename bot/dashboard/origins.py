"""Where each setting has its value from, for the owner. Secrets are never shown, only that they are set."""

from __future__ import annotations

import os
from dataclasses import dataclass
from enum import Enum
from typing import Any

from bot.config.plain_values import is_secret
from bot.config.secrets import hide_token_like
from bot.config.settings import (
    ENV_FILE,
    ENVIRONMENT,
    TOML,
    Settings,
    given_in,
    given_in_dotenv,
    variable,
)

DEFAULT = "default"


@dataclass(frozen=True, kw_only=True)
class Origin:
    """A setting.

    Attributes:
        name: in the environment.
        value: as it would be written there; of a secret, only whether it is set.
        place: where it was found.
    """

    name: str
    value: str
    place: str


def origins(settings: Settings) -> list[Origin]:
    """Every setting, those that the owner has chosen first.

    Raises:
        BadSettings: the TOML file cannot be read any more.
    """
    in_environment = {name.upper() for name, value in os.environ.items() if value}
    in_dotenv = {name.upper() for name, value in given_in_dotenv().items() if value}
    in_toml = given_in(TOML)

    def place_of(field: str) -> str:
        name = variable(field)
        if name in in_environment:
            return ENVIRONMENT
        if name in in_dotenv:
            return str(ENV_FILE)
        return str(TOML) if field in in_toml else DEFAULT

    found = [
        Origin(name=variable(field), value=_shown(field, getattr(settings, field)), place=place_of(field))
        for field in Settings.model_fields
    ]
    return sorted(found, key=lambda each: each.place == DEFAULT)


def _shown(field: str, value: Any) -> str:
    if is_secret(Settings.model_fields, field):
        return "set" if value else "not set"
    if value is None or value == ():
        return "not set"
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return hide_token_like(", ".join(map(str, value)))
    return hide_token_like(f"{value:g}" if isinstance(value, float) else str(value))
