"""Copies of the bot owner's checkpoints and styles, fetched beside the work, one file at a time."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import shutil
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from bot.config.settings import Settings
from bot.link import pieces
from bot.link.connection import Line, Message
from bot.link.errors import LinkError, WrongContent
from bot.link.messages import AskWeights, OfferedFile, encode
from bot.link.subjects import WEIGHTS, answer_to_worker, up
from engine.weights.own_files import OwnKind
from engine.weights.store import CHECKPOINTS, STYLES, SUFFIX

log = logging.getLogger(__name__)

COPIES = "weights"
"""The folder of copies, in the worker's own."""

FOLDERS = {OwnKind.CHECKPOINT: CHECKPOINTS, OwnKind.STYLE: STYLES}
PARTS = "parts"
"""The folder of what is on its way."""

LEFT_FREE = 2_000_000_000
"""Bytes of the disk that are left to others."""

TRIES = 3
"""Of a file that comes damaged."""


def with_copies(settings: Settings, folder: Path) -> Settings:
    """The same settings, with the copies in a worker's folder beside the machine's own files."""
    return settings.model_copy(
        update={
            "extra_checkpoints": (*settings.extra_checkpoints, folder / COPIES / CHECKPOINTS),
            "extra_styles": (*settings.extra_styles, folder / COPIES / STYLES),
        }
    )


class Copies:
    """Fetches what is offered.

    Attributes:
        folder: where copies are kept.
    """

    def __init__(
        self,
        line: Callable[[], Line],
        worker: str,
        folder: Path,
        *,
        most_bytes: int,
        on_copy: Callable[[], None],
    ) -> None:
        """Make one.

        Args:
            line: to the broker.
            worker: the worker's id.
            folder: the worker's own, which outlives this process.
            most_bytes: of all copies together; 0: none is fetched.
            on_copy: told when another one is here.
        """
        self._line = line
        self._worker = worker
        self.folder = folder / COPIES
        self._most_bytes = most_bytes
        self._on_copy = on_copy
        self._offers: Sequence[OfferedFile] = ()
        self._begun: dict[str, pieces.Incoming] = {}
        self._failed: Counter[str] = Counter()
        self._pace = pieces.Pace()
        self._stirred = asyncio.Event()

    def offer(self, offers: Sequence[OfferedFile]) -> None:
        """The bot offers these now."""
        self._offers = offers
        if offers:
            self._stirred.set()

    async def run(self) -> None:
        """Fetch until cancelled."""
        while True:
            await self._stirred.wait()
            self._stirred.clear()
            for offer in self._offers:
                if offer.size <= self._most_bytes and self._failed[offer.sha256] < TRIES:
                    await self._fetch(offer)

    def _path(self, offer: OfferedFile) -> Path:
        return self.folder / FOLDERS[offer.kind] / f"{offer.sha256}{SUFFIX}"

    async def _fetch(self, offer: OfferedFile) -> None:
        part = self.folder / PARTS / offer.sha256
        try:
            if not await asyncio.to_thread(self._prepare, offer):
                return
            incoming = self._begun.get(offer.sha256)
            if incoming is None:
                incoming = pieces.Incoming(part, size=offer.size, sha256=offer.sha256)
                await asyncio.to_thread(incoming.resume)
                self._begun[offer.sha256] = incoming
            try:
                await pieces.fetch(incoming, partial(self._ask, offer), self._pace)
            except LinkError:
                await incoming.settle()  # the next attempt goes on there, also after a restart
                raise
            await asyncio.to_thread(part.replace, self._path(offer))
        except WrongContent as error:
            log.warning("a %s that the bot offers did not come whole: %s", offer.kind, error)
            self._failed[offer.sha256] += 1
            self._begun.pop(offer.sha256, None)
            with contextlib.suppress(OSError):
                await asyncio.to_thread(part.unlink, missing_ok=True)
        except LinkError as error:
            log.info("a %s of the bot's owner: %s", offer.kind, error)  # it is offered again
        except OSError as error:
            log.warning("a %s of the bot's owner cannot be kept: %s", offer.kind, error)
            self._failed[offer.sha256] += 1
        else:
            del self._begun[offer.sha256]
            log.info("a %s of the bot's owner is here, %.1f MB", offer.kind, offer.size / 1e6)
            self._on_copy()

    def _prepare(self, offer: OfferedFile) -> bool:
        """Make room for a file. False: it is here already, or there is none."""
        for name in (PARTS, *FOLDERS.values()):
            (self.folder / name).mkdir(parents=True, exist_ok=True, mode=0o700)
        if self._path(offer).exists():
            return False
        part = self.folder / PARTS / offer.sha256
        others = [
            (path.stat().st_mtime, path, path.stat().st_size)
            for path in self.folder.rglob("*")
            if path.is_file() and path != part
        ]
        held = sum(size for _, _, size in others)
        for _, path, size in sorted(others):
            if held + offer.size <= self._most_bytes:
                break
            path.unlink(missing_ok=True)
            self._begun.pop(path.name, None)
            held -= size
        here = part.stat().st_size if part.exists() else 0
        if shutil.disk_usage(self.folder).free < offer.size - here + LEFT_FREE:
            raise OSError("the disk has no room for it")
        return True

    async def _ask(self, offer: OfferedFile, offset: int, length: int) -> Message:
        return await self._line().request(
            up(self._worker, WEIGHTS),
            encode(AskWeights(sha256=offer.sha256, offset=offset, length=length)),
            reply=answer_to_worker(self._worker),
            seconds=pieces.PIECE_SECONDS,
        )
