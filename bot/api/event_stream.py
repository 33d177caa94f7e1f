"""``GET /v1/jobs/{job}/events``: what happens to a job, as server-sent events.

Each event has a number, and a client that was cut off goes on behind the last one that it has. Progress is
sent between them and has no number: only the latest matters.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from aiohttp import web
from pydantic import BaseModel

from bot.api.documents import EventDocument, ProgressDocument
from bot.api.job_views import STATES, shown
from bot.api.parts import Call, Parts
from bot.api.problems import Kind, Problem
from db.api.events import Happened
from db.jobs.job import Job
from db.states import JobId

CONTENT_TYPE = "text/event-stream"
LOOK_EVERY = 1.0
"""Seconds between two looks at the rows; a signal makes the wait shorter."""

COMMENT_EVERY = 15.0
"""Seconds of silence after which a comment is sent, so that no proxy cuts the connection."""

RECONNECT = 2000
"""Milliseconds after which a client is to come back."""

_NUMBER = re.compile(r"[0-9]{1,9}")


class Streams:
    """Answers the route."""

    def __init__(self, parts: Parts) -> None:
        """Make one from what the API works with."""
        self._parts = parts
        self._open: Counter[str] = Counter()
        self._waiting: dict[JobId, set[asyncio.Event]] = {}
        parts.signals.changed.connect(self._changed)

    def _changed(self, job: JobId) -> None:
        for event in self._waiting.get(job, ()):
            event.set()

    async def answer(self, call: Call) -> web.StreamResponse:
        """Send what has happened and happens, until the job is over."""
        job = await call.job()
        last = _last(call.request.headers.get("Last-Event-ID"))
        if last and job.state.ended and not await self._parts.events.after(job.id, last):
            return web.Response(status=204)  # a browser's client stops asking
        with self._place(call.key.id), self._listening(job.id) as changed:
            answer = web.StreamResponse(headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"})
            answer.content_type = CONTENT_TYPE
            await answer.prepare(call.request)
            try:
                await answer.write(f"retry: {RECONNECT}\n\n".encode())
                await self._send(call, answer, job, last, changed)
                await answer.write_eof()
            except ConnectionError:
                pass  # the client has gone, and comes back where it left off
            return answer

    async def _send(
        self, call: Call, answer: web.StreamResponse, job: Job, last: int, changed: asyncio.Event
    ) -> None:
        told, said_at = "", time.monotonic()
        while not _has_gone(call.request):
            changed.clear()
            text = ""
            # The row first: all that has happened to a job that is over is written down by then.
            now = await self._parts.jobs.get(job.id)
            if now is None or not call.may_see(now) or not await self._parts.keys.lives(call.key):
                return
            for event in await self._parts.events.after(job.id, last):
                text += _event(now, event)
                last = event.number
            progress = await self._progress(now)
            if progress != told:
                text += f"event: progress\ndata: {progress}\n\n"
                told = progress
            if not text and time.monotonic() - said_at >= COMMENT_EVERY:
                text = ": still here\n\n"
            if text:
                await answer.write(text.encode())
                said_at = time.monotonic()
            if now.state.ended:
                return
            try:
                async with asyncio.timeout(LOOK_EVERY):
                    await changed.wait()
            except TimeoutError:
                continue

    async def _progress(self, job: Job) -> str:
        document = await shown(self._parts, job)
        live = self._parts.progress(job.id)
        return _line(
            ProgressDocument(
                state=document.state,
                progress=round(document.progress, 3),
                take=None if live is None else live.take,
                place=document.place,
            )
        )

    @contextmanager
    def _place(self, key: str) -> Iterator[None]:
        if self._open[key] >= self._parts.policy.streams:
            detail = f"A key may have {self._parts.policy.streams} streams open."
            raise Problem(Kind.TOO_MANY, detail, headers={"Retry-After": "5"})
        self._open[key] += 1
        try:
            yield
        finally:
            self._open[key] -= 1
            if not self._open[key]:
                del self._open[key]

    @contextmanager
    def _listening(self, job: JobId) -> Iterator[asyncio.Event]:
        event = asyncio.Event()
        self._waiting.setdefault(job, set()).add(event)
        try:
            yield event
        finally:
            self._waiting[job].discard(event)
            if not self._waiting[job]:
                del self._waiting[job]


def _has_gone(request: web.Request) -> bool:
    """Whether the client has closed the connection. A write would tell, but there may be none for a while."""
    return request.transport is None or request.transport.is_closing()


def _last(written: str | None) -> int:
    if written is None:
        return 0
    if not _NUMBER.fullmatch(written):
        raise Problem(Kind.UNREADABLE, "Last-Event-ID is the id of an event of this stream.")
    return int(written)


def _event(job: Job, event: Happened) -> str:
    document = EventDocument(
        type=event.type,
        job=job.id,
        state=STATES[event.state],
        at=datetime.fromtimestamp(event.at, UTC),
    )
    return f"id: {event.number}\nevent: {event.type}\ndata: {_line(document)}\n\n"


def _line(document: BaseModel) -> str:
    return document.model_dump_json()
