"""``framekiln``: the bot, the engine and the doctor from the command line.

Nothing heavy is imported before a command needs it, so that ``--help`` answers at once.
"""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

from bot.cli.calibrate import calibrate
from bot.cli.database import backup, check, restore
from bot.cli.inspect import inspect
from bot.cli.judge import judge
from bot.cli.models import models

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.cli.demo import Made
    from engine.core.recipe import Role
    from engine.core.request import Request

MIN_SEED, MAX_SEED = 0, 2**32 - 1
MEGABYTE = 1_000_000
A_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="framekiln", message="framekiln %(version)s")
def main() -> None:
    """Turn a community's pictures and words into short video clips."""


main.add_command(inspect)
main.add_command(calibrate)
main.add_command(backup)
main.add_command(check)
main.add_command(judge)
main.add_command(models)
main.add_command(restore)


@main.command()
def run() -> None:
    """Be the Discord bot, until Ctrl-C. Needs DISCORD_TOKEN."""
    from bot.app import run as run_app  # noqa: PLC0415 - see the module's docstring
    from bot.config.settings import BadSettings, load_settings, unknown_variables  # noqa: PLC0415
    from bot.ops.logs import set_up_logs  # noqa: PLC0415
    from bot.reconnect import TokenRefused  # noqa: PLC0415
    from db.errors import DatabaseError  # noqa: PLC0415

    try:
        settings = load_settings()
    except BadSettings as error:
        _give_up(f"A setting is wrong. {error}")
    if settings.discord_token is None:
        _give_up(
            "DISCORD_TOKEN is not set. Put it into .env, like this: DISCORD_TOKEN=… "
            "(the README says where the token is). To try it without Discord: make demo"
        )
    set_up_logs(settings.log_level, settings.log_format, [settings.discord_token.get_secret_value()])
    for name in unknown_variables():
        click.echo(f"There is no setting called {name}; framekiln settings lists those there are.", err=True)
    try:
        asyncio.run(run_app(settings))
    except TokenRefused as error:
        _give_up(f"{error}. Look at DISCORD_TOKEN; the developer portal can make a new one.")
    except (DatabaseError, OSError) as error:
        _give_up(str(error))


@main.command()
@click.argument("image", required=False, type=A_FILE)
@click.option("--prompt", help="What it shows, or what should happen.")
@click.option("--engine", default="auto", show_default=True, help="camera, sketch, … or auto.")
@click.option("--seed", type=click.IntRange(MIN_SEED, MAX_SEED), help="The same seed makes the same clip.")
@click.option("--seconds", type=float, help="How long the clip is: 4 s, or as long as the clip you give.")
@click.option("--fps", type=float, help="Frames per second, like 24, 30 or 60; what the settings say.")
@click.option("--size", help="WIDTHxHEIGHT in pixels; the picture's own shape if left out.")
@click.option(
    "--motion",
    type=click.Choice(["gentle", "normal", "wild"]),
    default="normal",
    show_default=True,
    help="How much should move.",
)
@click.option("--camera", default="auto", show_default=True, help="still, push in, pan left, …")
@click.option(
    "--quality",
    type=click.Choice(["fast", "balanced", "best"]),
    default="balanced",
    show_default=True,
    help="How much time to take.",
)
@click.option("--first-frame", type=A_FILE, help="A picture that the clip of --prompt begins with.")
@click.option("--like", type=A_FILE, help="A picture whose look the clip should have.")
@click.option("--reference", type=A_FILE, help="A clip whose moves it should follow.")
@click.option("--follow", help="What of the reference to follow: pose, depth, edges or soft edges.")
@click.option("--restyle", type=A_FILE, help="A clip to draw anew, as --prompt says.")
@click.option("--strength", type=click.FloatRange(0, 1), help="How far --restyle may leave its clip.")
@click.option(
    "--style", metavar="NAME[:WEIGHT]", multiple=True, help="A style from the models folder; may be repeated."
)
@click.option("--model", default="", help="A checkpoint of the models folder, or of the catalogue.")
@click.option("--negative", help="What it should not look like.")
@click.option("--raw", is_flag=True, help="Read the words as they are, with nothing added.")
@click.option(
    "-o",
    "--output",
    required=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help="Where the MP4 goes.",
)
def render(  # noqa: PLR0917 - click gives them by name
    image: Path | None,
    prompt: str | None,
    engine: str,
    seed: int | None,
    seconds: float | None,
    fps: float | None,
    size: str | None,
    motion: str,
    camera: str,
    quality: str,
    first_frame: Path | None,
    like: Path | None,
    reference: Path | None,
    follow: str | None,
    restyle: Path | None,
    strength: float | None,
    style: tuple[str, ...],
    model: str,
    negative: str | None,
    raw: bool,
    output: Path,
) -> None:
    """Make one clip: from IMAGE, from --prompt alone, or from a clip to --restyle."""
    from bot.requests.style_names import styles_of  # noqa: PLC0415 - see the module's docstring
    from engine.core.errors import UserError  # noqa: PLC0415
    from engine.core.recipe import Camera, Follow, Kind, Motion, Quality, Role  # noqa: PLC0415
    from engine.core.request import Request, choose  # noqa: PLC0415

    if image is None and not prompt:
        raise click.UsageError("Give a picture, or say what to show with --prompt.")
    if sum(file is not None for file in (image, first_frame, restyle)) > 1:
        raise click.UsageError("IMAGE, --first-frame and --restyle each begin a clip: give one of them.")
    if reference is not None and restyle is not None:
        raise click.UsageError("A clip to --restyle is followed already: leave --reference out.")
    if follow is not None and reference is None:
        raise click.UsageError("--follow needs a clip: give one with --reference.")
    kind = Kind.RESTYLE if restyle else Kind.ANIMATE if image else Kind.TEXT2VIDEO
    files = {Role.PICTURE: image or first_frame, Role.LIKE: like, Role.REFERENCE: restyle or reference}
    try:
        request = Request(
            kind=kind,
            prompt=prompt or "",
            engine=engine,
            seed=seed,
            seconds=seconds,
            fps=fps,
            size=None if size is None else _size(size),
            motion=Motion(motion),
            camera=choose(Camera, camera, Camera.AUTO),
            quality=Quality(quality),
            raw=raw,
            negative=negative,
            model=model,
            styles=styles_of(",".join(style)),
            follow=None if follow is None else choose(Follow, follow, Follow.DEPTH),
            strength=strength,
        )
        made = _make(request, {role: file for role, file in files.items() if file is not None}, output)
    except UserError as error:
        _give_up(str(error))
    _print_receipt(made, output)


@main.command()
@click.argument("image", type=A_FILE)
@click.option(
    "-o",
    "--output",
    default=Path("out/demo.mp4"),
    show_default=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help="Where the MP4 goes.",
)
def demo(image: Path, output: Path) -> None:
    """Take IMAGE the whole way, as a server would: queue, engine, gate, smoothing, MP4."""
    from engine.core.errors import UserError  # noqa: PLC0415 - see the module's docstring
    from engine.core.recipe import Kind, Role  # noqa: PLC0415
    from engine.core.request import Request  # noqa: PLC0415

    click.echo(f"Taking {image} through the queue, the engine, the gate, the smoothing and the encoder.\n")
    try:
        made = _make(Request(kind=Kind.ANIMATE, seconds=4.0, seed=7), {Role.PICTURE: image}, output)
    except UserError as error:
        _give_up(str(error))
    _print_receipt(made, output)
    click.echo(
        "\nNext: try your own picture:  .venv/bin/framekiln render PICTURE.png -o out/mine.mp4\n"
        "      or run the bot:        put DISCORD_TOKEN=… into .env, then  .venv/bin/framekiln run\n"
        "      (the README shows each step; .venv/bin/framekiln doctor says what is missing)"
    )


@main.command()
def doctor() -> None:
    """Say in plain words what is missing, and how to mend it."""
    from bot.cli.doctor import examine, report  # noqa: PLC0415 - see the module's docstring

    findings = examine()
    click.echo(report(findings))
    sys.exit(1 if any(finding.blocks for finding in findings) else 0)


@main.command()
def settings() -> None:
    """List every setting with its default and its meaning."""
    from bot.cli.settings_table import table  # noqa: PLC0415 - see the module's docstring

    click.echo(table())


@main.command()
@click.argument("clip", type=A_FILE)
@click.option(
    "-o",
    "--output",
    required=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help="Where the picture goes.",
)
def sheet(clip: Path, output: Path) -> None:
    """Lay frames of CLIP out on one picture, with their seconds."""
    from PIL import Image  # noqa: PLC0415 - see the module's docstring

    from engine.clips.read_clip import read_clip  # noqa: PLC0415
    from engine.clips.sheet import contact_sheet  # noqa: PLC0415

    try:
        read = read_clip(clip)
        Image.fromarray(contact_sheet(read.frames, read.fps)).save(output, optimize=True)
    except (ValueError, OSError) as error:
        _give_up(str(error))
    click.echo(str(output))


@main.command()
def health() -> None:
    """Say whether the bot that uses this data folder is alive (exit status 0 or 1)."""
    from bot.config.settings import BadSettings, load_settings  # noqa: PLC0415
    from bot.ops.health import look  # noqa: PLC0415 - see the module's docstring

    try:
        alive, text = look(load_settings().data_dir)
    except BadSettings as error:
        _give_up(str(error))
    click.echo(text)
    sys.exit(0 if alive else 1)


def _make(request: Request, files: Mapping[Role, Path], output: Path) -> Made:
    """Make a clip with a bar that shows its stages, where somebody watches."""
    _check_writable(output)
    from rich.console import Console  # noqa: PLC0415 - see the module's docstring
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn  # noqa: PLC0415

    from bot.cli.demo import make_clip  # noqa: PLC0415
    from bot.config.settings import BadSettings, load_settings  # noqa: PLC0415
    from bot.loops.previews import JobProgress  # noqa: PLC0415
    from bot.text.messages import STAGES, overall  # noqa: PLC0415

    try:
        settings = load_settings()
    except BadSettings as error:
        _give_up(f"A setting is wrong. {error}")
    columns = (TextColumn("{task.description:<16}"), BarColumn(40), TextColumn("{task.percentage:>3.0f} %"))
    with Progress(*columns, TimeElapsedColumn(), console=Console(stderr=True)) as shown:
        bar = shown.add_task("waking up", total=1.0)

        def tell(live: JobProgress) -> None:
            name = STAGES.get(live.stage, live.stage) + (f" (take {live.take})" if live.take > 1 else "")
            shown.update(bar, description=name, completed=overall(live.stage, live.fraction))

        given = {role: path.read_bytes() for role, path in files.items()}
        made = asyncio.run(make_clip(request, given, output, settings=settings, on_progress=tell))
        shown.update(bar, description="done", completed=1.0)
    return made


def _check_writable(output: Path) -> None:
    """Say before the work, not after it, that its result has no place."""
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        _give_up(f"{output} cannot be written: {error.strerror}")
    if not os.access(output.parent, os.W_OK):
        _give_up(f"{output} cannot be written: its folder does not allow it")


def _print_receipt(made: Made, output: Path) -> None:
    from engine.provenance.seal import Signature, inspect_clip  # noqa: PLC0415 - see the module's docstring

    recipe, receipt = made.recipe, made.receipt
    size = f"{receipt.size / 1e6:.1f} MB" if receipt.size >= MEGABYTE / 10 else f"{receipt.size / 1e3:.1f} kB"
    click.echo(f"\n  {output}  ({size})")
    click.echo(
        f"  {receipt.width}×{receipt.height}, {recipe.seconds:.1f} s, "
        f"{receipt.frames} frames at {receipt.fps:g} a second"
    )
    for reason in recipe.reasons:
        click.echo(f"  · {reason}")
    for take in receipt.takes:
        words = f": {'; '.join(take.reasons)}" if take.reasons else ""
        click.echo(f"  · take {take.number} {take.outcome}, {take.score:.0f} of 100{words}")
    for given_up in receipt.ladder:
        click.echo(f"  · {given_up}")
    spent = ", ".join(f"{stage} {seconds:.1f} s" for stage, seconds in receipt.seconds.items())
    click.echo(f"  · {made.seconds:.1f} s in all: {spent}")
    click.echo(f"  · seed {recipe.seed}")
    signed = inspect_clip(output).signature is not Signature.NONE
    click.echo("  · signed" if signed else "  · not signed: framekiln run makes the key at its first start")


def _size(text: str) -> tuple[int, int]:
    width, _, height = text.lower().replace("×", "x").partition("x")
    if not (width.strip().isdigit() and height.strip().isdigit()):
        raise click.BadParameter("write it as WIDTHxHEIGHT, like 768x432", param_hint="--size")
    return int(width), int(height)


def _give_up(text: str) -> NoReturn:
    click.echo(text, err=True)
    sys.exit(1)
