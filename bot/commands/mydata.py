"""``/mydata``: a member's own data: take it away, have it erased, keep one's pictures to oneself."""

from __future__ import annotations

from typing import Any

from discord import app_commands

from bot.app import App
from bot.commands.shared.offering import offered
from bot.config.choices import DirectMessages
from bot.discord_io.door import SLOT, Slot
from bot.discord_io.interactions import Interaction
from bot.discord_io.whereabouts import is_here
from bot.hosted.consent import Answer
from bot.text import gallery_texts
from db.gallery import Choice

MY_DATA = "mydata"
ALLOW, FORBID = "allow", "forbid"


@app_commands.allowed_contexts(guilds=True, dms=True, private_channels=False)
class MyDataGroup(
    app_commands.Group, name=MY_DATA, description="Your data: get it, erase it, and protect your pictures"
):
    """Every member may use these, everywhere, about themselves only."""

    def __init__(self, app: App) -> None:
        super().__init__()
        self._rights = app.rights
        self._app = app

    @app_commands.command(
        description="Get everything I have about you as a ZIP file, sent privately",
        extras={SLOT: Slot.EXPORT},
    )
    async def export(self, interaction: Interaction) -> None:
        """Send the member's data."""
        await self._rights.export(interaction)

    @app_commands.command(
        description="Erase everything I have about you, in every server. I'll ask you to confirm"
    )
    async def erase(self, interaction: Interaction) -> None:
        """Ask whether to erase."""
        await self._rights.ask_whether_to_erase(interaction)

    @app_commands.command(
        description="Choose whether others can animate your avatar and the pictures in your messages"
    )
    @app_commands.describe(others="Allow or forbid it. Allowed until you choose")
    @app_commands.choices(
        others=[
            app_commands.Choice(name="allow · others can animate them", value=ALLOW),
            app_commands.Choice(name="forbid · only I can animate them", value=FORBID),
        ]
    )
    async def pictures(self, interaction: Interaction, others: str) -> None:
        """Set the opt-out."""
        await self._rights.allow_pictures(interaction, allowed=others != FORBID)

    @app_commands.command(
        description="Choose whether your pictures and words may be sent to services outside this machine"
    )
    @app_commands.describe(send="Forbidden until you choose. The server has to allow it too")
    @app_commands.choices(
        send=[
            app_commands.Choice(name="forbid · nothing of mine leaves this machine", value=Answer.FORBID),
            app_commands.Choice(name="allow · when I choose an engine of a service", value=Answer.ALLOW),
            app_commands.Choice(name="overflow · also when the wait here is long", value=Answer.OVERFLOW),
        ]
    )
    async def services(self, interaction: Interaction, send: str) -> None:
        """Give the member's consent, or take it back."""
        await self._app.hosted.consents.answer(interaction, Answer(send))

    @app_commands.command(
        description="Choose whether your clips are in the gallery on the web, and with your name"
    )
    @app_commands.describe(
        clips="Without your name until you choose. Moderators decide whether there is a gallery"
    )
    @app_commands.choices(
        clips=[
            app_commands.Choice(name="hide · none of my clips are shown", value=Choice.HIDDEN),
            app_commands.Choice(name="unnamed · shown without my name", value=Choice.UNNAMED),
            app_commands.Choice(name="named · shown with my name in the server", value=Choice.NAMED),
        ]
    )
    async def gallery(self, interaction: Interaction, clips: str) -> None:
        """Store what the member wants of the gallery."""
        choice, gallery = Choice(clips), self._app.queue.gallery
        await gallery.choose(interaction.user.id, choice)
        if choice is Choice.NAMED and interaction.guild_id is not None and is_here(interaction):
            await gallery.name(interaction.guild_id, interaction.user.id, interaction.user.display_name)
        await interaction.response.send_message(gallery_texts.CHOSEN[choice], ephemeral=True)


def setup(tree: app_commands.CommandTree[Any], app: App) -> None:
    """Add the group."""
    group = MyDataGroup(app)
    if app.settings.direct_messages is not DirectMessages.OFF:
        offered(group, app.settings)
    tree.add_command(group)
