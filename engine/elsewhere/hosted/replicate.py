"""Replicate: predictions.

Of a request whose answer was lost, the account's list of predictions tells whether it was taken: one of the
same model that began after it was asked for, has the same words, seed and sizes, and is no other purchase's.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import aiohttp

from engine.elsewhere.hosted.fields import as_data_url, body_of, said_values
from engine.elsewhere.hosted.limits import WireLimits
from engine.elsewhere.hosted.provider import (
    Asked,
    NoAnswer,
    NotTaken,
    NotThere,
    Seen,
    amount_in,
    cause_in,
    cause_of,
    text_of,
)
from engine.elsewhere.hosted.purchase import Cause, Remote, Stand
from engine.elsewhere.hosted.wire import GONE, Answer, Wire
from engine.elsewhere.sent_files import SentFile

BASE = "https://api.replicate.com"
HOSTS = ("replicate.delivery", "replicate.com")

INLINE = 256 * 1024
"""Bytes of a file that goes along inside the request; larger ones are uploaded first."""

PAGES = 3
"""Pages of the list of predictions that are looked through."""

CLOCKS_DIFFER = 120.0
"""Seconds that the service's clock may be behind ours."""

STATES = {
    "starting": Stand.QUEUED,
    "queued": Stand.QUEUED,
    "processing": Stand.RUNNING,
    "succeeded": Stand.SUCCEEDED,
    "failed": Stand.FAILED,
    "canceled": Stand.CANCELLED,
    "aborted": Stand.CANCELLED,
}


class Replicate:
    """The service; see :class:`engine.elsewhere.hosted.provider.Provider`."""

    name = "replicate"
    title = "Replicate"
    can_be_asked = True

    def __init__(self, token: str, *, limits: WireLimits, base: str = BASE, longest: float) -> None:
        """Make one.

        Args:
            token: the owner's.
            limits: the owner's.
            base: the service's address.
            longest: seconds after which the service itself ends a prediction at the latest.
        """
        self._wire = Wire(base, headers={"Authorization": f"Bearer {token}"}, hosts=HOSTS, limits=limits)
        self._longest = longest

    async def submit(self, asked: Asked) -> Remote:
        """Begin a prediction."""
        files = {slot: await self._placed(file) for slot, file in asked.files.items()}
        body: dict[str, Any] = {"input": body_of(asked.slug, asked.recipe, asked.seed, files)}
        if asked.webhook:
            body |= {"webhook": asked.webhook, "webhook_events_filter": ["completed"]}
        answer = await self._wire.call(
            "POST",
            f"/v1/models/{asked.slug.model}/predictions",
            body=body,
            headers={"Cancel-After": f"{max(5, round(asked.slug.allowed_seconds(self._longest)))}s"},
        )
        _check_taken(answer)
        return _remote(answer.body)

    async def _placed(self, file: SentFile) -> str:
        """Where the model finds a file."""
        if len(file.data) <= INLINE:
            return as_data_url(file)
        form = aiohttp.FormData()
        form.add_field("content", file.data, content_type=file.kind, filename=file.name)
        try:
            answer = await self._wire.call("POST", "/v1/files", form=form)
        except NoAnswer as error:  # an upload costs nothing
            raise NotTaken(Cause.BUSY, str(error)) from error
        if not answer.ok:
            raise NotTaken(cause_of(answer.status, text_of(answer.body)), text_of(answer.body))
        urls = answer.body.get("urls") if isinstance(answer.body, Mapping) else None
        if not isinstance(urls, Mapping) or not isinstance(urls.get("get"), str):
            raise NotTaken(Cause.BUSY, "the upload was answered without an address")
        return str(urls["get"])

    async def find(self, asked: Asked, *, since: float, known: Collection[str]) -> Remote | None:
        """Look through the newest predictions."""
        wanted = said_values(asked.slug, body_of(asked.slug, asked.recipe, asked.seed, {}))
        found = []
        where = "/v1/predictions"
        for _ in range(PAGES):
            answer = await self._wire.call("GET", where)
            page = answer.body
            if not answer.ok or not isinstance(page, Mapping) or not isinstance(page.get("results"), list):
                raise NoAnswer(f"the list was answered with {answer.status}")
            rows = [row for row in page["results"] if isinstance(row, Mapping)]
            for row in rows:
                if row.get("id") in known or not _may_be(row, asked.slug.model, since):
                    continue
                if said_values(asked.slug, await self._input_of(row)) == wanted:
                    found.append(_remote(row))
            oldest = min((_began(row) for row in rows), default=0.0)
            if oldest < since - CLOCKS_DIFFER or not isinstance(page.get("next"), str):
                break
            where = page["next"]
        return found[0] if len(found) == 1 else None

    async def _input_of(self, row: Mapping[str, Any]) -> Mapping[str, Any]:
        """The input of a prediction; a list may leave it out."""
        if not isinstance(row.get("input"), Mapping):
            answer = await self._wire.call("GET", f"/v1/predictions/{row['id']}")
            if not answer.ok or not isinstance(answer.body, Mapping):
                raise NoAnswer(f"a prediction was answered with {answer.status}")
            row = answer.body
        given = row.get("input")
        return given if isinstance(given, Mapping) else {}

    async def look(self, remote: Remote) -> Seen:
        """Ask how a prediction stands."""
        answer = await self._wire.call("GET", remote.look or f"/v1/predictions/{remote.id}")
        if answer.status in GONE:
            raise NotThere(f"there is no prediction {remote.id}")
        body = answer.body
        state = STATES.get(str(body.get("status"))) if isinstance(body, Mapping) else None
        if not answer.ok or state is None:
            raise NoAnswer(f"{answer.status}: {text_of(body)}")
        metrics = body.get("metrics")
        worked = metrics.get("predict_time") if isinstance(metrics, Mapping) else None
        detail = text_of(body.get("error") or "") if state is Stand.FAILED else ""
        result = _first_address(body.get("output")) if state is Stand.SUCCEEDED else ""
        if state is Stand.SUCCEEDED and not result:
            state, detail = Stand.FAILED, f"no clip in the output: {text_of(body.get('output'))}"
        return Seen(
            state=state,
            cause=_why(body, detail) if state is Stand.FAILED else None,
            detail=detail,
            result=result,
            work_seconds=amount_in(worked),
        )

    async def cancel(self, remote: Remote) -> None:
        """Ask for the end of a prediction."""
        answer = await self._wire.call("POST", remote.cancel or f"/v1/predictions/{remote.id}/cancel")
        if answer.status in GONE:
            raise NotThere(f"there is no prediction {remote.id}")
        if not answer.ok and not answer.refuses:
            raise NoAnswer(f"{answer.status}: {text_of(answer.body)}")

    async def fetch(self, seen: Seen, path: Path) -> None:
        """Fetch the clip."""
        await self._wire.download(seen.result, path)


def _check_taken(answer: Answer) -> None:
    if answer.refuses:
        said = text_of(answer.body)
        raise NotTaken(cause_of(answer.status, said), f"{answer.status}: {said}")
    if not answer.ok:
        raise NoAnswer(f"{answer.status}: {text_of(answer.body)}")


def _remote(body: Any) -> Remote:
    """The id and the addresses of a prediction."""
    if not isinstance(body, Mapping) or not isinstance(body.get("id"), str) or not body["id"]:
        raise NoAnswer("an answer without an id")
    urls = body.get("urls")
    given = urls if isinstance(urls, Mapping) else {}
    return Remote(id=body["id"], look=str(given.get("get") or ""), cancel=str(given.get("cancel") or ""))


def _may_be(row: Mapping[str, Any], model: str, since: float) -> bool:
    of_model = row.get("model")
    if isinstance(of_model, str) and of_model.partition(":")[0] != model:
        return False
    return isinstance(row.get("id"), str) and _began(row) >= since - CLOCKS_DIFFER


def _began(row: Mapping[str, Any]) -> float:
    try:
        return datetime.fromisoformat(str(row.get("created_at"))).timestamp()
    except ValueError:
        return 0.0


def _why(body: Mapping[str, Any], detail: str) -> Cause:
    return cause_in(f"{detail} {text_of(body.get('logs') or '')}")


def _first_address(output: Any) -> str:
    """The clip in an output, which is an address, a list of them, or names for them."""
    if isinstance(output, str):
        return output
    if isinstance(output, list):
        return next((found for each in output if (found := _first_address(each))), "")
    if isinstance(output, Mapping):
        return next(
            (found for key in ("video", "url", "output") if (found := _first_address(output.get(key)))), ""
        )
    return ""
