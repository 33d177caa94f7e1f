"""``/mydata``: a member exports or erases their data, or forbids others to animate their pictures."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Self

import discord

from bot.buttons import rows
from bot.buttons.button import Button, Look
from bot.concurrency import Turns
from bot.discord_io.door import Manner, Slot
from bot.discord_io.interactions import Interaction
from bot.discord_io.replies import think
from bot.privacy import export
from bot.privacy.erasing import Erasing
from bot.privacy.export import Export
from bot.text import privacy_texts
from bot.threaded_open import opened_in_thread
from db.files import Blobs
from db.privacy.personal import Personal
from engine.core.errors import UserError
from engine.provenance.seal import Sealer

MOST_ARCHIVES = 10
"""Files of one answer, and the most that are sent."""

QUICK_SECONDS = 1.5
"""What a look into the database may take before an answer: Discord gives three seconds."""

LIMIT_SHARE = 0.95


class Rights:
    """Answers members who ask about their own data."""

    def __init__(
        self,
        *,
        personal: Personal,
        erasing: Erasing,
        blobs: Blobs,
        sealer: Sealer,
        exports: Turns,
        work: Path,
        clock: Callable[[], float],
    ) -> None:
        """Make one.

        Args:
            personal: knows what is kept about a member.
            erasing: erases it.
            blobs: where files are.
            sealer: seals the clips of an export.
            exports: how many exports are made at once, and who is next.
            work: a folder for archives that are being sent.
            clock: returns Unix seconds.
        """
        self._personal = personal
        self._erasing = erasing
        self._blobs = blobs
        self._sealer = sealer
        self._exports = exports
        self._work = work
        self._clock = clock

    async def recognise(self, user: int) -> None:
        """A member uses the bot: if they were erased, their old bans apply again."""
        await self._personal.recognise(user)

    async def may_animate(self, interaction: Interaction, author: int, refusal: str) -> bool:
        """Whether the asking member may animate this member's picture; if not, they are told so.

        Args:
            interaction: who asks.
            author: whose picture it is.
            refusal: the answer if that member does not want it.
        """
        if author == interaction.user.id:
            return True
        try:
            async with asyncio.timeout(QUICK_SECONDS):
                refused = await self._personal.opted_out(author)
        except TimeoutError:
            text: str = privacy_texts.TOO_BUSY
        else:
            if not refused:
                return True
            text = refusal
        await interaction.response.send_message(text, ephemeral=True)
        return False

    async def allow_pictures(self, interaction: Interaction, *, allowed: bool) -> None:
        """Remember whether others may animate the member's pictures."""
        await self._personal.opt_out(interaction.user.id, wanted=not allowed)
        text = privacy_texts.MAY_ANIMATE if allowed else privacy_texts.MAY_NOT_ANIMATE
        await interaction.response.send_message(text, ephemeral=True)

    async def export(self, interaction: Interaction) -> None:
        """Send the member everything that is kept about them, in private, split into files if needed."""
        await think(interaction)
        try:
            async with self._exports.turn():
                await self._export(interaction)
        except UserError as error:
            await interaction.edit_original_response(content=str(error))

    async def _export(self, interaction: Interaction) -> None:
        user = interaction.user.id
        known = await self._personal.known(user)
        if not known:
            await interaction.edit_original_response(content=privacy_texts.NOTHING_TO_EXPORT)
            return
        facts = {
            "member": str(user),
            "exported at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(self._clock())),
            "others can animate my pictures": not await self._personal.opted_out(user),
        }
        limit = int(interaction.filesize_limit * LIMIT_SHARE)
        makers = await self._personal.recipes_of_clips(export.clips_before(known))
        made = await asyncio.to_thread(export.plan, known, facts, self._blobs, makers, limit=limit)
        if made is None or len(made.archives) > MOST_ARCHIVES:
            await interaction.edit_original_response(content=privacy_texts.EXPORT_TOO_LARGE)
            return
        await self._send(interaction, made)

    async def _send(self, interaction: Interaction, made: Export) -> None:
        for number in range(len(made.archives)):
            text = privacy_texts.exported(number + 1, len(made.archives), len(made.left_out))
            with await opened_in_thread(export.archive, made, number, self._sealer, self._work) as data:
                file = discord.File(data, f"framekiln-{number + 1}.zip")
                if number == 0:
                    await interaction.edit_original_response(content=text, attachments=[file])
                else:
                    await interaction.followup.send(text, file=file, ephemeral=True)

    async def ask_whether_to_erase(self, interaction: Interaction) -> None:
        """Ask first: an erasure can't be undone."""
        kinds = [kind for kind in rows.buttons() if issubclass(kind, ErasureButton)]
        view = rows.view_of([kind() for kind in kinds])
        under_way = await self._erasing.left(interaction.user.id)
        question = str(privacy_texts.ERASE_QUESTION)
        if under_way is not None:
            question = f"{privacy_texts.UNDER_WAY}\n> {under_way}\n\n{question}"
        await interaction.response.send_message(question, view=view, ephemeral=True)

    async def erase(self, interaction: Interaction, *, messages: bool) -> None:
        """Erase the member who asks. It is written down before a word is said.

        The answer is kept true by :class:`bot.privacy.erasing.Erasing`, also after a restart.

        Args:
            interaction: theirs.
            messages: delete the messages of their clips too.
        """
        user = interaction.user.id
        asking = asyncio.ensure_future(
            self._erasing.ask(user, messages=messages, interaction=interaction.id, token=interaction.token)
        )
        try:
            await asyncio.wait({asking}, timeout=QUICK_SECONDS)
            if not asking.done():
                await interaction.response.defer()  # says nothing: nothing is written down yet
            await asking
            if interaction.response.is_done():
                await interaction.edit_original_response(content=privacy_texts.ERASING, view=None)
            else:
                await interaction.response.edit_message(content=privacy_texts.ERASING, view=None)
        finally:
            self._erasing.answered(user)


class ErasureButton(Button):
    """An answer to "erase everything?". It applies to the member who clicks, so there is nothing to forge.

    Asking about one's own data is no use of the bot: a member who was erased stays unknown.
    """

    manner = Manner(slot=Slot.ERASE, own_data=True)

    def __init__(self) -> None:
        super().__init__(self.pattern())

    @classmethod
    def pattern(cls) -> str:
        """Match ``fk:mydata:<action>``, which is the same for everyone."""
        return f"fk:mydata:{cls.action}"

    @classmethod
    def of(cls, match: re.Match[str]) -> Self:
        """Make the button again from what a click brings back."""
        del match
        return cls()


class Erase(ErasureButton):
    """Erase, and leave the messages of clips to their channels."""

    action = "erase"
    look = Look(privacy_texts.ERASE, None, discord.ButtonStyle.danger)
    order = 10

    async def click(self, interaction: Interaction) -> None:
        """Erase whoever clicks."""
        await interaction.client.part(Rights).erase(interaction, messages=False)


class EraseWithMessages(ErasureButton):
    """Erase, and delete the messages of clips as well."""

    action = "erase-messages"
    look = Look(privacy_texts.ERASE_WITH_MESSAGES, None, discord.ButtonStyle.danger)
    order = 20

    async def click(self, interaction: Interaction) -> None:
        """Erase whoever clicks."""
        await interaction.client.part(Rights).erase(interaction, messages=True)


class KeepEverything(ErasureButton):
    """Leave everything as it is."""

    action = "keep"
    look = Look(privacy_texts.KEEP, None)
    manner = Manner(own_data=True)
    order = 30

    async def click(self, interaction: Interaction) -> None:
        """Remove the question."""
        await interaction.response.edit_message(content=privacy_texts.KEPT, view=None)
