"""``/restyle``: a clip is drawn again with another look."""

from __future__ import annotations

from typing import Any

from discord import app_commands

from bot.app import App
from bot.commands.shared.clip_command import add_clip_command
from bot.requests.options import RESTYLE


def setup(tree: app_commands.CommandTree[Any], app: App) -> None:
    """Add the command."""
    add_clip_command(tree, app, RESTYLE)
