"""The slash commands, one file each, with ``setup(client)`` to add them to the tree."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.commands import animate, jobs, queue, text2video

if TYPE_CHECKING:
    from bot.client import Framekiln


def setup_all(client: Framekiln) -> None:
    """Add every command to the client's tree."""
    for module in (animate, text2video, jobs, queue):
        module.setup(client)
