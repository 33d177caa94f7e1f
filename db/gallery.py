"""Which clips strangers may see in the gallery, and under which names.

One statement decides it, for pages that are served and for folders that are built. Whatever makes a clip
unfit for strangers is read each time, so nothing has to be told to the gallery.
"""

from __future__ import annotations

import json
import secrets
import sqlite3
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from db.audit.log import AuditEntry, write_down
from db.jobs.erasures import UNDER_ERASE
from db.jobs.job import NOWHERE, Job
from db.jobs.rows import job_from
from db.sqlite.connection import Database
from db.sqlite.rows import Rows

DAY = 86_400.0
NAME_DAYS = 1.0
"""Days after which a name is looked up again."""

_FIT = f"""
FROM job INDEXED BY job_shown
CROSS JOIN gallery_guild ON gallery_guild.guild_id = job.guild_id
CROSS JOIN gallery_channel ON gallery_channel.channel_id = job.channel_id AND gallery_channel.is_public
LEFT JOIN gallery_choice AS wish ON wish.user_id = job.user_id
LEFT JOIN gallery_name AS known ON known.guild_id = job.guild_id AND known.user_id = job.user_id
    AND wish.choice = 'named' AND known.name <> ''
WHERE job.state = 'delivered' AND job.clip_sha256 IS NOT NULL
    AND job.deleted_at IS NULL AND job.forgotten_at IS NULL AND NOT job.taking_down
    AND job.channel_id <> {NOWHERE} AND job.message_id IS NOT NULL
    AND NOT job.private AND job.draft = 0
    AND NOT job.adult AND NOT job.spoiler
    AND coalesce(wish.choice, '') <> 'hidden'
    AND job.user_id NOT IN {UNDER_ERASE}
    AND job.user_id NOT IN (SELECT value FROM json_each(:left_out))
    AND job.guild_id NOT IN (SELECT guild_id FROM departed)
    AND (
        NOT EXISTS (SELECT 1 FROM report WHERE report.job = job.id)
        OR EXISTS (
            SELECT 1 FROM card WHERE card.job = job.id AND card.kind = 'report'
                AND card.decision = 'dismissed'
        )
    )
    AND (
        job.ended_at > :clips
        OR EXISTS (SELECT 1 FROM star WHERE star.job = job.id AND star.starred AND star.at > :stars)
    )
    AND (:engine IS NULL OR job.engine = :engine)
    AND (:kind IS NULL OR job.kind = :kind)
    AND (:member IS NULL OR known.slug = :member)
"""
"""Everything that a clip has to be. ``left_out``: members, as JSON; ``clips`` and ``stars``: since when files
are kept. The jobs come first, in their own order, so that a page is read without looking at all of them."""

_SHOWN = (
    "SELECT job.*, known.slug AS slug, known.name AS name, "
    "(SELECT count(*) FROM star WHERE star.job = job.id AND star.starred) AS stars "
    f"{_FIT}"
)
_ONE = f"{_SHOWN.replace('INDEXED BY job_shown', '')} AND job.id = :job"
_PAGE = f"{_SHOWN} ORDER BY job.seq DESC LIMIT :limit OFFSET :offset"
_FACETS = (
    f"SELECT DISTINCT job.engine AS engine, job.kind AS kind, known.slug AS slug, known.name AS name {_FIT}"
)

_OF_MEMBERS = """
SELECT DISTINCT user_id FROM job WHERE state = 'delivered' AND clip_sha256 IS NOT NULL
    AND deleted_at IS NULL AND forgotten_at IS NULL
"""


class Choice(StrEnum):
    """What a member wants of the gallery."""

    UNNAMED = "unnamed"
    """Their clips are shown, and nobody's name beside them. So it is until they choose."""
    NAMED = "named"
    HIDDEN = "hidden"


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """Which clips are wanted; None: all.

    Attributes:
        member: what stands for a member in addresses.
    """

    engine: str | None = None
    kind: str | None = None
    member: str | None = None


@dataclass(frozen=True, kw_only=True)
class Kept:
    """How long the files of clips are kept.

    Attributes:
        clips_days: after they were posted.
        starred_days: after the last star.
    """

    clips_days: float
    starred_days: float


@dataclass(frozen=True, kw_only=True)
class Shown:
    """A clip that strangers may see.

    Attributes:
        member: what stands for its member in addresses; None: they want no name beside it.
        name: theirs, as Discord showed it in that server.
        stars: members who keep it.
    """

    job: Job
    member: str | None
    name: str | None
    stars: int


@dataclass(frozen=True, kw_only=True)
class Facets:
    """What the clips can be filtered by.

    Attributes:
        members: what stands for them → their names.
    """

    engines: tuple[str, ...]
    kinds: tuple[str, ...]
    members: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class Nameless:
    """A member whose name has to be looked up.

    Attributes:
        user: their id, for Discord alone.
    """

    guild: int
    user: int


class ShownClips:
    """Reads what may be shown. Each call sees one moment."""

    def __init__(
        self, connection: sqlite3.Connection, *, pseudonym_of: Callable[[int], int], kept: Kept, now: float
    ) -> None:
        """Make one.

        Args:
            connection: with rows by name.
            pseudonym_of: those who want their pictures left alone are known by it.
            kept: how long files are kept.
            now: Unix seconds.
        """
        self._connection = connection
        self._values = {
            "clips": now - kept.clips_days * DAY,
            "stars": now - kept.starred_days * DAY,
            "left_out": json.dumps(_opted_out(connection, pseudonym_of)),
        }

    def page(self, wanted: Wanted, *, limit: int, offset: int = 0) -> list[Shown]:
        """The newest clips, less those that ``offset`` passes over."""
        return self._find(_PAGE, {**self._bound(wanted), "limit": limit, "offset": offset})

    def one(self, job: str) -> Shown | None:
        """One clip, if it may be shown."""
        found = self._find(_ONE, {**self._bound(Wanted()), "job": job})
        return found[0] if found else None

    def facets(self) -> Facets:
        """What there is to filter by."""
        rows = self._connection.execute(_FACETS, self._bound(Wanted())).fetchall()
        names = {row["slug"]: row["name"] for row in rows if row["slug"] is not None}
        return Facets(
            engines=tuple(sorted({row["engine"] for row in rows if row["engine"]})),
            kinds=tuple(sorted({row["kind"] for row in rows})),
            members=dict(sorted(names.items(), key=lambda each: (each[1].casefold(), each[0]))),
        )

    def _find(self, sql: str, values: dict[str, object]) -> list[Shown]:
        rows = self._connection.execute(sql, values).fetchall()
        return [
            Shown(job=job_from(row), member=row["slug"], name=row["name"], stars=row["stars"]) for row in rows
        ]

    def _bound(self, wanted: Wanted) -> dict[str, object]:
        return {**self._values, "engine": wanted.engine, "kind": wanted.kind, "member": wanted.member}


class Gallery(Rows):
    """The part of the queue that knows what the gallery shows."""

    def __init__(
        self, db: Database, *, pseudonym_of: Callable[[int], int], clock: Callable[[], float]
    ) -> None:
        super().__init__(db, clock=clock)
        self._pseudonym_of = pseudonym_of

    async def page(self, wanted: Wanted, kept: Kept, *, limit: int, offset: int) -> list[Shown]:
        """See :meth:`ShownClips.page`."""
        return await self._db.look(
            lambda connection: self._at(connection, kept).page(wanted, limit=limit, offset=offset)
        )

    async def one(self, job: str, kept: Kept) -> Shown | None:
        """See :meth:`ShownClips.one`."""
        return await self._db.look(lambda connection: self._at(connection, kept).one(job))

    async def facets(self, kept: Kept) -> Facets:
        """See :meth:`ShownClips.facets`."""
        return await self._db.look(lambda connection: self._at(connection, kept).facets())

    async def shows(self, guild: int) -> bool:
        """Whether a server's moderators show its clips."""
        return bool(await self._db.read("SELECT 1 FROM gallery_guild WHERE guild_id = ?", (guild,)))

    async def any_shown(self) -> bool:
        """Whether any server's moderators show its clips."""
        return bool(await self._db.read("SELECT 1 FROM gallery_guild LIMIT 1"))

    async def show(self, audit_entry: AuditEntry, *, on: bool) -> bool:
        """A server's moderators show its clips, or do so no longer; False if it was so already."""
        at = self._clock()

        def transaction(connection: sqlite3.Connection) -> bool:
            guild = audit_entry.guild_id
            if on:
                sql = "INSERT INTO gallery_guild (guild_id, at) VALUES (?, ?) ON CONFLICT DO NOTHING"
                changed = connection.execute(sql, (guild, at)).rowcount
            else:
                changed = connection.execute(
                    "DELETE FROM gallery_guild WHERE guild_id = ?", (guild,)
                ).rowcount
            if changed:
                write_down(connection, audit_entry, at)
            return bool(changed)

        return await self._db.write(transaction)

    async def choice(self, user: int) -> Choice:
        """What a member wants."""
        rows = await self._db.read("SELECT choice FROM gallery_choice WHERE user_id = ?", (user,))
        return Choice(rows[0]["choice"]) if rows else Choice.UNNAMED

    async def choose(self, user: int, choice: Choice) -> None:
        """Store what a member wants. Without their wish, no name of theirs is kept."""
        at = self._clock()

        def transaction(connection: sqlite3.Connection) -> None:
            if choice is Choice.UNNAMED:
                connection.execute("DELETE FROM gallery_choice WHERE user_id = ?", (user,))
            else:
                connection.execute(
                    "REPLACE INTO gallery_choice (user_id, choice, at) VALUES (?, ?, ?)", (user, choice, at)
                )
            if choice is not Choice.NAMED:
                connection.execute("DELETE FROM gallery_name WHERE user_id = ?", (user,))

        await self._db.write(transaction)

    async def name(self, guild: int, user: int, name: str | None) -> None:
        """Store a member's name in a server, if they want one shown; None: they are not there any more."""
        at = self._clock()
        sql = (
            "INSERT INTO gallery_name (guild_id, user_id, slug, name, at) "
            "SELECT ?, user_id, ?, ?, ? FROM gallery_choice WHERE user_id = ? AND choice = 'named' "
            "ON CONFLICT (guild_id, user_id) DO UPDATE SET name = excluded.name, at = excluded.at"
        )
        # A row with an empty name is never shown, and keeps Discord from being asked again all the time.
        await self._changes(sql, (guild, secrets.token_hex(6), name or "", at, user))

    async def nameless(self, limit: int) -> list[Nameless]:
        """Members whose name is wanted and not known, or was looked up long ago."""
        rows = await self._db.read(
            """
            SELECT DISTINCT job.guild_id, job.user_id FROM job
            JOIN gallery_choice AS wish ON wish.user_id = job.user_id AND wish.choice = 'named'
            JOIN gallery_guild ON gallery_guild.guild_id = job.guild_id
            LEFT JOIN gallery_name AS known
                ON known.guild_id = job.guild_id AND known.user_id = job.user_id
            WHERE job.state = 'delivered' AND job.clip_sha256 IS NOT NULL
                AND job.deleted_at IS NULL AND job.forgotten_at IS NULL
                AND (known.at IS NULL OR known.at < ?)
            LIMIT ?
            """,
            (self._clock() - NAME_DAYS * DAY, limit),
        )
        return [Nameless(guild=row["guild_id"], user=row["user_id"]) for row in rows]

    async def channels(self) -> dict[int, tuple[int, bool]]:
        """Channels with clips of servers that show them → the server, and whether it is known as public."""
        rows = await self._db.read(
            """
            SELECT DISTINCT job.channel_id, job.guild_id, coalesce(known.is_public, 0) AS is_public FROM job
            JOIN gallery_guild ON gallery_guild.guild_id = job.guild_id
            LEFT JOIN gallery_channel AS known ON known.channel_id = job.channel_id
            WHERE job.state = 'delivered' AND job.clip_sha256 IS NOT NULL
                AND job.deleted_at IS NULL AND job.forgotten_at IS NULL
            """
        )
        return {row["channel_id"]: (row["guild_id"], bool(row["is_public"])) for row in rows}

    async def note_channels(self, found: Iterable[tuple[int, int, bool]]) -> None:
        """Store which channels are public: their ids, their servers, and whether everybody may see them."""
        at = self._clock()
        rows = [(channel, guild, is_public, at) for channel, guild, is_public in found]
        sql = "REPLACE INTO gallery_channel (channel_id, guild_id, is_public, at) VALUES (?, ?, ?, ?)"
        await self._db.write(lambda connection: connection.executemany(sql, rows))

    def _at(self, connection: sqlite3.Connection, kept: Kept) -> ShownClips:
        return ShownClips(connection, pseudonym_of=self._pseudonym_of, kept=kept, now=self._clock())


def _opted_out(connection: sqlite3.Connection, pseudonym_of: Callable[[int], int]) -> list[int]:
    """Members with clips who want their pictures left alone: they surely want them on no web page."""
    left_alone = {row["pseudonym"] for row in connection.execute("SELECT pseudonym FROM opt_out").fetchall()}
    if not left_alone:
        return []
    users = [row["user_id"] for row in connection.execute(_OF_MEMBERS).fetchall()]
    return [user for user in users if user in left_alone or pseudonym_of(user) in left_alone]
