"""Jobs for tests of the queue: how members ask, and how a job is brought along."""

from __future__ import annotations

import itertools
import sqlite3
import time
from typing import Any

from db.audit.log import AuditEntry, write_down
from db.jobs.allowances import Allowance, Precedence, Whose
from db.jobs.job import Job, NewJob
from db.queue import Queue
from db.sqlite.connection import Database
from tests.policies import FAR
from tests.present import present

GUILD = 100
ANN, BEN, CAT = 1, 2, 3
CLIP = "c" * 64
PATIENT = frozenset({77})
"""Roles of members whose jobs wait in the background, where :func:`let_wait` was called."""

_keys = itertools.count()


def new_job(user: int = ANN, guild: int = GUILD, **changes) -> NewJob:
    values = {
        "key": f"interaction {next(_keys)}",
        "kind": "animate",
        "guild_id": guild,
        "channel_id": 7,
        "user_id": user,
        "recipe": "{}",
        "profile": "camera-fast",
        "inputs": {},
    }
    return NewJob(**{**values, **changes})


async def enqueued(queue: Queue, user: int = ANN, guild: int = GUILD, **changes) -> Job:
    return (await queue.entry.enqueue(new_job(user, guild, **changes), FAR)).job


def audit_entry(action: str, target: str = "", *, guild: int = GUILD, actor: int = 9) -> AuditEntry:
    return AuditEntry(guild_id=guild, actor_id=actor, action=action, target=target, reason="because")


async def let_wait(queue: Queue, guild: int = GUILD) -> None:
    """Let the jobs of a guild's :data:`PATIENT` members wait until nothing else does."""
    allowance = Allowance(precedence=Precedence.BACKGROUND)
    for role in PATIENT:
        await queue.allowances.allow(Whose.ROLE, role, allowance, audit_entry("limit", guild=guild))


async def written(db: Database, guild: int, actor: int, action: str, target: str, reason: str = "") -> None:
    """A deed in the log that nothing else came of."""
    done = AuditEntry(guild_id=guild, actor_id=actor, action=action, target=target, reason=reason)
    await db.write(lambda connection: write_down(connection, done, time.time()))


async def hand_in(
    queue: Queue, job: Job, *, seconds: float = 10.0, charged: float | None = None, clip: str = CLIP
) -> bool:
    """Hand a clip in under the claim that ``job`` was returned with; by default all its seconds count."""
    return await queue.claims.hand_in(
        job.id,
        job.claim,
        clip_sha256=clip,
        clip_size=1,
        receipt="{}",
        gpu_seconds=seconds,
        charged_seconds=seconds if charged is None else charged,
    )


async def rendered(queue: Queue, *, clip: str = CLIP, **changes) -> Job:
    """Bring a job of its own, the only one that waits, as far as a finished clip."""
    await enqueued(queue, **changes)
    job = present(await queue.claims.claim())
    assert await hand_in(queue, job, clip=clip)
    return present(await queue.jobs.get(job.id))


async def running(queue: Queue, **changes) -> Job:
    """A job, the only one that waits, under a claim."""
    await enqueued(queue, **changes)
    return present(await queue.claims.claim())


async def rows_of_guild(database: Database, guild: int) -> dict[str, list[tuple[Any, ...]]]:
    """All that the database holds of a server: by table, the rows that name it or one of its jobs."""

    def look(connection: sqlite3.Connection) -> dict[str, list[tuple[Any, ...]]]:
        found = {}
        for (table,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            columns = [row["name"] for row in connection.execute(f"PRAGMA table_info({table})")]
            where = "guild_id = :guild" if "guild_id" in columns else ""
            if not where and "job" in columns:
                where = "job IN (SELECT id FROM job WHERE guild_id = :guild)"
            if where:
                sql = f"SELECT * FROM {table} WHERE {where}"  # noqa: S608 - names of ours
                found[table] = [tuple(row) for row in connection.execute(sql, {"guild": guild})]
        return found

    return await database.look(look)
