"""HTTP to a service: one address, no redirects, no proxy, limits on what comes back.

An answer is lost in more ways than a broken connection: a gateway's error page, a timeout, a body that is cut
off. All of them count as :class:`NoAnswer`. Only a connection that was never made, and a refusal by the
service itself (4xx), say for certain that nothing has begun.
"""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
from yarl import URL

from engine.elsewhere.addresses import NotPublic, PublicResolver, check_literal
from engine.elsewhere.hosted.limits import WireLimits
from engine.elsewhere.hosted.provider import NoAnswer, NotReached, NotThere, TooMuch

CHUNK = 1 << 16
GONE = frozenset({404, 410})
DONE = 200
LATER = 429
AMBIGUOUS = frozenset({408, 425, 499})
"""Statuses below 500 that do not say whether the request was taken."""

BROKE = 500
REFUSED = 400
DATA_URL = "data:"


@dataclass(frozen=True, kw_only=True)
class Answer:
    """An answer: its status, and its JSON, or its text where it is none."""

    status: int
    body: Any

    @property
    def ok(self) -> bool:
        """Whether what was asked was done."""
        return self.status < 300  # noqa: PLR2004 - of HTTP

    @property
    def refuses(self) -> bool:
        """Whether the service itself says that it did nothing."""
        return _refuses(self.status)


class Wire:
    """The line to one service."""

    def __init__(
        self, base: str, *, headers: Mapping[str, str], hosts: tuple[str, ...], limits: WireLimits
    ) -> None:
        """Make one.

        Args:
            base: the service's address. The key is sent to this origin only.
            headers: the key.
            hosts: that the service's clips come from, with all below them.
            limits: the owner's.
        """
        self._base = URL(base)
        self._headers = dict(headers)
        self._hosts = (self._base.host or "", *hosts, *limits.hosts)
        self._limits = limits

    async def call(
        self,
        method: str,
        where: str,
        *,
        body: Any = None,
        form: aiohttp.FormData | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Ask the service.

        Args:
            method: of HTTP.
            where: a path, or an address that the service gave.
            body: sent as JSON.
            form: sent instead.
            headers: more of them.

        Raises:
            NotReached: there was no connection.
            NoAnswer: there was, and no whole answer.
        """
        url = self._own(where)
        async with self._session(self._limits.seconds) as http:
            try:
                async with http.request(
                    method,
                    url,
                    json=body,
                    data=form,
                    headers={**self._headers, **(headers or {})},
                    allow_redirects=False,
                ) as answer:
                    raw = await self._read(answer)
                    return Answer(status=answer.status, body=_json(raw))
            except (aiohttp.ClientConnectorError, NotPublic) as error:
                raise NotReached(f"{url.host}: {error}") from error
            except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as error:
                raise NoAnswer(f"{url.host}: {error or type(error).__name__}") from error

    async def download(self, where: str, path: Path) -> None:
        """Write a file that the service made to a new file. Other hosts than the service's get no key.

        Raises:
            NotReached, NoAnswer: it can't be had now.
            NotThere: it is not there any more, or not for us: an address may be good for a while only.
            TooMuch: it is too large, no file, or at a host that is not the service's.
            OSError: it can't be written.
        """
        if where.startswith(DATA_URL):
            self._write_inline(where, path)
            return
        url = self._allowed(where)
        headers = self._headers if url.origin() == self._base.origin() else {}
        async with self._session(self._limits.fetch_seconds) as http:
            try:
                async with http.get(url, headers=headers, allow_redirects=False) as answer:
                    _check_served(answer.status, f"{url.host} answered {answer.status}")
                    await self._save(answer, path)
            except (aiohttp.ClientConnectorError, NotPublic) as error:
                raise NotReached(f"{url.host}: {error}") from error
            except (aiohttp.ClientError, ConnectionError, TimeoutError) as error:
                raise NoAnswer(f"{url.host}: {error or type(error).__name__}") from error

    def _write_inline(self, where: str, path: Path) -> None:
        head, _, data = where.partition(",")
        if len(data) > self._most_text:
            raise TooMuch(f"a clip of {len(data)} characters")
        try:
            clip = base64.b64decode(data, validate=True)
        except ValueError as error:
            raise TooMuch(f"{head[:60]} holds no base64") from error
        path.write_bytes(clip)

    @property
    def _most_text(self) -> int:
        """Characters of base64 of the largest clip."""
        return (self._limits.max_bytes + 2) // 3 * 4

    def _own(self, where: str) -> URL:
        """An address at the service itself; the key goes nowhere else."""
        try:
            url = self._base.join(URL(where))
            origin = url.origin()
        except ValueError as error:
            raise NoAnswer(f"the service names an address that is none: {where[:100]!r}") from error
        if origin != self._base.origin():
            raise NoAnswer(f"the service names an address at {url.host}, which is not its own")
        if not self._limits.private:
            _check(url)
        return url

    def _allowed(self, where: str) -> URL:
        """An address that a clip may be fetched from."""
        try:
            url = URL(where)
        except ValueError as error:
            raise TooMuch(f"a clip at an address that is none: {where[:100]!r}") from error
        host = (url.host or "").lower()
        if not any(host == each or host.endswith(f".{each}") for each in self._hosts if each):
            raise TooMuch(f"a clip at {host or 'no host'}, which is not the service's")
        if url.scheme != "https" and not (self._limits.private and url.scheme == "http"):
            raise TooMuch(f"a clip over {url.scheme or 'nothing'}")
        if not self._limits.private:
            _check(url)
        return url

    async def _read(self, answer: aiohttp.ClientResponse) -> bytes:
        """The body, as long as it is no longer than a clip inside JSON could make it."""
        most = self._most_text + (1 << 20)
        parts, size = [], 0
        async for chunk in answer.content.iter_chunked(CHUNK):
            size += len(chunk)
            if size > most:
                raise ValueError(f"an answer of more than {most} bytes")
            parts.append(chunk)
        return b"".join(parts)

    async def _save(self, answer: aiohttp.ClientResponse, path: Path) -> None:
        size = 0
        with path.open("xb") as file:
            async for chunk in answer.content.iter_chunked(CHUNK):
                size += len(chunk)
                if size > self._limits.max_bytes:
                    raise TooMuch(f"a clip of more than {self._limits.max_bytes} bytes")
                file.write(chunk)
        if answer.content_length is not None and size < answer.content_length:
            raise NoAnswer(f"{size} of {answer.content_length} bytes came")

    @asynccontextmanager
    async def _session(self, seconds: float) -> AsyncIterator[aiohttp.ClientSession]:
        resolver = None if self._limits.private else PublicResolver()
        connector = aiohttp.TCPConnector(resolver=resolver, limit=1, force_close=True)
        timeout = aiohttp.ClientTimeout(total=seconds)
        try:
            async with aiohttp.ClientSession(connector=connector, timeout=timeout, trust_env=False) as http:
                yield http
        finally:
            if resolver is not None:
                await resolver.close()


def _refuses(status: int) -> bool:
    return REFUSED <= status < BROKE and status not in AMBIGUOUS


def _check_served(status: int, said: str) -> None:
    """Let the status of a clip that comes pass; a refusal and a redirect will be the same the next time."""
    if status == DONE:
        return
    if _refuses(status) and status != LATER:
        raise NotThere(said)
    if DONE < status < REFUSED:
        raise TooMuch(said)
    raise NoAnswer(said)


def _check(url: URL) -> None:
    try:
        check_literal(url)
    except NotPublic as error:
        raise NotReached(str(error)) from error


def _json(raw: bytes) -> Any:
    try:
        return json.loads(raw)
    except ValueError:
        return raw[:500].decode("utf-8", "replace")
