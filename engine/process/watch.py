"""How long an engine process may take over what, and whether it is overdue: arithmetic without a clock."""

from __future__ import annotations

from dataclasses import dataclass

from engine.core.events import Progress
from engine.core.recipe import Stage


@dataclass(frozen=True, kw_only=True)
class HostLimits:
    """How long the parent waits for what: seconds, but for ``deaths`` and ``memory``.

    Attributes:
        load: from the spawn to ready, and from a render's start to its first drawn step.
        heartbeat_every: between two heartbeats.
        heartbeat_silence: without one, the process is stuck in a call that never comes back.
        step_silence: without progress, a render that has begun to draw is stuck.
        job: a render, all in all.
        cancel_grace: for a render to heed a cancel before its process is killed.
        term_grace: from shutdown to SIGTERM, and from SIGTERM to SIGKILL.
        backoff_first, backoff_last: before a restart; doubled with each death in the window.
        deaths, deaths_window: with more deaths than this in the window, the engine counts as down.
        memory: bytes of address space that the process may have (RLIMIT_AS). Not with CUDA, which reserves
            far more than it uses.
    """

    load: float = 600
    heartbeat_every: float = 1
    heartbeat_silence: float = 15.0
    step_silence: float = 120.0
    job: float = 1800.0
    cancel_grace: float = 10
    term_grace: float = 5
    backoff_first: float = 1
    backoff_last: float = 60
    deaths: int = 5
    deaths_window: float = 600
    memory: int | None = None


@dataclass(kw_only=True)
class _Render:
    """When a render began, when it last came on, and whether it has begun to draw."""

    started: float
    stepped: float
    drawing: bool = False


class Watch:
    """When a process was last seen to do what. Times are seconds of one monotonic clock."""

    def __init__(self, limits: HostLimits, now: float) -> None:
        self._limits = limits
        self._born = now
        self._beat: float | None = None
        self._ready = False
        self._renders: dict[str, _Render] = {}
        self._closed: float | None = None

    @property
    def tick(self) -> float:
        """Seconds between two looks: a fifth of the shortest limit, a second at most."""
        limits = self._limits
        shortest = min(limits.load, limits.heartbeat_silence, limits.step_silence, limits.job)
        return min(1.0, shortest / 5)

    def beat(self, now: float) -> None:
        """A sign of life."""
        self._beat = now

    def ready(self, now: float) -> None:
        """It waits for a job. That is a sign of life: it may hang before its first heartbeat is heard."""
        self._ready = True
        self._beat = now

    def begin(self, job: str, now: float) -> None:
        """It was given a render."""
        self._renders[job] = _Render(started=now, stepped=now)

    def step(self, job: str, progress: Progress, now: float) -> None:
        """A render came on, or says that it waits for another."""
        render = self._renders[job]
        if progress.stage is Stage.PREPARING:
            # It waits for the GPU. That is not its own time; and its weights may have to be loaded again.
            render.started += now - render.stepped
            render.drawing = False
        elif progress.fraction > 0:
            render.drawing = True
        render.stepped = now

    def end(self, job: str) -> None:
        """A render was answered, or given up."""
        self._renders.pop(job, None)

    def close(self, now: float) -> None:
        """It closed its end of the wire."""
        self._closed = now

    def forgive(self, seconds: float) -> None:
        """The parent itself stood still, and what was said meanwhile is unread: not the child's fault."""
        self._born += seconds
        if self._beat is not None:
            self._beat += seconds
        for render in self._renders.values():
            render.started += seconds
            render.stepped += seconds

    def overdue(self, now: float) -> str | None:
        """Why the process must be killed, in words for the log; None while it need not be."""
        limits = self._limits
        if self._closed is not None and now - self._closed > limits.term_grace:
            return "it closed its connection but kept running"
        if not self._ready and now - self._born > limits.load:
            return f"it was not ready after {limits.load:g} s"
        if self._beat is not None and now - self._beat > limits.heartbeat_silence:
            return f"it gave no heartbeat for {limits.heartbeat_silence:g} s"
        return next(filter(None, (self._overdue_render(one, now) for one in self._renders.values())), None)

    def _overdue_render(self, render: _Render, now: float) -> str | None:
        limits = self._limits
        # Weights are loaded within a render, before the first step, and tell nothing while they are.
        patience = limits.step_silence if render.drawing else max(limits.load, limits.step_silence)
        if now - render.stepped > patience:
            return f"its render made no progress for {patience:g} s"
        if now - render.started > limits.job:
            return f"its render took more than {limits.job:g} s"
        return None
