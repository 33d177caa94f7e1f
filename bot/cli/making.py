"""Making a clip on the command line: its progress bar, its receipt, and the end where it fails."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

from bot.cli.output import CLIP, OutputFile
from bot.config.secrets import hide_token
from bot.ops.program_name import as_called, program
from engine.core.foreign_text import visible
from engine.core.recipe import Role
from engine.core.request import Request
from engine.runtime.importing import uncollected

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from bot.cli.demo import Made
    from bot.config.settings import Settings

MEGABYTE = 1_000_000


def make(
    request: Request,
    files: Mapping[Role, Path],
    output: Path,
    *,
    first: Callable[[Settings], None] = lambda _: None,
) -> Made:
    """Make a clip, and show its stages in a progress bar. A wrong setting ends the program.

    Args:
        request: what to make.
        files: what it is made from.
        output: where the clip goes.
        first: called once it is known that the clip can be saved there.

    Raises:
        UserError: no clip can be made from this; the text says why.
        CannotSave: it cannot be saved there.
    """
    from rich.console import Console  # noqa: PLC0415 - see bot/cli/main.py
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn  # noqa: PLC0415

    with uncollected():
        from bot.cli.demo import make_clip  # noqa: PLC0415
        from bot.config.settings import BadSettings, load_settings  # noqa: PLC0415
        from bot.job_progress import JobProgress  # noqa: PLC0415
        from bot.text.messages import STAGES  # noqa: PLC0415
        from bot.text.status_texts import overall  # noqa: PLC0415

    try:
        settings = load_settings()
    except BadSettings as error:
        give_up(f"A setting is wrong. {error}")
    saved = OutputFile(output, CLIP, data=settings.data_dir, inputs=files.values())
    first(settings)
    columns = (TextColumn("{task.description:<16}"), BarColumn(40), TextColumn("{task.percentage:>3.0f} %"))
    bars = Progress(*columns, TimeElapsedColumn(), console=Console(stderr=True), refresh_per_second=4)
    with bars as shown:
        bar = shown.add_task("starting", total=1.0)

        def tell(live: JobProgress) -> None:
            name = STAGES.get(live.stage, live.stage) + (f" (take {live.take})" if live.take > 1 else "")
            shown.update(bar, description=name, completed=overall(live.stage, live.fraction))

        given = {role: path.read_bytes() for role, path in files.items()}
        made = asyncio.run(make_clip(request, given, saved, settings=settings, on_progress=tell))
        shown.update(bar, description="done", completed=1.0)
    return made


def print_receipt(made: Made, output: Path) -> None:
    """Print what became of a clip: its size, its takes, its times, and whether it is signed."""
    from engine.provenance.seal import Signature, inspect_clip  # noqa: PLC0415 - see the module's docstring

    recipe, receipt = made.recipe, made.receipt
    size = f"{receipt.size / 1e6:.1f} MB" if receipt.size >= MEGABYTE / 10 else f"{receipt.size / 1e3:.1f} kB"
    click.echo(f"\n  {output}  ({size})")
    click.echo(
        f"  {receipt.width}×{receipt.height}, {recipe.seconds:.1f} s, "
        f"{receipt.frames} frames at {receipt.fps:g} a second"
    )
    for reason in recipe.reasons:
        click.echo(f"  · {visible(reason)}")
    for take in receipt.takes:
        words = f": {'; '.join(take.reasons)}" if take.reasons else ""
        click.echo(f"  · take {take.number} {take.outcome}, {take.score:.0f} of 100{words}")
    for given_up in receipt.ladder:
        click.echo(f"  · {given_up}")
    spent = ", ".join(f"{stage} {seconds:.1f} s" for stage, seconds in receipt.seconds.items())
    click.echo(f"  · {made.seconds:.1f} s in total: {spent}")
    click.echo(f"  · seed {recipe.seed}")
    signed = inspect_clip(output).signature is not Signature.NONE
    unsigned = f"  · not signed: {program()} run creates the key when it first starts"
    click.echo("  · signed" if signed else unsigned)


def give_up(text: str) -> NoReturn:
    """Print an error, and end with status 1. A token in it is hidden."""
    click.echo(visible(hide_token(as_called(text)), lines=True), err=True)
    sys.exit(1)
