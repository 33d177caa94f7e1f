"""The link with which a server's owner adds the bot, with exactly what it needs there."""

from __future__ import annotations

import discord

NEEDED = discord.Permissions(
    view_channel=True,
    send_messages=True,
    send_messages_in_threads=True,
    attach_files=True,
    embed_links=True,
    read_message_history=True,
)
"""What the bot needs in the channels where it works. docs/start.md names the same."""

SCOPES = ("bot", "applications.commands")


def invitation(application: int) -> str:
    """The link for an application's id."""
    return discord.utils.oauth_url(application, permissions=NEEDED, scopes=SCOPES)
