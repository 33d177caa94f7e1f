"""How fast the diffusion families are on a GPU, how much of it they take, and what their memory ladder does.

    python -m benchmarks.gpu --models /tmp/models --write docs/performance.md

It builds full-size SVD-XT, AnimateDiff, Wan 2.1 1.3B, Wan 2.2 5B and UMT5 with random weights (about 45 GB of
disk, no download). The rows come in order of value, and what no longer fits into ``--minutes`` is left out
and says so. The table is written anew after each row, so a run that is cut off leaves what it found.
``--tiny`` runs the same code on small models, also on a CPU: for a test, not for a figure.
"""

from __future__ import annotations

import argparse
import dataclasses
import platform
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from benchmarks.gpu_bench import TINY_SIZE, Bench, Row
from benchmarks.gpu_units import Unit, units
from engine.core.device import Device, DeviceKind, find_device
from engine.runtime.context import EngineContext
from engine.runtime.model_cache import collect
from engine.weights.store import Store

BEGIN, END = "<!-- gpu table: begin -->", "<!-- gpu table: end -->"
MINUTES = 12.0
"""Of an H100 that a run may take, building and loading included."""
HEAD = (
    "model", "way", "under", "seconds", "× stock", "peak GiB", "given up", "PSNR to stock", "draft after",
    "cancel takes", "load",
)  # fmt: skip


class Budget:
    """The time of a run, and what is left of it."""

    def __init__(self, minutes: float, clock: Callable[[], float] = time.monotonic) -> None:
        """Begin to count.

        Args:
            minutes: in all.
            clock: returns seconds.
        """
        self._clock = clock
        self._ends = clock() + 60 * minutes
        self._guessed = self._took = 0.0

    @property
    def left(self) -> float:
        """Seconds."""
        return self._ends - self._clock()

    def needed(self, guess: float) -> float:
        """Seconds that something takes here, by how far off the guesses were so far."""
        return guess * (self._took / self._guessed if self._guessed else 1.0)

    def took(self, guess: float, seconds: float) -> None:
        """Something was guessed at so many seconds, and took so many."""
        self._guessed += guess
        self._took += seconds


def main(arguments: Sequence[str] | None = None) -> None:
    """Build, measure, print, and write the table where asked to."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--models", type=Path, required=True, help="where the random weights go")
    parser.add_argument("--tiny", action="store_true", help="small models: for a test, not for a figure")
    parser.add_argument("--minutes", type=float, default=MINUTES, help="of time in all")
    parser.add_argument(
        "--engine", action="append", choices=list(TINY_SIZE), help="only this one; repeatable"
    )
    parser.add_argument("--write", type=Path, help="put the table into this document, after each row")
    options = parser.parse_args(arguments)
    budget = Budget(options.minutes)
    device = find_device()
    if not (options.tiny or device.kind is DeviceKind.CUDA):
        parser.error("there is no CUDA GPU here; --tiny runs on a CPU, but says nothing about speed")
    bench = Bench(EngineContext(device=device, store=Store(options.models)), tiny=options.tiny)
    engines = options.engine or list(TINY_SIZE)
    build(bench, engines)
    built = time.monotonic()
    rows: list[Row] = []
    for row in measure(units(bench, engines), budget):
        rows.append(row)
        what = f"{row.engine}, {row.under}: {row.left_out or 'measured'}"
        print(f"{time.monotonic() - built:6.1f} s  {what}", flush=True)
        if options.write is not None:
            document = options.write.read_text("utf-8")
            options.write.write_text(insert(document, table(rows, device)), "utf-8")
    print(table(rows, device))


def build(bench: Bench, engines: Iterable[str]) -> None:
    """Write the random weights that are not there yet."""
    import torch  # noqa: PLC0415 - takes seconds

    from benchmarks.random_models import BUILDERS, build_animatelcm  # noqa: PLC0415 - same

    folder, where = bench.context.store.folder, bench.device.kind.value
    for engine in engines:
        marker = folder / f".{engine}"
        if not marker.exists():
            print(f"{engine}: building random weights", flush=True)
            torch.manual_seed(1)
            BUILDERS[engine](folder, tiny=bench.tiny, where=where)
            if engine == "animatediff":
                build_animatelcm(folder, tiny=bench.tiny, where=where)
            marker.touch()
            collect()


def measure(every: Iterable[Unit], budget: Budget) -> Iterable[Row]:
    """A row for each unit, measured or not: what fails, and what does not fit into the time, says so."""
    for unit in every:
        left, needed = budget.left, budget.needed(unit.guess)
        if needed > left:
            why = f"left out: needs about {needed:.0f} s, and {max(0.0, left):.0f} s are left"
            yield dataclasses.replace(unit.row, left_out=why)
            continue
        try:
            row = unit.measure()
        except Exception as error:  # noqa: BLE001 - whatever it is, it is this row's, and the others go on
            text = " ".join(str(error).split())[:200]
            row = dataclasses.replace(unit.row, left_out=f"failed: {type(error).__name__}: {text}")
        budget.took(unit.guess, left - budget.left)
        yield row


def table(rows: Sequence[Row], device: Device) -> str:
    """The rows in Markdown, with the name of what they were measured on."""
    import diffusers  # noqa: PLC0415 - takes seconds
    import torch  # noqa: PLC0415 - same

    place = device.name or f"a CPU ({platform.machine()}), small models: no figure of speed"
    stock = {_likes(row): row.seconds for row in rows if row.under == "stock" and row.seconds}
    lines = [
        f"Measured on {place}, torch {torch.__version__}, diffusers {diffusers.__version__}.",
        "",
        f"| {' | '.join(HEAD)} |",
        f"|{'---|' * len(HEAD)}",
    ]
    for row in rows:
        rival = stock.get(_likes(row))
        cells = [
            row.engine,
            f"{row.way}, {row.steps} steps, {'×'.join(map(str, row.size))}",
            row.under,
            row.left_out or _said(row.seconds, "{:.2f} s"),
            f"{rival / row.seconds:.2f}" if rival and row.seconds else "",
            _said(None if row.peak is None else row.peak / 2**30, "{:.1f}"),
            "" if row.given_up is None else "; ".join(row.given_up) or "nothing",
            _said(row.likeness, "{:.1f} dB"),
            *(_said(value, "{:.2f} s") for value in (row.draft, row.cancel, row.load)),
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _likes(row: Row) -> tuple[str, int, tuple[int, int, int]]:
    """What two rows must have in common to be compared."""
    return row.engine, row.steps, row.size


def _said(value: float | None, form: str) -> str:
    return "" if value is None else form.format(value)


def insert(document: str, text: str) -> str:
    """Put a table between the marks of a document.

    Raises:
        ValueError: it has no such marks.
    """
    before, begin, rest = document.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"the document has no “{BEGIN}” and “{END}”")
    return f"{before}{BEGIN}\n{text}\n{END}{after}"


if __name__ == "__main__":
    main()
