"""The slash commands.

Each module or package in this folder is a command, and found here; its ``setup(tree, app)`` adds it.
"""

from __future__ import annotations

import sys
from typing import Any

from discord import app_commands

from bot.app import App
from bot.discovery import modules_in

NO_COMMANDS = frozenset({"shared"})
"""Packages in this folder that hold no command."""


def setup_all(tree: app_commands.CommandTree[Any], app: App) -> None:
    """Add every command to the tree."""
    for module in modules_in(sys.modules[__name__], leave_out=NO_COMMANDS):
        module.setup(tree, app)
