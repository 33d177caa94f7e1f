"""A client of the HTTP API: what ``framekiln client`` and ``framekiln mcp`` ask with.

It imports nothing of the bot but words, so it runs on any machine that has this package.
"""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import Awaitable, Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import aiohttp

Document = dict[str, Any]
"""A JSON object, as docs/http-api.md describes it."""

OVER = frozenset({"succeeded", "failed", "cancelled"})
"""States in which a job stays."""

ANSWER_SECONDS = 90.0
"""For one request and its answer."""

LOOK_EVERY = 1.0
"""Seconds between two looks at a job that is waited for."""

TRIES, PAUSE = 4, 0.5
"""How often a request is sent that got no answer, and the first pause in seconds; it doubles."""

CLIP = "video/mp4"


async def _to_nobody(_: Document) -> None:
    """The default of a listener."""


class ApiError(Exception):
    """The API refused, or cannot be reached. The text is for the person who asked.

    Attributes:
        status: of the answer; None: there was none.
        code: Framekiln's code of a refusal; "" for none.
    """

    def __init__(self, text: str, *, status: int | None = None, code: str = "") -> None:
        super().__init__(text)
        self.status = status
        self.code = code


@dataclass(frozen=True, kw_only=True)
class Upload:
    """A file that goes with a request.

    Attributes:
        content: a file on this machine, or the bytes themselves.
        name: what the file is called.
    """

    content: Path | bytes
    name: str = "file"


class ApiClient:
    """Asks a bot for clips. To be used as an asynchronous context manager."""

    def __init__(self, address: str, key: str) -> None:
        """Make one.

        Args:
            address: where the API is, such as ``http://127.0.0.1:8377``.
            key: as ``framekiln keys add`` shows it.
        """
        self._address = address.rstrip("/")
        self._headers = {"Authorization": f"Bearer {key}"}
        self._http: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        """Open the connections."""
        timeout = aiohttp.ClientTimeout(total=ANSWER_SECONDS)
        self._http = aiohttp.ClientSession(headers=self._headers, timeout=timeout)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close them."""
        if self._http is not None:
            await self._http.close()

    async def ask(self, kind: str, options: Mapping[str, Any], files: Mapping[str, Upload]) -> Document:
        """Ask for a clip. A request whose answer is lost is sent again, and still makes one job.

        Args:
            kind: animate, text2video, restyle or effect.
            options: by their names in Discord; what is None is left out.
            files: by the names of their options.

        Returns:
            The job.

        Raises:
            ApiError: it is refused, or the API cannot be reached.
        """
        given = {name: value for name, value in options.items() if value is not None}
        body = json.dumps({"kind": kind, **given})
        return await self._json(
            "POST", "/v1/jobs", repeat_key=secrets.token_hex(16), body=body, files=dict(files)
        )

    async def job(self, job: str) -> Document:
        """A job as it is now."""
        return await self._json("GET", f"/v1/jobs/{_part(job)}")

    async def jobs(self, *, limit: int = 20) -> list[Document]:
        """The member's jobs, the newest first."""
        page = await self._json("GET", f"/v1/jobs?limit={limit}")
        jobs: list[Document] = page["jobs"]
        return jobs

    async def cancel(self, job: str) -> Document:
        """Cancel a job; one that is over stays as it is."""
        return await self._json("POST", f"/v1/jobs/{_part(job)}/cancel")

    async def engines(self) -> Document:
        """What can be asked for."""
        return await self._json("GET", "/v1/engines")

    async def limits(self) -> Document:
        """What is left of the member's limits."""
        return await self._json("GET", "/v1/limits")

    async def wait(
        self, job: str, *, seconds: float | None, told: Callable[[Document], Awaitable[None]] = _to_nobody
    ) -> Document:
        """Wait for the end of a job.

        Args:
            job: its id.
            seconds: to wait at most; None: until it is over.
            told: shown the job each time that it was looked at.

        Returns:
            The job as it is then; not over where the time ran out.
        """
        try:
            async with asyncio.timeout(seconds):
                while True:
                    now = await self.job(job)
                    await told(now)
                    if now["state"] in OVER:
                        return now
                    await asyncio.sleep(LOOK_EVERY)
        except TimeoutError:
            return await self.job(job)

    async def clip(self, job: str) -> bytes:
        """The MP4 of a job.

        Raises:
            ApiError: there is none, or not yet.
        """
        return await self._answer("GET", f"/v1/jobs/{_part(job)}/clip")

    async def _json(self, method: str, path: str, **options: Any) -> Document:
        try:
            document = json.loads(await self._answer(method, path, **options))
        except ValueError:
            document = None
        if not isinstance(document, dict):
            raise ApiError(f"{self._address} answers with something else: this may be no Framekiln.")
        return document

    async def _answer(self, method: str, path: str, **options: Any) -> bytes:
        """Ask, and ask again where no answer comes. A request for a clip still makes one job."""
        pause = PAUSE
        for last in (*[False] * (TRIES - 1), True):
            try:
                return await self._once(method, path, **options)
            except (aiohttp.ClientError, TimeoutError) as error:
                if last:
                    raise ApiError(f"{self._address} cannot be reached: {error or 'no answer'}") from error
            await asyncio.sleep(pause)
            pause *= 2
        raise AssertionError("unreachable")

    async def _once(
        self,
        method: str,
        path: str,
        *,
        repeat_key: str = "",
        body: str = "",
        files: Mapping[str, Upload] | None = None,
    ) -> bytes:
        assert self._http is not None, "use it as a context manager"  # noqa: S101 - a mistake of the caller's
        headers = {"Idempotency-Key": repeat_key} if repeat_key else {}
        with ExitStack() as opened:
            data: Any = None
            if files:
                data = _form(body, files, opened)
            elif body:
                data, headers["Content-Type"] = body, "application/json"
            async with self._http.request(
                method, self._address + path, data=data, headers=headers, allow_redirects=False
            ) as answer:
                content = await answer.read()
                if answer.status >= 300:  # noqa: PLR2004 - HTTP's own
                    raise _refusal(answer.status, content)
                return content


def _form(body: str, files: Mapping[str, Upload], opened: ExitStack) -> aiohttp.FormData:
    form = aiohttp.FormData()
    form.add_field("request", body, content_type="application/json")
    for name, upload in files.items():
        content = upload.content
        field = opened.enter_context(content.open("rb")) if isinstance(content, Path) else content
        form.add_field(name, field, filename=upload.name)
    return form


def _part(job: str) -> str:
    """A job's id as a part of a path.

    Raises:
        ApiError: it is none; as a path it could lead anywhere.
    """
    if not (job.isascii() and job.isalnum()):
        raise ApiError("That is not the id of a job.")
    return job


def _refusal(status: int, content: bytes) -> ApiError:
    """What a problem says, in one sentence or two."""
    try:
        problem = json.loads(content)
        text = f"{problem['title']}. {problem.get('detail') or ''}".strip()
        return ApiError(text, status=status, code=problem.get("code") or "")
    except (ValueError, KeyError, TypeError, AttributeError):
        return ApiError(f"HTTP {status}, without an explanation: this may be no Framekiln.", status=status)
