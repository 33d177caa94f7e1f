"""What ``framekiln try`` found, as a table that can be pasted anywhere: nothing in it is personal."""

from __future__ import annotations

import json
import platform
import re
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path

from bot.cli.output import Content, OutputFile
from bot.config.paths import TRIED
from bot.ops.file_modes import private_files
from engine.core.device import GIB
from engine.core.receipt import Outcome, Receipt
from engine.core.recipe import Recipe
from engine.runtime.gpu import Gpu

HEAD = (
    "engine and way",
    "clip",
    "seconds",
    "drawing",
    "peak memory",
    "given up, and notes",
    "score",
    "verdict",
)
LIBRARIES = ("torch", "diffusers", "transformers")

FIGURES = Content(what="figures", suffixes=(".json",), mode=0o600)

_PATH = re.compile(r"(?<![\w/.])~?(?:/[^\s/:;,'\"“”)]+){2,}/?")
"""A path of at least two parts: it may hold the owner's name."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """One way that was tried.

    Attributes:
        engine, way: its names.
        size: of the clip: pixels, frames, steps.
        seconds: from the request to the finished file; None: there is none.
        drawing: of them, those of the drawing, with loading where something had to be loaded.
        peak: bytes of memory at most; None: not known.
        notes: what was given up for memory, and what else the receipt says.
        score: 0 … 100.
        verdict: the gate's; or what went wrong.
        well: a clip was made, and the gate did not reject it.
    """

    engine: str
    way: str
    size: str
    seconds: float | None = None
    drawing: float | None = None
    peak: int | None = None
    notes: tuple[str, ...] = ()
    score: float | None = None
    verdict: str = ""
    well: bool = False


def made_row(recipe: Recipe, receipt: Receipt, seconds: float) -> Row:
    """The row of a clip that was made."""
    kept = next(take for take in receipt.takes if take.number == receipt.kept)
    reasons = f": {'; '.join(kept.reasons)}" if kept.reasons else ""
    return Row(
        engine=recipe.engine,
        way=recipe.way,
        size=size_of(recipe),
        seconds=seconds,
        drawing=receipt.seconds.get("drawing"),
        peak=receipt.peak_memory,
        notes=receipt.ladder,
        score=kept.score,
        verdict=f"{kept.outcome}{reasons}",
        well=kept.outcome is not Outcome.REJECTED,
    )


def failed_row(recipe: Recipe, why: str) -> Row:
    """The row of a way that brought no clip."""
    return Row(
        engine=recipe.engine, way=recipe.way, size=size_of(recipe), verdict=f"failed: {impersonal(why)}"
    )


def size_of(recipe: Recipe) -> str:
    """What is drawn, in a few words."""
    steps = f", {recipe.steps} steps" if recipe.steps else ""
    return f"{recipe.width}×{recipe.height}, {recipe.frames} frames{steps}"


def table(rows: Sequence[Row], gpu: Gpu | None, *, of: int, left_out: Sequence[str] = ()) -> str:
    """The table in Markdown, with the versions and the GPU above it.

    Args:
        rows: the ways so far.
        gpu: where models ran; None: on the processor.
        of: how many ways there are.
        left_out: what was not tried, and why, in sentences.
    """
    so_far = (
        f"All {of} ways"
        if len(rows) == of
        else f"**{len(rows)} of {of} ways**: the run was cut off, or goes on"
    )
    memory = "of the GPU, as torch handed it out" if gpu else "of the engine process, libraries included"
    lines = [
        f"Framekiln {_version('framekiln')}, {', '.join(_libraries())}.",
        f"{described(gpu)}. {so_far}; one take each.",
        f"Seconds are from the request to the MP4, with loading. Peak memory is {memory}.",
        "",
        f"| {' | '.join(HEAD)} |",
        f"|{'---|' * len(HEAD)}",
        *(f"| {' | '.join(_cells(row))} |" for row in rows),
    ]
    return "\n".join([*lines, *(["", *left_out] if left_out else []), ""])


def described(gpu: Gpu | None) -> str:
    """A GPU in a sentence, without its full stop."""
    if gpu is None:
        return f"No GPU: drawn on the processor ({platform.machine()})"
    facts = [f"{gpu.memory / GIB:.1f} GiB"] if gpu.memory else []
    facts += [f"compute capability {gpu.compute}"] if gpu.compute else []
    facts += [f"driver {gpu.driver}"] if gpu.driver else []
    return ", ".join([gpu.name, *facts])


def impersonal(text: str) -> str:
    """A text on one line, without paths."""
    return _PATH.sub("…", " ".join(text.split()))


def keep(rows: Sequence[Row], gpu: Gpu | None, data: Path) -> None:
    """Remember what the clips took, for ``framekiln doctor --gpu``.

    Raises:
        CannotSave: the disk is full, or cannot be written.
    """
    known = {"gpu": gpu.name if gpu else "", "ways": [asdict(row) for row in rows if row.seconds is not None]}
    with private_files():
        output = OutputFile(data / TRIED, FIGURES, data=data, own=True)
        with output.draft() as draft:
            draft.write_text(json.dumps(known, ensure_ascii=False), "utf-8")


def kept(data: Path, gpu: Gpu | None) -> dict[tuple[str, str], tuple[float, str]]:
    """What clips took on this GPU: engine and way → seconds, and what was drawn; empty if none was tried."""
    try:
        known = json.loads((data / TRIED).read_text("utf-8"))
        if known["gpu"] != (gpu.name if gpu else ""):
            return {}
        return {
            (row["engine"], row["way"]): (float(row["seconds"]), str(row["size"])) for row in known["ways"]
        }
    except (OSError, ValueError, KeyError, TypeError):  # never tried, or by another release
        return {}


def _cells(row: Row) -> list[str]:
    seconds = ["" if value is None else f"{value:.1f} s" for value in (row.seconds, row.drawing)]
    return [
        f"`{row.engine}` {row.way}".rstrip(),
        row.size,
        *seconds,
        "" if row.peak is None else f"{row.peak / GIB:.2f} GiB",
        _cell("; ".join(row.notes)) or ("nothing" if row.seconds is not None else ""),
        "" if row.score is None else f"{row.score:.0f}",
        _cell(row.verdict),
    ]


def _cell(text: str) -> str:
    """What cannot end the cell."""
    return impersonal(text).replace("|", "\\|")


def _libraries() -> list[str]:
    versions = [f"Python {'.'.join(map(str, sys.version_info[:3]))}"]
    versions += [f"{name} {_version(name)}" for name in LIBRARIES]
    return [*versions, platform.system()]


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "not installed"
