"""``framekiln judge``: what the gate says of clips that are there already."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.cli.output import PICTURE, OutputFile, data_dir, save_picture
from engine.core.foreign_text import visible
from engine.core.recipe import SoundSource

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from engine.core.family import SourceClip
    from engine.core.recipe import Recipe
    from engine.gate import Calibration, Verdict
    from engine.gate.listening import Heard

AS_WANTED = frozenset({"sound_is_missing", "sound_has_another_length"})
"""What is a fault only where it is known how much sound there was to be."""

REJECTED, UNJUDGED = 1, 2
"""Exit statuses; the larger one counts."""

UNEVEN = "its frames do not follow each other evenly: times are told as if they did"
UNHEARD = "its sound cannot be read and was not judged"


@dataclass(frozen=True, kw_only=True)
class Judged:
    """A clip, thinned to its drawn frames, and the verdict.

    ``unheard`` is set where the clip's sound should have been judged and could not be read, ``uneven`` where
    the file shows its frames at other times.
    """

    path: Path
    frames: NDArray[np.uint8]
    fps: float
    verdict: Verdict
    unheard: bool = False
    uneven: bool = False


@click.command()
@click.argument(
    "clips", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
@click.option(
    "--reference",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The picture the clips were made from.",
)
@click.option(
    "--end",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The picture the clips end with.",
)
@click.option(
    "--sheet",
    type=click.Path(path_type=Path),
    help="Save a picture of the first clip and its verdict here.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one line of JSON for each clip.")
def judge(
    clips: tuple[Path, ...], reference: Path | None, end: Path | None, sheet: Path | None, as_json: bool
) -> None:
    """Check CLIPS with the quality gate.

    Exit status 2 if any of them could not be judged, or else 1 if any is rejected.
    """
    saved = None
    if sheet is not None:
        inputs = [*clips, *(file for file in (reference, end) if file is not None)]
        saved = OutputFile(sheet, PICTURE, data=data_dir(), inputs=inputs)
    try:
        picture = None if reference is None else _read_reference(reference)
        last = None if end is None else _read_reference(end)
    except (ValueError, OSError) as error:
        click.echo(f"Error: {visible(str(error))}", err=True)
        raise SystemExit(UNJUDGED) from error
    status = 0
    for number, clip in enumerate(clips):  # one by one: their frames would not all fit into memory
        try:
            one = judged_file(clip, picture, last)
        except (ValueError, OSError) as error:
            click.echo(f"Error: {visible(str(error))}", err=True)
            status = UNJUDGED
            continue
        if saved is not None and number == 0:
            _draw(one, saved)
        click.echo(_as_json(one) if as_json else _as_text(one))
        status = max(status, REJECTED if one.verdict.rejected else 0)
    raise SystemExit(status)


def judged_file(
    path: Path, picture: NDArray[np.uint8] | None, end: NDArray[np.uint8] | None = None
) -> Judged:
    """Judge a file, at the rate that its frames were drawn at.

    Args:
        path: the clip.
        picture: what it was made from, uint8 ``[H, W, 3]``, or None.
        end: the picture that it ends with, or None.

    Raises:
        ValueError: the clip is not taken, or a setting is wrong.
        OSError: it can't be opened.
    """
    from bot.cli.owners_files import owners_eyes, read_owners_clip  # noqa: PLC0415 - OpenCV, not for --help
    from engine.gate import with_heard  # noqa: PLC0415 - see above
    from engine.rendering.finished import judge_finished, judged_frames  # noqa: PLC0415 - see above

    clip = read_owners_clip(path)
    recipe = _recipe(path)
    frames, fps = judged_frames(clip, recipe)
    calibration = None if recipe is None else _calibrations().get(recipe.engine)
    verdict = judge_finished(
        frames, fps, recipe, picture=picture, end=end, calibration=calibration, eyes=owners_eyes()
    )
    heard, unheard = _heard(path, clip, recipe)
    return Judged(
        path=path,
        frames=frames,
        fps=fps,
        verdict=with_heard(verdict, heard),
        unheard=unheard,
        uneven=not clip.even,
    )


def _heard(path: Path, clip: SourceClip, recipe: Recipe | None) -> tuple[tuple[Heard, ...], bool]:
    """What is wrong with the sound of a file, and whether it has one that can't be read.

    Only a sound that a model made is judged, or one of unknown origin; a member's own is not. How much sound
    a clip from elsewhere was to have is not known, so silence is no fault there.
    """
    if recipe is not None and recipe.sound is not SoundSource.DRAWN:
        return (), False
    from bot.cli.owners_files import read_owners_sound  # noqa: PLC0415 - see above
    from engine.gate import listen  # noqa: PLC0415 - see above

    sound, there = read_owners_sound(path)
    if sound is None:
        return (), there
    frames = len(clip.frames)
    seams: tuple[float, ...] = ()
    if recipe is not None and recipe.before is not None:
        seams = ((frames - recipe.length) / clip.fps, (frames - recipe.length + 1) / clip.fps)
    heard = listen(sound, frames=frames, fps=clip.fps, seams=seams, encoded=True)
    if recipe is None:
        heard = tuple(one for one in heard if one.code not in AS_WANTED)
    return heard, False


def _calibrations() -> Mapping[str, Calibration]:
    """The owner's own calibrations, by engine: the bot holds its takes against them."""
    from bot.config.paths import CALIBRATION  # noqa: PLC0415 - see above
    from engine.gate.calibration import shipped  # noqa: PLC0415
    from engine.gate.local_calibration import read_calibrations  # noqa: PLC0415

    return read_calibrations(data_dir() / CALIBRATION, shipped())


def _recipe(path: Path) -> Recipe | None:
    from engine.clips.mp4 import read_metadata  # noqa: PLC0415 - see above
    from engine.core.recipe import Recipe  # noqa: PLC0415

    try:
        return Recipe.from_json(read_metadata(path)["comment"])
    except (ValueError, KeyError):
        return None


def _read_reference(path: Path) -> NDArray[np.uint8]:
    from bot.cli.owners_files import read_owners_picture  # noqa: PLC0415 - see above

    return read_owners_picture(path)


def _draw(judged: Judged, output: OutputFile) -> None:
    from PIL import Image  # noqa: PLC0415 - see above

    from engine.rendering.report import report  # noqa: PLC0415

    save_picture(Image.fromarray(report(judged.frames, judged.fps, judged.verdict)), output)


def _as_text(judged: Judged) -> str:
    verdict = judged.verdict
    lines = [f"{visible(str(judged.path))}: {verdict.outcome.value}, {verdict.score:.0f} of 100"]
    lines += [f"  · {visible(reason)}" for reason in verdict.reasons]
    if judged.uneven:
        lines.append(f"  · {UNEVEN}")
    if judged.unheard:
        lines.append(f"  · {UNHEARD}")
    return "\n".join(lines)


def _as_json(judged: Judged) -> str:
    verdict = judged.verdict
    told = {
        "clip": str(judged.path),
        "outcome": verdict.outcome.value,
        "score": round(verdict.score, 1),
        "reasons": verdict.reasons,
        "frames": len(judged.frames),
        "fps": judged.fps,
        **({"uneven": UNEVEN} if judged.uneven else {}),
        **({"unheard": UNHEARD} if judged.unheard else {}),
        "scores": {name: round(float(value), 4) for name, value in verdict.scores.items()},
    }
    return json.dumps(told)
