"""``framekiln gallery``: the gallery as a folder of plain files."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.cli.rows.one_transaction import reading

if TYPE_CHECKING:
    import sqlite3

    from bot.config.settings import Settings
    from db.gallery import Shown, ShownClips


@click.group()
def gallery() -> None:
    """Show members' public clips on the web."""


@gallery.command()
@click.argument("out", type=click.Path(path_type=Path, file_okay=False))
def build(out: Path) -> None:
    """Build the gallery in the folder OUT, for any web server. The bot can be running.

    A second build writes only what has changed, and deletes what may not be shown any more.
    """
    from bot.config.paths import BLOBS  # noqa: PLC0415 - the command line starts without it
    from bot.config.settings import load_settings  # noqa: PLC0415
    from bot.gallery.build import GalleryBuild, NotAGallery  # noqa: PLC0415
    from bot.text.languages import language_of  # noqa: PLC0415
    from bot.text.wording import speaking  # noqa: PLC0415
    from db.files import Blobs  # noqa: PLC0415
    from engine.provenance.identity import load_or_make_identity  # noqa: PLC0415
    from engine.provenance.seal import Sealer  # noqa: PLC0415

    settings = load_settings()
    with reading() as connection:
        job = GalleryBuild(
            out,
            look=lambda: _shown(settings, connection),
            blobs=Blobs(settings.data_dir / BLOBS),
            sealer=Sealer(load_or_make_identity(settings.data_dir)),
            progress=_bar,
        )
        try:
            with speaking(language_of(None, settings.language)):
                done = job.run()
        except (NotAGallery, OSError) as error:
            raise click.ClickException(str(error)) from error
    click.echo(
        f"{done.clips} clips are in {out}: {done.made} are new, {done.removed} files were removed"
        + (f", {done.missing} clips have no readable file." if done.missing else ".")
    )


def _shown(settings: Settings, connection: sqlite3.Connection) -> ShownClips:
    import time  # noqa: PLC0415 - as above

    from bot.serving_policies import for_gallery  # noqa: PLC0415
    from db.gallery import ShownClips  # noqa: PLC0415
    from db.privacy.pseudonyms import Pseudonyms  # noqa: PLC0415

    return ShownClips(
        connection,
        pseudonym_of=Pseudonyms(settings.data_dir).of,
        kept=for_gallery(settings).kept,
        now=time.time(),
    )


def _bar(clips: list[Shown]) -> Iterable[Shown]:
    """The clips, with a bar in a terminal that says how far it is."""
    from rich.console import Console  # noqa: PLC0415 - as above
    from rich.progress import track  # noqa: PLC0415

    console = Console(stderr=True)
    quiet = not clips or not console.is_terminal
    return track(clips, description="Writing clips", console=console, disable=quiet)
