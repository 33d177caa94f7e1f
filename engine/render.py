"""The straight line from a recipe to a finished clip: draw → judge → (again) → smooth → encode."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from engine import backends
from engine.backends import BACKENDS, Backend
from engine.cancel import CancelToken
from engine.device import Device
from engine.encode import Encoded, encode
from engine.order import Clock, Order, RenderLimits, teller
from engine.provenance import metadata
from engine.rate import at_rate
from engine.read_inputs import read_inputs
from engine.recipe import Event, Outcome, Progress, Receipt, Recipe, Stage, TakeRecord
from engine.takes import draw_until_good
from engine.workshop import Workshop

__all__ = ["CLIP_NAME", "RenderLimits", "Renderer"]

CLIP_NAME = "clip.mp4"
"""The name of the finished clip inside the work folder."""


class Renderer:
    """Makes clips, one after the other, and keeps what it loaded for the next one.

    It is not thread-safe: a scheduler holds the state of its steps, so one thread draws.
    """

    def __init__(self, workshop: Workshop | None = None) -> None:
        self._workshop = workshop or Workshop()
        self._loaded: dict[str, Backend] = {}

    @property
    def device(self) -> Device:
        """Where models run."""
        return self._workshop.device

    def render(
        self,
        recipe: Recipe,
        inputs: Mapping[str, Path],
        *,
        work: Path,
        limits: RenderLimits,
        on_event: Callable[[Event], None],
        cancel: CancelToken,
    ) -> Receipt:
        """Make one clip.

        Args:
            recipe: what to make.
            inputs: role → file; ``picture`` is a PNG.
            work: an empty folder; the clip is left in it as ``clip.mp4``.
            limits: what may be spent.
            on_event: told of progress and of discarded takes, from this thread.
            cancel: looked at between steps, frames and encoded seconds.

        Returns:
            What happened.

        Raises:
            Cancelled: a stop was asked for; nothing is left in ``work`` but scraps.
            Unsupported: this engine cannot draw this recipe.
            ClipTooLarge: not even the smallest encoding fits the limit.
        """
        clock = Clock()
        with clock.stage(Stage.PREPARING):
            on_event(Progress(stage=Stage.PREPARING, fraction=0.0))
            backend = self._backend(recipe.engine)
            order = Order(
                recipe=recipe,
                inputs=read_inputs(inputs, cancel),
                work=work,
                limits=limits,
                on_event=on_event,
                cancel=cancel,
            )
        kept, drawn, takes = draw_until_good(backend, order, clock)
        with clock.stage(Stage.SMOOTHING):
            told = teller(on_event, Stage.SMOOTHING, kept.number)
            frames = at_rate(drawn, recipe, self._workshop, progress=told, cancel=cancel, gave_up=order.note)
        with clock.stage(Stage.ENCODING):
            told = teller(on_event, Stage.ENCODING, kept.number)
            encoded = encode(
                frames,
                fps=recipe.fps,
                path=work / CLIP_NAME,
                metadata=metadata(recipe),
                max_bytes=limits.max_bytes,
                progress=told,
                cancel=cancel,
            )
        return _receipt(order, kept, takes, encoded, clock)

    def _backend(self, name: str) -> Backend:
        if name not in self._loaded:
            self._loaded[name] = backends.load(name, self._workshop)
        return self._loaded[name]


def _receipt(
    order: Order, kept: TakeRecord, takes: list[TakeRecord], encoded: Encoded, clock: Clock
) -> Receipt:
    recipe = order.recipe
    return Receipt(
        engine=recipe.engine,
        takes=tuple(takes),
        kept=kept.number,
        forced=kept.outcome is Outcome.REJECTED,
        width=encoded.width,
        height=encoded.height,
        frames=encoded.frames,
        fps=recipe.fps,
        sha256=encoded.sha256,
        size=encoded.size,
        seconds={stage: round(seconds, 4) for stage, seconds in clock.seconds.items()},
        ladder=(*order.given_up, *([kept.changed] if kept.changed else ()), *encoded.ladder)
        + (("a sketch: no model that reads words is installed",) if BACKENDS[recipe.engine].sketch else ()),
    )
