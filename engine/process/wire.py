"""What the engine process and its parent say to each other: lines of JSON, on a private descriptor.

Each side's first message is a Hello with the version it speaks; nothing else counts before they agree.
Paths and small facts cross the wire, frames never do.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from engine.core.device import DeviceKind
from engine.core.receipt import TakeRecord
from engine.core.recipe import Stage

PROTOCOL = 6
"""Raised by one whenever an older peer would misread a message."""

MAX_LINE = 1 << 20
"""Bytes of a line at most, its newline included."""

MAX_SENTENCES = 16_000
"""Characters of what texts were made of; where it takes more, they are English in every language."""


EXIT_POISONED = 78
"""The GPU's context is broken for the life of this process; only a fresh one can draw."""


class WireError(ValueError):
    """A line that is no message, or a message that does not fit a line."""


class Failure(StrEnum):
    """The family of a failed render's error, as :mod:`engine.core.errors` draws it."""

    CANCELLED = "cancelled"
    USER = "user"
    UNSUPPORTED = "unsupported"
    ENGINE = "engine"
    SHORTAGE = "shortage"
    """The machine ran short of something; the code is a :class:`engine.core.shortages.Shortage`."""


class _Message(BaseModel):
    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", ser_json_inf_nan="constants")


class Hello(_Message):
    """The first message of either side. Fields of other versions are passed over, so that it can be read."""

    model_config = ConfigDict(extra="ignore")
    type: Literal["hello"] = "hello"
    version: int


class Ready(_Message):
    """The child has loaded its libraries and waits for a job.

    Attributes:
        device, name, memory: the fields of :class:`engine.core.device.Device`.
    """

    type: Literal["ready"] = "ready"
    device: DeviceKind = DeviceKind.CPU
    name: str = ""
    memory: int = 0


class Beat(_Message):
    """The child lives; ``rss`` is its resident memory in bytes."""

    type: Literal["beat"] = "beat"
    rss: int


class Progressed(_Message):
    """The render ``job`` is at ``fraction`` (0 … 1) of a stage."""

    type: Literal["progress"] = "progress"
    job: str
    stage: Stage
    fraction: float
    take: int


class Discarded(_Message):
    """The gate threw a take of ``job`` away; what it looked like lies at ``sheet`` in the work folder."""

    type: Literal["discarded"] = "discarded"
    job: str
    take: TakeRecord
    sheet: str | None = None


class Drafted(_Message):
    """A first look at ``job`` lies at ``path`` (relative to the work folder)."""

    type: Literal["draft"] = "draft"
    job: str
    path: str
    take: int


class Wanted(_Message):
    """The render ``job`` needs a take that is drawn elsewhere; one Taken or NotTaken answers.

    Attributes:
        recipe: a Recipe's JSON: of this take, which may differ from the job's.
        files: role → name of a file in the work folder that takes the place of the job's own.
    """

    type: Literal["wanted"] = "wanted"
    job: str
    take: int
    seed: int
    recipe: str
    files: Mapping[str, str] = {}


class Result(_Message):
    """The clip of ``job`` lies at ``path`` (relative to the work folder); ``receipt`` is a Receipt's JSON."""

    type: Literal["result"] = "result"
    job: str
    receipt: str
    path: str
    sha256: str


class Failed(_Message):
    """There will be no clip for ``job``.

    Attributes:
        text: plain, and may be shown.
        sentences: what the text was made of, see :func:`engine.core.sentence.table_text`.
        detail: a traceback for the log.
        leaving: the process cannot be trusted any more, and ends after this message.
    """

    type: Literal["failed"] = "failed"
    job: str
    failure: Failure
    code: str
    text: str
    sentences: str = ""
    detail: str = ""
    leaving: bool = False


class Render(_Message):
    """Make a clip.

    Attributes:
        job: names this one render; a second try of a job has another name.
        recipe: a Recipe's JSON.
        inputs: role → absolute path.
        work: absolute path of an empty folder.
        limits: the fields of :class:`engine.rendering.limits.RenderLimits`.
    """

    type: Literal["render"] = "render"
    job: str
    recipe: str
    inputs: dict[str, str]
    work: str
    limits: dict[str, int]


class Cancel(_Message):
    """Stop the render ``job``; a Failed (or a Result that came first) answers."""

    type: Literal["cancel"] = "cancel"
    job: str


class Moved(_Message):
    """A take of ``job`` that is drawn elsewhere is at ``fraction`` (0 … 1); None: it waits for its turn.

    It is repeated every few seconds, so that the child has something to show while nothing changes.
    """

    type: Literal["moved"] = "moved"
    job: str
    take: int
    fraction: float | None


class Taken(_Message):
    """A take that was wanted has come.

    Attributes:
        clip, sound: absolute paths.
        sentences: what the notes were made of, see :func:`engine.core.sentence.table_text`.
    """

    type: Literal["taken"] = "taken"
    job: str
    take: int
    clip: str
    sound: str | None
    notes: tuple[str, ...]
    sentences: str = ""


class NotTaken(_Message):
    """A take that was wanted will not come.

    Attributes:
        hopeless: why this take is given up, in words a member can read; the next one follows. None: the
            render ends, and the parent knows why.
        sentences: what that was made of, see :func:`engine.core.sentence.table_text`.
    """

    type: Literal["not_taken"] = "not_taken"
    job: str
    take: int
    hopeless: str | None
    sentences: str = ""


class Shutdown(_Message):
    """Stop what is being rendered, and end."""

    type: Literal["shutdown"] = "shutdown"


OfRender = Progressed | Discarded | Drafted | Wanted | Result | Failed
FromChild = Hello | Ready | Beat | OfRender
OfTake = Moved | Taken | NotTaken
FromParent = Hello | Render | Cancel | OfTake | Shutdown

_T = TypeVar("_T")
_FROM_CHILD: TypeAdapter[FromChild] = TypeAdapter(Annotated[FromChild, Field(discriminator="type")])
_FROM_PARENT: TypeAdapter[FromParent] = TypeAdapter(Annotated[FromParent, Field(discriminator="type")])


def encode(message: FromChild | FromParent) -> bytes:
    """One line, newline included.

    Raises:
        WireError: the message does not fit a line, or holds text that is not Unicode.
    """
    try:
        line = message.model_dump_json().encode() + b"\n"
    except ValueError as error:
        raise WireError(f"this {message.type} cannot be written: {error}") from error
    if len(line) > MAX_LINE:
        raise WireError(f"this {message.type} has {len(line)} bytes, a line has {MAX_LINE} at most")
    return line


def from_child(line: bytes) -> FromChild:
    """Read a line that the child wrote.

    Raises:
        WireError: it is no message.
    """
    return _read(_FROM_CHILD, line)


def from_parent(line: bytes) -> FromParent:
    """Read a line that the parent wrote.

    Raises:
        WireError: it is no message.
    """
    return _read(_FROM_PARENT, line)


def _read(adapter: TypeAdapter[_T], line: bytes) -> _T:
    if not line.endswith(b"\n"):
        raise WireError(f"a line of {len(line)} bytes has no end")
    try:
        return adapter.validate_json(line)
    except ValueError as error:
        raise WireError(f"this line is no message: {line[:200]!r}") from error
