"""``GET /v1/jobs/{job}/clip``: the clip, whole or a range of it."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import BinaryIO

from aiohttp import web

from bot.api.job_views import retry_after
from bot.api.parts import Call
from bot.api.problems import Kind, Problem
from bot.api.sealed_clips import SealedClip
from db.jobs.job import Job
from db.states import State

PIECE = 256 * 1024
MP4 = "video/mp4"

_NOTHING_MORE: Mapping[str, str] = {}
_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")


@dataclass(frozen=True, kw_only=True)
class Span:
    """A piece of a file: its first byte, and the one behind its last."""

    first: int
    end: int


async def clip(call: Call) -> web.StreamResponse:
    """Send the clip, if it may be seen."""
    job = await call.job()
    _check(job)
    try:
        sealed, file = await call.parts.clips.open(job)
    except FileNotFoundError:
        raise Problem(Kind.ERASED, "The clip is not kept any more.") from None
    with file:
        return await send(call.request, sealed, file)


def _check(job: Job) -> None:
    if job.deleted_at is not None or job.forgotten_at is not None:
        raise Problem(Kind.ERASED, "The clip was deleted.")
    if not job.state.ended:
        raise Problem(Kind.NOT_READY, f"The job is {job.state}.", headers={"Retry-After": retry_after(None)})
    if job.state is not State.DELIVERED:
        raise Problem(Kind.NO_CLIP, "The job ended without a clip.")
    if job.clip_sha256 is None:
        raise Problem(Kind.ERASED, "The clip is not kept any more.")


async def send(
    request: web.Request, sealed: SealedClip, file: BinaryIO, *, more: Mapping[str, str] = _NOTHING_MORE
) -> web.StreamResponse:
    """Send a clip, or the range of it that is wanted, or say that the client has it.

    Args:
        request: what is answered.
        sealed: the clip.
        file: its file, open.
        more: further headers.

    Raises:
        Problem: the clip has no such range.
    """
    etag = f'"{sealed.digest}"'
    headers = {**more, "ETag": etag, "Accept-Ranges": "bytes", "Cache-Control": "private, no-cache"}
    if _matches(request.headers.get("If-None-Match"), etag):
        return web.Response(status=304, headers=headers)
    span = _span(request, sealed.size, etag)
    whole = Span(first=0, end=sealed.size)
    answer = web.StreamResponse(status=200 if span is None else 206, headers=headers)
    answer.content_type = MP4
    if span is not None:
        answer.headers["Content-Range"] = f"bytes {span.first}-{span.end - 1}/{sealed.size}"
    span = span or whole
    answer.content_length = span.end - span.first
    await answer.prepare(request)
    file.seek(span.first)
    left = span.end - span.first
    while left and (piece := await asyncio.to_thread(file.read, min(PIECE, left))):
        await answer.write(piece)
        left -= len(piece)
    await answer.write_eof()
    return answer


def _matches(written: str | None, etag: str) -> bool:
    if written is None:
        return False
    each = [one.strip().removeprefix("W/") for one in written.split(",")]
    return "*" in each or etag in each


def _span(request: web.Request, size: int, etag: str) -> Span | None:
    """The range that is wanted; None: all. What is no single range of bytes is ignored, as RFC 9110 has it.

    Raises:
        Problem: the file has no such range.
    """
    match = _RANGE.fullmatch(request.headers.get("Range", "").replace(" ", ""))
    if match is None or not (match[1] or match[2]):
        return None
    if request.headers.get("If-Range", etag) != etag:
        return None
    if match[1]:
        first, end = int(match[1]), min(size, int(match[2]) + 1) if match[2] else size
        if match[2] and int(match[2]) < int(match[1]):
            return None
    else:
        first, end = max(0, size - int(match[2])), size
    if first >= end:
        raise Problem(Kind.RANGE, f"The clip has {size} bytes.", headers={"Content-Range": f"bytes */{size}"})
    return Span(first=first, end=end)
