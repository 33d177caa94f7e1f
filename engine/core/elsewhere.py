"""Takes that another machine draws: what is asked of it, and what comes back.

Only the drawing happens there. The take is judged, smoothed, encoded and sealed here, like any other.

The engine process has no network. It asks its parent for the take, and the parent asks whatever draws it
(:class:`DrawsElsewhere`): a server of the owner's, or a service.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from engine.core.cancel import CancelToken
from engine.core.recipe import Recipe

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True)
class TakeOrder:
    """A take that is to be drawn elsewhere.

    Attributes:
        job: the job's id: the same after each restart of the bot, the engine process or the far machine.
            Together with ``take`` and ``seed`` it names the take for ever, so that one that is under way, or
            finished, is found again instead of being asked for twice.
        take: its number, from 1.
        seed: its seed.
        recipe: what to draw. A later take may have other settings than the first.
        inputs: role → file, as the job has them.
        work: a folder for what comes back; it is removed when the render ends.
    """

    job: str
    take: int
    seed: int
    recipe: Recipe
    inputs: Mapping[str, Path]
    work: Path


@dataclass(frozen=True, kw_only=True)
class TakeFile:
    """A take that another machine drew, made anew: no stranger's byte is left in it.

    Attributes:
        clip: an MP4.
        sound: a WAV; None where the take has no sound.
        notes: for the receipt, in words a member can read.
    """

    clip: Path
    sound: Path | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class TakeHooks:
    """What is told while a take is drawn elsewhere; all are called in the event loop.

    Attributes:
        progress: told the share of the take that is done, 0 … 1; None: it waits for its turn there.
        draft: shown a first look, small uint8 ``[T, h, w, 3]`` at the recipe's ``native_fps``.
    """

    progress: Callable[[float | None], None]
    draft: Callable[[NDArray[np.uint8]], None]


class DrawsElsewhere(Protocol):
    """Has takes drawn on another machine."""

    async def draw(self, order: TakeOrder, hooks: TakeHooks) -> TakeFile:
        """Have a take drawn, and fetch it.

        It is cancelled when the render stops. That alone does not say that nobody wants the clip any more:
        the bot may only be about to end, and ask for the same take after its next start.

        Raises:
            Away: the far machine can't be reached; the same order may go well later.
            HopelessTake: this take came back broken, or not at all; another seed may do.
            UserError: the member can mend it.
            Unsupported: this recipe cannot be drawn there.
            RenderFailed: the far machine answered with an error.
        """
        ...


class FetchTake(Protocol):
    """How a render asks for a take that is drawn elsewhere, from a thread of its own."""

    def __call__(
        self,
        recipe: Recipe,
        *,
        take: int,
        seed: int,
        files: Mapping[str, Path],
        cancel: CancelToken,
        progress: Callable[[float | None], None],
    ) -> TakeFile:
        """Wait for a take.

        Args:
            recipe: what to draw.
            take: its number, from 1.
            seed: its seed.
            files: role → file that takes the place of the job's own.
            cancel: looked at while waiting.
            progress: as in :class:`TakeHooks`, but called from the thread that waits.

        Raises:
            Cancelled: a stop was asked for.
            HopelessTake: another seed may do.
            EngineError: there will be no take.
        """
        ...
