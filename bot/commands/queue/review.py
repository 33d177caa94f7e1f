"""``/queue review`` and ``/queue words``: what a server looks at first, and its word lists."""

from __future__ import annotations

import dataclasses
import io
from typing import Any

import discord
from discord import app_commands

from bot.commands.shared.moderator_group import ModeratorGroup, QueueSection, Reason
from bot.discord_io.interactions import Interaction
from bot.discord_io.places import missing_in
from bot.discord_io.whereabouts import guild_of
from bot.moderation.confusables import plain_line
from bot.text import review_texts
from db.moderation.reviews import OnPictures, OnWords, WordChange, WordKind

MOST_DAYS = 365
MOST_WORDS = 500
LONGEST_WORD = 60

Word = app_commands.Range[str, 1, LONGEST_WORD]


class ReviewCommands(QueueSection):
    """The rules of review of this server."""

    order = 50

    @app_commands.command(
        description="Choose what moderators review before it is made or posted, and where I ask them"
    )
    @app_commands.describe(
        channel="Where I ask you; choose a channel that members can't see",
        new_members="Hold requests from members who joined fewer days ago than this; 0 turns it off",
        words="What happens to requests with flagged words",
        pictures="What happens to flagged pictures and clips",
        reason="Reason, for the log",
    )
    async def review(
        self,
        interaction: Interaction,
        channel: discord.TextChannel | None = None,
        new_members: app_commands.Range[int, 0, MOST_DAYS] | None = None,
        words: OnWords | None = None,
        pictures: OnPictures | None = None,
        reason: Reason | None = None,
    ) -> None:
        """Change the rules; what is left out stays as it was. Without any, show them."""
        if channel is not None and (missing := missing_in(channel)):
            await self._say(interaction, review_texts.cannot_ask(channel.id, missing))
            return
        queue = self._app.queue
        said: dict[str, Any] = {
            "channel_id": None if channel is None else channel.id,
            "newcomer_days": None if new_members is None else float(new_members),
            "words": words,
            "pictures": pictures,
        }
        said = {name: value for name, value in said.items() if value is not None}
        rules = dataclasses.replace(await queue.reviews.review_rules(guild_of(interaction)), **said)
        if said:
            await queue.reviews.set_review_rules(rules, self._audit_entry(interaction, "review", "", reason))
            self._app.signals.case_changed()
        asked_in = None if interaction.guild is None else interaction.guild.get_channel(rules.channel_id or 0)
        missing = missing_in(asked_in) if isinstance(asked_in, discord.TextChannel) else ()
        await self._say(interaction, review_texts.rules_page(rules, missing))


class WordsGroup(ModeratorGroup, name="words", description="The word lists of this server"):
    """Commands about words. What no server can allow is in :mod:`bot.moderation.hard_words`."""

    order = 70

    @app_commands.command(name="add", description="Flag a word or phrase in this server, in any spelling")
    @app_commands.describe(
        word="The word. Its plural and disguised spellings are covered too", reason="Reason, for the log"
    )
    async def add(self, interaction: Interaction, word: Word, reason: Reason | None = None) -> None:
        """Put a word on the server's own list."""
        await self._list(interaction, word, WordKind.OWN, "word add", reason)

    @app_commands.command(name="allow", description="Allow a word from the base list in this server")
    @app_commands.describe(word="The word", reason="Reason, for the log")
    async def allow(self, interaction: Interaction, word: Word, reason: Reason | None = None) -> None:
        """Allow a word of the base."""
        await self._list(interaction, word, WordKind.ALLOWED, "word allow", reason)

    @app_commands.command(name="remove", description="Remove a word from this server's lists")
    @app_commands.describe(word="The word", reason="Reason, for the log")
    async def remove(self, interaction: Interaction, word: Word, reason: Reason | None = None) -> None:
        """Take a word off the server's lists."""
        await self._list(interaction, word, None, "word remove", reason)

    @app_commands.command(name="list", description="Show this server's word lists")
    async def show(self, interaction: Interaction) -> None:
        """Show both lists."""
        listed = await self._app.queue.reviews.words(guild_of(interaction))
        own, allowed = sorted(listed[WordKind.OWN]), sorted(listed[WordKind.ALLOWED])
        every = review_texts.words_file(own, allowed)
        files = [] if every is None else [discord.File(io.BytesIO(every.encode()), "words.txt")]
        await interaction.response.send_message(
            review_texts.words_page(own, allowed), files=files, ephemeral=True
        )

    async def _list(
        self,
        interaction: Interaction,
        word: str,
        kind: WordKind | None,
        action: str,
        reason: str | None,
    ) -> None:
        read = plain_line(word)
        if not read:
            await self._say(interaction, review_texts.NO_WORD)
            return
        if kind is WordKind.ALLOWED and not self._app.screening.flagged_by_default(read):
            await self._say(interaction, review_texts.not_in_base(read))
            return
        audit_entry = self._audit_entry(interaction, action, read, reason)
        changed = await self._app.queue.reviews.set_word(read, kind, audit_entry, most=MOST_WORDS)
        if changed is WordChange.FULL:
            await self._say(interaction, review_texts.WORDS_FULL)
        elif changed is WordChange.SAME:
            same = review_texts.WORD_NOT_LISTED if kind is None else review_texts.WORD_SET_ALREADY
            await self._say(interaction, same)
        elif kind is None:
            await self._say(interaction, review_texts.WORD_FORGOTTEN)
        else:
            looked_for = (
                await self._app.queue.reviews.review_rules(audit_entry.guild_id)
            ).words is not OnWords.OFF
            own = kind is WordKind.OWN
            await self._say(interaction, review_texts.word_listed(read, own=own, looked_for=looked_for))
