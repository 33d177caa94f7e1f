"""What is sent to a channel, and what comes back.

The command line delivers to a folder instead, so discord.py is not imported here.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bot.discord_io.discord_errors import Trouble

if TYPE_CHECKING:
    import discord

ALT_LIMIT = 1024
"""Characters that Discord takes of what a file shows."""

SPOILER = "SPOILER_"
"""Before a file's name it hides the file until somebody clicks; Discord's own convention."""


class ChannelError(Exception):
    """Discord did not do what it was asked.

    Attributes:
        trouble: what follows from it.
    """

    def __init__(self, trouble: Trouble, text: str) -> None:
        super().__init__(text)
        self.trouble = trouble


@dataclass(frozen=True, kw_only=True)
class Attached:
    """A file of a message.

    Attributes:
        path: where it is.
        name: under which it is sent.
        alt: what it shows, for those who can't see it.
    """

    path: Path
    name: str
    alt: str = ""


@dataclass(frozen=True, kw_only=True)
class Post:
    """A message to send.

    Attributes:
        nonce: at most 25 characters; Discord drops a second message with the same one for a few minutes.
        file: goes with it under ``file_name``.
        beside: further files, with their names.
        attached: further files, with what they show.
        alt: what ``file`` shows, for those who can't see it.
        ping: the one member who may be pinged.
        title: of the post that it becomes where the channel is a forum.
        layout: the same message as a container. It is sent in the place of ``content`` and ``view``, which
            are sent where Discord does not take it.
    """

    content: str
    nonce: str
    view: discord.ui.View | None = None
    layout: discord.ui.LayoutView | None = None
    file: Path | None = None
    file_name: str | None = None
    beside: tuple[tuple[Path, str], ...] = ()
    attached: tuple[Attached, ...] = ()
    alt: str = ""
    ping: int | None = None
    title: str = "Framekiln"


@dataclass(frozen=True, kw_only=True)
class SmallFile:
    """A file that is small enough to be held in memory."""

    name: str
    data: bytes


@dataclass(frozen=True, kw_only=True)
class Answered:
    """The first answer to an interaction.

    Attributes:
        channel, message: where it is.
        thinking: it only says that an answer will come.
        private: only the member who asked sees it.
    """

    channel: int
    message: int
    thinking: bool
    private: bool
