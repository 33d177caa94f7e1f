"""A real engine process whose renderer draws nothing: the prompt says what becomes of a job.

``wait`` draws until somebody says stop; ``slow`` takes a second; ``retake`` has two takes discarded first;
``fail`` fails; ``crash`` takes the process along; everything else is a clip at once: the file that the first
argument names, with the seed behind it. ``python -m benchmarks.faults.engine CLIP OUTAGE …``
"""

from __future__ import annotations

import hashlib
import os
import struct
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from engine.core.device import Device
from engine.core.errors import Code, RenderFailed
from engine.core.events import Event, Progress, TakeDiscarded
from engine.core.receipt import Outcome, Receipt, TakeRecord
from engine.core.recipe import Recipe, Stage
from engine.process.worker import main
from engine.rendering.limits import CLIP_NAME, RenderLimits
from engine.rendering.overlap import Overlap

if TYPE_CHECKING:
    from engine.core.cancel import CancelToken
    from engine.core.elsewhere import FetchTake

STEP = 0.01
SLOW = 1.0
CRASH = 7


class Weightless:
    """A renderer for :func:`engine.process.worker.main`.

    Args:
        clip: what it "draws".
        outage: a file that says with which errno everything fails, and until when; it need not be there.
    """

    device = Device()
    overlap = Overlap()

    def __init__(self, clip: Path, outage: Path) -> None:
        self._clip = clip.read_bytes()
        self._outage = outage

    def render(
        self,
        recipe: Recipe,
        inputs: Mapping[str, Path],
        *,
        work: Path,
        limits: RenderLimits,
        on_event: Callable[[Event], None],
        cancel: CancelToken,
        elsewhere: FetchTake,
    ) -> Receipt:
        """Leave ``clip.mp4`` in ``work``, or do what the prompt says."""
        del limits, elsewhere
        self._fail_in_an_outage()
        for path in inputs.values():
            path.read_bytes()
        on_event(Progress(stage=Stage.DRAWING, fraction=0.25))
        word = recipe.prompt.split(" ")[0]
        takes = []
        if word == "wait":
            while True:
                cancel.check()
                time.sleep(STEP)
        elif word == "slow":
            time.sleep(SLOW)
        elif word == "crash":
            os._exit(CRASH)
        elif word == "fail":
            raise RenderFailed(Code.MEMORY, "There was not enough memory for this clip.")
        elif word == "retake":
            for number in (1, 2):
                takes.append(_take(number, recipe, Outcome.REJECTED))
                on_event(TakeDiscarded(take=takes[-1]))
                on_event(Progress(stage=Stage.DRAWING, fraction=0.5, take=number + 1))
        takes.append(_take(len(takes) + 1, recipe, Outcome.ACCEPTED))
        seed = f"{recipe.seed}".encode()
        data = self._clip + struct.pack(">I4s", 8 + len(seed), b"free") + seed  # an MP4's own filling
        self._fail_in_an_outage()
        (work / CLIP_NAME).write_bytes(data)
        return Receipt(
            engine=recipe.engine,
            takes=tuple(takes),
            kept=len(takes),
            forced=False,
            width=recipe.width,
            height=recipe.height,
            frames=recipe.length,
            fps=recipe.fps,
            sha256=hashlib.sha256(data).hexdigest(),
            size=len(data),
            seconds={"drawing": 0.1},
        )

    def _fail_in_an_outage(self) -> None:
        if self._outage.exists():
            code, until = self._outage.read_text().split()
            if time.monotonic() < float(until):
                raise OSError(int(code), os.strerror(int(code)))


def _take(number: int, recipe: Recipe, outcome: Outcome) -> TakeRecord:
    reasons = ("it flickers",) if outcome is Outcome.REJECTED else ()
    return TakeRecord(
        number=number, seed=recipe.seed, outcome=outcome, score=90.0, seconds=0.1, reasons=reasons
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[3:], lambda: Weightless(Path(sys.argv[1]), Path(sys.argv[2]))))
