"""Send every hostile picture through the intake, and say what it cost.

    python -m benchmarks.hostile --mutants 2000

Ends with status 1 when a decoder crashed, an answer was not the right one, or something escaped that is not a
refusal in words.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain

import click
from rich.console import Console
from rich.progress import track
from rich.table import Table

from benchmarks.hostile_corpus import OK, Case, corpus, mutants
from bot.intake.picture_intake import Intake
from engine.errors import UserError
from engine.untrusted.headers import Refusal


@dataclass(kw_only=True)
class Tally:
    """What became of one kind of file."""

    verdicts: Counter[str] = field(default_factory=Counter)
    slowest: tuple[float, str] = (0.0, "")
    peak_bytes: int = 0


async def measure(cases: Iterator[Case], total: int) -> tuple[dict[str, Tally], list[str]]:
    """Take in each case, one after the other. Returns tallies by kind, and what was wrong."""
    tallies: dict[str, Tally] = defaultdict(Tally)
    wrong = []
    async with Intake() as intake:
        for case in track(cases, total=total, console=Console(stderr=True)):
            tally = tallies[case.kind]
            intake.decoder.peak_bytes = 0
            start = time.perf_counter()
            try:
                await intake.from_bytes(case.data)
                verdict = OK
            except UserError as refusal:
                verdict = refusal.code
            except Exception as error:  # noqa: BLE001 - the thing that this looks for
                verdict = f"escaped: {error!r}"
            seconds = time.perf_counter() - start
            tally.verdicts[verdict] += 1
            tally.slowest = max(tally.slowest, (seconds, case.name))
            tally.peak_bytes = max(tally.peak_bytes, intake.decoder.peak_bytes)
            unclean = verdict == Refusal.DECODER or verdict.startswith("escaped")
            if unclean or (case.expected and verdict not in case.expected):
                right = " or ".join(sorted(case.expected)) or "a clean answer"
                wrong.append(f"{case.kind} / {case.name}: {verdict}, where {right} is right")
    return tallies, wrong


def table(tallies: dict[str, Tally]) -> Table:
    """The tallies, a line for each kind."""
    lines = Table("kind", "files", "verdicts", "slowest", "peak of the decoder")
    for kind, tally in tallies.items():
        verdicts = ", ".join(f"{count} {verdict}" for verdict, count in tally.verdicts.most_common())
        seconds, name = tally.slowest
        peak = f"{tally.peak_bytes / 2**20:.0f} MiB"
        lines.add_row(kind, str(tally.verdicts.total()), verdicts, f"{seconds:.2f} s ({name})", peak)
    return lines


@click.command(help=__doc__)
@click.option("--mutants", "count", default=200, show_default=True, help="How many damaged files to add.")
@click.option("--seed", default=42, show_default=True, help="Of the damage.")
def main(count: int, seed: int) -> None:
    """Run, print, and judge."""
    total = sum(1 for _ in corpus()) + count
    tallies, wrong = asyncio.run(measure(chain(corpus(), mutants(count, seed)), total))
    console = Console(width=150)
    console.print(table(tallies))
    verdicts = sum((tally.verdicts for tally in tallies.values()), Counter())
    crashes = verdicts[Refusal.DECODER]
    console.print(
        f"{verdicts.total()} files: {verdicts[OK]} taken, {crashes} decoders crashed, "
        f"{len(wrong)} wrong answers, "
        f"peak {max(tally.peak_bytes for tally in tallies.values()) / 2**20:.0f} MiB"
    )
    for line in wrong:
        console.print(line, style="red", markup=False)
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
