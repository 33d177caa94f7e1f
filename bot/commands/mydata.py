"""``/mydata``: a member's own data: take it away, have it erased, keep one's pictures to oneself."""

from __future__ import annotations

from typing import Any

import discord
from discord import app_commands

from bot.services import Services

MY_DATA = "mydata"
ALLOW, FORBID = "allow", "forbid"


class MyDataGroup(app_commands.Group, name=MY_DATA, description="What I keep of you, and what becomes of it"):
    """Every member may use these, everywhere, about themselves only."""

    def __init__(self, services: Services) -> None:
        super().__init__()
        self._rights = services.rights

    @app_commands.command(description="Get everything I keep of you, in private, as a ZIP file")
    async def export(self, interaction: discord.Interaction[Any]) -> None:
        """Send the member's data."""
        await self._rights.export(interaction)

    @app_commands.command(description="Erase what I keep of you, in every server; I ask once more first")
    async def erase(self, interaction: discord.Interaction[Any]) -> None:
        """Ask whether to erase."""
        await self._rights.ask_whether_to_erase(interaction)

    @app_commands.command(description="May others animate the pictures in your messages, and your avatar?")
    @app_commands.describe(others="What others may do with them (allow, until you say otherwise)")
    @app_commands.choices(
        others=[
            app_commands.Choice(name="allow · others may animate them", value=ALLOW),
            app_commands.Choice(name="forbid · nobody but me", value=FORBID),
        ]
    )
    async def pictures(self, interaction: discord.Interaction[Any], others: str) -> None:
        """Set the opt-out."""
        await self._rights.allow_pictures(interaction, allowed=others != FORBID)


def setup(tree: app_commands.CommandTree[Any], services: Services) -> None:
    """Add the group."""
    tree.add_command(MyDataGroup(services))
