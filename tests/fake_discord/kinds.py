"""Discord's numbers for what an option, a command and a component is."""

from enum import IntEnum


class Option(IntEnum):
    """Types of a command's options."""

    SUBCOMMAND = 1
    SUBCOMMAND_GROUP = 2
    STRING = 3
    INTEGER = 4
    BOOLEAN = 5
    USER = 6
    CHANNEL = 7
    ROLE = 8
    MENTIONABLE = 9
    NUMBER = 10
    ATTACHMENT = 11


class Menu(IntEnum):
    """Types of commands."""

    CHAT_INPUT = 1
    USER = 2
    MESSAGE = 3


class Component(IntEnum):
    """Types of components; selects have several, and all are treated alike."""

    ROW = 1
    BUTTON = 2
    TEXT_INPUT = 4
    SECTION = 9
    TEXT_DISPLAY = 10
    MEDIA_GALLERY = 12
    CONTAINER = 17
    LABEL = 18
    FILE_UPLOAD = 19
    RADIO = 21
    CHECKBOX = 23
