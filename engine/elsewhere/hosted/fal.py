"""fal: its queue. The addresses that it gives are used as they are.

It has no list of requests, so one whose answer was lost stays unknown.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from engine.elsewhere.hosted.fields import as_data_url, body_of
from engine.elsewhere.hosted.limits import WireLimits
from engine.elsewhere.hosted.provider import (
    Asked,
    NoAnswer,
    NotTaken,
    NotThere,
    Seen,
    cause_in,
    cause_of,
    text_of,
)
from engine.elsewhere.hosted.purchase import Cause, Remote, Stand
from engine.elsewhere.hosted.wire import GONE, Wire

BASE = "https://queue.fal.run"
HOSTS = ("fal.media", "fal.run", "fal.ai")

INLINE = 10 * 1024 * 1024
"""Bytes of all files of a request, which go along inside it."""

TOO_EARLY = "in progress"
"""Words with which it refuses a result that is not there yet."""


NOT_OF_THE_RESULT = frozenset({Cause.BUSY, Cause.KEY})
"""Causes of a refusal that say nothing of the result, which is there and paid for."""


class Fal:
    """The service; see :class:`engine.elsewhere.hosted.provider.Provider`."""

    name = "fal"
    title = "fal"
    can_be_asked = False

    def __init__(self, key: str, *, limits: WireLimits, base: str = BASE, longest: float) -> None:
        """Make one.

        Args:
            key: the owner's.
            limits: the owner's.
            base: the queue's address.
            longest: seconds that one result may take there.
        """
        self._wire = Wire(base, headers={"Authorization": f"Key {key}"}, hosts=HOSTS, limits=limits)
        self._longest = longest

    async def submit(self, asked: Asked) -> Remote:
        """Put a request in the queue."""
        if sum(len(file.data) for file in asked.files.values()) > INLINE:
            raise NotTaken(Cause.TOO_LARGE, f"the files are larger than {INLINE} bytes")
        files = {slot: as_data_url(file) for slot, file in asked.files.items()}
        where = f"/{asked.slug.model}"
        if asked.webhook:
            where += f"?fal_webhook={quote(asked.webhook, safe='')}"
        answer = await self._wire.call(
            "POST",
            where,
            body=body_of(asked.slug, asked.recipe, asked.seed, files),
            # It would draw, and charge, up to ten times by itself.
            headers={"x-fal-no-retry": "1", "X-Fal-Request-Timeout": str(round(self._longest))},
        )
        if answer.refuses:
            said = text_of(answer.body)
            raise NotTaken(cause_of(answer.status, said), f"{answer.status}: {said}")
        body = answer.body if isinstance(answer.body, Mapping) else {}
        given = [
            str(body.get(name) or "") for name in ("request_id", "status_url", "response_url", "cancel_url")
        ]
        if not answer.ok or not all(given):
            raise NoAnswer(f"{answer.status}: {text_of(answer.body)}")
        return Remote(id=given[0], look=given[1], result=given[2], cancel=given[3])

    async def find(self, asked: Asked, *, since: float, known: Collection[str]) -> Remote | None:
        """Nothing can be found: it has no list."""
        del asked, since, known
        return None

    async def look(self, remote: Remote) -> Seen:
        """Ask how a request stands, and for its result once it is there."""
        answer = await self._wire.call("GET", remote.look)
        if answer.status in GONE:
            raise NotThere(f"there is no request {remote.id}")
        body = answer.body
        if not isinstance(body, Mapping) or answer.status >= 300:  # noqa: PLR2004 - of HTTP
            raise NoAnswer(f"{answer.status}: {text_of(body)}")
        status = body.get("status")
        if status == "IN_QUEUE":
            return Seen(state=Stand.QUEUED)
        if status == "IN_PROGRESS":
            return Seen(state=Stand.RUNNING)
        if status != "COMPLETED":
            raise NoAnswer(f"an unknown status: {status!r}")
        return await self._result(remote)

    async def _result(self, remote: Remote) -> Seen:
        answer = await self._wire.call("GET", remote.result)
        if answer.status in GONE:
            raise NotThere(f"the result of {remote.id} is gone")
        said = text_of(answer.body)
        if answer.refuses:
            if TOO_EARLY in said.lower():
                return Seen(state=Stand.RUNNING)
            if cause_of(answer.status, said) in NOT_OF_THE_RESULT:
                raise NoAnswer(f"{answer.status}: {said}")
            return _failed(answer.body, said)
        if not answer.ok:
            # A failed request is told by an error of its own; a gateway's page is not one.
            if isinstance(answer.body, Mapping) and {"detail", "error_type", "error"} & set(answer.body):
                return _failed(answer.body, said)
            raise NoAnswer(f"{answer.status}: {said}")
        result = _address_in(answer.body)
        if not result:
            return Seen(state=Stand.FAILED, cause=Cause.BROKEN, detail=f"no clip in the result: {said}")
        return Seen(state=Stand.SUCCEEDED, result=result)

    async def cancel(self, remote: Remote) -> None:
        """Ask for the end of a request; one that is done stays done."""
        answer = await self._wire.call("PUT", remote.cancel)
        if answer.status in GONE:
            raise NotThere(f"there is no request {remote.id}")
        if not answer.ok and not answer.refuses:
            raise NoAnswer(f"{answer.status}: {text_of(answer.body)}")

    async def fetch(self, seen: Seen, path: Path) -> None:
        """Fetch the clip."""
        await self._wire.download(seen.result, path)


def _failed(body: Any, said: str) -> Seen:
    kind = str(body.get("error_type") or "") if isinstance(body, Mapping) else ""
    if kind == "request_cancelled" or "cancel" in said.lower():
        return Seen(state=Stand.CANCELLED, detail=said)
    return Seen(state=Stand.FAILED, cause=cause_in(f"{kind} {said}"), detail=f"{kind} {said}".strip())


def _address_in(body: Any) -> str:
    if not isinstance(body, Mapping):
        return ""
    video = body.get("video")
    if isinstance(video, Mapping):
        return str(video.get("url") or "")
    videos = body.get("videos")
    if isinstance(videos, list) and videos and isinstance(videos[0], Mapping):
        return str(videos[0].get("url") or "")
    return str(video) if isinstance(video, str) else ""
