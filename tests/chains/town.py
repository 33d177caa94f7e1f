"""The bot for chains of deeds: its real parts on real files, no Discord, and an engine that quotes.

A clip of this engine holds its recipe and the bytes that it was made from, as a real one holds the recipe and
shows the picture. So whatever an erase forgets can be found again by a search of every byte.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import itertools
import json
import shutil
import sqlite3
import struct
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest import mock

import discord

from bot.app import App
from bot.assembly import app as assembly
from bot.assembly import base, seating
from bot.config.settings import Settings
from bot.discord_io.discord_errors import Trouble
from bot.discord_io.messenger import Messenger
from bot.discord_io.post import ChannelError, Post
from bot.intake.reception import Reception
from db.files import Blobs
from engine.core.errors import Cancelled
from engine.core.events import TakeDiscarded
from engine.core.receipt import Outcome, Receipt, TakeRecord
from engine.core.recipe import Recipe, Role
from engine.core.request import Subject
from engine.process.spool import Rendered
from engine.untrusted.foreign_recipe import ForeignRecipe, read_foreign
from tests.bot.fixtures import HouseEngine
from tests.policies import stumble_limits
from tests.until import until

GUILD, CHANNEL = 700_000_000_000_000_001, 700_000_000_000_000_002
SIDE = 512
ENOUGH = 1000

_numbers = itertools.count(900_000_000_000_000_000)


class Client:
    """Leads to the parts of the bot, as a client does."""

    def __init__(self, app: App) -> None:
        self._app = app

    def part(self, kind: type[Any]) -> Any:
        return self._app.part(kind)


def interaction(app: App, user: int, *, moderator: bool = False) -> Any:
    """What a member does, as the app sees it; Discord takes every answer."""
    number = next(_numbers)
    message = SimpleNamespace(id=next(_numbers), channel=SimpleNamespace(id=CHANNEL))
    response = mock.AsyncMock()
    response.defer.return_value = SimpleNamespace(message_id=message.id)
    response.is_done = mock.Mock(return_value=False)
    return SimpleNamespace(
        id=number,
        application_id=1,
        extras={},
        created_at=datetime.now(UTC),
        token=f"token{number}",
        guild_id=GUILD,
        guild=None,
        channel_id=CHANNEL,
        channel=None,
        user=SimpleNamespace(id=user),
        permissions=discord.Permissions(manage_guild=moderator),
        app_permissions=discord.Permissions.none(),
        filesize_limit=10_000_000,
        client=Client(app),
        message=None,
        response=response,
        followup=mock.AsyncMock(),
        edit_original_response=mock.AsyncMock(return_value=message),
        delete_original_response=mock.AsyncMock(),
    )


class PostOffice(Messenger):
    """Takes every message, unless it is told to hold posts back.

    Attributes:
        posted: job's file name → the bytes of the clip.
        open: posts come through; those that do not wait.
    """

    def __init__(self) -> None:
        super().__init__()
        self.posted: dict[str, bytes] = {}
        self.open = asyncio.Event()
        self.open.set()

    async def send(self, channel_id: int, post: Post) -> int:
        del channel_id
        data = None if post.file is None else post.file.read_bytes()
        await self.open.wait()
        if data is not None and post.file_name is not None:
            self.posted[post.file_name] = data
        return next(_numbers)

    async def send_direct(self, user_id: int, post: Post) -> int:
        return await self.send(user_id, post)

    async def edit(self, *_: Any, **__: Any) -> None:
        """Taken."""

    async def edit_answer(self, token: str, content: str) -> None:
        """Taken."""

    async def delete(self, channel_id: int, message_id: int) -> None:
        """Done."""

    async def find_own(self, channel_id: int, file_name: str, *, since: float) -> int | None:
        del channel_id, since
        if not self.open.is_set():
            raise ChannelError(Trouble.LATER, "busy")
        return next(_numbers) if file_name in self.posted else None


class QuotingEngine(HouseEngine):
    """Draws clips that hold all they were made from; can be held in the middle."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.go_on = asyncio.Event()
        self.go_on.set()

    async def render(
        self, recipe: Recipe, inputs: Mapping[str, Path], *, job: str, limits: Any, on_event: Any, cancel: Any
    ) -> Rendered:
        del limits
        folder = self._folder / f"{job}-{next(self._numbers)}"
        folder.mkdir(parents=True)
        data = b"clip " + recipe.to_json().encode() + b"".join(path.read_bytes() for path in inputs.values())
        path, sheet = folder / "clip.mp4", folder / "sheet.jpg"
        path.write_bytes(data)
        sheet.write_bytes(b"sheet " + data)
        bad = TakeRecord(number=1, seed=1, outcome=Outcome.REJECTED, score=1.0)
        on_event(TakeDiscarded(take=bad, sheet=sheet))
        waits = [asyncio.ensure_future(each.wait()) for each in (self.go_on, cancel)]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for each in waits:
                each.cancel()
        if cancel.is_set():
            shutil.rmtree(folder)
            raise Cancelled
        return Rendered(receipt=_receipt(recipe, data), path=path, folder=folder)

    def discard(self, rendered: Rendered) -> None:
        shutil.rmtree(rendered.folder, ignore_errors=True)


def _receipt(recipe: Recipe, data: bytes) -> Receipt:
    take = TakeRecord(number=2, seed=recipe.seed, outcome=Outcome.ACCEPTED, score=90.0, seconds=1.0)
    return Receipt(
        engine=recipe.engine,
        takes=(take,),
        kept=2,
        forced=False,
        width=SIDE,
        height=SIDE,
        frames=48,
        fps=recipe.fps,
        sha256=hashlib.sha256(data).hexdigest(),
        size=len(data),
        seconds={"drawing": 1.0},
    )


class File(bytes):
    """A file as a member sends it."""

    @property
    def size(self) -> int:
        """Bytes, as Discord says."""
        return len(self)


class Door(Reception):
    """Takes files in as they are; a file can be held on its way.

    Attributes:
        open: files arrive.
    """

    def __init__(self, blobs: Blobs) -> None:
        self._blobs = blobs
        self.open = asyncio.Event()
        self.open.set()

    async def attachments(
        self, files: Mapping[Role, Any], *, clips_sound: bool = False
    ) -> dict[Role, Subject]:
        taken = {}
        for role, data in files.items():
            digest = await asyncio.to_thread(self._blobs.put, data)
            taken[role] = Subject(sha256=digest, width=SIDE, height=SIDE)
            await self.open.wait()  # the rest of it is still on its way
        return taken

    def check_sizes(self, files: Mapping[Role, Any]) -> None:
        """Every size will do."""

    async def recipe(self, file: Any) -> ForeignRecipe:
        text, _ = json.JSONDecoder().raw_decode(file[len(b"clip ") :].decode("utf-8", "replace"))
        return read_foreign(json.dumps(text))


class Town:
    """A bot's life on one folder, which a kill moves to another.

    Attributes:
        app: of this life.
        erased: ids of members who were told that they are erased, since the last look.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lives = itertools.count(1)
        self.data = folder / "life 0"
        self.office = PostOffice()
        self._stack = contextlib.AsyncExitStack()
        self._tasks: set[asyncio.Task[Any]] = set()
        self._reader: sqlite3.Connection | None = None

    async def begin(self) -> None:
        """Start the bot on its folder."""
        settings = Settings(
            _env_file=None,
            data_dir=self.data,
            per_member_waiting=ENOUGH,
            per_member_hour=ENOUGH,
            per_member_day=ENOUGH * 1000.0,
            per_guild_waiting=ENOUGH,
            total_waiting=ENOUGH,
            max_starred=ENOUGH,
            min_free_disk=0,
            reserve_bytes=4096,
        )
        posted = self.office.posted
        self.office = PostOffice()
        self.office.posted = posted
        self.engine = QuotingEngine(self.data / "spool")
        self._stack = contextlib.AsyncExitStack()
        with (
            mock.patch.object(seating, "EngineHost", return_value=self.engine),
            mock.patch.object(base, "Messenger", return_value=self.office),
            mock.patch.object(assembly, "load_or_make_identity", return_value=None),
        ):
            self.app = await self._stack.enter_async_context(assembly.assemble(settings))
        self.door = Door(self.app.blobs)
        self.app.submissions._reception = self.door
        self.app.replays._reception = self.door
        shutil.rmtree(self.data / "spool", ignore_errors=True)  # as the engine's host does at its start
        await self.app.queue.claims.recover(limits=stumble_limits())
        await self.app.erasing.begin()

    def start(self, work: Any) -> None:
        """Begin a deed, and leave it to itself."""
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def settle(self, seconds: float = 0.0) -> None:
        """Let what was begun go as far as it can."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=seconds)
        for _ in range(3):
            await asyncio.sleep(0)

    async def kill(self) -> None:
        """End the bot between two writes, as kill -9 does, and start it on what is on the disk."""
        after = self._folder / f"life {next(self._lives)}"
        await self.app.database.look(lambda _: _copy(self.data, after))
        await self.end()
        self.data = after
        await self.begin()

    async def end(self) -> None:
        """Drop everything that is under way."""
        self.read(on=False)
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self.office.open.set()
        await self.app.deliverer.stop(0.0)
        await self._stack.aclose()
        shutil.rmtree(self.data)

    def read(self, *, on: bool) -> None:
        """Let another program read the database, or stop."""
        if self._reader is not None:
            self._reader.close()
            self._reader = None
        if on:
            self._reader = sqlite3.connect(self.app.database.path)
            self._reader.execute("BEGIN")
            self._reader.execute("SELECT count(*) FROM job").fetchall()

    async def draw(self) -> None:
        """One turn of the engine."""
        self.start(self.app.engines.loops[0]._next_job())
        await self.settle(0.2)

    async def post(self) -> None:
        """One turn of the delivery."""
        await self.app.deliverer._start_what_is_due()
        under_way = list(self.app.deliverer._under_way.values())
        if under_way:
            await asyncio.wait(under_way, timeout=0.2)

    async def erase(self) -> None:
        """One turn of the erasing."""
        with mock.patch("bot.privacy.erasing.LOOK_EVERY", 0.0):
            await self.app.erasing._work()

    async def finish(self) -> None:
        """Let everything that is under way come to its end, and every erase."""
        self.read(on=False)
        for event in (self.engine.go_on, self.door.open, self.office.open):
            event.set()
        await self.settle(5.0)

        async def all_are_erased() -> bool:
            await self.erase()
            return not await self.app.rights._personal.erasures()

        await until(all_are_erased)

    def holds(self, *known: str | int) -> dict[str | int, set[str]]:
        """Which texts and numbers stand in which files of the data folder, or in their names."""
        return holds(self.data, known)


def _copy(folder: Path, to: Path) -> None:
    """Copy a folder as it is at this moment; a file that goes meanwhile is not there."""
    to.mkdir()
    for path in folder.iterdir():
        if path.is_dir():
            _copy(path, to / path.name)
        else:
            with contextlib.suppress(FileNotFoundError):
                shutil.copy2(path, to / path.name)


def holds(folder: Path, known: Iterable[str | int]) -> dict[str | int, set[str]]:
    """Which texts and numbers stand in which files below a folder, or in their names."""
    wanted = {
        each: [str(each).encode(), *([struct.pack(">q", each)] if isinstance(each, int) else [])]
        for each in known
    }
    found: dict[str | int, set[str]] = {}
    for path in folder.rglob("*"):
        data = path.read_bytes() if path.is_file() else b""
        name = str(path.relative_to(folder))
        for each, forms in wanted.items():
            if str(each) in name or any(form in data for form in forms):
                found.setdefault(each, set()).add(name)
    return found
