"""Reels: the best clips of the week, and those of a contest that is over, posted once.

What is to be posted is a row first. Before each attempt the clips are looked at again: one that was deleted,
reported or erased since is left out. A second attempt, in this life or the next, looks for its message first.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot.discord_io.discord_errors import Trouble
from bot.discord_io.messenger import Messenger
from bot.discord_io.post import ChannelError, Post
from bot.job_documents import recipe_of
from bot.supervisor import Loop
from bot.text import community_texts
from bot.text.messages import list_page
from bot.text.wording import naming, speaking, translated
from db.audit.log import AuditEntry
from db.community.contests import Contest, Contests, Placed
from db.community.reels import Reel, Reels, Starred
from db.files import Blobs
from db.jobs.job import Job
from engine.clips.ffmpeg import EncodeFailed
from engine.clips.reel import join_clips
from engine.core.recipe import Recipe
from engine.provenance.seal import Sealer

log = logging.getLogger(__name__)

EVERY = 30.0
WEEK = timedelta(days=7)
MARGIN = 0.97
"""The share of a server's upload limit that a reel may take: the rest of the request needs room too."""
SEAL_BYTES = 32_768
"""What a signature with its certificates may take; it has half of that."""
MOST_ATTEMPTS = 50
"""After so many attempts a reel is dropped: at :data:`EVERY`, half an hour of a Discord that refuses it."""


class ReelPoster:
    """Plans, makes and posts reels."""

    def __init__(
        self,
        *,
        reels: Reels,
        contests: Contests,
        blobs: Blobs,
        sealer: Sealer,
        messenger: Messenger,
        folder: Path,
        most: int,
        clock: Callable[[], float],
    ) -> None:
        """Make one.

        Args:
            reels: what is due.
            contests: which are over.
            blobs: where clips are.
            sealer: says in a reel that machines made it, and signs it.
            messenger: posts.
            folder: where a reel lies until it is posted.
            most: clips of a reel.
            clock: returns Unix seconds.
        """
        self._reels, self._contests = reels, contests
        self._blobs, self._sealer, self._messenger = blobs, sealer, messenger
        self._folder, self._most, self._clock = folder, most, clock
        self.loop = Loop("reels", self._round, every=EVERY)

    async def _round(self) -> None:
        if not self._messenger.connected:
            return  # who sees a clip, and in which language a server is spoken to, only Discord knows
        await self._plan_week()
        await self._contests.close_due(self._told, most=self._most)
        for reel in await self._reels.due():
            await self._post(reel)

    async def _plan_week(self) -> None:
        """Write down the reel of the week that has ended, of each server that has a showcase since then."""
        monday, name = week_before(self._clock())
        for guild, (channel, since) in (await self._reels.channels()).items():
            if since < monday.timestamp() and not await self._reels.known(guild, name):
                await self.plan(guild, channel, name, until=monday.timestamp())

    async def plan(
        self, guild: int, channel: int, name: str, *, until: float, audit_entry: AuditEntry | None = None
    ) -> bool:
        """Write a reel of the seven days before ``until`` down.

        Returns:
            False where it is known already or empty, or where nobody knows now who sees its clips: then
            nothing is written down.
        """
        found = await self._reels.best(
            guild, since=until - WEEK.total_seconds(), until=until, most=4 * self._most
        )
        public = self._public(found)
        if public is None:
            return False
        clips = [one.job.id for one in public][: self._most]
        if not clips and audit_entry is not None:
            return False  # a moderator may ask again in a minute
        text = community_texts.WEEK if clips else ""
        new = await self._reels.plan(
            guild, name, channel=channel, clips=clips, text=text, audit_entry=audit_entry
        )
        return new and bool(clips)

    def _told(self, contest: Contest, placed: Sequence[Placed]) -> str:
        """What is said in the server when a contest ends."""
        with speaking(self._messenger.language_in(contest.guild_id)):
            return told(contest, placed)

    def _public(self, found: Sequence[Starred]) -> list[Starred] | None:
        """Those that everybody sees; None where Discord does not say it of each now."""
        seen = [self._messenger.everybody_sees(one.job.guild_id, one.job.channel_id) for one in found]
        return None if None in seen else [one for one, is_seen in zip(found, seen, strict=True) if is_seen]

    async def _post(self, reel: Reel) -> None:
        if not self._messenger.connected:
            return
        name = file_name(reel)
        try:
            if reel.attempts and await self._is_there(reel, name):
                return
            if reel.attempts >= MOST_ATTEMPTS:
                log.error("reel %s of server %d is dropped: Discord refuses it", reel.name, reel.guild_id)
                await self._reels.finish(reel, None)
                return
            shown = self._public(await self._reels.fit(reel.guild_id, reel.clips))
            if shown is None:
                return
            if reel.clips and not shown and reel.text == community_texts.WEEK:
                await self._reels.finish(reel, None)
                return
            with speaking(self._messenger.language_in(reel.guild_id)):
                await self._send(reel, name, shown)
        except ChannelError as error:
            log.warning("could not post reel %s of server %d: %s", reel.name, reel.guild_id, error)
            if error.trouble in {Trouble.GONE, Trouble.NO_ACCESS}:
                await self._reels.finish(reel, None)

    async def _is_there(self, reel: Reel, name: str) -> bool:
        """Whether an earlier attempt has posted it. A message without a file is never sent a second time."""
        found = await self._messenger.find_own(reel.channel_id, name, since=reel.at) if reel.clips else 0
        if found is None:
            return False
        await self._reels.finish(reel, found)
        return True

    async def _send(self, reel: Reel, name: str, shown: Sequence[Starred]) -> None:
        path = self._folder / name
        try:
            if shown:
                shown = await self._make(reel, path, shown)
            thanks = [_credit(place, one) for place, one in enumerate(shown, 1)]
            post = Post(
                content=list_page([naming(translated(reel.text))], thanks),
                nonce=nonce(reel),
                file=path if shown else None,
                file_name=name if shown else None,
                alt=community_texts.one_after_the_other(len(shown)),
                title=community_texts.reel_title(reel.name.removeprefix("now ")),
            )
            if await self._reels.begin(reel, [one.job.id for one in shown]):
                await self._reels.finish(reel, await self._messenger.send(reel.channel_id, post))
        finally:
            await asyncio.to_thread(path.unlink, missing_ok=True)

    async def _make(self, reel: Reel, path: Path, shown: Sequence[Starred]) -> Sequence[Starred]:
        """Join the clips whose files are still there; return those that are in the reel."""
        there = []
        for one in shown:
            digest = one.job.clip_sha256
            if digest is not None and await asyncio.to_thread(self._blobs.exists, digest):
                there.append((one, self._blobs.path(digest)))
        if not there:
            return ()
        most = int(self._messenger.known_upload_limit(reel.guild_id) * MARGIN) - SEAL_BYTES
        files = [file for _, file in there]
        try:
            count = await asyncio.to_thread(join_clips, files, path, max_bytes=most)
        except EncodeFailed:
            log.exception("the clips of reel %s could not be joined", reel.name)
            return ()
        shown = [one for one, _ in there[:count]]
        await asyncio.to_thread(self._seal, path, shown)
        return shown

    def _seal(self, path: Path, shown: Sequence[Starred]) -> None:
        parts = {one.job.clip_sha256 or "": _known_recipe(one.job) for one in shown}
        sealed = self._sealer.seal_joined(path.read_bytes(), parts)
        if sealed.unsigned:
            log.warning("reel %s is not signed: %s", path.name, sealed.unsigned)
        path.write_bytes(sealed.mp4)


def _known_recipe(job: Job) -> Recipe | None:
    try:
        return recipe_of(job)
    except ValueError:  # its words were cleared away
        return None


def told(contest: Contest, placed: Sequence[Placed]) -> str:
    """What is said when a contest ends."""
    most = placed[0].votes if placed else 0
    winners = [one.job.user_id for one in placed if one.votes == most]
    return community_texts.results(contest.theme, winners, most, len(placed))


def week_before(now: float) -> tuple[datetime, str]:
    """The last Monday 00:00 UTC, and the name of the week that ended with it."""
    today = datetime.fromtimestamp(now, UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    monday = today - timedelta(days=today.weekday())
    year, week, _ = (monday - WEEK).isocalendar()
    return monday, f"{year}-W{week:02}"


def file_name(reel: Reel) -> str:
    """The reel's name in the channel, by which the bot finds its own message."""
    return f"framekiln-reel-{reel.guild_id}-{reel.name.replace(' ', '-')}.mp4"


def nonce(reel: Reel) -> str:
    """The same for each attempt: Discord itself drops a second message for a few minutes."""
    return hashlib.sha256(file_name(reel).encode()).hexdigest()[:25]


def _credit(place: int, one: Starred) -> str:
    job = one.job
    message = (job.guild_id, job.channel_id, job.message_id or 0)
    return community_texts.credit(place, job.user_id, one.stars, message)
