"""``/restyle``: a clip is drawn again with another look."""

from __future__ import annotations

from typing import Any

from discord import app_commands

from bot.commands.shared.clip_command import add_clip_command
from bot.requests.options import RESTYLE
from bot.services import Services


def setup(tree: app_commands.CommandTree[Any], services: Services) -> None:
    """Add the command."""
    add_clip_command(tree, services, RESTYLE)
