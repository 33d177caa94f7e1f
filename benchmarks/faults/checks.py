"""What must hold once everything has settled, whatever failed."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import time
from pathlib import Path
from typing import Any

from benchmarks.faults.stories import Story
from benchmarks.faults.town import Town, has_button
from db.files import Blobs
from db.sqlite.connection import Database
from tests.policies import queue_on, retention

TRIES = 20
"""Of reading the database, a twentieth of a second apart."""

ENDS = ("delivered", "cancelled", "failed", "quarantined", "refused")


def rows(data: Path) -> list[sqlite3.Row]:
    """The jobs, read beside the bot that may run; none where there is no database yet.

    Raises:
        sqlite3.OperationalError: there is one, and it cannot be read, again and again.
    """
    path = data / "framekiln.db"
    for tries_left in reversed(range(TRIES)):
        if not path.exists() or not path.stat().st_size:
            break
        try:
            with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
                database.row_factory = sqlite3.Row
                return database.execute("SELECT * FROM job ORDER BY seq").fetchall()
        except sqlite3.OperationalError as error:  # a bot that starts or closes holds it for a moment
            if "no such table" in str(error):
                break
            if not tries_left:
                raise
            time.sleep(0.05)
    return []


def is_quiet(data: Path) -> bool:
    """Whether each job has ended and its member has read so."""
    return all(row["state"] in ENDS and row["status_final"] for row in rows(data))


def last_job(data: Path) -> int:
    """The number of the last job; 0: there is none."""
    return max((row["seq"] for row in rows(data)), default=0)


async def faults_of(town: Town, story: Story, data: Path) -> list[str]:
    """What does not hold, in words. The bot does not run any more.

    Args:
        town: what members see.
        story: what they did.
        data: the bot's folder.
    """
    return [
        *faults_seen(town, story, rows(data)),
        *await left_in(data),
        *(f"a breach of Discord's API: {one}" for one in town.discord.violations),
    ]


def faults_seen(town: Town, story: Story, jobs: list[sqlite3.Row]) -> list[str]:
    """What does not hold in the jobs of a story, and in what its members see; the bot may run.

    Args:
        jobs: the story's.
    """
    return [*_jobs(town, story, jobs), *_members(town, jobs)]


def _jobs(town: Town, story: Story, jobs: list[Any]) -> list[str]:
    wrong = []
    times = town.times_posted()
    for job in jobs:
        name = f"job {job['seq']} ({job['state']} {job['error_code'] or ''})"
        clips = times.pop(f"framekiln-{job['id']}.mp4", 0)
        if job["state"] not in ENDS:
            wrong.append(f"{name} has not ended")
        elif job["state"] not in story.ends:
            wrong.append(f"{name} should have ended as {', '.join(sorted(story.ends))}")
        if clips != (job["state"] == "delivered"):
            wrong.append(f"{name} was posted {clips} times")
        if not job["status_final"]:
            wrong.append(f"{name} has an open status message")
    return wrong + [f"{name} was posted and no job knows it" for name in times]


def _members(town: Town, jobs: list[Any]) -> list[str]:
    wrong = []
    keys = {job["key"] for job in jobs}
    for asked in town.asked:
        told = [one for one in asked.messages if not one.ephemeral and one not in town.thinking()]
        if told and str(asked.id) not in keys:
            wrong.append(f"a member read {told[0].content[:40]!r} and there is no job")
        if town.refused(asked) and str(asked.id) in keys:
            wrong.append("a member was refused, and has a job")
    wrong += [
        f"a status message is still open: {one.content[:60]!r}"
        for one in town.discord.messages(town.channel)
        if has_button(one, "cancel")
    ]
    if town.thinking():
        wrong.append("a message still says “thinking…”")
    return wrong


async def left_in(data: Path) -> list[str]:
    """What does not hold in the database and the folders, after a sweep such as each bot makes."""
    async with await Database.open(data / "framekiln.db") as database:
        check = [row[0] for row in await database.read("PRAGMA integrity_check")]
        needed = await queue_on(database).retention.blobs_in_use(retention())
    wrong = [] if check == ["ok"] else [f"integrity_check: {check[:2]}"]
    return wrong + await asyncio.to_thread(_folders, data, needed)


def _folders(data: Path, needed: set[str]) -> list[str]:
    Blobs(data / "blobs").sweep(needed, older_than=0.0)
    found = {path.stem for path in (data / "blobs").glob("??/*.blob")}
    left = [path for name in ("spool", "outbox", "blobs/incoming") for path in (data / name).glob("*")]
    left += data.rglob("*.part*")
    return [
        *(f"the blob {digest[:8]} is needed and gone" for digest in needed - found),
        *(f"the blob {digest[:8]} is left over" for digest in found - needed),
        *(f"{path.relative_to(data)} is left over" for path in left),
    ]
