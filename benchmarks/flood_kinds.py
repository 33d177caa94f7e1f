"""The ways in which one member can flood the bot, for :mod:`benchmarks.flood`."""

from __future__ import annotations

import asyncio
import contextlib
import io
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
from PIL import Image

from benchmarks.chaos import picture
from tests.fake_discord import FakeDiscord, Upload
from tests.fake_discord.interactions import Interaction
from tests.fake_discord.message import Message
from tests.fake_discord.people import Channel, Member

SHORT = {"length": "short", "quality": "fast"}
LIST = 500
"""Phrases of a server's own list; no more can be added."""

BIG_FILE = 20 * 2**20
RENDER_SECONDS = 180.0


def ANSWERED(asked: Interaction) -> bool:  # noqa: N802 - one of the words of the table
    """Whether an interaction got an answer."""
    return asked.response is not None


@dataclass
class Town:
    """Who is there, and what the flood needs.

    Attributes:
        sent: what the flooder has sent.
        posted: a finished clip's message, of another member.
    """

    fake: FakeDiscord
    channel: Channel
    flooder: Member
    moderator: Member
    others: list[Member]
    data: Path
    sent: list[Interaction] = field(default_factory=list)
    posted: Message | None = None
    small: Upload = field(default_factory=lambda: Upload("small.png", picture()))

    async def slash(self, name: str, **options: Any) -> None:
        """The flooder uses a command."""
        self.sent.append(await self.fake.slash(self.flooder, self.channel, name, **options))

    def longest(self, command: str, option: str) -> int:
        """How many characters Discord lets a member write."""
        known = [one for ones in self.fake.world.commands.values() for one in ones if one["name"] == command]
        spec = next(one for one in known[0]["options"] if one["name"] == option)
        return int(spec.get("max_length", 6000))

    @property
    def clip(self) -> Message:
        """The message of the finished clip."""
        if self.posted is None:
            raise RuntimeError("prepare() makes the clip first")
        return self.posted

    @cached_property
    def padded(self) -> Upload:
        """The finished clip as a file of 20 MB."""
        clip = self.fake.world.files[self.clip.attachments[0].id].data
        rest = BIG_FILE - len(clip)
        return Upload("clip.mp4", clip + rest.to_bytes(4, "big") + b"free" + bytes(rest - 8))

    def job(self) -> str:
        """The id of the finished clip's job."""
        name = self.clip.attachments[0].filename
        return name.removesuffix(".mp4").rpartition("-")[2]


def waits_in_queue(text: str) -> bool:
    """Whether a status message says that the clip is in the queue."""
    return "waiting" in text or "you are next" in text or "%" in text or "✅" in text


async def prepare(town: Town) -> None:
    """Have one clip made, whose buttons and file the floods use."""
    await town.fake.slash(town.others[0], town.channel, "text2video", prompt="a red boat", **SHORT)
    await town.fake.wait_for(
        lambda: any(one.attachments for one in town.fake.messages(town.channel)), RENDER_SECONDS
    )
    town.posted = next(one for one in town.fake.messages(town.channel) if one.attachments)
    await town.fake.wait_for(lambda: _rows(town, "SELECT 1 FROM job WHERE state = 'delivered'"), 30)


def _rows(town: Town, sql: str, *values: Any) -> list[Any]:
    opened = sqlite3.connect(town.data / "framekiln.db", timeout=10)
    with contextlib.closing(opened) as connection, connection:
        return connection.execute(sql, values).fetchall()


def noise(width: int, height: int) -> Upload:
    """A PNG that does not compress: three bytes a pixel."""
    pixels = np.random.default_rng(1).integers(0, 256, (height, width, 3), np.uint8)
    return Upload("noise.png", _png(Image.fromarray(pixels)))


def unfolding() -> Upload:
    """A small file of 40 million pixels, none of them opaque."""
    return Upload("flat.png", _png(Image.new("RGBA", (8000, 4990), (200, 30, 30, 128))))


def _png(image: Image.Image) -> bytes:
    out = io.BytesIO()
    image.save(out, "PNG", compress_level=1 if image.mode == "RGB" else 6)
    return out.getvalue()


async def nothing(_: Town) -> None:
    """Most floods need no more than there is."""


async def has_a_list(town: Town) -> None:
    """The server flags 500 phrases of its own."""
    guild = town.channel.guild.id
    for number in range(LIST):
        phrase = f"red boat on the lake {number}"
        _rows(town, "REPLACE INTO word (guild_id, word, kind) VALUES (?, ?, 'own')", guild, phrase)
    rules = await town.fake.slash(town.moderator, town.channel, "queue review", words="hold")
    await rules.answered(30)


async def has_data(town: Town) -> None:
    """The flooder has given pictures that an export holds."""
    for number in range(3):
        upload = noise(1100 + number, 1100)
        asked = await town.fake.slash(town.flooder, town.channel, "animate", image=upload, **SHORT)
        await asked.shown(60)
        await asyncio.sleep(0.3)


Attack = Callable[[Town, int], Awaitable[None]]


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A way to flood.

    Attributes:
        one: sends the interaction with this number.
        prepare: makes what it needs.
    """

    one: Attack
    prepare: Callable[[Town], Awaitable[None]] = nothing

    async def waves(self, town: Town, burst: int) -> AsyncIterator[None]:
        """Send a burst, then a tenth of it each time."""
        number, count = 0, burst
        while True:
            for _ in range(count):
                await self.one(town, number)
                number += 1
            count = max(1, burst // 10)
            yield


class Lazy:
    """Makes something large once, when a flood needs it."""

    def __init__(self, make: Callable[[], Upload]) -> None:
        self._make = make
        self._made: Upload | None = None

    def __call__(self) -> Upload:
        """The file."""
        if self._made is None:
            self._made = self._make()
        return self._made


BIG = Lazy(lambda: noise(1850, 1850))
FLAT = Lazy(unfolding)


async def has_files(town: Town) -> None:
    """The large files are made: that takes seconds, and nobody should have to wait for it."""
    town.padded  # noqa: B018 - it is made when it is first asked for
    await asyncio.to_thread(BIG)
    await asyncio.to_thread(FLAT)


async def big_pictures(town: Town, _: int) -> None:
    """Pictures of 10 MB."""
    await town.slash("animate", image=BIG(), **SHORT)


async def flat_pictures(town: Town, _: int) -> None:
    """Small files that unfold to 40 million pixels."""
    await town.slash("animate", image=FLAT(), **SHORT)


async def prompts(town: Town, number: int) -> None:
    """Letters that unfold to eighteen, and marks that have to be put in order."""
    most = town.longest("text2video", "prompt")
    text = "\ufdfa" * most if number % 2 else "a" + "\u0301" * (most // 2) + "\u0316" * (most // 2 - 1)
    await town.slash("text2video", prompt=text, **SHORT)


async def words(town: Town, _: int) -> None:
    """Words that nearly are the phrases of the server's list."""
    most = town.longest("text2video", "prompt")
    await town.slash("text2video", prompt=("red boat on the lake " * 300)[:most], **SHORT)


async def exports(town: Town, _: int) -> None:
    """All that is known, again and again."""
    await town.slash("mydata export")


async def lists(town: Town, _: int) -> None:
    """Typing like mad."""
    asked = await town.fake.autocomplete(town.flooder, town.channel, "text2video", "quality", "")
    town.sent.append(asked)


async def buttons(town: Town, number: int) -> None:
    """Every button under another's clip, in turn."""
    actions = ("recipe", "star", "reroll", "loop", "remix", "extend")
    custom_id = f"fk:{actions[number % len(actions)]}:{town.job()}"
    town.sent.append(await town.fake.click(town.flooder, town.clip, custom_id))


async def _form(town: Town, custom_id: str, name: str, words: str) -> None:
    text = {"type": 4, "custom_id": name, "id": 2, "required": True}
    modal = {"custom_id": custom_id, "components": [{"type": 18, "id": 1, "component": text}]}
    shown: Any = SimpleNamespace(modal=modal, channel=town.channel, source=town.clip)
    town.sent.append(await town.fake.submit_modal(town.flooder, shown, {name: words}))


async def forms(town: Town, _: int) -> None:
    """The form of Remix, full of letters that unfold."""
    await _form(town, f"fk:remix:{town.job()}", "fk:prompt", "\ufdfa" * 4000)


async def reports(town: Town, _: int) -> None:
    """The form of Report."""
    await _form(town, f"fkm:report:{town.job()}", "fkm:reason", "it shows me")


async def replays(town: Town, _: int) -> None:
    """A file of 20 MB with a recipe in it."""
    await town.slash("replay", file=town.padded)


async def erases(town: Town, number: int) -> None:
    """Asking to be erased, and saying yes to each question."""
    if number % 2:
        await town.slash("mydata erase")
        return
    questions = [one.message for one in town.sent if one.message is not None and one.message.components]
    if questions:
        town.sent.append(await town.fake.click(town.flooder, questions[-1], "fk:mydata:erase"))


KINDS = {
    "pictures": Kind(one=big_pictures, prepare=has_files),
    "unfolding": Kind(one=flat_pictures, prepare=has_files),
    "prompts": Kind(one=prompts),
    "words": Kind(one=words, prepare=has_a_list),
    "lists": Kind(one=lists),
    "buttons": Kind(one=buttons),
    "forms": Kind(one=forms),
    "reports": Kind(one=reports),
    "replays": Kind(one=replays, prepare=has_files),
    "exports": Kind(one=exports, prepare=has_data),
    "erases": Kind(one=erases, prepare=has_data),
}
