"""One ComfyUI server, spoken to over HTTP. It is a stranger: each answer is limited in time and size.

Nothing here clears a queue, frees a server's memory or stops whatever runs: other programs may use it too.
"""

from __future__ import annotations

import asyncio
import base64
import json
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

import aiohttp
from yarl import URL

from engine.core.shortages import OF_THE_MACHINE, shortage_of
from engine.elsewhere.comfyui.answers import (
    NOWHERE,
    NodeFailure,
    OutFile,
    Sight,
    Where,
    in_history,
    in_job,
    in_queue,
    jobs_in,
    refusal_of,
)
from engine.elsewhere.comfyui.limits import ServerLimits

INTERRUPTS_BY_ID = (0, 3, 57)
"""The oldest version that can stop one job. An older one stops whatever runs, so it is never asked to."""

FOLDER = "framekiln"
"""Where our files lie among a server's inputs."""

OURS = "framekiln_job"
"""What stands beside our jobs in its queue."""

_PIECE = 1 << 16
_OK, _BAD_REQUEST, _NOT_FOUND, _NOT_ALLOWED, _TOO_LARGE = 200, 400, 404, 405, 413
_LOGIN_NEEDED = frozenset({401, 403, 407})
_PASSES = frozenset({408, 425, 429, 502, 503, 504})
"""What a server, or a proxy before it, answers when it is too busy or not there."""
_NAMED = re.compile(r"(Basic|Bearer) .+", re.IGNORECASE)


class Unreachable(Exception):
    """The server can't be reached, or doesn't answer as one. It may pass; the text is for the log."""


class Denied(Unreachable):
    """The server wants another login. It does not pass by itself."""


class Failing(Unreachable):
    """The server answers, and not as it should: it may be broken, or what it was asked."""


class Refusal(Exception):
    """The server won't take a graph.

    Attributes:
        failure: why, in its own words.
    """

    def __init__(self, failure: NodeFailure) -> None:
        super().__init__(f"{failure.error}: {failure.message} ({failure.detail})")
        self.failure = failure


class TooLarge(Exception):
    """A file is larger than we take, or than the server does."""


class Missing(Exception):
    """The server has no such file any more."""


class Server:
    """A ComfyUI server.

    Args:
        address: ``http://host:port``, with a path where a proxy puts it under one. A name and a password in
            it are a login.
        login: ``Bearer …``, ``Basic …`` or ``name:password``; "": none.
        limits: what it may take of our time and memory.

    Attributes:
        name: host and port, as the log may have it.
    """

    def __init__(self, address: str, *, login: str = "", limits: ServerLimits | None = None) -> None:
        url = URL(address)
        if url.user is not None and not login:
            login = f"{unquote(url.raw_user or '')}:{unquote(url.raw_password or '')}"
        self._base = url.with_user(None).with_query(None).with_fragment(None)
        self._headers = {"Authorization": header_of(login)} if login else {}
        self._limits = limits or ServerLimits()
        self._http: aiohttp.ClientSession | None = None
        self._version: tuple[int, ...] | None = None
        self.name = f"{self._base.host}:{self._base.port}"

    async def close(self) -> None:
        """End its connections."""
        if self._http is not None:
            await self._http.close()
            self._http = None

    async def look(self, prompt: str) -> Sight:
        """Look for a take: in the queue, then in the history, then among the jobs.

        A take moves from the queue to the history at once, so one that is in neither, in this order, is lost.

        Raises:
            Unreachable: the server can't be asked.
        """
        sight = in_queue(await self._json("GET", "queue"), prompt)
        if sight.where is Where.NOWHERE:
            sight = in_history(await self._json("GET", f"history/{prompt}"), prompt)
        if sight.where is Where.NOWHERE:
            job = await self._json("GET", f"api/jobs/{prompt}", may_lack=True)
            sight = NOWHERE if job is None else in_job(job)
        return sight

    async def submit(self, prompt: str, graph: Mapping[str, Any], *, job: str) -> None:
        """Have a graph drawn.

        Args:
            prompt: a UUID in small letters: the take's id there, and that of the socket that hears of it.
            graph: in the API's format.
            job: whose take it is; the server keeps this beside it.

        Raises:
            Refusal: the server won't take it.
            Unreachable: it can't be reached, or the answer was lost: it may have been taken.
        """
        order = {
            "prompt": graph,
            "prompt_id": prompt,
            "client_id": prompt,
            "extra_data": {"preview_method": "auto", OURS: job},
        }
        status, body = await self._answer("POST", "prompt", json=order)
        if status == _OK:
            return
        if status == _BAD_REQUEST:
            with suppress(ValueError):
                raise Refusal(refusal_of(_parsed(body)))
        raise self._odd(status)

    async def upload(self, name: str, data: bytes) -> str:
        """Hand the server a file, under a name that its content decides.

        Returns:
            What a node calls it: the name that the server answers with.

        Raises:
            TooLarge: for the server, or for a proxy before it.
            Unreachable: the server can't be reached.
        """
        form = aiohttp.FormData()
        form.add_field("image", data, filename=name, content_type="application/octet-stream")
        form.add_field("subfolder", FOLDER)
        form.add_field("type", "input")
        seconds = self._limits.transfer_seconds
        status, body = await self._answer("POST", "upload/image", seconds=seconds, data=form)
        if status == _TOO_LARGE:
            raise TooLarge(f"{self.name} takes no file of {len(data)} bytes")
        answer: Any = None
        with suppress(ValueError):
            answer = _parsed(body) if status == _OK else None
        if not isinstance(answer, dict) or not isinstance(answer.get("name"), str):
            raise self._odd(status)
        folder = answer.get("subfolder")
        return f"{folder}/{answer['name']}" if folder else str(answer["name"])

    async def ours(self) -> Mapping[str, str]:
        """Takes in its queue that Framekiln submitted, this one or another: the take's id → the job's.

        Raises:
            Unreachable: the server can't be reached.
        """
        return jobs_in(await self._json("GET", "queue"), OURS)

    async def fetch(self, file: OutFile, to: Path) -> None:
        """Bring a clip here.

        Raises:
            Missing: the server has it no more.
            TooLarge: it is larger than ``clip_bytes``; nothing is left of it.
            Unreachable: the server can't be reached, or the file came only in part.
            OSError: it can't be written.
        """
        query = {"filename": file.name, "subfolder": file.folder, "type": file.kind}
        seconds = self._limits.transfer_seconds
        async with self._asked("GET", "view", seconds=seconds, params=query) as answer:
            if answer.status in {_NOT_FOUND, _BAD_REQUEST}:
                raise Missing(f"{self.name} has no file {file.name!r} any more")
            if answer.status != _OK:
                raise self._odd(answer.status)
            with to.open("wb") as opened:
                got = 0
                async for piece in _pieces(answer, self._limits.answer_seconds):
                    got += len(piece)
                    if got > self._limits.clip_bytes:
                        opened.truncate(0)
                        raise TooLarge(f"{file.name!r} is larger than {self._limits.clip_bytes} bytes")
                    await asyncio.to_thread(opened.write, piece)

    async def stop(self, prompt: str) -> None:
        """Stop a take, and nothing else.

        Raises:
            Unreachable: the server can't be reached.
        """
        status, _ = await self._answer("POST", f"api/jobs/{prompt}/cancel")
        if status not in {_NOT_FOUND, _NOT_ALLOWED}:
            return
        await self.forget(prompt)
        if await self.version() >= INTERRUPTS_BY_ID:
            sight = in_queue(await self._json("GET", "queue"), prompt)
            if sight.where is Where.RUNNING:
                await self._answer("POST", "interrupt", json={"prompt_id": prompt})

    async def forget(self, prompt: str, times: int = 1) -> None:
        """Take a take that waits out of the queue.

        Args:
            prompt: its id.
            times: how often it waits: each deletion takes one.
        """
        await self._answer("POST", "queue", json={"delete": [prompt] * times})

    async def version(self) -> tuple[int, ...]:
        """The server's version; () where it does not say.

        Raises:
            Unreachable: the server can't be reached.
        """
        if self._version is None:
            stats = await self._json("GET", "system_stats")
            system = stats.get("system") if isinstance(stats, dict) else None
            told = system.get("comfyui_version") if isinstance(system, dict) else None
            self._version = tuple(int(number) for number in re.findall(r"\d+", str(told or ""))[:3])
        return self._version

    async def memory(self) -> int:
        """Bytes of its largest GPU; 0: it has none, or does not say.

        Raises:
            Unreachable: the server can't be reached.
        """
        stats = await self._json("GET", "system_stats")
        devices = stats.get("devices") if isinstance(stats, dict) else None
        gpus = [
            device.get("vram_total")
            for device in (devices if isinstance(devices, list) else ())
            if isinstance(device, dict) and device.get("type") != "cpu"
        ]
        return max((memory for memory in gpus if isinstance(memory, int)), default=0)

    async def node_class(self, name: str) -> Mapping[str, Any] | None:
        """What a kind of node takes; None where there is none of this name.

        Raises:
            Unreachable: the server can't be reached.
        """
        answer = await self._json("GET", f"object_info/{quote(name, safe='')}", may_lack=True)
        told = answer.get(name) if isinstance(answer, dict) else None
        return told if isinstance(told, dict) else None

    @asynccontextmanager
    async def socket(self, prompt: str) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
        """A socket that hears of a take.

        Raises:
            Unreachable: there is none to be had.
        """
        try:
            async with self._session().ws_connect(
                self._url("ws").with_query(clientId=prompt),
                max_msg_size=self._limits.preview_bytes,
                timeout=aiohttp.ClientWSTimeout(ws_close=1.0),
                heartbeat=self._limits.answer_seconds,
            ) as socket:
                yield socket
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise self._away(error) from error

    async def _json(self, method: str, path: str, *, may_lack: bool = False) -> Any:
        """Ask, and read the answer; None where there is no such thing and there need not be."""
        status, body = await self._answer(method, path)
        if may_lack and status in {_NOT_FOUND, _NOT_ALLOWED}:
            return None
        if status != _OK:
            raise self._odd(status)
        try:
            return _parsed(body)
        except ValueError:
            raise Unreachable(f"{self.name} answers in something else than JSON") from None

    async def _answer(
        self, method: str, path: str, *, seconds: float | None = None, **what: Any
    ) -> tuple[int, bytes]:
        """Ask, and read the answer whole, within ``seconds``; None: those for an answer.

        Raises:
            Denied: the server wants another login.
            Unreachable: it can't be reached, or says more than it may.
        """
        body = bytearray()
        seconds = self._limits.answer_seconds if seconds is None else seconds
        async with self._asked(method, path, seconds=seconds, **what) as answer:
            async for piece in _pieces(answer, self._limits.answer_seconds):
                body += piece
                if len(body) > self._limits.answer_bytes:
                    raise Unreachable(f"{self.name} answers with more than {self._limits.answer_bytes} bytes")
        return answer.status, bytes(body)

    @asynccontextmanager
    async def _asked(
        self, method: str, path: str, *, seconds: float, **what: Any
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        request = self._session().request(method, self._url(path), allow_redirects=False, **what)
        try:
            async with asyncio.timeout(seconds), request as answer:
                if answer.status in _LOGIN_NEEDED:
                    raise Denied(f"{self.name} answers with {answer.status}: it wants another login")
                yield answer
        except (aiohttp.ClientError, ConnectionError, TimeoutError) as error:
            raise self._away(error) from error

    def _session(self) -> aiohttp.ClientSession:
        if self._http is None:
            seconds = self._limits.answer_seconds
            self._http = aiohttp.ClientSession(
                headers=self._headers,
                cookie_jar=aiohttp.DummyCookieJar(),
                timeout=aiohttp.ClientTimeout(total=None, sock_connect=seconds, sock_read=seconds),
                trust_env=False,
            )
        return self._http

    def _url(self, path: str) -> URL:
        return self._base.joinpath(*path.split("/"), encoded=True)

    def _odd(self, status: int) -> Unreachable:
        kind = Unreachable if status in _PASSES else Failing
        return kind(f"{self.name} answers with {status}")

    def _away(self, error: Exception) -> Exception:
        """What a broken connection is: the server's absence, unless this machine ran short of something."""
        if shortage_of(error) in OF_THE_MACHINE:
            return error
        said = error.strerror if isinstance(error, OSError) and error.strerror else type(error).__name__
        return Unreachable(f"{self.name}: {said}")


async def _pieces(answer: aiohttp.ClientResponse, seconds: float) -> AsyncIterator[bytes]:
    """An answer in pieces, each of which comes in time."""
    while True:
        async with asyncio.timeout(seconds):
            piece = await answer.content.read(_PIECE)
        if not piece:
            return
        yield piece


def header_of(login: str) -> str:
    """The ``Authorization`` header of a login."""
    if _NAMED.fullmatch(login):
        return login
    return "Basic " + base64.b64encode(login.encode()).decode()


def _parsed(body: bytes) -> Any:
    """JSON.

    Raises:
        ValueError: it is none.
    """
    try:
        return json.loads(body)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error
