"""Fetching an attachment to the disk: from Discord only, no more than is allowed, and whole or not at all."""

from __future__ import annotations

import asyncio
import ipaddress
import logging
from http import HTTPStatus
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

import aiohttp
from discord.http import Route
from yarl import URL

import system
from bot.concurrency import Turns
from bot.intake.attachment import Attachment
from bot.intake.refusals import Cause
from bot.proxy import proxy_for
from bot.threaded_open import opened_in_thread
from engine.core.shortages import OF_THE_MACHINE, shortage_of
from engine.untrusted.headers import Refusal, Refused

log = logging.getLogger(__name__)

CDN_HOSTS = frozenset(
    {"cdn.discordapp.com", "cdn.discordapp.net", "media.discordapp.com", "media.discordapp.net"}
)
_TRIES = 2
_PIECE = 256 * 1024


class _Failed(Exception):
    """This try came to nothing; another may not."""

    def __init__(self, cause: Cause) -> None:
        super().__init__(cause.value)
        self.cause = cause


def is_discord(url: URL) -> bool:
    """Whether bytes may be fetched from there.

    Discord's file hosts by name, over https, on the usual port. And the host of the API that discord.py talks
    to, by the same scheme: whoever points it at a server of their own has their files there, and that server
    is trusted with the bot's token already.
    """
    if url.user is not None or url.password is not None:
        return False
    if url.scheme == "https" and url.host in CDN_HOSTS and url.port == 443:  # noqa: PLR2004 - the port of https
        return True
    api = URL(Route.BASE)
    if url.host is None or url.scheme != api.scheme:
        return False
    return url.host == api.host or (_is_this_machine(url.host) and _is_this_machine(api.host))


def _is_this_machine(host: str | None) -> bool:
    """Whether a name is one of the loopback's: 127.0.0.1, ::1 and localhost are one server."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host or "").is_loopback
    except ValueError:
        return False


class Downloader:
    """Has its own connection pool: no token and no cookies. The proxy is the one that Discord is reached by.

    Args:
        max_bytes: no more than this is read.
        seconds: for everything, the second try included; waiting for a turn is not.
        turns: how many are fetched at once.
        folder: where the files lie while they are read; None: the system's folder for temporary files. They
            have no name there, so none is left behind, whatever happens.
    """

    def __init__(self, *, max_bytes: int, seconds: float, turns: Turns, folder: Path | None = None) -> None:
        self._max_bytes = max_bytes
        self._turns = turns
        self._folder = folder
        self._seconds = seconds
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def fetch(self, attachment: Attachment) -> BinaryIO:
        """Fetch an attachment; tries twice.

        Returns:
            An open file, read from its beginning; the caller closes it.

        Raises:
            Refused: E_BYTES, E_DOWNLOAD.
            UserError: too many wait to be fetched already.
        """
        if attachment.size > self._max_bytes:
            raise Refused(Refusal.BYTES)
        try:
            url = URL(attachment.url)
        except ValueError:
            raise Refused(Refusal.DOWNLOAD, cause=Cause.NOT_DISCORD) from None
        if not is_discord(url):
            log.warning("an attachment's address is not Discord's: %s", url.host)
            raise Refused(Refusal.DOWNLOAD, cause=Cause.NOT_DISCORD)
        async with self._turns.turn():
            # No name in the folder: the file is gone when it is closed, or when the bot is killed.
            file = await opened_in_thread(system.nameless_file, self._folder)
            try:
                await self._fetch_into(file, url, attachment.size)
            except BaseException:
                file.close()
                raise
        return file

    async def _fetch_into(self, file: BinaryIO, url: URL, size: int) -> None:
        cause = Cause.FAILED
        try:
            async with asyncio.timeout(self._seconds):
                for _ in range(_TRIES):
                    file.seek(0)
                    file.truncate()
                    try:
                        await self._read_into(file, url, size)
                    except _Failed as failed:
                        cause = failed.cause
                    else:
                        file.seek(0)
                        return
        except TimeoutError:
            cause = Cause.SLOW
        raise Refused(Refusal.DOWNLOAD, cause=cause)

    async def _read_into(self, file: BinaryIO, url: URL, size: int) -> None:
        written = 0
        try:
            async with self._pool().get(url, allow_redirects=False, proxy=proxy_for(url)) as answer:
                self._check(answer)
                async for piece in answer.content.iter_chunked(_PIECE):
                    written += len(piece)
                    if written > self._max_bytes:
                        raise Refused(Refusal.BYTES)
                    await self._keep(file, piece)
        except aiohttp.ClientPayloadError:
            raise _Failed(Cause.CUT_SHORT) from None
        except aiohttp.ClientError as error:
            if shortage_of(error) in OF_THE_MACHINE:
                raise
            log.info("could not download an attachment: %s", error)
            raise _Failed(Cause.FAILED) from None
        if written < size:
            raise _Failed(Cause.CUT_SHORT)

    async def _keep(self, file: BinaryIO, piece: bytes) -> None:
        try:
            await asyncio.to_thread(_write, file, piece)
        except OSError as error:
            if shortage_of(error) in OF_THE_MACHINE:
                raise
            log.error("could not keep a download: %s", error)  # noqa: TRY400 - it says all
            raise Refused(Refusal.DOWNLOAD, cause=Cause.NO_ROOM) from None

    def _check(self, answer: aiohttp.ClientResponse) -> None:
        if answer.status in {HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND, HTTPStatus.GONE}:
            raise Refused(Refusal.DOWNLOAD, cause=Cause.GONE)
        if answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR or answer.status == HTTPStatus.TOO_MANY_REQUESTS:
            raise _Failed(Cause.FAILED)
        if answer.status != HTTPStatus.OK:
            # A redirect too: wherever it leads was not checked.
            raise Refused(Refusal.DOWNLOAD, cause=Cause.FAILED)
        if (answer.content_length or 0) > self._max_bytes:
            raise Refused(Refusal.BYTES)

    def _pool(self) -> aiohttp.ClientSession:
        # Made at the first use: a session belongs to the loop that runs then.
        if self._session is None:
            self._session = aiohttp.ClientSession(
                trust_env=False,  # it would read a password file too
                cookie_jar=aiohttp.DummyCookieJar(),
                # A compressed answer could unpack to any size; pictures are compressed already.
                auto_decompress=False,
                headers={"Accept-Encoding": "identity"},
                timeout=aiohttp.ClientTimeout(total=self._seconds),
            )
        return self._session


def _write(file: BinaryIO, piece: bytes) -> None:
    file.write(piece)
    file.flush()
