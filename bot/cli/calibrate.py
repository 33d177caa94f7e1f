"""``framekiln calibrate``: let the gate learn from the clips that members kept. Never by itself."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.cli.output import CALIBRATION as CALIBRATION_FILE
from bot.cli.output import OutputFile
from bot.config.paths import CALIBRATION, DATABASE

if TYPE_CHECKING:
    from engine.gate import Calibration
    from engine.gate.local_calibration import KeptClip

_NOTHING = 0.005
"""A change of a mean level that would be printed as none."""


@click.command()
@click.option("--engine", help="Use only this engine's clips.")
@click.option(
    "--at-least",
    type=click.IntRange(min=1),
    help="How many clips an engine needs. Default: the setting calibrate_clips.",
)
@click.option(
    "--write",
    is_flag=True,
    help="Save the result; the gate uses it from the next start. Without this, only show it.",
)
@click.option("--forget", is_flag=True, help="Go back to the built-in calibration from the next start.")
def calibrate(engine: str | None, at_least: int | None, *, write: bool, forget: bool) -> None:
    """Show how the gate would judge if it learnt from the clips that members kept.

    Kept clips are delivered clips that were not deleted and that the gate accepted.
    """
    from bot.config.settings import BadSettings, load_settings  # noqa: PLC0415 - heavy, and not needed for --help
    from db.errors import DatabaseError  # noqa: PLC0415 - same

    try:
        settings = load_settings()
        file = settings.data_dir / CALIBRATION
        if forget:
            file.unlink(missing_ok=True)
            click.echo("The gate uses its built-in calibration from the next start.")
            return
        _calibrate(settings.data_dir, file, engine, at_least or settings.calibrate_clips, write=write)
    except BadSettings as error:
        raise click.ClickException(f"A setting is wrong. {error}") from error
    except (DatabaseError, OSError, ValueError) as error:
        raise click.ClickException(str(error)) from error


def _calibrate(data: Path, file: Path, only: str | None, fewest: int, *, write: bool) -> None:
    from engine.gate.calibration import shipped  # noqa: PLC0415 - see above
    from engine.gate.local_calibration import calibrations_text, fit_tails, read_tails  # noqa: PLC0415

    engines = {name: kept for name, kept in sorted(kept_clips(data).items()) if name == (only or name)}
    if not engines:
        raise click.ClickException(f"There are no kept clips{f' from {only}' if only else ''} in {data}.")
    tails = dict(read_tails(file, shipped()))
    learns = False
    for name, kept in engines.items():
        if len(kept) < fewest:
            click.echo(f"{name}: {len(kept)} kept clips; at least {fewest} are needed, 100 to 200 are better")
            continue
        learns = True
        tails[name] = fit_tails(shipped(), kept, fewest=fewest)
        click.echo(f"{name}: {len(kept)} kept clips")
        for line in comparison(shipped(), tails[name].applied_to(shipped()), kept):
            click.echo(f"  {line}")
    if not learns:
        click.echo("There are too few clips to learn from.")
    elif write:
        output = OutputFile(file, CALIBRATION_FILE, data=data, own=True)
        with output.draft() as draft:
            draft.write_text(calibrations_text(shipped(), tails), "utf-8")
        click.echo(f"Saved to {file}. The gate uses it from the next start.")
    else:
        click.echo(f"Nothing was changed. Add --write to save this to {file}.")


def kept_clips(data: Path) -> dict[str, list[KeptClip]]:
    """What was read on the clips that members kept, by engine.

    One that was posted for want of better counts where a member gave it a star.
    """
    from db.jobs.calibration_source import kept_jobs  # noqa: PLC0415 - see above
    from engine.core.receipt import Receipt  # noqa: PLC0415
    from engine.core.recipe import Recipe, Role  # noqa: PLC0415
    from engine.gate.local_calibration import KeptClip  # noqa: PLC0415

    found: dict[str, list[KeptClip]] = {}
    for job in kept_jobs(data / DATABASE):
        try:
            recipe, receipt = Recipe.from_json(job.recipe), Receipt.from_json(job.receipt)
        except ValueError:  # of another release
            continue
        taken = next((take for take in receipt.takes if take.number == receipt.kept), None)
        if taken is None:  # a loop is not drawn
            continue
        if taken.readings and (job.starred or not receipt.forced):
            has_input = Role.PICTURE in recipe.inputs or recipe.before is not None
            found.setdefault(receipt.engine, []).append(KeptClip.of(taken.readings, has_input=has_input))
    return found


def comparison(old: Calibration, new: Calibration, kept: Sequence[KeptClip]) -> list[str]:
    """What would change for an engine's kept clips, and where most."""
    before, after = (_levels(calibration, kept) for calibration in (old, new))
    lines = []
    for word, limit in (("rejected", old.limit), ("warned about", lambda *_, **__: old.warn)):
        now, then = (
            sum(
                any(level >= limit(name, has_input=one.has_input) for name, level in found.items())
                for one, found in zip(kept, levels, strict=True)
            )
            for levels in (before, after)
        )
        lines.append(f"{word}: {now} of them with the built-in calibration, {then} with the new one")
    moves = {
        name: sum(level[name] - other[name] for level, other in zip(after, before, strict=True)) / len(kept)
        for name in before[0]
    }
    most = sorted(moves, key=lambda name: -abs(moves[name]))[:3]
    moved = ", ".join(f"{name} {moves[name]:+.2f}" for name in most if abs(moves[name]) > _NOTHING)
    lines.append(f"largest changes of the mean level: {moved or 'none'}")
    return lines


def _levels(calibration: Calibration, kept: Sequence[KeptClip]) -> list[dict[str, float]]:
    return [calibration.levels(one.readings, has_input=one.has_input) for one in kept]
