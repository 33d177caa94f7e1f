"""A broker that runs on this machine with the configuration that it was given last."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path

from bot.broker.binary import find_binary
from bot.broker.child import CONFIGURATION, BrokerChild, ReloadRefused
from bot.broker.configuration import Place
from bot.broker.errors import BrokerUnusable
from bot.broker.store import write_private

log = logging.getLogger(__name__)


class Served:
    """One broker; it is started anew where it cannot take a change, or has ended.

    Attributes:
        child: its process; None: it does not run.
    """

    def __init__(self, folder: Path, *, binary: Path | None) -> None:
        """Make one; nothing is started.

        Args:
            folder: an absolute path, for its configuration.
            binary: the owner's choice of the program; see :func:`bot.broker.binary.find_binary`.
        """
        self._folder = folder
        self._binary = binary
        self._place: Place | None = None
        self._written = ""
        self.child: BrokerChild | None = None

    async def be(self, place: Place, text: str) -> bool:
        """Have it run with this configuration. True where it was begun anew.

        Args:
            place: where it listens.
            text: of the configuration; in it is the place.

        Raises:
            BrokerUnusable: it cannot be started.
            OSError: the configuration cannot be written.
        """
        if self.child is not None and not self.child.runs:
            log.error("the broker has ended, and starts again. %s", self.child.last_words())
            self.child = None
        if self.child is not None and place == self._place and text == self._written:
            return False
        await asyncio.to_thread(write_private, self._folder / CONFIGURATION, text)
        if self.child is not None and place == self._place:
            try:
                await self.child.reload()
            except ReloadRefused as error:
                log.error("the broker refused its new configuration, and starts again: %s", error)  # noqa: TRY400 - says all
            else:
                self._written = text
                return False
        await self.end()
        child = BrokerChild(await asyncio.to_thread(find_binary, self._binary), self._folder)
        try:
            await child.start()
        except OSError as error:
            raise BrokerUnusable(f"the broker could not be started: {error}") from error
        self.child, self._place, self._written = child, place, text
        return True

    async def end(self) -> None:
        """End it, if it runs."""
        child, self.child = self.child, None
        if child is not None:
            await child.stop()
