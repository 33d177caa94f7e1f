"""Every route of the API that needs a key."""

from __future__ import annotations

from bot.api import clip_download, job_views, options, webhook
from bot.api.create_job import Asking
from bot.api.documents import (
    EnginesDocument,
    JobDocument,
    JobPage,
    LimitsDocument,
    WebhookAsked,
    WebhookDocument,
)
from bot.api.event_stream import CONTENT_TYPE, Streams
from bot.api.problems import Kind
from bot.api.routes import Answer, Parameter, Route
from db.api.keys import Scope

RETRY = {"Retry-After": "Seconds after which it is worth looking again."}
LOCATION = {"Location": "Where the job is."}
REPLAYED = {"Idempotency-Replayed": "true where this request was answered before."}
ETAG = {"ETag": "The digest of the clip.", "Accept-Ranges": "bytes"}

IDEMPOTENCY_KEY = Parameter(
    name="Idempotency-Key",
    about="Makes a request safe to repeat: within a day, the same key gives the same job.",
    schema={"type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[\\x21-\\x7e]+$"},
    place="header",
)
LAST_EVENT = Parameter(
    name="Last-Event-ID",
    about="The id of the last event that the client has. The stream goes on behind it.",
    schema={"type": "string", "pattern": "^[0-9]{1,9}$"},
    place="header",
)
RANGE = Parameter(
    name="Range",
    about="A single range of bytes, such as bytes=0-1023.",
    schema={"type": "string"},
    place="header",
)
IF_NONE_MATCH = Parameter(
    name="If-None-Match", about="An ETag that the client has.", schema={"type": "string"}, place="header"
)
IF_RANGE = Parameter(
    name="If-Range",
    about="The ETag of the clip of which a range is wanted; of another, all is sent.",
    schema={"type": "string"},
    place="header",
)
LIMIT = Parameter(
    name="limit",
    about="Jobs on a page.",
    schema={
        "type": "integer",
        "minimum": 1,
        "maximum": job_views.LARGEST_PAGE,
        "default": job_views.PAGE,
    },
)
CURSOR = Parameter(name="cursor", about="From the page before.", schema={"type": "string", "minLength": 1})
EVERYBODY = Parameter(
    name="everybody",
    about="Show every member's jobs. Needs the scope admin.",
    schema={"type": "boolean", "default": False},
)


def routes(asking: Asking, streams: Streams) -> tuple[Route, ...]:
    """The routes, with what answers them."""
    return (
        Route(
            method="POST",
            path="/v1/jobs",
            name="askForClip",
            about="Ask for a clip",
            handler=asking.answer,
            scope=Scope.WRITE,
            asks_for_a_clip=True,
            parameters=(IDEMPOTENCY_KEY,),
            answers={
                202: Answer(
                    about="The job is in the queue.",
                    document=JobDocument,
                    headers={**LOCATION, **RETRY, **REPLAYED},
                )
            },
            problems=(
                *(Kind.SCOPE, Kind.BANNED, Kind.NOT_A_MEMBER, Kind.CHANNEL, Kind.SLOW, Kind.UNDER_WAY),
                *(Kind.ERASED, Kind.TOO_LARGE, Kind.MEDIA_TYPE, Kind.INVALID, Kind.REFUSED, Kind.OTHER_BODY),
                *(Kind.LIMIT, Kind.BUSY, Kind.CLOSED, Kind.AWAY),
            ),
        ),
        Route(
            method="GET",
            path="/v1/jobs",
            name="listJobs",
            about="List the member's jobs, the newest first",
            handler=job_views.several,
            scope=Scope.READ,
            parameters=(LIMIT, CURSOR, EVERYBODY),
            answers={200: Answer(about="A page of jobs.", document=JobPage)},
            problems=(Kind.SCOPE,),
        ),
        *_of_a_job(streams),
        *_of_the_webhook(),
        Route(
            method="GET",
            path="/v1/engines",
            name="listEngines",
            about="List what can be asked for",
            handler=options.engines,
            answers={200: Answer(about="Engines, styles and models.", document=EnginesDocument)},
        ),
        Route(
            method="GET",
            path="/v1/limits",
            name="showLimits",
            about="Show what is left of the member's limits",
            handler=options.limits,
            answers={200: Answer(about="The limits.", document=LimitsDocument)},
            problems=(Kind.NOT_A_MEMBER, Kind.AWAY),
        ),
    )


def _of_the_webhook() -> tuple[Route, ...]:
    return (
        Route(
            method="GET",
            path="/v1/webhook",
            name="showWebhook",
            about="Show where the key's owner is told what happens to jobs",
            handler=webhook.show,
            scope=Scope.READ,
            answers={200: Answer(about="The endpoint.", document=WebhookDocument)},
            problems=(Kind.SCOPE, Kind.NOT_FOUND),
        ),
        Route(
            method="PUT",
            path="/v1/webhook",
            name="putWebhook",
            about="Be told what happens to the jobs that are asked for by this key",
            handler=webhook.put,
            scope=Scope.READ,
            body=WebhookAsked,
            answers={200: Answer(about="The endpoint, with its new secret.", document=WebhookDocument)},
            problems=(
                *(Kind.SCOPE, Kind.NOT_FOUND, Kind.TOO_LARGE, Kind.MEDIA_TYPE, Kind.INVALID, Kind.REFUSED),
            ),
        ),
        Route(
            method="DELETE",
            path="/v1/webhook",
            name="removeWebhook",
            about="Be told nothing more",
            handler=webhook.remove,
            scope=Scope.READ,
            answers={204: Answer(about="Nothing more is sent.")},
            problems=(Kind.SCOPE, Kind.NOT_FOUND),
        ),
    )


def _of_a_job(streams: Streams) -> tuple[Route, ...]:
    return (
        Route(
            method="GET",
            path="/v1/jobs/{job}",
            name="showJob",
            about="Show a job",
            handler=job_views.one,
            scope=Scope.READ,
            answers={200: Answer(about="The job.", document=JobDocument, headers=RETRY)},
            problems=(Kind.SCOPE, Kind.NOT_FOUND),
        ),
        Route(
            method="GET",
            path="/v1/jobs/{job}/clip",
            name="fetchClip",
            about="Fetch the clip",
            handler=clip_download.clip,
            scope=Scope.CLIPS,
            parameters=(RANGE, IF_NONE_MATCH, IF_RANGE),
            answers={
                200: Answer(about="The clip.", content=clip_download.MP4, headers=ETAG),
                206: Answer(
                    about="A range of it.",
                    content=clip_download.MP4,
                    headers={**ETAG, "Content-Range": "Which."},
                ),
                304: Answer(about="The client has it.", headers=ETAG),
            },
            problems=(*(Kind.SCOPE, Kind.NOT_FOUND, Kind.NOT_READY, Kind.NO_CLIP, Kind.ERASED, Kind.RANGE),),
        ),
        Route(
            method="POST",
            path="/v1/jobs/{job}/cancel",
            name="cancelJob",
            about="Cancel a job. One that is over stays as it is",
            handler=job_views.cancel,
            scope=Scope.WRITE,
            answers={202: Answer(about="The job as it is now.", document=JobDocument)},
            problems=(Kind.SCOPE, Kind.NOT_FOUND),
        ),
        Route(
            method="GET",
            path="/v1/jobs/{job}/events",
            name="watchJob",
            about="Watch a job until it is over, as server-sent events",
            handler=streams.answer,
            scope=Scope.READ,
            parameters=(LAST_EVENT,),
            answers={
                200: Answer(about="The events.", content=CONTENT_TYPE),
                204: Answer(about="The job is over, and the client has every event."),
            },
            problems=(Kind.SCOPE, Kind.NOT_FOUND, Kind.TOO_MANY),
        ),
    )
