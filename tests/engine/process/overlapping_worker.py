"""A real engine worker on a made-up GPU: a prompt says what happens on the GPU, and what on the processor."""

from __future__ import annotations

import hashlib
import sys
import threading
import time

from engine.core.device import Device, DeviceKind
from engine.core.events import Progress
from engine.core.receipt import Outcome, Receipt, TakeRecord
from engine.core.recipe import Stage
from engine.process.worker import main
from engine.rendering.overlap import Overlap

RECORD = TakeRecord(number=1, seed=1, outcome=Outcome.ACCEPTED, score=90.0)


class Overlapping:
    """The prompt ``wait quick``: one word for what is done on the GPU, and one for the processor."""

    device = Device(kind=DeviceKind.CUDA, name="made up", memory=1)

    def __init__(self):
        self.overlap = Overlap()
        self.drawing = threading.Semaphore()

    def render(self, recipe, inputs, *, work, limits, on_event, cancel, elsewhere):
        on_gpu, on_processor = recipe.prompt.split()
        with self.overlap.gpu.taken(cancel, lambda: on_event(Progress(stage=Stage.PREPARING, fraction=0.0))):
            assert self.drawing.acquire(blocking=False), "two draw at once"
            try:
                on_event(Progress(stage=Stage.DRAWING, fraction=0.5))
                getattr(self, on_gpu)(cancel, work)
            finally:
                self.drawing.release()
        with self.overlap.cpu.taken(cancel, lambda: None):
            on_event(Progress(stage=Stage.ENCODING, fraction=0.5))
            getattr(self, on_processor)(cancel, work)
        content = work.name.encode()
        (work / "clip.mp4").write_bytes(content)
        return Receipt(
            engine=recipe.engine,
            takes=(RECORD,),
            kept=1,
            forced=False,
            width=recipe.width,
            height=recipe.height,
            frames=recipe.length,
            fps=recipe.fps,
            sha256=hashlib.sha256(content).hexdigest(),
            size=len(content),
            seconds={},
        )

    def quick(self, *_):
        pass

    def wait(self, cancel, work):
        """Until the test says so, or a stop."""
        while not (work.parent / "go").exists():
            cancel.check()
            time.sleep(0.01)

    def deaf(self, *_):
        time.sleep(60)

    def fail(self, *_):
        raise ValueError("a model's mistake")

    def poison(self, _cancel, work):
        while not (work.parent / "break").exists():
            time.sleep(0.01)
        raise RuntimeError("CUDA error: device-side assert triggered")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], Overlapping))
