"""``framekiln``: the bot, the engine and the doctor on the command line.

Nothing heavy is imported before a command needs it, so that ``--help`` answers at once.
"""

from __future__ import annotations

import asyncio
import io
import logging
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from bot.cli.calibrate import calibrate
from bot.cli.database import backup, check, restore
from bot.cli.effect import effect
from bot.cli.elsewhere.workflows import workflows
from bot.cli.inspect import inspect
from bot.cli.judge import UNEVEN, judge
from bot.cli.making import give_up, make, print_receipt
from bot.cli.models import models
from bot.cli.output import PICTURE, OutputFile, data_dir, save_picture
from bot.cli.remote.client import client
from bot.cli.remote.mcp import mcp
from bot.cli.remote.worker import worker
from bot.cli.request_options import A_FILE, asked_for
from bot.cli.rows.broker import broker
from bot.cli.rows.dashboard import dashboard
from bot.cli.rows.gallery import gallery
from bot.cli.rows.keys import keys
from bot.cli.rows.webhooks import webhooks
from bot.cli.rows.workers import workers
from bot.cli.setting_up.setup import setup
from bot.cli.setting_up.update import update
from bot.cli.try_ways import try_ways
from bot.config.secrets import hide, hide_token
from bot.ops.program_name import as_called, program
from bot.requests import options
from engine.core.recipe import Kind, Role
from engine.core.request import Request
from system import print_unicode

if TYPE_CHECKING:
    from bot.config.settings import Settings

log = logging.getLogger(__name__)


class _Program(click.Group):
    """The program. What it prints is shown on every terminal, and never holds a token."""

    def main(self, *args: Any, **kwargs: Any) -> Any:
        """Run it. A terminal that cannot show a letter shows another in its place."""
        for stream in (sys.stdout, sys.stderr):
            if isinstance(stream, io.TextIOWrapper):
                stream.reconfigure(errors="replace")
        return super().main(*args, **kwargs)

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command. A token that somebody gave in a wrong place is not repeated in the error."""
        try:
            with _ended_by_sigterm():
                return super().invoke(ctx)
        except click.ClickException as error:
            said = error.format_message()
            told = hide_token(as_called(said))
            if told == said:
                raise
            if isinstance(error, click.UsageError):
                raise click.UsageError(told, error.ctx) from None
            raise click.ClickException(told) from None


@contextmanager
def _ended_by_sigterm() -> Iterator[None]:
    """Let SIGTERM end a command as Ctrl-C does: what it has in the folder of temporary files goes with it.

    The bot and a worker listen to the signal by themselves. Only the main thread may set a handler.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def end(*_: object) -> NoReturn:
        sys.exit(128 + signal.SIGTERM)

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before or signal.SIG_DFL)


@click.group(cls=_Program, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="framekiln", message="framekiln %(version)s")
def main() -> None:
    """Turn a community's pictures and words into short video clips."""
    print_unicode()


main.add_command(inspect)
main.add_command(broker)
main.add_command(calibrate)
main.add_command(backup)
main.add_command(check)
main.add_command(judge)
main.add_command(client)
main.add_command(dashboard)
main.add_command(effect)
main.add_command(gallery)
main.add_command(keys)
main.add_command(mcp)
main.add_command(models)
main.add_command(restore)
main.add_command(setup)
main.add_command(update)
main.add_command(try_ways)
main.add_command(webhooks)
main.add_command(worker)
main.add_command(workers)
main.add_command(workflows)


@main.command()
def run() -> None:
    """Run the Discord bot until Ctrl-C. Needs DISCORD_TOKEN."""
    from bot.cli.folders import looked_for  # noqa: PLC0415 - see the module's docstring
    from bot.config.settings import BadSettings, load_settings  # noqa: PLC0415
    from bot.ops.logs import log_what_python_prints, set_up_logs  # noqa: PLC0415

    try:
        settings = load_settings()
    except BadSettings as error:
        give_up(f"A setting is wrong. {error}")
    if settings.discord_token is None:
        give_up(
            "DISCORD_TOKEN is not set. framekiln setup asks for it, or put it after DISCORD_TOKEN= in .env "
            f"({looked_for()}; the README says where to find the token). To try Framekiln without Discord: "
            "make demo"
        )
    secrets = [each.get_secret_value() for each in settings.secrets()]
    writer = set_up_logs(settings.log_level, settings.log_format, secrets, backlog=settings.log_backlog)
    log_what_python_prints()
    last_words = _run(settings)
    if last_words:
        writer.put(hide(as_called(last_words), secrets))
        sys.exit(1)


def _run(settings: Settings) -> str:
    """Be the bot. Returns the last words, where an error ended it: printing them here could block."""
    from bot.config.settings import unknown_variables  # noqa: PLC0415
    from bot.proxy import BadProxy  # noqa: PLC0415
    from bot.reconnect import TokenRefused  # noqa: PLC0415
    from bot.running import run as run_app  # noqa: PLC0415 - see the module's docstring
    from db.errors import DatabaseError  # noqa: PLC0415

    for name in unknown_variables():
        log.warning(as_called("There is no setting called %s. Run framekiln settings to see them all."), name)
    try:
        asyncio.run(run_app(settings))
    except TokenRefused as error:
        return f"{error}. Check DISCORD_TOKEN; you can reset it in the developer portal."
    except BadProxy as error:
        return str(error)
    except (DatabaseError, OSError) as error:
        return "\n".join([str(error), *_trouble_with_folders(settings)])
    except Exception:
        log.exception("the bot ended by an error that nobody expected")
        return "The bot ended by an error; the log has the rest."
    return ""


def _trouble_with_folders(settings: Settings) -> list[str]:
    """What the doctor says of folders without which the bot cannot run."""
    from bot.cli.folders import examine_folders  # noqa: PLC0415 - see the module's docstring

    return [line for found in examine_folders(settings) if found.blocks for line in found.lines()]


@main.command()
@click.argument("image", required=False, type=A_FILE)
@asked_for(
    *(options.PROMPT, options.ENGINE, options.SEED, options.MOTION, options.CAMERA, options.QUALITY),
    *(options.SHAPE, options.END, options.LIKE, options.REFERENCE, options.FOLLOW),
    *(options.STRENGTH, options.STYLE, options.MODEL, options.NEGATIVE, options.RAW),
    *(options.SOUND, options.AUDIO),
)
@click.option(
    "--seconds", type=float, help="Length of the clip. Default: 4 s, or as long as the clip you give."
)
@click.option("--fps", type=float, help="Frames per second, like 24, 30 or 60. Default: from the settings.")
@click.option("--size", help="WIDTHxHEIGHT in pixels. Default: the picture's own shape.")
@click.option("--first-frame", type=A_FILE, help="A picture to start the clip with, for --prompt.")
@click.option("--restyle", type=A_FILE, help="A clip to restyle as described in --prompt.")
@click.option(
    "-o",
    "--output",
    required=True,
    type=click.Path(path_type=Path),
    help="Where to save the MP4.",
)
def render(
    image: Path | None,
    *,
    seconds: float | None,
    fps: float | None,
    size: str | None,
    first_frame: Path | None,
    end: Path | None,
    like: Path | None,
    reference: Path | None,
    audio: Path | None,
    restyle: Path | None,
    output: Path,
    **asked: Any,
) -> None:
    """Make one clip: from IMAGE, from --prompt alone, or from a clip to --restyle."""
    from engine.core.errors import UserError  # noqa: PLC0415 - see the module's docstring

    if image is None and not asked["prompt"]:
        raise click.UsageError("Give a picture, or say what to show with --prompt.")
    if sum(file is not None for file in (image, first_frame, restyle)) > 1:
        raise click.UsageError(
            "IMAGE, --first-frame and --restyle all set how the clip starts: give only one of them."
        )
    if reference is not None and restyle is not None:
        raise click.UsageError("--restyle already follows its clip: leave out --reference.")
    if asked["follow"] is not None and reference is None:
        raise click.UsageError("--follow needs a clip: give one with --reference.")
    if end is not None and image is None:
        raise click.UsageError("--end needs a picture to start from: give it as IMAGE.")
    if audio is not None and restyle is not None:
        raise click.UsageError("--restyle keeps the sound of its clip: leave out --audio.")
    kind = Kind.RESTYLE if restyle else Kind.ANIMATE if image else Kind.TEXT2VIDEO
    files = {
        Role.PICTURE: image or first_frame,
        Role.END: end,
        Role.LIKE: like,
        Role.REFERENCE: restyle or reference,
        Role.SOUND: audio,
    }
    asked["style"] = ",".join(asked["style"])
    try:
        request = replace(
            options.request_of(kind, **asked),
            seconds=seconds,
            fps=fps,
            size=None if size is None else _size(size),
        )
        made = make(request, {role: file for role, file in files.items() if file is not None}, output)
    except UserError as error:
        give_up(str(error))
    print_receipt(made, output.expanduser())


@main.command()
@click.argument("clip", type=A_FILE)
@click.option(
    "-o",
    "--output",
    required=True,
    type=click.Path(path_type=Path),
    help="Where to save the MP4.",
)
def upscale(clip: Path, output: Path) -> None:
    """Show CLIP at twice its size, with the sound it has."""
    from engine.core.errors import UserError  # noqa: PLC0415 - see the module's docstring
    from engine.families.upscale import NAME  # noqa: PLC0415

    try:
        # Whoever names the engine will wait for it, GPU or not.
        made = make(Request(kind=Kind.UPSCALE, engine=NAME), {Role.REFERENCE: clip}, output)
    except UserError as error:
        give_up(str(error))
    print_receipt(made, output.expanduser())


@main.command()
@click.argument("image", type=A_FILE)
@click.option(
    "-o",
    "--output",
    default=Path("out/demo.mp4"),
    show_default=True,
    type=click.Path(path_type=Path),
    help="Where to save the MP4.",
)
def demo(image: Path, output: Path) -> None:
    """Make a clip from IMAGE as the bot would: queue, engine, quality gate, smoothing, MP4."""
    from engine.core.errors import UserError  # noqa: PLC0415 - see the module's docstring

    click.echo(f"Making a clip from {image}: queue, engine, quality gate, smoothing, encoder.\n")
    request = Request(kind=Kind.ANIMATE, seed=7)
    try:
        made = make(request, {Role.PICTURE: image}, output, first=_fetch_eyes)
    except UserError as error:
        give_up(str(error))
    print_receipt(made, output.expanduser())
    click.echo(
        f"\nNext, try your own picture:  {program()} render PICTURE.png -o out/mine.mp4\n"
        f"      or set up the bot:      {program()} setup\n"
        "      (it asks for the token and says what is missing; the README shows every step)"
    )


def _fetch_eyes(settings: Settings) -> None:
    """Fetch the small networks that look at pictures, if they are not here; a failure stops nothing."""
    from bot import drawing_policies, policies  # noqa: PLC0415 - see the module's docstring
    from bot.ops.fetch_eyes import fetch_eyes  # noqa: PLC0415

    fetch_eyes(
        drawing_policies.store_of(settings), policies.for_fetching_eyes(settings), click.echo, clock=time.time
    )


@main.command()
@click.option("--gpu", is_flag=True, help="Look at the GPU: what it can draw, and what to download for it.")
def doctor(*, gpu: bool) -> None:
    """Check what is missing, and say how to fix it."""
    if gpu:
        _examine_gpu()
    from bot.cli.doctor import examine, report  # noqa: PLC0415 - see the module's docstring

    findings = examine()
    click.echo(report(findings))
    sys.exit(1 if any(finding.blocks for finding in findings) else 0)


def _examine_gpu() -> NoReturn:
    from bot.cli.gpu_report import gpu_report  # noqa: PLC0415 - see the module's docstring
    from bot.config.settings import BadSettings, load_settings  # noqa: PLC0415

    try:
        lines, well = gpu_report(load_settings())
    except BadSettings as error:
        give_up(f"A setting is wrong. {error}")
    click.echo(as_called("\n".join(lines)))
    sys.exit(0 if well else 1)


@main.command()
def settings() -> None:
    """List every setting with its default and meaning."""
    from bot.cli.tables.settings_table import table  # noqa: PLC0415 - see the module's docstring

    click.echo(table())


@main.command()
@click.argument("clip", type=A_FILE)
@click.option(
    "-o",
    "--output",
    required=True,
    type=click.Path(path_type=Path),
    help="Where to save the picture.",
)
def sheet(clip: Path, output: Path) -> None:
    """Put frames of CLIP into one picture, labelled with their time."""
    from PIL import Image  # noqa: PLC0415 - see the module's docstring

    from bot.cli.owners_files import read_owners_clip  # noqa: PLC0415
    from engine.clips.sheet import contact_sheet  # noqa: PLC0415

    saved = OutputFile(output, PICTURE, data=data_dir(), inputs=[clip])
    try:
        read = read_owners_clip(clip)
    except (ValueError, OSError) as error:
        give_up(str(error))
    save_picture(Image.fromarray(contact_sheet(read.frames, read.fps)), saved)
    click.echo(str(saved.path))
    if not read.even:
        click.echo(UNEVEN)


@main.command()
def health() -> None:
    """Check whether the bot using this data folder is running (exit status 0 or 1)."""
    from bot.config.settings import BadSettings, load_settings  # noqa: PLC0415
    from bot.ops.health import look  # noqa: PLC0415 - see the module's docstring

    try:
        alive, text = look(load_settings().data_dir, now=time.time())
    except BadSettings as error:
        give_up(str(error))
    click.echo(text)
    sys.exit(0 if alive else 1)


def _size(text: str) -> tuple[int, int]:
    width, _, height = text.lower().replace("×", "x").partition("x")
    if not (width.strip().isdecimal() and height.strip().isdecimal()):
        raise click.BadParameter("write it as WIDTHxHEIGHT, like 768x432", param_hint="--size")
    return int(width), int(height)
