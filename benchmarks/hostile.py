"""Send every hostile picture and clip through the intake, and say what it cost.

    python -m benchmarks.hostile --mutants 2000 --clip-mutants 500

Ends with status 1 when a decoder crashed, an answer was not the right one, or something escaped that is not a
refusal in words.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Awaitable, Iterable
from dataclasses import dataclass, field
from itertools import chain

import click
from rich.console import Console
from rich.progress import track
from rich.table import Table

from benchmarks import hostile_clips
from benchmarks.hostile_case import OK, Case
from benchmarks.hostile_formats import formats
from benchmarks.hostile_mutants import mutants
from benchmarks.hostile_pictures import corpus
from benchmarks.hostile_sweeps import sweeps
from bot.intake.clip_intake import ClipIntake
from bot.intake.picture_intake import Intake
from engine.core.errors import UserError
from engine.untrusted.headers import Refusal
from tests.policies import clip_intake_limits, intake_limits


@dataclass(kw_only=True)
class Tally:
    """What became of one kind of file."""

    verdicts: Counter[str] = field(default_factory=Counter)
    slowest: tuple[float, str] = (0.0, "")
    peak_bytes: int = 0


class Measured:
    """What came of all files.

    Attributes:
        tallies: by kind.
        wrong: what was not right, a line each.
    """

    def __init__(self) -> None:
        self.tallies: dict[str, Tally] = defaultdict(Tally)
        self.wrong: list[str] = []

    def note(self, kind: str, case: Case, answer: tuple[str, float], peak_bytes: int) -> None:
        """Count an answer, and hold it against those that are right."""
        verdict, seconds = answer
        tally = self.tallies[kind]
        tally.verdicts[verdict] += 1
        tally.slowest = max(tally.slowest, (seconds, case.name))
        tally.peak_bytes = max(tally.peak_bytes, peak_bytes)
        unclean = verdict == Refusal.DECODER or verdict.startswith("escaped")
        if unclean or (case.expected and verdict not in case.expected):
            right = " or ".join(sorted(case.expected)) or "a clean answer"
            self.wrong.append(f"{kind} / {case.name}: {verdict}, where {right} is right")


async def answered(taken: Awaitable[object]) -> tuple[str, float]:
    """The verdict on a file, and the seconds that it took."""
    start = time.perf_counter()
    try:
        await taken
        verdict = OK
    except UserError as refusal:
        verdict = refusal.code
    except Exception as error:  # noqa: BLE001 - the thing that this looks for
        verdict = f"escaped: {error!r}"
    return verdict, time.perf_counter() - start


async def measure(pictures: Iterable[Case], clips: Iterable[Case], total: int) -> Measured:
    """Take in each file, one after the other."""
    found = Measured()
    cases = chain(((case, False) for case in pictures), ((case, True) for case in clips))
    async with Intake(intake_limits()) as intake, ClipIntake(clip_intake_limits()) as clip_intake:
        for case, is_clip in track(cases, total=total, console=Console(stderr=True)):
            meter = clip_intake.reader if is_clip else intake.decoder.reader
            meter.peak_bytes = 0
            taken = clip_intake.from_bytes(case.data) if is_clip else intake.from_bytes(case.data)
            came = await answered(taken)
            found.note(f"clip: {case.kind}" if is_clip else case.kind, case, came, meter.peak_bytes)
    return found


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
@click.option("--mutants", "count", default=200, show_default=True, help="How many damaged pictures to add.")
@click.option("--clip-mutants", default=50, show_default=True, help="How many damaged clips to add.")
@click.option("--seed", default=42, show_default=True, help="Of the damage.")
def main(count: int, clip_mutants: int, seed: int) -> None:
    """Run, print, and judge."""
    pictures = chain(corpus(), formats(), sweeps(), mutants(count, seed))
    clips = chain(hostile_clips.clips(), hostile_clips.mutants(clip_mutants, seed))
    made = sum(1 for _ in chain(corpus(), formats(), sweeps(), hostile_clips.clips()))
    found = asyncio.run(measure(pictures, clips, made + count + clip_mutants))
    tallies, wrong = found.tallies, found.wrong
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
