"""Jobs as they are shown, and the routes that show and cancel them."""

from __future__ import annotations

import base64
import binascii
import math
from collections.abc import Mapping
from datetime import UTC, datetime

from aiohttp import web
from pydantic import BaseModel

from bot.api.documents import Eta, Failure, JobDocument, JobPage, JobState, Links, Take
from bot.api.parts import Call, Parts
from bot.api.problems import Kind, Problem
from bot.api.routes import JSON
from bot.forecast import Wait
from bot.job_documents import receipt_of, recipe_of
from bot.text import status_texts
from db.audit.log import AuditEntry
from db.jobs.job import Job
from db.states import JobId, State
from engine.core.recipe import Stage

STATES = {
    State.QUEUED: JobState.QUEUED,
    State.HELD: JobState.HELD,
    State.RUNNING: JobState.RUNNING,
    State.RENDERED: JobState.CHECKING,
    State.POSTING: JobState.CHECKING,
    State.DELIVERED: JobState.SUCCEEDED,
    State.CANCELLED: JobState.CANCELLED,
    State.FAILED: JobState.FAILED,
    State.QUARANTINED: JobState.FAILED,
    State.REFUSED: JobState.FAILED,
}
STAGES: Mapping[str, JobState] = {
    Stage.CHECKING: JobState.CHECKING,
    Stage.SMOOTHING: JobState.SMOOTHING,
    Stage.ENCODING: JobState.SMOOTHING,
}
"""A running job in these stages has a state of its own."""

LOOK_AGAIN = (1, 60)
"""Seconds after which a client is asked to look again, at least and at most."""

PAGE = 20
LARGEST_PAGE = 100
_CURSOR = "after:"


def json_of(document: BaseModel, status: int = 200, headers: dict[str, str] | None = None) -> web.Response:
    """A document as an answer."""
    return web.Response(
        body=document.model_dump_json().encode(), status=status, content_type=JSON, headers=headers
    )


def moment(at: float | None) -> datetime | None:
    """Unix seconds as a date."""
    return None if at is None else datetime.fromtimestamp(at, UTC)


def state_of(job: Job, stage: str = "") -> JobState:
    """Where a job stands, with the stage of one that runs."""
    if job.state is State.RUNNING:
        return STAGES.get(stage, JobState.RUNNING)
    return STATES[job.state]


async def shown(parts: Parts, job: Job) -> JobDocument:
    """A job as it is shown to those who may see it."""
    live = parts.progress(job.id) if job.state is State.RUNNING else None
    stage, fraction = (job.stage, job.fraction) if live is None else (live.stage, live.fraction)
    wait = None
    if job.state is State.QUEUED:
        wait = await parts.forecaster.wait_of(job)
    recipe = recipe_of(job)
    forgotten = job.forgotten_at is not None
    takes = () if job.receipt is None else receipt_of(job).takes
    return JobDocument(
        id=job.id,
        state=state_of(job, stage),
        kind=job.kind,
        prompt=None if forgotten else recipe.prompt,
        engine=recipe.engine,
        seed=job.seed,
        width=recipe.width,
        height=recipe.height,
        seconds=recipe.seconds,
        created_at=datetime.fromtimestamp(job.created_at, UTC),
        started_at=moment(job.started_at),
        ended_at=moment(job.ended_at),
        place=None if wait is None else wait.position,
        eta=None if wait is None else Eta(low=wait.low, high=wait.high),
        progress=_progress(job, stage, fraction),
        takes=[
            Take(number=each.number, outcome=each.outcome, score=each.score, reasons=list(each.reasons))
            for each in takes
        ],
        reasons=[] if forgotten else list(recipe.reasons),
        channel=str(job.channel_id) if job.has_channel else None,
        error=_error(job),
        links=_links(job),
    )


def _progress(job: Job, stage: str, fraction: float) -> float:
    if job.state is State.RUNNING:
        return min(1.0, max(0.0, status_texts.overall(stage, fraction)))
    return 0.0 if job.clip_sha256 is None else 1.0


def _error(job: Job) -> Failure | None:
    if STATES[job.state] is not JobState.FAILED:
        return None
    return Failure(code=job.error_code, detail=status_texts.why_no_clip(job))


def _links(job: Job) -> Links:
    here = f"/v1/jobs/{job.id}"
    message = None
    if job.has_channel and job.message_id is not None and job.deleted_at is None:
        message = f"https://discord.com/channels/{job.guild_id}/{job.channel_id}/{job.message_id}"
    return Links(
        self=here,
        clip=f"{here}/clip",
        events=f"{here}/events",
        cancel=f"{here}/cancel",
        message=message,
    )


def retry_after(wait: Eta | Wait | None) -> str:
    """Seconds after which it is worth looking again."""
    least, most = LOOK_AGAIN
    return str(least if wait is None else min(most, max(least, math.ceil(wait.low / 2))))


async def one(call: Call) -> web.StreamResponse:
    """``GET /v1/jobs/{job}``."""
    document = await shown(call.parts, await call.job())
    over = document.ended_at is not None
    return json_of(document, headers=None if over else {"Retry-After": retry_after(document.eta)})


async def cancel(call: Call) -> web.StreamResponse:
    """``POST /v1/jobs/{job}/cancel``: what is over stays as it is."""
    job = await call.job()
    entry = None
    if job.user_id != call.key.user_id:
        entry = AuditEntry(
            guild_id=job.guild_id,
            actor_id=call.key.user_id,
            action="cancel",
            target=job.id,
            reason="through the API",
        )
    if not job.state.ended:
        await call.parts.cancelling.cancel(job, entry)
    now = await call.parts.jobs.get(job.id)
    return json_of(await shown(call.parts, now or job), status=202)


async def several(call: Call) -> web.StreamResponse:
    """``GET /v1/jobs``."""
    limit = _limit(call.query.get("limit"))
    everybody = call.query.get("everybody", "false")
    if everybody not in {"true", "false"}:
        raise Problem(Kind.UNREADABLE, "everybody is true or false.")
    if everybody == "true" and not call.sees_all:
        raise Problem(Kind.SCOPE, "Only a key with the scope admin sees everybody's jobs.")
    page = await call.parts.jobs.page_of(
        call.key.guild_id,
        None if everybody == "true" else call.key.user_id,
        after=_after(call.query.get("cursor")),
        limit=limit + 1,
    )
    if page is None:
        raise Problem(Kind.UNREADABLE, "The cursor is none that was given out, or its job was erased.")
    jobs = [await shown(call.parts, job) for job in page[:limit]]
    return json_of(JobPage(jobs=jobs, cursor=_cursor(page[limit - 1].id) if len(page) > limit else None))


def _limit(written: str | None) -> int:
    if written is None:
        return PAGE
    if not (written.isascii() and written.isdigit() and len(written) <= 4):  # noqa: PLR2004 - enough digits
        raise Problem(Kind.UNREADABLE, f"limit is a whole number from 1 to {LARGEST_PAGE}.")
    limit = int(written)
    if not 1 <= limit <= LARGEST_PAGE:
        raise Problem(Kind.UNREADABLE, f"limit is a whole number from 1 to {LARGEST_PAGE}.")
    return limit


def _cursor(job: JobId) -> str:
    return base64.urlsafe_b64encode(f"{_CURSOR}{job}".encode()).decode().rstrip("=")


def _after(cursor: str | None) -> JobId | None:
    if cursor is None:
        return None
    try:
        text = base64.urlsafe_b64decode(cursor.encode("ascii") + b"==").decode("ascii")
    except (ValueError, binascii.Error):
        text = ""
    if not text.startswith(_CURSOR):
        raise Problem(Kind.UNREADABLE, "The cursor is none that was given out.")
    return JobId(text.removeprefix(_CURSOR))
