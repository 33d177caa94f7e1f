"""``/queue``: moderators run the queue of their own server. Each use is checked and written down."""

from __future__ import annotations

from typing import Any

import discord
from discord import app_commands

from bot.commands.moderator_group import ModeratorGroup
from bot.commands.queue_flow import FlowCommands
from bot.commands.queue_jobs import JobCommands
from bot.commands.queue_limit import LimitGroup
from bot.commands.queue_look import LookCommands
from bot.commands.queue_members import MemberCommands
from bot.commands.queue_review import ReviewCommands, WordsGroup
from bot.services import Services

SECTIONS: tuple[type[ModeratorGroup], ...] = (
    LookCommands,
    FlowCommands,
    JobCommands,
    MemberCommands,
    ReviewCommands,
)
"""Where the commands are written. Discord shows them in one list: at most 25, groups included."""


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
        for section in SECTIONS:
            for command in section(services).commands:
                self.add_command(command)
        self.add_command(LimitGroup(services))
        self.add_command(WordsGroup(services))


def setup(tree: app_commands.CommandTree[Any], services: Services) -> None:
    """Add the group."""
    tree.add_command(QueueGroup(services))
