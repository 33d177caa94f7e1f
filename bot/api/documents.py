"""The JSON documents of the API. Its OpenAPI document is made from these classes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, create_model

from bot.requests.options import ANIMATE, EFFECT, RESTYLE, TEXT2VIDEO, ClipCommand, Option
from db.states import JOB_ID

COMMANDS: Mapping[str, ClipCommand] = {
    command.name: command for command in (ANIMATE, TEXT2VIDEO, RESTYLE, EFFECT)
}
"""What can be asked for, by the word for it."""

SNOWFLAKE = r"^[0-9]{1,20}$"
WHOLE_JOB_ID = f"^{JOB_ID}$"


class Document(BaseModel):
    """What is sent. Fields that do not apply are null."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class JobState(StrEnum):
    """Where a job stands."""

    QUEUED = "queued"
    HELD = "held"
    RUNNING = "running"
    CHECKING = "checking"
    SMOOTHING = "smoothing"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Eta(Document):
    """Seconds from now until the clip is ready, as a range."""

    low: float
    high: float


class Take(Document):
    """One attempt at the clip."""

    number: int = Field(description="From 1.")
    outcome: str
    score: float = Field(description="0 is broken, 100 is flawless.")
    reasons: list[str]


class Failure(Document):
    """Why there is no clip."""

    code: str | None = Field(description="Framekiln's code, such as E_BROKEN.")
    detail: str


class Links(Document):
    """Where the rest is."""

    self: str
    clip: str
    events: str
    cancel: str
    message: str | None = Field(description="The message in Discord that carries the clip.")


class JobDocument(Document):
    """A job."""

    id: str = Field(pattern=WHOLE_JOB_ID)
    state: JobState
    kind: str = Field(description="What was asked for, such as animate.")
    prompt: str | None = Field(description="Null once the words were erased.")
    engine: str
    seed: int | None
    width: int
    height: int
    seconds: float = Field(description="Length of the clip.")
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    place: int | None = Field(description="1 is next; null unless it waits.")
    eta: Eta | None
    progress: float = Field(ge=0, le=1)
    takes: list[Take]
    reasons: list[str] = Field(description="Why the plan chose as it did.")
    channel: str | None = Field(description="The channel in which the clip is posted.")
    error: Failure | None
    links: Links


class JobPage(Document):
    """Some jobs, the newest first."""

    jobs: list[JobDocument]
    cursor: str | None = Field(description="Gives the next page; null on the last.")


class Engine(Document):
    """What draws clips here."""

    name: str
    about: str
    kinds: list[str]


class EffectDocument(Document):
    """An effect that a picture can be given."""

    name: str
    about: str


class EnginesDocument(Document):
    """What can be asked for."""

    engines: list[Engine]
    styles: list[str]
    models: dict[str, list[str]] = Field(description="By kind.")
    effects: list[EffectDocument]


class Limit(Document):
    """A limit, and what of it is left. Null stands for no limit."""

    limit: float | None
    left: float | None


class FileSizes(Document):
    """Bytes that a file may have."""

    picture: int
    clip: int
    sound: int


class LimitsDocument(Document):
    """What the member may still ask for."""

    waiting: Limit = Field(description="Jobs that wait.")
    hour: Limit = Field(description="Jobs asked for within an hour.")
    day: Limit = Field(description="Seconds of drawing within 24 hours.")
    files: FileSizes
    prompt: int = Field(description="Characters.")
    requests_per_minute: int


class EventDocument(Document):
    """The data of an event in the stream."""

    type: str
    job: str
    state: JobState
    at: datetime


class ProgressDocument(Document):
    """The data of a progress event, which has no id and is not repeated."""

    state: JobState
    progress: float
    take: int | None
    place: int | None


class WebhookAsked(BaseModel):
    """Where the owner of the key is told what happens to the jobs that they asked for."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    url: str = Field(
        min_length=1,
        max_length=2000,
        description="An https or http address on the internet, without a login.",
        json_schema_extra={"format": "uri"},
    )


class WebhookDocument(Document):
    """Where the owner of the key is told."""

    url: str
    at: datetime | None = Field(description="When it was given.")
    refused: bool = Field(description="The receiver answered 410, and is told nothing until PUT again.")
    waiting: int = Field(description="Messages that it has not taken yet.")
    secret: str | None = Field(description="Only in the answer to PUT. Messages are signed with it.")


class ProblemDocument(BaseModel):
    """A problem, RFC 9457."""

    model_config = ConfigDict(frozen=True)

    type: str
    title: str
    status: int
    detail: str | None = None
    code: str | None = Field(None, description="Framekiln's code of a refusal.")
    instance: str


class HealthDocument(Document):
    """Whether requests are taken."""

    status: Literal["ok", "trouble"]


class Asked(BaseModel):
    """The base of what is sent to ask for a clip."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    channel: Annotated[str, Field(pattern=SNOWFLAKE)] | None = Field(
        None,
        description="The id of a channel in which the clip is posted. Without it, nothing is posted.",
    )


def asked_models(max_prompt: int) -> dict[str, type[Asked]]:
    """What may be sent to ask for each kind of clip, made from the options of the commands in Discord.

    Args:
        max_prompt: characters of a prompt.
    """
    return {kind: _asked(kind, command, max_prompt) for kind, command in COMMANDS.items()}


def _asked(kind: str, command: ClipCommand, max_prompt: int) -> type[Asked]:
    fields: dict[str, Any] = {"kind": (Literal[kind], ...)}
    for option in command.options:
        if option.role is None:
            value = _type_of(option, max_prompt)
            told = Field(... if option.required else None, description=option.description)
            fields[option.name] = (value if option.required else value | None, told)
    made: type[Asked] = create_model(f"Ask_{kind}", __base__=Asked, __doc__=command.about, **fields)
    return made


def _type_of(option: Option, max_prompt: int) -> Any:
    if option.choices or option.words is not None:
        values = tuple(option.choices) or tuple(each.value for each in option.words or ())
        return Literal[values]
    if option.kind is str:
        return Annotated[str, Field(min_length=1, max_length=option.longest or max_prompt)]
    if option.kind is bool:
        return bool
    return Annotated[option.kind, Field(ge=option.least, le=option.most)]
