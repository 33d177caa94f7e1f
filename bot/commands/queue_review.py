"""``/queue review`` and ``/queue words``: what a server looks at first, and its word lists."""

from __future__ import annotations

import dataclasses
from typing import Any

import discord
from discord import app_commands

from bot.commands.moderator_group import ModeratorGroup, Reason
from bot.moderation.confusables import plain_line
from bot.text import review_texts
from db.moderation.reviews import OnPictures, OnWords, WordKind

MOST_DAYS = 365
MOST_WORDS = 500
LONGEST_WORD = 60

Word = app_commands.Range[str, 1, LONGEST_WORD]


class ReviewCommands(ModeratorGroup, name="review"):
    """The rules of review of this server."""

    @app_commands.command(
        description="Choose what is looked at before it is drawn or shown, and where you are asked"
    )
    @app_commands.describe(
        channel="Where I ask you; choose one that members cannot see",
        new_members="Hold what members ask for who joined less than so many days ago; 0: nobody's",
        words="What follows from a flagged word",
        pictures="What follows from a flagged picture or clip",
        reason="Why, for the log",
    )
    async def review(
        self,
        interaction: discord.Interaction[Any],
        channel: discord.TextChannel | None = None,
        new_members: app_commands.Range[int, 0, MOST_DAYS] | None = None,
        words: OnWords | None = None,
        pictures: OnPictures | None = None,
        reason: Reason | None = None,
    ) -> None:
        """Change the rules; what is left out stays as it was. Without any, show them."""
        queue = self._services.queue
        said: dict[str, Any] = {
            "channel_id": None if channel is None else channel.id,
            "newcomer_days": None if new_members is None else float(new_members),
            "words": words,
            "pictures": pictures,
        }
        said = {name: value for name, value in said.items() if value is not None}
        rules = dataclasses.replace(await queue.reviews.review_rules(interaction.guild_id or 0), **said)
        if said:
            await queue.reviews.set_review_rules(rules, self._audit_entry(interaction, "review", "", reason))
            self._services.signals.case_changed()
        await self._say(interaction, review_texts.rules_page(rules))


class WordsGroup(ModeratorGroup, name="words", description="The word lists of this server"):
    """Commands about words. What no server can allow is in :mod:`bot.moderation.hard_words`."""

    @app_commands.command(
        name="add", description="Flag a word or phrase in this server, however it is written"
    )
    @app_commands.describe(
        word="The word; its plural and its disguises are meant too", reason="Why, for the log"
    )
    async def add(
        self, interaction: discord.Interaction[Any], word: Word, reason: Reason | None = None
    ) -> None:
        """Put a word on the server's own list."""
        await self._list(interaction, word, WordKind.OWN, "word add", reason)

    @app_commands.command(name="allow", description="Do not flag a word of the base list in this server")
    @app_commands.describe(word="The word", reason="Why, for the log")
    async def allow(
        self, interaction: discord.Interaction[Any], word: Word, reason: Reason | None = None
    ) -> None:
        """Allow a word of the base."""
        await self._list(interaction, word, WordKind.ALLOWED, "word allow", reason)

    @app_commands.command(name="remove", description="Take back what was added or allowed")
    @app_commands.describe(word="The word", reason="Why, for the log")
    async def remove(
        self, interaction: discord.Interaction[Any], word: Word, reason: Reason | None = None
    ) -> None:
        """Take a word off the server's lists."""
        await self._list(interaction, word, None, "word remove", reason)

    @app_commands.command(name="list", description="Show the words of this server")
    async def show(self, interaction: discord.Interaction[Any]) -> None:
        """Show both lists."""
        listed = await self._services.queue.reviews.words(interaction.guild_id or 0)
        page = review_texts.words_page(sorted(listed[WordKind.OWN]), sorted(listed[WordKind.ALLOWED]))
        await self._say(interaction, page)

    async def _list(
        self,
        interaction: discord.Interaction[Any],
        word: str,
        kind: WordKind | None,
        action: str,
        reason: str | None,
    ) -> None:
        read = plain_line(word)
        if not read:
            await self._say(interaction, review_texts.NO_WORD)
            return
        audit_entry = self._audit_entry(interaction, action, read, reason)
        changed = await self._services.queue.reviews.set_word(read, kind, audit_entry, most=MOST_WORDS)
        if not changed:
            await self._say(interaction, review_texts.WORD_UNCHANGED)
        elif kind is None:
            await self._say(interaction, review_texts.WORD_FORGOTTEN)
        else:
            looked_for = (
                await self._services.queue.reviews.review_rules(audit_entry.guild_id)
            ).words is not OnWords.OFF
            own = kind is WordKind.OWN
            await self._say(interaction, review_texts.word_listed(read, own=own, looked_for=looked_for))
