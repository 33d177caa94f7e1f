"""What every service is asked the same way, and what it answers."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from engine.core.recipe import Recipe
from engine.elsewhere.hosted.purchase import Cause, Remote, Stand
from engine.elsewhere.hosted.slugs import Slot, Slug
from engine.elsewhere.sent_files import SentFile


class NotTaken(Exception):
    """The service has refused to begin: nothing was bought.

    Attributes:
        cause: why.
        detail: what it said, for the log.
    """

    def __init__(self, cause: Cause, detail: str) -> None:
        super().__init__(f"{cause}: {detail}")
        self.cause = cause
        self.detail = detail


class NoAnswer(Exception):
    """The service was asked, and gave no answer that says what it did. What was asked may have been done."""


class NotReached(Exception):
    """There was no connection, so the service was asked nothing."""


class NotThere(Exception):
    """The service knows of no such purchase, or no longer has its result."""


class TooMuch(Exception):
    """What the service sends is no file, larger than the owner allows, or comes from a stranger's host."""


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What a service is asked for.

    Attributes:
        slug: which of its models.
        recipe: what is drawn.
        seed: of the take.
        files: what goes with it.
        webhook: an address that is told when it is done; "" for none.
    """

    slug: Slug
    recipe: Recipe
    seed: int
    files: Mapping[Slot, SentFile] = field(default_factory=dict)
    webhook: str = ""


@dataclass(frozen=True, kw_only=True)
class Seen:
    """How a purchase stands at its service.

    Attributes:
        state: queued, running, or an end.
        progress: share of the work that is done, 0 … 1; None: it does not say.
        cause: of a failure.
        detail: what the service said of a failure, for the log.
        result: where the clip is, or the clip itself as a data URL; "" before the end.
        work_seconds: that its machine worked; None: it does not say.
    """

    state: Stand
    progress: float | None = None
    cause: Cause | None = None
    detail: str = ""
    result: str = ""
    work_seconds: float | None = None


class Provider(Protocol):
    """A service.

    Attributes:
        name: as in the names of its engines.
        title: in words.
        can_be_asked: whether it can say if it has taken a request whose answer was lost.
    """

    name: str
    title: str
    can_be_asked: bool

    async def submit(self, asked: Asked) -> Remote:
        """Ask it to begin, once.

        Raises:
            NotReached: it was asked nothing.
            NotTaken: it refuses.
            NoAnswer: it may have begun.
        """
        ...

    async def find(self, asked: Asked, *, since: float, known: Collection[str]) -> Remote | None:
        """Look for a request whose answer was lost.

        Args:
            asked: what it was asked for, without the files.
            since: Unix seconds of when it was asked.
            known: ids there of other purchases.

        Returns:
            None where there is none, or where several fit.

        Raises:
            NotReached, NoAnswer: it can't be asked now.
        """
        ...

    async def look(self, remote: Remote) -> Seen:
        """Ask how a purchase stands.

        Raises:
            NotReached, NoAnswer: it can't be asked now.
            NotThere: it knows of none.
        """
        ...

    async def cancel(self, remote: Remote) -> None:
        """Ask it to stop. Whether it does is seen by looking.

        Raises:
            NotReached, NoAnswer: it can't be asked now.
            NotThere: it knows of none.
        """
        ...

    async def fetch(self, seen: Seen, path: Path) -> None:
        """Write the clip of a purchase that has succeeded to a new file.

        Raises:
            NotReached, NoAnswer: it can't be asked now.
            NotThere: it no longer has it, or does not give it to us.
            TooMuch: it is too large, no file, or at a host that is not the service's.
            OSError: it can't be written.
        """
        ...


MOST_AMOUNT = 1e9
"""Seconds, or thousandths of them; nothing that is paid for takes longer."""


def text_of(answer: Any) -> str:
    """What an error says, in one line for the log."""
    found = answer
    if isinstance(answer, Mapping):
        found = next(
            (answer[key] for key in ("detail", "error", "message", "title") if answer.get(key)), answer
        )
    return " ".join(str(found).split())[:500]


def amount_in(answer: Any) -> float | None:
    """How much of something there was, by a service's answer; None where that is no such number."""
    if isinstance(answer, bool) or not isinstance(answer, int | float):
        return None
    return float(answer) if 0 <= answer <= MOST_AMOUNT else None


MODERATED = ("nsfw", "moderat", "safety", "sensitive", "content_policy", "content policy", "flagged", "e005")
SHORT_OF_MEMORY = ("out of memory", "e1001", "outofmemory")
LARGE = ("too large", "too big", "exceeds the maximum", "payload")


def cause_in(text: str, otherwise: Cause = Cause.BROKEN) -> Cause:
    """Why a service failed, by its words."""
    low = text.lower()
    if any(word in low for word in MODERATED):
        return Cause.MODERATION
    if any(word in low for word in SHORT_OF_MEMORY):
        return Cause.MEMORY
    if any(word in low for word in LARGE):
        return Cause.TOO_LARGE
    return otherwise


def cause_of(status: int, text: str) -> Cause:
    """Why a service refuses, by the status of its answer and its words."""
    by_status = {401: Cause.KEY, 402: Cause.KEY, 403: Cause.KEY, 413: Cause.TOO_LARGE, 429: Cause.BUSY}
    return by_status.get(status) or cause_in(text, Cause.INPUT)
