"""What taking in pictures, clips and sounds has in common."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Awaitable
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, BinaryIO, Generic, Protocol, Self, TypeVar

from bot.concurrency import Turns
from bot.intake.attachment import Attachment, Uploaded
from engine.core.errors import UserError
from engine.core.shortages import shortage_of
from engine.untrusted.clip_headers import ClipRefused
from engine.untrusted.headers import Refused
from engine.untrusted.sound_headers import SoundRefused

if TYPE_CHECKING:
    from bot.intake.download import Downloader

Clean = TypeVar("Clean")
T = TypeVar("T")


class IntakeCosts(Protocol):
    """What taking in a file of any kind may cost; the limits of each kind have these and their own."""

    @property
    def max_bytes(self) -> int:
        """The most that a file may have."""
        ...

    @property
    def download_seconds(self) -> float:
        """To fetch it, a second try included."""
        ...

    @property
    def downloads(self) -> int:
        """How many are fetched at once."""
        ...

    @property
    def decoders(self) -> int:
        """How many are read at once."""
        ...

    @property
    def waiting(self) -> int:
        """How many may wait for each of the two."""
        ...


class MediaIntake(ABC, Generic[Clean]):
    """Takes members' files of one kind in. Close it, or use it with ``async with``."""

    def __init__(self, limits: IntakeCosts, *, folder: Path | None = None) -> None:
        """Make one.

        Args:
            limits: what taking a file in may cost.
            folder: where a download is kept while it is read, see :class:`bot.intake.download.Downloader`.
        """
        self._max_bytes = limits.max_bytes
        self._turns = Turns(at_once=limits.decoders, waiting=limits.waiting)
        self._download_seconds = limits.download_seconds
        self._download_turns = Turns(at_once=limits.downloads, waiting=limits.waiting)
        self._folder = folder
        self._downloader: Downloader | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections."""
        if self._downloader is not None:
            await self._downloader.close()

    @property
    def max_bytes(self) -> int:
        """The most bytes that a file may have."""
        return self._max_bytes

    def check_size(self, size: int) -> None:
        """Look at how large a file is, before it is fetched.

        Raises:
            UserError: it is too large.
        """
        if size > self._max_bytes:
            raise self._explain(self._too_large())

    async def from_attachment(self, attachment: Attachment) -> Clean:
        """Fetch an attachment and take it in.

        Raises:
            UserError: it was not taken; the text gives the reason and what to do.
            OSError, MemoryError, RuntimeError: the machine is short of something.
        """
        return await self._explained(self._fetch_and_clean(attachment))

    async def from_bytes(self, data: bytes) -> Clean:
        """Take in a file's bytes.

        Raises:
            UserError: it was not taken; the text gives the reason and what to do.
        """
        self.check_size(len(data))
        return await self._explained(self._clean(data))

    async def _explained(self, work: Awaitable[T]) -> T:
        try:
            return await work
        except UserError:
            raise  # too many wait
        except Exception as error:
            if not isinstance(error, Refused | ClipRefused | SoundRefused) and shortage_of(error) is not None:
                raise  # the file is not to blame, and may be sent again
            raise self._explain(error) from error

    async def _fetch_and_clean(self, attachment: Attachment) -> Clean:
        with await self._fetch(attachment) as file:
            return await self._clean(file)

    async def _fetch(self, attachment: Attachment) -> BinaryIO:
        if isinstance(attachment, Uploaded):
            return attachment.file
        return await self._get_downloader().fetch(attachment)

    def _get_downloader(self) -> Downloader:
        # Made at the first download: the command line has none, and aiohttp is slow to import.
        from bot.intake.download import Downloader  # noqa: PLC0415 - see above

        if self._downloader is None:
            self._downloader = Downloader(
                max_bytes=self._max_bytes,
                seconds=self._download_seconds,
                turns=self._download_turns,
                folder=self._folder,
            )
        return self._downloader

    @abstractmethod
    async def _clean(self, data: bytes | BinaryIO) -> Clean:
        """Decode a file, given as its bytes or open, and make it anew from its pixels or samples."""

    @abstractmethod
    def _too_large(self) -> Exception:
        """What is explained where a file has too many bytes."""

    @abstractmethod
    def _explain(self, error: Exception) -> UserError:
        """Put a refusal into words for the member; log an error that is not one."""
