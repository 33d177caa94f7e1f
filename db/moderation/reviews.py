"""What a guild reviews before it is drawn or shown, and its word lists."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from enum import Enum, StrEnum, auto

from db.audit.log import AuditEntry, write_down
from db.sqlite.rows import Rows


class OnWords(StrEnum):
    """What happens to a request with a flagged word."""

    OFF = "off"
    HOLD = "hold"
    REFUSE = "refuse"


class OnPictures(StrEnum):
    """What happens to a flagged picture or clip."""

    OFF = "off"
    HOLD = "hold"
    SPOILER = "spoiler"


class WordKind(StrEnum):
    """A guild's own setting for a word."""

    OWN = "own"
    ALLOWED = "allowed"


class WordChange(Enum):
    """What became of a change to a guild's lists."""

    DONE = auto()
    SAME = auto()
    """The word is set this way already; or, where it was to be taken off, it is on no list."""

    FULL = auto()


@dataclass(frozen=True, kw_only=True)
class ReviewRules:
    """What a guild reviews: by default nothing.

    Attributes:
        channel_id: where moderators are asked; None: nowhere, and held jobs appear in the list only.
        newcomer_days: a member's jobs are held for this many days after joining.
    """

    channel_id: int | None = None
    newcomer_days: float = 0.0
    words: OnWords = OnWords.OFF
    pictures: OnPictures = OnPictures.OFF


class Reviews(Rows):
    """The part of the queue that knows a guild's rules of review."""

    async def review_rules(self, guild: int) -> ReviewRules:
        """Return what a guild reviews."""
        rows = await self._db.read("SELECT * FROM review_rules WHERE guild_id = ?", (guild,))
        if not rows:
            return ReviewRules()
        return ReviewRules(
            channel_id=rows[0]["channel_id"],
            newcomer_days=rows[0]["newcomer_days"],
            words=OnWords(rows[0]["words"]),
            pictures=OnPictures(rows[0]["pictures"]),
        )

    async def review_channels(self) -> dict[int, int]:
        """Return the channel of each guild that has one and was not left."""
        rows = await self._db.read(
            "SELECT guild_id, channel_id FROM review_rules "
            "WHERE channel_id IS NOT NULL AND guild_id NOT IN (SELECT guild_id FROM departed)"
        )
        return {row["guild_id"]: row["channel_id"] for row in rows}

    async def set_review_rules(self, rules: ReviewRules, audit_entry: AuditEntry) -> None:
        """Change what a guild reviews; jobs that are already held stay held."""
        at = self._clock()

        def transaction(connection: sqlite3.Connection) -> None:
            connection.execute(
                "REPLACE INTO review_rules (guild_id, channel_id, newcomer_days, words, pictures) "
                "VALUES (?, ?, ?, ?, ?)",
                (audit_entry.guild_id, rules.channel_id, rules.newcomer_days, rules.words, rules.pictures),
            )
            # Cards that found no channel are tried again at once.
            connection.execute(
                "UPDATE card SET due_at = 0 WHERE guild_id = ? AND closed = 0", (audit_entry.guild_id,)
            )
            write_down(connection, audit_entry, at)

        await self._db.write(transaction)

    async def words(self, guild: int) -> dict[WordKind, frozenset[str]]:
        """Return a guild's own settings for words."""
        rows = await self._db.read("SELECT word, kind FROM word WHERE guild_id = ?", (guild,))
        return {kind: frozenset(row["word"] for row in rows if row["kind"] == kind) for kind in WordKind}

    async def set_word(
        self,
        word: str,
        kind: WordKind | None,
        audit_entry: AuditEntry,
        *,
        most: int,
    ) -> WordChange:
        """Put a word on one of the guild's lists, or (None) take it off them.

        Args:
            most: words that a guild may have on its lists.
        """
        at = self._clock()

        def transaction(connection: sqlite3.Connection) -> WordChange:
            if kind is None:
                changed = connection.execute(
                    "DELETE FROM word WHERE guild_id = ? AND word = ?", (audit_entry.guild_id, word)
                ).rowcount
            else:
                changed = connection.execute(
                    "INSERT INTO word (guild_id, word, kind) SELECT :guild, :word, :kind "
                    "WHERE (SELECT count(*) FROM word WHERE guild_id = :guild AND word <> :word) < :most "
                    "ON CONFLICT DO UPDATE SET kind = :kind WHERE kind <> :kind",
                    {"guild": audit_entry.guild_id, "word": word, "kind": kind, "most": most},
                ).rowcount
            if changed > 0:
                write_down(connection, audit_entry, at)
                return WordChange.DONE
            same = (
                kind is None
                or connection.execute(
                    "SELECT 1 FROM word WHERE guild_id = ? AND word = ?", (audit_entry.guild_id, word)
                ).fetchone()
            )
            return WordChange.SAME if same else WordChange.FULL

        return await self._db.write(transaction)
