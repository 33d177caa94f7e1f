"""Between two denoising steps: stop if asked to, say how far it is, and show a first look once.

What can only become a broken clip is given up here, before it is decoded, which is the expensive part.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from typing import Any

import torch

from engine.core.errors import HopelessTake
from engine.core.family import Frames, Hooks
from engine.core.sentence import Sentence
from engine.diffusion.denoised import expected
from engine.gate.draft import why_hopeless

FEWEST_FOR_A_DRAFT = 3
"""With fewer steps the clip itself is there before anybody has looked at a draft."""


def showing_one_draft(hooks: Hooks) -> Hooks:
    """Hooks for a take that may be begun again further down the memory ladder: its draft is shown once."""
    shown: list[Frames] = []

    def show(frames: Frames) -> None:
        if not shown:
            shown.append(frames)
            hooks.draft(frames)

    return dataclasses.replace(hooks, draft=show)


class Steps:
    """Counts the steps of one call of a pipeline.

    Its :meth:`callback` is what the pipeline is given as ``callback_on_step_end``. Raising from it is the one
    way of stopping that all pipelines honour: SVD and SparseCtrl ignore ``_interrupt``, and the others would
    still decode.
    """

    def __init__(
        self,
        hooks: Hooks,
        *,
        steps: int,
        begin: float = 0.0,
        end: float = 1.0,
        preview: Callable[[torch.Tensor], Frames] | None = None,
    ) -> None:
        """Get ready to count.

        Args:
            hooks: told of progress, and asked whether to stop.
            steps: how often the pipeline will call back, with the repeats of FreeInit.
            begin, end: the shares of the take at which the first step begins and the last one ends.
            preview: makes the draft from the clip as it is expected to become: latents in the pipeline's own
                layout. None: no draft is shown, and none is judged; so it is where a family has no draft map.
        """
        self._hooks = hooks
        self._steps = max(1, steps)
        self._begin = begin
        self._end = end
        self._preview = preview if steps >= FEWEST_FOR_A_DRAFT else None
        self._draft_at = max(2, math.ceil(steps / 3))
        self._done = 0
        self._before: torch.Tensor | None = None

    def callback(self, pipe: Any, _index: int, timestep: Any, tensors: dict[str, Any]) -> dict[str, Any]:
        """Called by the pipeline at the end of each step.

        Steps are counted here: FreeInit's ``index`` starts again with each of its rounds.

        Returns:
            Nothing that the pipeline should replace. (It insists on a dictionary.)

        Raises:
            Cancelled: a stop was asked for.
            HopelessTake: a latent is not finite, or the draft is empty or stands still.
        """
        self._hooks.cancel.check()
        self._done += 1
        # What is no number stays none. Looking waits for the GPU, so it is done twice and not at each step.
        if self._done in {self._draft_at, self._steps} and not bool(torch.isfinite(tensors["latents"]).all()):
            raise HopelessTake(Sentence("it contains invalid numbers"))
        share = min(1.0, self._done / self._steps)
        self._hooks.progress(self._begin + (self._end - self._begin) * share)
        if self._preview is not None:
            self._show_draft(self._preview, pipe.scheduler, timestep, tensors["latents"])
        return {}

    def _show_draft(
        self,
        preview: Callable[[torch.Tensor], Frames],
        scheduler: Any,
        timestep: Any,
        latents: torch.Tensor,
    ) -> None:
        if self._done == self._draft_at - 1:
            self._before = latents
        elif self._done == self._draft_at:
            self._preview = None
            frames = preview(expected(scheduler, timestep, self._before, latents))
            self._before = None
            if (reason := why_hopeless(frames)) is not None:
                raise HopelessTake(reason)
            self._hooks.draft(frames)
