"""``/queue``: moderators run the queue of their own server. Each use is checked and written down.

Its commands are found in the modules of this folder: one group of them is one class.
"""

from __future__ import annotations

import sys
from typing import Any

import discord
from discord import app_commands

from bot.app import App
from bot.commands.shared.moderator_group import ModeratorGroup, QueueSection
from bot.discovery import subclasses_in


@app_commands.guild_only()
class QueueGroup(
    ModeratorGroup,
    name="queue",
    description="Manage the queue (moderators only)",
    default_permissions=discord.Permissions(manage_guild=True),
):
    """The commands of moderators."""

    def __init__(self, app: App) -> None:
        super().__init__(app)
        groups = subclasses_in(sys.modules[__name__], ModeratorGroup)
        wanted = [kind for kind in groups if kind.offered(app)]
        for kind in sorted(wanted, key=lambda group: (group.order, group.__name__)):
            group = kind(app)
            for command in group.commands if isinstance(group, QueueSection) else [group]:
                self.add_command(command)


def setup(tree: app_commands.CommandTree[Any], app: App) -> None:
    """Add the group."""
    tree.add_command(QueueGroup(app))
