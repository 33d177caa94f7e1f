"""The door: every interaction comes in here before anything is done for it, and leaves here when it is done.

What costs nothing is looked at first: bans, the server, whether it is closed, what is in hand already. The
limits that need a look into the database, the permissions and the sizes follow where a clip is asked for
(:mod:`bot.requests.submission`).

A member's refusals go out a few at a time, so a member who sends a hundred interactions at once holds nobody
up.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from weakref import WeakValueDictionary

import discord

from bot.discord_io.door_limits import DoorLimits
from bot.discord_io.whereabouts import Whereabouts, guild_of, is_here, spot_of
from bot.text import messages, outside_texts
from db.moderation.standing import Standing
from db.states import is_outside

log = logging.getLogger(__name__)

ANSWER_SECONDS = 2.5
"""Discord takes no answer after three seconds; a refusal that comes later is not sent."""

REFUSALS_AT_ONCE = 10
"""Refusals of one member that are on their way to Discord; the others wait for them."""

PATIENCE_SECONDS = 1.0
"""One interaction of each slot waits so long for the one before it. A member who asks again the moment they
have read an answer is not flooding; the bot may still be writing that answer down."""


class Slot(StrEnum):
    """What a member has in hand. One thing of each kind at a time: a download does not keep Cancel away."""

    QUICK = "quick"
    """Anything that is answered at once."""

    LIST = "list"
    """A list that opens while a member types; the door has a way of its own for them."""

    CLIP = "clip"
    """A request for a clip, until it is in the queue."""

    EXPORT = "export"
    ERASE = "erase"
    DELETE = "delete"
    """Deleting messages, which can take Discord a while."""


SLOT = "slot"
"""The key of a command's ``extras`` that names its slot; a command without one is quick."""


@dataclass(frozen=True, kw_only=True)
class Manner:
    """How the door treats an interaction.

    Attributes:
        slot: what it takes up while it is in hand.
        own_data: it is about the member's own data. That right is nobody's to take away, so bans and servers
            don't matter; and asking about oneself is no use of the bot.
        anywhere: it is let in from a direct message, too. Whatever answers it asks :meth:`Door.bans` of the
            server that it is about.
        outside: it may be used outside the servers that have added the bot, by whom the owner lets.
    """

    slot: Slot = Slot.QUICK
    own_data: bool = False
    anywhere: bool = False
    outside: bool = False


PLAIN = Manner()


@dataclass(frozen=True, kw_only=True)
class _Entry:
    """What an interaction takes up."""

    member: tuple[int, Slot]
    guild: int | None


class Door:
    """Lets interactions in and out."""

    def __init__(self, *, standing: Standing, whereabouts: Whereabouts, limits: DoorLimits) -> None:
        """Make one.

        Args:
            standing: knows who is banned, and which servers are closed.
            whereabouts: knows who may ask outside of servers.
            limits: how much may be in hand.
        """
        self._whereabouts = whereabouts
        self._standing = standing
        self._limits = limits
        self._of_member: Counter[tuple[int, Slot]] = Counter()
        self._of_guild: Counter[int] = Counter()
        self._here: set[int] = set()
        self._entries: dict[int, _Entry] = {}
        self._patient: dict[tuple[int, Slot], asyncio.Future[None]] = {}
        self._refusals: WeakValueDictionary[int, asyncio.Semaphore] = WeakValueDictionary()
        self._lists: WeakValueDictionary[int, asyncio.Lock] = WeakValueDictionary()
        self._newest_list: dict[int, int] = {}

    async def open(self) -> None:
        """Read who is banned before the first interaction comes."""
        await self._standing.refresh()

    def has(self, interaction: discord.Interaction[Any]) -> bool:
        """Whether an interaction is being answered."""
        return interaction.id in self._here

    @contextmanager
    def once(self, interaction: discord.Interaction[Any]) -> Iterator[bool]:
        """Answer an interaction. Discord may tell of one twice; yields whether this is the first time."""
        first = interaction.id not in self._here
        self._here.add(interaction.id)
        try:
            yield first
        finally:
            if first:
                self._here.discard(interaction.id)

    async def enter(self, interaction: discord.Interaction[Any], manner: Manner) -> str | None:
        """Let an interaction in. Whoever is let in must :meth:`leave`.

        Returns:
            Why it is refused, in words for the member; None: it is in.
        """
        refusal = await self.refusal(interaction, manner)
        if refusal == messages.ONE_AT_A_TIME and await self._has_patience(interaction.user.id, manner.slot):
            refusal = await self.refusal(interaction, manner)
        if refusal is None:
            self._take(interaction, manner)
        return refusal

    async def _has_patience(self, user: int, slot: Slot) -> bool:
        """Wait for a member's slot; False where another interaction waits for it already, or in vain."""
        if (user, slot) in self._patient:
            return False
        free = self._patient[user, slot] = asyncio.get_running_loop().create_future()
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                await free
        except TimeoutError:
            return False
        finally:
            del self._patient[user, slot]
        return True

    async def refusal(self, interaction: discord.Interaction[Any], manner: Manner) -> str | None:
        """Why an interaction is not let in now; None: it may come in."""
        if not manner.own_data:
            if spot_of(interaction) is None and await self.is_banned(interaction):
                return messages.BANNED
            if not manner.anywhere and not is_here(interaction):
                refusal = await self._refusal_outside(interaction, manner)
                if refusal is not None:
                    return refusal
        place = guild_of(interaction)
        return await self._full(place, interaction.user.id, manner.slot, in_line=self._limits.in_line)

    async def _refusal_outside(self, interaction: discord.Interaction[Any], manner: Manner) -> str | None:
        """Why an interaction from outside of servers is not let in; None: it may come in."""
        if not manner.outside:
            return messages.ONLY_IN_SERVERS
        refusal = await self._whereabouts.refusal(interaction)
        if refusal is None and await self.is_banned(interaction):
            return outside_texts.BANNED
        return refusal

    async def _full(self, guild: int, user: int, slot: Slot, *, in_line: int = 0) -> str | None:
        """Why there is no place for another request of a member; None: there is one.

        Args:
            guild, user, slot: whose it is, and what it takes up.
            in_line: how many requests of the guild may wait until they are taken in.
        """
        if slot is Slot.CLIP and await self._standing.closed(guild):
            return messages.CLOSED_FOR_NOW
        # No await from here to the place being taken: of two that come at once, the second finds it taken.
        before = self._of_guild[guild] - self._limits.per_guild if slot is Slot.CLIP else -1
        has = self._of_member[user, slot]
        if has >= self._limits.per_member or (has and before >= 0):  # the line has one of each member
            return messages.ONE_AT_A_TIME
        if before >= in_line:
            return outside_texts.BUSY if is_outside(guild) else messages.SERVER_IS_BUSY
        return None

    @asynccontextmanager
    async def visit(self, guild: int, user: int, slot: Slot) -> AsyncIterator[str | None]:
        """Let in a request that is no interaction, and out again at the end of the block.

        Yields:
            Why it is refused, in words for the member; None: it is in.
        """
        refusal: str | None = messages.BANNED if await self._standing.banned(guild, user) else None
        refusal = refusal or await self._full(guild, user, slot)
        if refusal is not None:
            yield refusal
            return
        entry = _Entry(member=(user, slot), guild=guild if slot is Slot.CLIP else None)
        self._count(entry)
        try:
            yield None
        finally:
            self._let_out(entry)

    async def is_banned(self, interaction: discord.Interaction[Any]) -> bool:
        """Whether the member is banned where they ask."""
        return await self.bans(guild_of(interaction), interaction.user.id)

    async def bans(self, guild: int, user: int) -> bool:
        """Whether a member is banned in a server, wherever they ask."""
        return await self._standing.banned(guild, user)

    def _take(self, interaction: discord.Interaction[Any], manner: Manner) -> None:
        guild = guild_of(interaction) if manner.slot is Slot.CLIP else None
        entry = _Entry(member=(interaction.user.id, manner.slot), guild=guild)
        self._entries[interaction.id] = entry
        self._count(entry)

    def _count(self, entry: _Entry) -> None:
        self._of_member[entry.member] += 1
        if entry.guild is not None:
            self._of_guild[entry.guild] += 1

    def leave(self, interaction: discord.Interaction[Any]) -> None:
        """Let an interaction out: what it took up is free again."""
        entry = self._entries.pop(interaction.id, None)
        if entry is not None:
            self._let_out(entry)

    def _let_out(self, entry: _Entry) -> None:
        _less(self._of_member, entry.member)
        free = self._patient.get(entry.member)
        if free is not None and not free.done():
            free.set_result(None)
        if entry.guild is not None:
            _less(self._of_guild, entry.guild)

    async def turn_away(self, interaction: discord.Interaction[Any], text: str, *, came: float) -> None:
        """Tell a member why, in private; of a list that opens while they type, send an empty one.

        Args:
            interaction: the one that is refused.
            text: why.
            came: when it came, on the monotonic clock.
        """
        user = interaction.user.id
        few = self._refusals.get(user)
        if few is None:
            few = self._refusals[user] = asyncio.Semaphore(REFUSALS_AT_ONCE)
        async with few:
            if time.monotonic() - came > ANSWER_SECONDS:
                log.debug("no time was left to refuse interaction %s", interaction.id)
            elif interaction.type is discord.InteractionType.autocomplete:
                await interaction.response.autocomplete([])
            else:
                await interaction.response.send_message(text, ephemeral=True)

    @asynccontextmanager
    async def list_turn(self, interaction: discord.Interaction[Any]) -> AsyncIterator[bool]:
        """Wait for the member's earlier lists; of those that wait, only the newest is worth making.

        Yields:
            Whether this one is.
        """
        user = interaction.user.id
        self._newest_list[user] = interaction.id
        before = self._lists.get(user)
        if before is None:
            before = self._lists[user] = asyncio.Lock()
        async with before:
            newest = self._newest_list.get(user) == interaction.id
            try:
                yield newest
            finally:
                if self._newest_list.get(user) == interaction.id:
                    del self._newest_list[user]


def _less(counts: Counter[Any], key: Any) -> None:
    """Take one off, and forget a count of none."""
    counts[key] -= 1
    if counts[key] <= 0:
        del counts[key]
