"""What the database knows of members, and the one transaction that takes a member out of it.

Every column that can hold a member's id is named here; one test walks the schema, so that a new table cannot
be forgotten, and another looks for the id in everything. What counts (states, times, GPU-seconds) stays,
under a pseudonym that the database cannot resolve.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from db.audit.aliases import erase_from_log
from db.jobs.ending import end
from db.jobs.fairness import log2_sum
from db.jobs.job import Job
from db.jobs.lineage import descent
from db.jobs.retention import named_files
from db.jobs.rows import job_from, transition
from db.privacy.pseudonyms import Pseudonyms
from db.states import OPEN, JobId, State

SUBJECTS: Mapping[str, str] = {
    "job": "user_id",
    "member": "user_id",
    "ban": "user_id",
    "allowance": "whom",
    "star": "user_id",
    "report": "user_id",
    "api_key": "user_id",
    "hosting_consent": "user_id",
    "preference": "user_id",
    "member_language": "user_id",
    "contest_vote": "user_id",
    "gallery_choice": "user_id",
    "gallery_name": "user_id",
    "prompt_help": "user_id",
}
"""Tables that hold something about a member, and the column that says about whom."""

ACTORS: Mapping[str, tuple[str, ...]] = {
    "ban": ("by_user",),
    "pause": ("by_user",),
    "drain": ("by_user",),
    "card": ("by_user",),
    "effect": ("by_user",),
    "showcase": ("by_user",),
    "contest": ("by_user",),
}
"""Columns with the id of a member who acted on others."""

WORDS_ABOUT: Mapping[str, tuple[str, ...]] = {"ban": ("reason",), "report": ("reason",)}
"""Free text about the member whom a row is about."""

NAMED_IN: Mapping[str, tuple[str, ...]] = {
    "ban": ("reason",),
    "contest": ("theme",),
    "drain": ("reason",),
    "job": ("error_text", "held_reason"),
    "reel": ("text",),
    "report": ("reason",),
}
"""Texts that may name a member by their id, about whomever they are: the winner of a contest, above all."""

PASSING: Mapping[str, str] = {
    "alias": "user_id",
    "erasure": "user_id",
    "asked": "user_id",
    "owed": "user_id",
}
"""Tables whose rows about a member hold nothing to take away."""

NOT_TOLD: Mapping[str, str] = {"api_key": "hash", "job": "token", "prompt_help": "token"}
"""Columns about a member that are no use to them."""

FORGOTTEN = (
    *("star", "contest_vote", "hosting_consent", "preference", "member_language"),
    *("gallery_name", "prompt_help"),
)
"""Tables whose rows about a member are deleted."""

KEPT_UNDER_PSEUDONYM = ("member", "ban", "allowance", "report", "gallery_choice")
"""Rows that outlive an erase: what was used; that a member is banned, may ask for less, has reported; what
they want of the gallery."""

APPLIED = "erased_applied"
"""The key in ``meta`` of how much of the list of the erased has been done in this database."""

FORGET = """
UPDATE job SET
    key = 'forgotten ' || id, recipe = :recipe, inputs = '{}', error_text = NULL, held_reason = NULL,
    seed = NULL, seen = NULL, token = NULL, token_at = NULL, given = NULL, language = 'en',
    forgotten_at = :now
WHERE id = :id
"""

EMPTIED = """
UPDATE erasure SET
    pseudonym = :pseudonym, user_id = NULL, state = 'emptied', jobs = :jobs, messages_left = :messages_left
WHERE (user_id = :user OR pseudonym IN (:user, :pseudonym)) AND at <= :before
"""

REPORT_OPEN = (
    "EXISTS (SELECT 1 FROM card WHERE card.job = job.id AND card.kind = 'report' AND card.decision IS NULL)"
)
"""Moderators have not decided yet about reports of the job's clip. Until they have, they need the way to its
message, or a member could end a report by an erase."""

SHORTEST_QUOTE = 12
"""Characters of a member's words that are looked for in moderators' reasons; fewer would fit anything."""


class Redactor(Protocol):
    """What knows how recipes are written; they are opaque here."""

    def forget(self, recipe: str) -> str:
        """The recipe without what its member wrote and gave."""
        ...

    def forget_receipt(self, receipt: str) -> str:
        """The receipt without what leads to the clip."""
        ...

    def forget_these(self, recipe: str, others: Sequence[str], digests: Collection[str]) -> str:
        """The recipe without these files, and without words that it has from one of the others."""
        ...

    def retells(self, recipe: str, other: str) -> bool:
        """Whether a recipe of the same seed was read from a clip of the other."""
        ...

    def phrases(self, recipe: str) -> set[str]:
        """What its member wrote in it."""
        ...


@dataclass(frozen=True, kw_only=True)
class Forgotten:
    """What was taken out, for those who must delete its files.

    Attributes:
        jobs: the member's own, now empty.
        kin: what others made from them, and lost something.
        blobs: digests that no row names any more.
    """

    jobs: list[JobId] = field(default_factory=list)
    kin: list[JobId] = field(default_factory=list)
    blobs: set[str] = field(default_factory=set)


class Eraser:
    """Takes members out of a database, whichever connection leads to it: that of the queue, or to a copy.

    Every method runs inside a transaction of the caller's.
    """

    def __init__(self, *, pseudonyms: Pseudonyms, redactor: Redactor) -> None:
        """Make one from what makes pseudonyms and keeps the list of the erased, and what knows recipes."""
        self.pseudonyms = pseudonyms
        self._redactor = redactor

    def applied(self, connection: sqlite3.Connection) -> int:
        """How much of the list of the erased has been done in this database."""
        row = connection.execute("SELECT value FROM meta WHERE key = ?", (APPLIED,)).fetchone()
        return int(row[0]) if row else 0

    def erase_again(self, connection: sqlite3.Connection, now: float) -> Forgotten:
        """Erase those who were erased after this database was copied."""
        everybody = self.pseudonyms.erased()
        missing = {each.pseudonym: each.at for each in everybody[self.applied(connection) :]}
        gone = Forgotten()
        for user in _everybody(connection) if missing else ():
            before = missing.get(self.pseudonyms.of(user))
            if before is not None:
                also = self.erase(connection, user, before, now, len(everybody))
                gone.jobs.extend(also.jobs)
                gone.kin.extend(also.kin)
                gone.blobs.update(also.blobs)
        _note_applied(connection, len(everybody))
        return gone

    def rename(self, connection: sqlite3.Connection, old: int, new: int) -> None:
        """Let what outlives an erase stand under another number; use under both numbers is added up.

        Where both have a row about the same, the row about the member's id is the newer one.
        """
        _add_up_use(connection, old, new)
        prefer = "REPLACE" if old > 0 else "IGNORE"
        for table in KEPT_UNDER_PSEUDONYM:
            column = SUBJECTS[table]
            connection.execute(
                f"UPDATE OR {prefer} {table} SET {column} = ? WHERE {column} = ?",
                (new, old),
            )
            connection.execute(f"DELETE FROM {table} WHERE {column} = ?", (old,))

    def kin(self, connection: sqlite3.Connection, own: Sequence[Job]) -> list[Job]:
        """What others have made from a member's jobs, and would lose by an erase, the oldest first."""
        return [job for job, _ in self._losses(own, self._descent(connection, own))]

    def erase(
        self,
        connection: sqlite3.Connection,
        user: int,
        before: float,
        now: float,
        applied: int,
        *,
        messages_left: int = 0,
    ) -> Forgotten:
        """Take a member out. What they have open ends; a claim on it is over.

        Args:
            connection: with rows by name.
            user: who.
            before: what they asked for later stays, Unix seconds.
            now: Unix seconds.
            applied: how much of the list of the erased has been done when this is.
            messages_left: how many of their messages could not be deleted before.
        """
        own = jobs_of(connection, user, before)
        kin = self._losses(own, self._descent(connection, own))
        pseudonym = self.pseudonyms.of(user)
        clips = _files_of(own)
        for job in own:
            clips |= self._empty(connection, job, pseudonym, now)
        for job, left in kin:
            clips |= _disinherit(connection, job, left, now)
        quotes = {phrase for job in own for phrase in self._redactor.phrases(job.recipe)}
        erase_from_log(
            connection,
            user,
            [job.id for job in own],
            [quote for quote in quotes if len(quote) >= SHORTEST_QUOTE],
        )
        _forget_quoted_reports(connection, user)
        for table in FORGOTTEN:
            connection.execute(f"DELETE FROM {table} WHERE user_id = ?", (user,))
        _drop_keys(connection, user)
        for table in PASSING.keys() - {"alias", "erasure"}:  # these two are seen to here
            connection.execute(f"DELETE FROM {table} WHERE {PASSING[table]} = ?", (user,))
        self.rename(connection, user, pseudonym)
        for table, columns in ACTORS.items():
            for column in columns:
                connection.execute(
                    f"UPDATE {table} SET {column} = ? WHERE {column} = ?",
                    (pseudonym, user),
                )
        _rename_in_texts(connection, user, pseudonym)
        for table, texts in WORDS_ABOUT.items():
            blank = ", ".join(f"{text} = ''" for text in texts)
            connection.execute(f"UPDATE {table} SET {blank} WHERE {SUBJECTS[table]} = ?", (pseudonym,))
        connection.execute(
            EMPTIED,
            {
                "user": user,
                "pseudonym": pseudonym,
                "before": before,
                "jobs": len(own),
                "messages_left": messages_left,
            },
        )
        _note_applied(connection, applied)
        return Forgotten(
            jobs=[job.id for job in own],
            kin=[job.id for job, _ in kin],
            blobs=clips - named_files(connection, clips),
        )

    def _empty(self, connection: sqlite3.Connection, job: Job, pseudonym: int, now: float) -> set[str]:
        """Take all but what counts out of a member's own job; return the digests of its takes' pictures."""
        self.forget(connection, job, now)
        _end(connection, job.id, now)
        connection.execute(
            f"UPDATE job SET user_id = ?, clip_sha256 = NULL, receipt = ?, "
            f"message_id = iif({REPORT_OPEN}, message_id, NULL), "
            "status_channel_id = NULL, status_message_id = NULL, status_final = 1, "
            "deleted_at = coalesce(deleted_at, ?) WHERE id = ?",
            (pseudonym, job.receipt and self._redactor.forget_receipt(job.receipt), now, job.id),
        )
        connection.execute("UPDATE report SET reason = '' WHERE job = ?", (job.id,))
        # An effect that was made of their clip has their words in it.
        connection.execute("DELETE FROM effect WHERE job = ?", (job.id,))
        return _drop_sheets(connection, job.id)

    def _descent(self, connection: sqlite3.Connection, own: Sequence[Job]) -> list[Job]:
        """What others have made from a member's jobs."""
        mine = {job.id for job in own}
        made = descent(connection, own, retells=self._redactor.retells)
        return [job for job in made if job.id not in mine]

    def forget(self, connection: sqlite3.Connection, job: Job, now: float) -> None:
        """Take words and files out of a job, and words about it. Undecided reports keep theirs."""
        connection.execute(FORGET, {"id": job.id, "recipe": self._redactor.forget(job.recipe), "now": now})
        connection.execute(
            "UPDATE report SET reason = '' "
            f"WHERE job IN (SELECT id FROM job WHERE id = ? AND NOT {REPORT_OPEN})",
            (job.id,),
        )
        _tell_anew(connection, job.id)

    def _losses(self, own: Sequence[Job], descent: Sequence[Job]) -> list[tuple[Job, Left]]:
        """What each job of a member's descent has from them, the oldest first.

        A finished clip is made of what its job was made of, so whoever went on from it loses it too. What a
        job held whose words were cleared away before is not known: what was made from it loses everything.
        """
        recipes = [job.recipe for job in own]
        tainted = _files_of(own)
        emptied = {job.id for job in own if job.forgotten_at is not None}
        losses = []
        for job in descent:
            if job.forgotten_at is not None:
                emptied.add(job.id)
            if job.parent in emptied:
                left = Left(inputs={}, recipe=self._redactor.forget(job.recipe))
                recipes.append(job.recipe)
                tainted |= _files_of([job])
            else:
                kept = {role: digest for role, digest in job.inputs.items() if digest not in tainted}
                left = Left(inputs=kept, recipe=self._redactor.forget_these(job.recipe, recipes, tainted))
            if (left.inputs, left.recipe) != (job.inputs, job.recipe):
                losses.append((job, left))
                tainted |= set() if job.clip_sha256 is None else {job.clip_sha256}
        return losses


@dataclass(frozen=True, kw_only=True)
class Left:
    """What is left of a job without what it has from somebody else."""

    inputs: Mapping[str, str]
    recipe: str


def _disinherit(connection: sqlite3.Connection, job: Job, left: Left, now: float) -> set[str]:
    """Take from a job what it has from somebody else; return the digests of files that may go.

    A finished file has its recipe inside, so it goes even where only words were taken.
    """
    connection.execute(
        "UPDATE job SET inputs = ?, recipe = ?, seen = NULL, error_text = NULL, held_reason = NULL, "
        "forgotten_at = ? "
        "WHERE id = ?",
        (json.dumps(dict(left.inputs)), left.recipe, now, job.id),
    )
    if end(connection, job.id, State.CANCELLED, sources=OPEN, now=now, retry_at=None) is not None:
        _fence(connection, job.id)
    _tell_anew(connection, job.id)
    connection.execute("UPDATE job SET clip_sha256 = NULL WHERE id = ?", (job.id,))
    connection.execute("DELETE FROM effect WHERE job = ?", (job.id,))
    lost = set(job.inputs.values()) - set(left.inputs.values())
    lost |= set() if job.clip_sha256 is None else {job.clip_sha256}
    return lost | _drop_sheets(connection, job.id)


def _end(connection: sqlite3.Connection, job: JobId, now: float) -> None:
    """End a member's own job that is open, as cancelled, and fence off what an engine or a post says of it.

    Its charge stays: nobody has time given back for an erase of their own.
    """
    ended = transition(
        connection, job, State.CANCELLED, sources=OPEN, ended_at=now, in_flight=0, choosing=0, retry_at=None
    )
    if ended is not None:
        _fence(connection, job)


def _fence(connection: sqlite3.Connection, job: JobId) -> None:
    """Whatever holds the claim holds it no more; a message that a try to post may have left is to go."""
    connection.execute(
        "UPDATE job SET claim = claim + 1, taking_down = max(taking_down, post_attempts > 0) WHERE id = ?",
        (job,),
    )


def _tell_anew(connection: sqlite3.Connection, job: JobId) -> None:
    """The card of a report shows words of a job; it is written again without them."""
    connection.execute(
        "UPDATE card SET shown = 0, due_at = 0 WHERE job = ? AND kind = 'report' AND decision IS NULL", (job,)
    )


def _drop_sheets(connection: sqlite3.Connection, job: str) -> set[str]:
    """Take away the pictures of a job's discarded takes; return their digests."""
    rows = connection.execute("DELETE FROM sheet WHERE job = ? RETURNING sha256", (job,)).fetchall()
    return {row["sha256"] for row in rows}


def _everybody(connection: sqlite3.Connection) -> list[int]:
    pairs = [
        *SUBJECTS.items(),
        *PASSING.items(),
        *((table, column) for table, columns in ACTORS.items() for column in columns),
    ]
    sql = " UNION ".join(f"SELECT {column} FROM {table} WHERE {column} > 0" for table, column in pairs)
    return [row[0] for row in connection.execute(sql).fetchall()]


def _drop_keys(connection: sqlite3.Connection, user: int) -> None:
    """End a member's keys, with all that belongs to them: a copy's connection may not follow foreign keys."""
    for table in ("api_request", "api_webhook", "webhook_event"):
        connection.execute(
            f"DELETE FROM {table} WHERE api_key IN (SELECT id FROM api_key WHERE user_id = ?)", (user,)
        )
    connection.execute("DELETE FROM api_key WHERE user_id = ?", (user,))


def _rename_in_texts(connection: sqlite3.Connection, user: int, pseudonym: int) -> None:
    names = {"id": str(user), "pseudonym": str(pseudonym)}
    for table, texts in NAMED_IN.items():
        for text in texts:
            connection.execute(
                f"UPDATE {table} SET {text} = replace({text}, :id, :pseudonym) WHERE instr({text}, :id)",
                names,
            )


def _forget_quoted_reports(connection: sqlite3.Connection, user: int) -> None:
    """Take the reasons out that a takedown has from a member's report: of the log, and of the ban."""
    connection.execute(
        "DELETE FROM audit_reason WHERE seq IN (SELECT seq FROM audit WHERE action = 'take down' "
        "AND target IN (SELECT job FROM report WHERE user_id = ?))",
        (user,),
    )
    connection.execute(
        "UPDATE ban SET reason = '' WHERE (guild_id, user_id) IN (SELECT job.guild_id, job.user_id "
        "FROM report JOIN job ON job.id = report.job "
        "WHERE report.user_id = ? AND job.deleted_at IS NOT NULL)",
        (user,),
    )


def jobs_of(connection: sqlite3.Connection, user: int, before: float) -> list[Job]:
    """A member's jobs in all guilds that were asked for until then, the oldest first."""
    rows = connection.execute(
        "SELECT * FROM job WHERE user_id = ? AND created_at <= ? ORDER BY seq", (user, before)
    ).fetchall()
    return [job_from(row) for row in rows]


def _files_of(jobs: Sequence[Job]) -> set[str]:
    """The digests of everything that was given for some jobs, and of what came of them."""
    given = {digest for job in jobs for digest in job.inputs.values()}
    return given | {job.clip_sha256 for job in jobs if job.clip_sha256 is not None}


def _add_up_use(connection: sqlite3.Connection, old: int, new: int) -> None:
    """What was used in a guild under one number counts under the other, beside what was used under that."""
    both = connection.execute(
        "SELECT one.guild_id, one.usage AS a, other.usage AS b FROM member AS one "
        "JOIN member AS other USING (guild_id) WHERE one.user_id = ? AND other.user_id = ?",
        (old, new),
    ).fetchall()
    for row in both:
        for user in (old, new):
            connection.execute(
                "UPDATE member SET usage = ? WHERE guild_id = ? AND user_id = ?",
                (log2_sum(row["a"], row["b"]), row["guild_id"], user),
            )


def _note_applied(connection: sqlite3.Connection, applied: int) -> None:
    connection.execute("REPLACE INTO meta (key, value) VALUES (?, ?)", (APPLIED, str(applied)))
