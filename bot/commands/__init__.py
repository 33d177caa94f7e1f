"""The slash commands, one file each, with ``setup(tree, parts)`` to add them to the tree."""

from __future__ import annotations

from typing import Any

from discord import app_commands

from bot.commands import animate, jobs, mydata, queue, replay, restyle, text2video
from bot.services import Parts


def setup_all(tree: app_commands.CommandTree[Any], parts: Parts) -> None:
    """Add every command to the tree."""
    for module in (animate, text2video, restyle, replay, jobs, mydata, queue):
        module.setup(tree, parts)
