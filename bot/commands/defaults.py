"""``/defaults``: what a member, or a server, would have if nothing else is asked for."""

from __future__ import annotations

import inspect
from typing import Any

from discord import app_commands

from bot.app import App
from bot.commands.shared.autocomplete import complete
from bot.commands.shared.clip_command import parameter_of
from bot.config.choices import Language
from bot.discord_io.interactions import Interaction, say
from bot.discord_io.permissions import is_moderator
from bot.discord_io.whereabouts import guild_of
from bot.requests.options import request_of
from bot.requests.preferring import PREFERABLE
from bot.text import default_texts, messages, privacy_texts
from bot.text.foreign import refusal
from bot.text.languages import OWN_NAMES, language_of
from bot.text.wording import speaking
from db.audit.log import AuditEntry
from db.community.preferences import Value
from db.errors import AskedBeforeErase
from engine.core.errors import UserError
from engine.core.recipe import Kind

SERVER = "server"
AS_DISCORD = "as my Discord"
FOR_ALL = "For everybody in this server who has none of their own. Moderators only"


@app_commands.guild_only()
class DefaultsGroup(
    app_commands.Group, name="defaults", description="What your clips have if you don't say otherwise"
):
    """Every member has their own in each server; moderators set the server's."""

    def __init__(self, app: App) -> None:
        super().__init__()
        self._app = app
        self.add_command(self._set_command())

    @app_commands.command(description="See your defaults, and this server's")
    async def show(self, interaction: Interaction) -> None:
        """Answer with them."""
        queue = self._app.queue
        preferred = await queue.preferences.of(guild_of(interaction), interaction.user.id)
        language = await queue.member_languages.of(interaction.user.id)
        await say(interaction, messages.fit(default_texts.shown(preferred, language)))

    @app_commands.command(
        name=app_commands.locale_str("language"),
        description=app_commands.locale_str("Choose the language in which I speak to you"),
        auto_locale_strings=False,  # what a language is called in itself is the same everywhere
    )
    @app_commands.rename(language=app_commands.locale_str("language"))
    @app_commands.describe(
        language=app_commands.locale_str("It holds in every server and in direct messages")
    )
    @app_commands.choices(
        language=[
            app_commands.Choice(name=app_commands.locale_str(AS_DISCORD), value=Language.AUTO.value),
            *(app_commands.Choice(name=name, value=code) for code, name in OWN_NAMES.items()),
        ]
    )
    async def language(self, interaction: Interaction, language: str) -> None:
        """Remember the member's language, and answer in it."""
        app = self._app
        if app.settings.language is not Language.AUTO:
            await say(interaction, default_texts.ONE_LANGUAGE)
            return
        own = language if language in OWN_NAMES else None
        now = language_of(interaction.locale) if own is None else own
        try:
            await app.queue.member_languages.keep(
                interaction.user.id, own, now=now, interaction=interaction.id
            )
        except AskedBeforeErase:
            await say(interaction, privacy_texts.ASKED_BEFORE_ERASE)
            return
        with speaking(now):
            await say(interaction, default_texts.language_kept(own))
        app.signals.places_changed()  # messages that say how a job stands are written anew

    @app_commands.command(description="Forget your defaults in this server")
    @app_commands.describe(server=FOR_ALL)
    async def clear(self, interaction: Interaction, server: bool = False) -> None:
        """Forget them."""
        if await self._keep(interaction, {}, server=server):
            await say(interaction, default_texts.SERVER_CLEARED if server else default_texts.CLEARED)

    def _set_command(self) -> app_commands.Command[Any, ..., None]:
        """Make ``set``, whose options are those of the commands that ask for clips."""

        async def keep(interaction: Interaction, server: bool = False, **given: Any) -> None:
            await self._set(interaction, given, server=server)

        first = inspect.Parameter("interaction", inspect.Parameter.POSITIONAL_OR_KEYWORD)
        own = [parameter_of(option, longest=100) for option in PREFERABLE]
        last = inspect.Parameter(SERVER, inspect.Parameter.KEYWORD_ONLY, default=False, annotation=bool)
        keep.__signature__ = inspect.Signature([first, *own, last])  # type: ignore[attr-defined]
        command: app_commands.Command[Any, ..., None] = app_commands.Command(
            name="set", description="Choose what your clips have if you don't say otherwise", callback=keep
        )
        about = {option.name: app_commands.locale_str(option.about) for option in PREFERABLE}
        app_commands.describe(**about, server=app_commands.locale_str(FOR_ALL))(command)
        for option in PREFERABLE:
            if option.choices:
                shown = [
                    app_commands.Choice(name=app_commands.locale_str(name), value=value)
                    for value, name in option.choices.items()
                ]
                app_commands.choices(**{option.name: shown})(command)
        complete(command, self._app, Kind.TEXT2VIDEO, leave_out={"quality"})
        return command

    async def _set(self, interaction: Interaction, given: dict[str, Any], *, server: bool) -> None:
        """Add what was given to what is remembered."""
        new: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
        if not new:
            await say(interaction, default_texts.NOTHING_GIVEN)
            return
        try:
            request_of(Kind.TEXT2VIDEO, **new)
        except UserError as error:
            await say(interaction, refusal(error))
            return
        known = await self._app.queue.preferences.of(guild_of(interaction), interaction.user.id)
        together = {**(known.server if server else known.own), **new}
        if await self._keep(interaction, together, server=server):
            await say(interaction, messages.fit(default_texts.kept(together, server=server)))

    async def _keep(self, interaction: Interaction, options: dict[str, Value], *, server: bool) -> bool:
        """Remember them; False where that is refused, and the member was told so."""
        guild, user = guild_of(interaction), interaction.user.id
        preferences = self._app.queue.preferences
        if not server:
            try:
                await preferences.keep(guild, user, options, interaction=interaction.id)
            except AskedBeforeErase:
                await say(interaction, privacy_texts.ASKED_BEFORE_ERASE)
                return False
            return True
        if not is_moderator(interaction, self._app.settings.moderator_roles):
            await say(interaction, messages.NOT_A_MODERATOR)
            return False
        entry = AuditEntry(
            guild_id=guild,
            actor_id=user,
            action="defaults",
            target="",
            reason=", ".join(f"{name} {value}" for name, value in options.items())[:200] or "none",
        )
        await preferences.keep_of_guild(guild, options, audit_entry=entry)
        return True


def setup(tree: app_commands.CommandTree[Any], app: App) -> None:
    """Add the group."""
    tree.add_command(DefaultsGroup(app))
