"""Two servers with somebody of every standing, and a bot in this process: who may do what there?"""

from __future__ import annotations

import asyncio
import itertools
import math
import re
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path
from typing import Any
from unittest.mock import patch

import discord

from benchmarks.gallery import box, clip
from bot.app import App
from bot.assembly import app as assembly
from bot.assembly import seating
from bot.client import Framekiln
from bot.config.settings import Settings
from bot.discord_io.post import Post
from bot.text import messages
from db.jobs.job import Hold, Job
from db.moderation.reviews import ReviewRules
from db.states import State
from tests.bot.fixtures import HouseEngine, connected, hand_in, picture, queued
from tests.db.asking import audit_entry, rows_of_guild
from tests.fake_discord import TOKEN, FakeDiscord, Permission
from tests.fake_discord.interactions import Interaction
from tests.fake_discord.message import Message
from tests.fake_discord.people import Channel, Member
from tests.until import until

LONGEST = 60
OF_A_REPORT = "(a report)"
"""How the names of those buttons end that are about a reported clip."""

BESIDE = " · "
A_JOB = re.compile("[0-9a-f]{6}")
"""A job in a list of jobs. In other lists, what stands beside a name differs with the wait."""

NO_LIST = "an empty list"
REFUSALS = {
    messages.NOT_A_MODERATOR: "for moderators",
    messages.NOT_FOUND: "not found",
    messages.NOT_YOURS: "not theirs",
    messages.ITS_MEMBERS_ALONE: "not theirs",
    NO_LIST: "lists nothing",
}
"""What is told to somebody who may not, and how a table has it."""


ASKER, MEMBER, SHUT_OUT, MODERATOR, STRANGER = ABOUT_JOBS = (
    "who asked for it",
    "member",
    "member who can't see the channel",
    "moderator",
    "admin of another server",
)
PEOPLE = (ASKER, MEMBER, MODERATOR, STRANGER)

Act = Callable[[Member, Channel, Job], Awaitable[Interaction]]


@cache
def _clip() -> bytes:
    """A clip that can be read: some buttons make something of it."""
    with tempfile.TemporaryDirectory() as folder:
        return clip(Path(folder), 1)


class Reached(AssertionError):
    """Somebody reached where they must not."""


class Scene:
    """A server with a member, another, a moderator; another server with an admin of its own."""

    def __init__(self, fake: FakeDiscord, client: Framekiln, app: App) -> None:
        self.fake = fake
        self.client = client
        self.app = app
        here = next(iter(fake.world.guilds.values()))
        elsewhere = fake.guild("Elsewhere")
        self.channel = fake.channel(here)
        self.ada = fake.member("ada", here)
        self.ada.user.avatar = picture()
        self.where: dict[str, tuple[Member, Channel]] = {
            ASKER: (self.ada, self.channel),
            MEMBER: (fake.member("eve", here), self.channel),
            SHUT_OUT: (fake.member("bob", here), fake.channel(here, "elsewhere")),
            MODERATOR: (fake.member("mod", here, permissions=Permission.MANAGE_GUILD), self.channel),
            STRANGER: (
                fake.member("boss", elsewhere, permissions=Permission.ADMINISTRATOR),
                fake.channel(elsewhere),
            ),
        }
        fake.world.hide(self.channel, self.where[SHUT_OUT][0])
        self._signs = itertools.count()

    async def sign(self, channel: Channel, view: discord.ui.View | None = None) -> Message:
        """A message of the bot's, with buttons perhaps."""
        if not channel.has_bot:  # it stands there as the answer to somebody who brought the bot along
            return self.fake.world.bot_answers(
                channel, "a sign", [] if view is None else view.to_components()
            )
        post = Post(content="a sign", nonce=f"sign {next(self._signs)}", view=view)
        return channel.messages[await self.app.messenger.send(channel.id, post)]

    async def job(self, state: State) -> Job:
        """A job of Ada's that stands so."""
        queue = self.app.queue
        hold = Hold(reason="a look") if state is State.HELD else None
        job = await queued(
            queue, self.ada.id, self.channel.guild.id, channel_id=self.channel.id, hold=hold,
            recipe={"prompt": "a secret of Ada's"},
        )  # fmt: skip
        if state is State.CANCELLED:
            await queue.claims.cancel(job.id)
        if state in {State.RUNNING, State.DELIVERED, State.FAILED}:
            job = await queue.claims.claim() or job
        if state is State.DELIVERED:
            await hand_in(queue, self.app.blobs, job, _clip() + box(int(job.id, 16)))
            await queue.delivery.begin_posting(job.id)
            await queue.delivery.record_posted(job.id, (await self.sign(self.channel)).id)
        if state is State.FAILED:
            await queue.claims.fail(job.id, job.claim, code="E_MEMORY", error_id="1")
        self.app.forecaster.latest = None  # it is kept for a second otherwise
        return await queue.jobs.get(job.id) or job

    async def rest(self) -> None:
        """Undo what a try may have left."""
        # An erase goes on behind its answer, and what it changes must not count for the next who tries.
        await until(self._no_erase_goes_on)
        for guild in {channel.guild.id for _, channel in self.where.values()}:
            tidy = audit_entry("tidy up", guild=guild)
            await self.app.queue.moderation.resume(tidy)
            await self.app.queue.moderation.clear(tidy)
            await self.app.queue.moderation.unban(guild, self.ada.id)
            await self.app.queue.reviews.set_review_rules(ReviewRules(), tidy)
            for job in await self.app.queue.jobs.in_states(guild, State.HELD, limit=100):
                await self.app.queue.claims.cancel(job.id)
        for running in await self.app.queue.jobs.running():
            await self.app.queue.claims.fail(running.id, running.claim, code="E_ENGINE", error_id="1")

    async def _no_erase_goes_on(self) -> bool:
        return not await self.app.database.read("SELECT 1 FROM erasure WHERE state <> 'done'")

    async def rows(self) -> dict[str, list[tuple[Any, ...]]]:
        """All that the database holds of Ada's server."""
        return await rows_of_guild(self.app.database, self.channel.guild.id)

    def pings(self) -> list[str]:
        """What the bot has said, to anybody, in a way that could ping somebody."""
        found = []
        for request in self.fake.requests:
            body = request.json if isinstance(request.json, dict) else {}
            said = body.get("data") or body
            if said.get("content") and said.get("allowed_mentions") != {"parse": []}:
                found.append(f"{request.method} {request.path}: {said['content']}")
        return found

    async def tried(self, name: str, person: str, start: State, act: Act) -> str:
        """Let somebody do something about a job of Ada's; what came of it, as it stands in a table.

        Raises:
            Reached: it changed or showed what it must not.
        """
        job = await self.job(start)
        if name == "/queue unban":
            await self.app.queue.moderation.ban(self.channel.guild.id, self.ada.id, by=1, reason="spam")
        if name.endswith(OF_A_REPORT):
            await self.app.queue.cases.report(job.id, 1, "it shows me", most=1000)
        before = await self.rows()
        member, channel = self.where[person]
        try:
            answer = await answer_of(await act(member, channel, job))
        except TimeoutError as error:
            raise Reached(f"{name}, by a {person}, is never answered") from error
        refused = answer in REFUSALS
        foreign = channel.guild is not self.channel.guild or person == SHUT_OUT
        if (refused or foreign) and await self.rows() != before:
            raise Reached(f"{name}, by a {person}, changed something: {answer}")
        if foreign and ("secret" in answer or job.id[:6] in answer):
            raise Reached(f"{name}, by a {person}, showed something: {answer}")
        await self.rest()
        return f"✘ {REFUSALS[answer]}" if refused else f"✔ {in_short(answer)}"


async def answer_of(asked: Interaction) -> str:
    """All that somebody reads who did something."""
    response = await asked.answered(20)
    if asked.modal is not None:
        return f"a form: {asked.modal['title']}"
    if asked.choices is not None:
        heads = (str(choice["name"]).partition(BESIDE) for choice in asked.choices)
        names = [head + BESIDE + more if A_JOB.fullmatch(head) else head for head, _, more in heads]
        return f"lists {', '.join(names)}" if names else NO_LIST
    if response.message is None or (response.message is asked.source and not response.data):
        return "the message itself changes"
    async with asyncio.timeout(20):
        while not (asked.messages and not asked.messages[-1].loading):  # noqa: ASYNC110 - edits are no event
            await asyncio.sleep(0.005)
    return asked.messages[-1].content


def in_short(answer: str) -> str:
    """The first line of an answer, without what differs from run to run."""
    line = next((line for line in answer.splitlines() if line), "")
    line = line.replace("**", "").replace("|", "·")
    line = re.sub(r"<@\d+>", "@member", line)
    line = re.sub(r"`?\b[0-9a-f]{6}\b`?", "`job`", line)
    line = re.sub(r"\b\d[\d ,.–]*(?<=\d)", "…", line)
    return line if len(line) <= LONGEST else line[: LONGEST - 1].rstrip() + "…"


@asynccontextmanager
async def scene_in(folder: Path) -> AsyncIterator[Scene]:
    """The bot in this process, connected to a fake of Discord; its engine draws nothing."""
    settings = Settings(
        _env_file=None,
        discord_token=TOKEN,
        data_dir=folder,
        models_dir=folder / "models",  # not the owner's: with weights a scene asks more of its engine
        moderator_roles=(),
        api_port=1,  # nothing is served, but every command is there
        per_member_waiting=100,
        per_member_hour=1000,
        min_free_disk=0,
        reserve_bytes=4096,
    )
    async with FakeDiscord() as fake:
        fake.guild()
        fake.interactions.ack_seconds = math.inf  # how soon is another rule, and a busy machine may be late
        with patch.object(seating, "EngineHost", lambda **_: HouseEngine(folder / "spool")):
            async with assembly.assemble(settings) as app, connected(fake, app) as client:
                scene = Scene(fake, client, app)
                erasing = asyncio.create_task(app.erasing.loop.run())
                try:
                    yield scene
                finally:
                    erasing.cancel()
                    await asyncio.gather(erasing, return_exceptions=True)
