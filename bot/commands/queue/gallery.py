"""``/queue gallery``: whether this server's public clips are shown in the gallery on the web."""

from __future__ import annotations

from discord import app_commands

from bot.commands.shared.moderator_group import QueueSection, Reason
from bot.discord_io.interactions import Interaction
from bot.discord_io.whereabouts import guild_of
from bot.text import gallery_texts
from engine.core.request import Switch


class GalleryCommands(QueueSection):
    """The consent of this server."""

    order = 56

    @app_commands.command(
        description="Show clips from this server's public channels in the gallery on the web"
    )
    @app_commands.describe(
        show="on: strangers can see them. Leave empty to see how it stands", reason="Reason, for the log"
    )
    async def gallery(
        self, interaction: Interaction, show: Switch | None = None, reason: Reason | None = None
    ) -> None:
        """Give the server's consent, or take it back; or show how it stands."""
        gallery = self._app.queue.gallery
        if show is None:
            shown = await gallery.shows(guild_of(interaction))
            await self._say(interaction, gallery_texts.IS_SHOWN if shown else gallery_texts.IS_NOT_SHOWN)
            return
        entry = self._audit_entry(interaction, "gallery", show.value, reason)
        changed = await gallery.show(entry, on=show is Switch.ON)
        if show is Switch.ON:
            text = gallery_texts.SHOWN_HERE if changed else gallery_texts.SHOWN_ALREADY
        else:
            text = gallery_texts.NOT_SHOWN_HERE if changed else gallery_texts.NOT_SHOWN_ALREADY
        await self._say(interaction, text)
