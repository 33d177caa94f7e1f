"""Names and descriptions of commands in the languages of Discord's clients."""

from __future__ import annotations

import asyncio
import hashlib
from typing import Any

import discord
from discord import app_commands
from discord.app_commands import TranslationContextLocation as Location

from bot.config.choices import Language
from bot.text.catalogues.catalogue import COMMAND, FOLDER, Catalogue, catalogue
from bot.text.languages import language_of
from bot.text.wording import CHOICE, MENU, OPTION

DESCRIPTION = "description"
"""The context of descriptions of commands and options."""

_CONTEXTS = {
    Location.command_name: COMMAND,
    Location.group_name: COMMAND,
    Location.command_description: DESCRIPTION,
    Location.group_description: DESCRIPTION,
    Location.parameter_name: OPTION,
    Location.parameter_description: DESCRIPTION,
    Location.choice_name: CHOICE,
}


class CommandTranslator(app_commands.Translator):
    """Looks the commands' words up in the catalogues."""

    def __init__(self, chosen: Language = Language.AUTO) -> None:
        """Make one; ``chosen``: the owner's language for everything."""
        self._chosen = chosen
        self._known: dict[str, Catalogue | None] = {}

    @property
    def digest(self) -> str:
        """Changes when any translation may: then Discord has to be told of the commands again."""
        every = hashlib.sha256(self._chosen.encode())
        for path in sorted(FOLDER.glob("*.po")):
            every.update(path.read_bytes())
        return every.hexdigest()

    async def translate(
        self,
        string: app_commands.locale_str,
        locale: discord.Locale,
        context: app_commands.TranslationContext[Any, Any],
    ) -> str | None:
        """The words for clients of this locale; None: the English ones do."""
        code = language_of(locale, self._chosen)
        if code not in self._known:
            self._known[code] = await asyncio.to_thread(catalogue, code)
        known = self._known[code]
        if known is None:
            return None
        found = known.one(string.message, context_of(context))
        return None if found == string.message else found


def context_of(context: app_commands.TranslationContext[Any, Any]) -> str | None:
    """The context under which a word of a command stands in the catalogues."""
    if isinstance(context.data, app_commands.ContextMenu):
        return MENU
    return _CONTEXTS.get(context.location)
