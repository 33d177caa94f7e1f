"""What a ComfyUI server's answers mean. It is a stranger: nothing is believed to have its right type."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

OUT_OF_MEMORY = ("OutOfMemoryError", "MemoryError")
"""The ends of the names of exceptions that say so."""

SAYS_SO = ("out of memory", "can't allocate memory", "not enough memory")
"""How others say it in their message: CUDA, and torch without a GPU."""

CLIP_SUFFIXES = (".mp4", ".webm", ".mkv", ".mov", ".webp", ".gif")

INTERRUPTED = "execution_interrupted"


class Where(StrEnum):
    """Where a take is."""

    NOWHERE = "nowhere"
    """The server knows nothing of it."""
    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    STOPPED = "stopped"
    """Somebody stopped it: we, the server's owner, or a program that stops whatever runs."""


@dataclass(frozen=True, kw_only=True)
class OutFile:
    """A file that a server has: what ``/view`` asks for."""

    name: str
    folder: str
    kind: str


@dataclass(frozen=True, kw_only=True)
class NodeFailure:
    """What went wrong in a node.

    Attributes:
        node: its id in the graph; "" where it is about the whole.
        kind: its class.
        error: the exception's type, or the refusal's.
        message, detail: in the server's words; they may hold its paths, so they are for the log only.
    """

    node: str = ""
    kind: str = ""
    error: str = ""
    message: str = ""
    detail: str = ""

    @property
    def is_memory(self) -> bool:
        """Whether the server ran out of memory."""
        words = self.message.lower()
        return self.error.endswith(OUT_OF_MEMORY) or any(said in words for said in SAYS_SO)


@dataclass(frozen=True, kw_only=True)
class Sight:
    """What a look at a server showed of a take.

    Attributes:
        ahead: jobs that are drawn before it, where it waits.
        waiting: how often it waits; more than once where a request arrived twice.
        files: node → files that it made.
        failure: why it failed.
    """

    where: Where
    ahead: int = 0
    waiting: int = 0
    files: Mapping[str, tuple[OutFile, ...]] = field(default_factory=dict)
    failure: NodeFailure | None = None

    @property
    def is_under_way(self) -> bool:
        """Whether it waits or runs."""
        return self.where in {Where.WAITING, Where.RUNNING}

    @property
    def is_in_hand(self) -> bool:
        """Whether it need not be submitted."""
        return self.is_under_way or self.where is Where.DONE


NOWHERE = Sight(where=Where.NOWHERE)


def in_queue(answer: Any, prompt: str) -> Sight:
    """What ``/queue`` says of a take."""
    running, waiting = (list(_rows(answer, key)) for key in ("queue_running", "queue_pending"))
    ours = [number for number, name in waiting if name == prompt]
    if any(name == prompt for _, name in running):
        return Sight(where=Where.RUNNING, waiting=len(ours))
    if not ours:
        return NOWHERE
    ahead = len(running) + sum(number < min(ours) for number, _ in waiting)
    return Sight(where=Where.WAITING, ahead=ahead, waiting=len(ours))


def _rows(answer: Any, key: str) -> Iterator[tuple[float, str]]:
    for row in _list(_dict(answer).get(key)):
        if isinstance(row, list) and len(row) > 1 and isinstance(row[0], int | float):
            yield float(row[0]), str(row[1])


def jobs_in(answer: Any, mark: str) -> dict[str, str]:
    """What stands in ``/queue`` with a mark beside it: the take's id → what the mark says."""
    found = {}
    for key in ("queue_running", "queue_pending"):
        for row in _list(_dict(answer).get(key)):
            match row:
                case [_, str(prompt), _, dict(extra), *_] if isinstance(extra.get(mark), str):
                    found[prompt] = extra[mark]
    return found


def in_history(answer: Any, prompt: str) -> Sight:
    """What ``/history/{id}`` says of a take."""
    entry = _dict(answer).get(prompt)
    if not isinstance(entry, dict):
        return NOWHERE
    status = _dict(entry.get("status"))
    return _ended(
        succeeded=status.get("completed") is True and status.get("status_str") == "success",
        messages=_list(status.get("messages")),
        outputs=entry.get("outputs"),
    )


def in_job(answer: Any) -> Sight:
    """What ``/api/jobs/{id}`` says of a take."""
    job = _dict(answer)
    match job.get("status"):
        case "pending":
            return Sight(where=Where.WAITING, waiting=1)
        case "in_progress":
            return Sight(where=Where.RUNNING)
        case "completed":
            return Sight(where=Where.DONE, files=files_of(job.get("outputs")))
        case "cancelled":
            return Sight(where=Where.STOPPED)
        case "failed":
            return Sight(where=Where.FAILED, failure=failure_of(job.get("execution_error")))
        case _:
            return NOWHERE


def _ended(*, succeeded: bool, messages: list[Any], outputs: Any) -> Sight:
    if succeeded:
        return Sight(where=Where.DONE, files=files_of(outputs))
    for message in messages:
        match message:
            case ["execution_error", dict(data)]:
                return Sight(where=Where.FAILED, failure=failure_of(data))
            case [name, *_] if name == INTERRUPTED:
                return Sight(where=Where.STOPPED)
    return Sight(where=Where.FAILED, failure=NodeFailure(message="it gave no reason"))


def files_of(outputs: Any) -> Mapping[str, tuple[OutFile, ...]]:
    """The files that nodes made: node → files. Videos stand under names such as “images” and “gifs”."""
    return {
        str(node): tuple(file for files in made.values() for file in _files(files))
        for node, made in _dict(outputs).items()
        if isinstance(made, dict)
    }


def _files(listed: Any) -> Iterator[OutFile]:
    for each in _list(listed):
        if isinstance(each, dict) and isinstance(each.get("filename"), str):
            folder, kind = each.get("subfolder", ""), each.get("type", "output")
            yield OutFile(name=each["filename"], folder=str(folder), kind=str(kind))


def clip_among(files: Mapping[str, tuple[OutFile, ...]], node: str) -> OutFile | None:
    """The clip that a node saved; None where it saved none."""
    found = (file for file in files.get(node, ()) if file.name.lower().endswith(CLIP_SUFFIXES))
    return next(found, None)


def failure_of(data: Any) -> NodeFailure:
    """What an ``execution_error`` says."""
    told = _dict(data)
    trace = "".join(str(line) for line in _list(told.get("traceback")))
    return NodeFailure(
        node=str(told.get("node_id", "")),
        kind=str(told.get("node_type", "")),
        error=str(told.get("exception_type", "")),
        message=str(told.get("exception_message", "")).strip(),
        detail=trace,
    )


def refusal_of(answer: Any) -> NodeFailure:
    """Why ``/prompt`` refused a graph: the first node's reason where it names one, else that of the whole."""
    error = _dict(_dict(answer).get("error"))
    whole = NodeFailure(
        node=str(_dict(error.get("extra_info")).get("node_id", "")),
        kind=str(_dict(error.get("extra_info")).get("class_type", "")),
        error=str(error.get("type", "")),
        message=str(error.get("message", "")),
        detail=str(error.get("details", "")),
    )
    for node, told in _dict(_dict(answer).get("node_errors")).items():
        for each in _list(_dict(told).get("errors")):
            reason = _dict(each)
            return NodeFailure(
                node=str(node),
                kind=str(_dict(told).get("class_type", "")),
                error=str(reason.get("type", "")),
                message=str(reason.get("message", "")),
                detail=str(reason.get("details", "")),
            )
    return whole


def _dict(value: Any) -> dict[Any, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
