"""What taking in a picture and taking in a clip have in common."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Awaitable
from types import TracebackType
from typing import Generic, Self, TypeVar

from bot.intake.download import Attachment, Downloader
from engine.core.errors import UserError
from engine.core.shortages import shortage_of
from engine.untrusted.clip_headers import ClipRefused
from engine.untrusted.headers import Refused

Clean = TypeVar("Clean")
T = TypeVar("T")


class MediaIntake(ABC, Generic[Clean]):
    """Takes members' files of one kind in. Close it, or use it with ``async with``."""

    def __init__(self, *, max_bytes: int, download_seconds: float) -> None:
        """Make one.

        Args:
            max_bytes: the most that a file may have.
            download_seconds: to fetch it, a second try included.
        """
        self._downloader = Downloader(max_bytes=max_bytes, seconds=download_seconds)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections."""
        await self._downloader.close()

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
        return await self._explained(self._clean(data))

    async def _explained(self, work: Awaitable[T]) -> T:
        try:
            return await work
        except Exception as error:
            if not isinstance(error, Refused | ClipRefused) and shortage_of(error) is not None:
                raise  # the file is not to blame, and may be sent again
            raise self._explain(error) from error

    async def _fetch_and_clean(self, attachment: Attachment) -> Clean:
        return await self._clean(await self._fetch(attachment))

    async def _fetch(self, attachment: Attachment) -> bytes:
        return await self._downloader.fetch(attachment)

    @abstractmethod
    async def _clean(self, data: bytes) -> Clean:
        """Decode a file, and make it anew from its pixels."""

    @abstractmethod
    def _explain(self, error: Exception) -> UserError:
        """Put a refusal into words for the member; log an error that is not one."""
