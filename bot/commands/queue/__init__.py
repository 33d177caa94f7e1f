"""``/queue``: moderators run the queue of their own server. Each use is checked and written down.

Its commands are found in the modules of this folder: one group of them is one class.
"""

from __future__ import annotations

import sys
from typing import Any

import discord
from discord import app_commands

from bot.commands.shared.moderator_group import ModeratorGroup, QueueSection
from bot.discovery import subclasses_in
from bot.services import Services


@app_commands.guild_only()
class QueueGroup(
    ModeratorGroup,
    name="queue",
    description="Manage the queue (moderators only)",
    default_permissions=discord.Permissions(manage_guild=True),
):
    """The commands of moderators."""

    def __init__(self, services: Services) -> None:
        super().__init__(services)
        groups = subclasses_in(sys.modules[__name__], ModeratorGroup)
        wanted = [kind for kind in groups if kind.offered(services)]
        for kind in sorted(wanted, key=lambda group: (group.order, group.__name__)):
            group = kind(services)
            for command in group.commands if isinstance(group, QueueSection) else [group]:
                self.add_command(command)


def setup(tree: app_commands.CommandTree[Any], services: Services) -> None:
    """Add the group."""
    tree.add_command(QueueGroup(services))
