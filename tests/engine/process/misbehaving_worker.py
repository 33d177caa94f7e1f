"""A real engine worker whose renderer does what the recipe's prompt says, good or bad."""

from __future__ import annotations

import ctypes
import hashlib
import os
import signal
import subprocess
import sys
import time

from engine.core.device import Device
from engine.core.errors import RenderFailed, Unsupported, UserError
from engine.core.events import Progress, TakeDiscarded
from engine.core.receipt import Outcome, Receipt, TakeRecord
from engine.core.recipe import Stage
from engine.process.worker import main
from engine.rendering.overlap import Overlap

RECORD = TakeRecord(number=1, seed=1, outcome=Outcome.REJECTED, score=3.0, reasons=("it flickers",))


class OutOfMemoryError(RuntimeError):
    """Named as torch's is."""


class Misbehaving:
    device = Device()
    overlap = Overlap()

    def __init__(self):
        self.ended = 0.0
        self.held = []

    def render(self, recipe, inputs, *, work, limits, on_event, cancel, elsewhere):
        begun = time.monotonic()
        word, _, rest = recipe.prompt.partition(" ")
        on_event(Progress(stage=Stage.DRAWING, fraction=0.25))
        content = b"a clip"
        if act := getattr(self, f"act_{word}", None):
            content = act(rest, on_event, cancel, work) or content
        (work / "clip.mp4").write_bytes(content)
        idle = begun - self.ended
        self.ended = time.monotonic()
        wrong = word == "wrong_sha"
        return Receipt(
            engine=recipe.engine,
            takes=(RECORD,),
            kept=1,
            forced=False,
            width=recipe.width,
            height=recipe.height,
            frames=recipe.length,
            fps=recipe.fps,
            sha256=hashlib.sha256(b"another" if wrong else content).hexdigest(),
            size=len(content),
            seconds={"idle": idle},
            ladder=(str(limits.max_takes), *sorted(inputs), *sorted(os.environ)),
        )

    def act_segfault(self, *_):
        ctypes.string_at(0)

    def act_exit(self, code, *_):
        sys.stderr.write("\x1b[31mlast words\x07\n")
        sys.stderr.flush()
        os._exit(int(code))

    def act_system_exit(self, *_):
        raise SystemExit(3)

    def act_spin(self, *_):
        while True:
            time.sleep(0.01)

    def act_hold_the_lock(self, *_):
        # A call through PyDLL keeps the interpreter's lock: no heartbeat, no listening thread.
        ctypes.PyDLL(None).sleep(60)

    def act_eat(self, *_):
        blocks = []
        while True:
            blocks.append(bytearray(32 << 20))

    def act_wait(self, stage, on_event, cancel, _work):
        while True:
            cancel.check()
            on_event(Progress(stage=Stage(stage), fraction=0.5))
            time.sleep(0.005)

    def act_raise(self, kind, *_):
        raise {
            "value": ValueError("a model's mistake"),
            "user": UserError("E_SMALL", "Too small."),
            "unsupported": Unsupported("Not here."),
            "own": RenderFailed("E_OWN", "Of its own.", "the detail"),
            "torch_memory": OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB"),
            "cuda": RuntimeError("CUDA error: device-side assert triggered"),
            "surrogate": Unsupported("a name \udc80"),
        }[kind]

    def act_events(self, _rest, on_event, _cancel, work):
        for step in range(1000):
            on_event(Progress(stage=Stage.DRAWING, fraction=step / 1000))
        (work / "sheet1.jpg").write_bytes(b"a picture")
        (work / "away.jpg").symlink_to("/etc/hostname")
        on_event(TakeDiscarded(take=RECORD, sheet=work / "sheet1.jpg"))
        for bad in ("away.jpg", "never.jpg"):
            on_event(TakeDiscarded(take=RECORD, sheet=work / bad))
        on_event(Progress(stage=Stage.SMOOTHING, fraction=float("nan")))
        for step in range(1000):
            on_event(Progress(stage=Stage.ENCODING, fraction=step / 1000))

    def act_noise(self, *_given):
        for _ in range(2000):
            print("\r\x1b[2K 50%|####  | a library's bar", end="")
        os.write(1, b"\xff\xfe not text \x00\n" * 100)
        os.write(2, b"x" * 300_000)

    def act_child(self, *_):
        sleeper = subprocess.Popen(["/bin/sleep", "60"])  # its output is ours, and stays open
        print(f"sleeper {sleeper.pid}")
        sys.stdout.flush()
        os.kill(os.getpid(), signal.SIGKILL)

    def act_huge(self, *_):
        raise Unsupported("x" * 3_000_000)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], Misbehaving))
