"""What an owner chooses among, where a setting has a few values only."""

from __future__ import annotations

from enum import StrEnum


class LogFormat(StrEnum):
    """How log lines look."""

    TEXT = "text"
    JSON = "json"


class ShareWith(StrEnum):
    """Whose workers may have a copy of the owner's checkpoints and styles; each includes those before it."""

    NOBODY = "nobody"
    OWN = "own"
    FRIEND = "friend"
    PUBLIC = "public"


class Where(StrEnum):
    """Where models run."""

    AUTO = "auto"
    CUDA = "cuda"
    MPS = "mps"
    CPU = "cpu"


class Containers(StrEnum):
    """Which messages are posted as one container (Discord's components v2)."""

    AUTO = "auto"
    OFF = "off"
    ALL = "all"


class Language(StrEnum):
    """What the bot speaks: everybody's own language, or one for everything."""

    AUTO = "auto"
    ENGLISH = "en"
    GERMAN = "de"
    FRENCH = "fr"
    SPANISH = "es"
    PORTUGUESE = "pt-BR"
    ITALIAN = "it"
    POLISH = "pl"
    RUSSIAN = "ru"
    TURKISH = "tr"
    JAPANESE = "ja"
    KOREAN = "ko"
    CHINESE = "zh-CN"


class DirectMessages(StrEnum):
    """Who may ask outside the servers that have added the bot."""

    OFF = "off"
    SERVERS = "servers"
    """Members of one of its servers."""

    ANYONE = "anyone"


MOST_TAKES = 4
"""Drafts to choose from that Discord shows well in one message."""
