"""The slash commands, one file each, with ``setup(tree, services)`` to add them to the tree."""

from __future__ import annotations

from typing import Any

from discord import app_commands

from bot.commands import animate, jobs, mydata, queue, replay, restyle, text2video
from bot.services import Services


def setup_all(tree: app_commands.CommandTree[Any], services: Services) -> None:
    """Add every command to the tree."""
    for module in (animate, text2video, restyle, replay, jobs, mydata, queue):
        module.setup(tree, services)
