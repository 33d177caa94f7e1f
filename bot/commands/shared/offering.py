"""Where Discord offers a command: in servers only, or also outside of them, as the owner says."""

from __future__ import annotations

from typing import Any, TypeVar

from discord import app_commands

from bot.config.choices import DirectMessages
from bot.config.settings import Settings

C = TypeVar("C", bound="app_commands.Command[Any, ..., Any] | app_commands.ContextMenu | app_commands.Group")

EVERYWHERE = app_commands.AppCommandContext(guild=True, dm_channel=True, private_channel=True)
IN_SERVERS = app_commands.AppCommandContext(guild=True, dm_channel=False, private_channel=False)
BY_ANYBODY = app_commands.AppInstallationType(guild=True, user=True)
BY_SERVERS = app_commands.AppInstallationType(guild=True, user=False)


def offered(command: C, settings: Settings) -> C:
    """Let Discord offer a command outside of servers, too, where the owner lets members ask there.

    Members can install the bot for themselves then, and take such commands with them.
    """
    outside = settings.direct_messages is not DirectMessages.OFF
    command.guild_only = not outside
    command.allowed_contexts = EVERYWHERE if outside else IN_SERVERS
    command.allowed_installs = BY_ANYBODY if outside else BY_SERVERS
    return command


def is_offered_outside(
    command: app_commands.Command[Any, ..., Any] | app_commands.ContextMenu | None,
) -> bool:
    """Whether Discord offers a command, or the group that it is in, in somebody's direct messages."""
    if isinstance(command, app_commands.Command):
        whole = command.root_parent or command
        return whole.allowed_contexts is not None and whole.allowed_contexts.dm_channel is True
    return (
        command is not None
        and command.allowed_contexts is not None
        and command.allowed_contexts.dm_channel is True
    )
