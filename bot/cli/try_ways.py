"""``framekiln try``: one small clip of each way that is installed, and a table of what they took."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.cli.output import CLIP, PICTURE, Content, OutputFile, save_picture

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bot.cli.demo import ClipMaker, Made
    from bot.cli.trials import Trial
    from bot.cli.tried import Row
    from bot.config.settings import Settings
    from engine.core.device import Device
    from engine.core.family import Picture
    from engine.core.recipe import Role
    from engine.runtime.gpu import Gpu

TABLE = Content(what="a table", suffixes=(".md",))
SUBJECT = Path(__file__).parent / "lake.jpg"
"""The picture that is animated; drawn by examples/draw_lake.py."""

ATTEMPTS = 2
"""How often a way is begun: after a crash it gets one more chance."""

STOPPED = 130
"""The exit status of what Ctrl-C ended, as shells have it."""

SHEET_WIDTH, SHEET_FRAMES, LABEL = 1200, 4, 26
"""Of a clip's strip on the sheet: pixels, frames, and pixels of the line above them."""


@click.command("try")
@click.option(
    "-o",
    "--output",
    default=Path("out/try"),
    show_default=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="The folder for the clips, the sheet and the table.",
)
@click.option(
    "--seconds", type=click.FloatRange(0.5, 10), default=2.0, show_default=True, help="Length of each clip."
)
@click.option("--engine", "engines", multiple=True, help="Try only this engine; you can repeat it.")
def try_ways(output: Path, seconds: float, engines: tuple[str, ...]) -> None:
    """Make one small clip with each installed way of drawing, and a table of what they took.

    The exit status is 0 if every way made a clip that the quality check lets through, else 1.
    """
    from bot.config.settings import BadSettings, load_settings  # noqa: PLC0415 - --help starts without it
    from engine.core.errors import EngineError  # noqa: PLC0415 - same
    from engine.families import FAMILIES  # noqa: PLC0415 - same

    unknown = sorted(set(engines) - set(FAMILIES))
    if unknown:
        raise click.UsageError(f"There is no engine called {unknown[0]}. Choose from: {', '.join(FAMILIES)}.")
    try:
        settings = load_settings().model_copy(update={"max_takes": 1})
    except BadSettings as error:
        raise click.ClickException(f"A setting is wrong. {error}") from error
    run = Tries(settings, output.expanduser())
    try:
        asyncio.run(run.all(seconds, engines))
    except KeyboardInterrupt:
        click.echo(f"\nStopped. What was found so far is in {run.folder}.", err=True)
        sys.exit(STOPPED)
    except EngineError as error:
        raise click.ClickException(f"The engine does not start: {error}") from error
    sys.exit(run.report())


class Tries:
    """One run.

    Attributes:
        folder: where everything goes.
        rows: the ways so far.
    """

    def __init__(self, settings: Settings, folder: Path) -> None:
        """Look at the folder before any work is done.

        Raises:
            CannotSave: nothing can be written there.
        """
        self.folder = folder
        self.rows: list[Row] = []
        self._settings = settings
        self._table = OutputFile(folder / "table.md", TABLE, data=settings.data_dir)
        self._sheet = OutputFile(folder / "sheet.jpg", PICTURE, data=settings.data_dir)
        self._gpu: Gpu | None = None
        self._ways: Sequence[Trial] = ()
        self._left_out: tuple[str, ...] = ()
        self._missed: tuple[str, ...] = ()
        self._strips: list[Picture] = []
        self._film: bytes | None = None

    async def all(self, seconds: float, engines: Sequence[str]) -> None:
        """Try each way, and write down what was found after each of them.

        Args:
            seconds: of each clip.
            engines: those that are tried; none: all.

        Raises:
            EngineError: the engine does not start.
            CannotSave: the disk is full, or cannot be written.
        """
        from bot.cli.demo import clip_maker  # noqa: PLC0415 - --help starts without it

        async with clip_maker(self._settings) as maker:
            self._plan(await maker.device(), seconds, engines)
            for number, trial in enumerate(self._ways, 1):
                click.echo(f"{number} of {len(self._ways)}: {trial.way} …", nl=False)
                row = await self._try(maker, trial, number)
                self.rows.append(row)
                took = "" if row.seconds is None else f"{row.seconds:.1f} s, "
                click.echo(f" {took}{row.verdict}")
                self._write()

    def report(self) -> int:
        """Print the table.

        Returns:
            The exit status.
        """
        click.echo(f"\n{self._text()}")
        bad = [row for row in self.rows if not row.well]
        if self._missed:
            click.echo("Not every engine that you named was tried.")
        if bad:
            click.echo(f"{len(bad)} of {len(self._ways)} ways did not go well.")
        elif self.rows and not self._missed:
            click.echo("All is well.")
        elif not self.rows:
            click.echo("Nothing was tried.")
        click.echo(f"Look at the clips: {self.folder}. The table to send us is {self._table.path}.")
        return 1 if bad or self._missed or not self.rows else 0

    def _plan(self, device: Device, seconds: float, engines: Sequence[str]) -> None:
        """Find out what there is to try."""
        from bot import drawing_policies, policies  # noqa: PLC0415 - --help starts without it
        from bot.cli.trials import not_tried, trials  # noqa: PLC0415
        from engine.families import CATALOGUE, FAMILIES  # noqa: PLC0415
        from engine.runtime.capabilities import capabilities_of  # noqa: PLC0415
        from engine.runtime.gpu import gpu_of  # noqa: PLC0415

        settings = self._settings
        store, slow = drawing_policies.store_of(settings), drawing_policies.allows_slow_models(settings)
        capabilities = capabilities_of(store, CATALOGUE, device, slow=slow)
        found = trials(capabilities, policies.for_plan(settings), seconds=seconds)
        self._ways = tuple(trial for trial in found if not engines or trial.recipe.engine in engines)
        self._gpu = gpu_of(device)
        self._left_out = tuple(
            f"Not tried: `{name}` is missing {lack}. `FRAMEKILN_DEVICE=cpu` tries it on the processor."
            for name, lack in not_tried(capabilities).items()
            if not engines
        )
        tried = {trial.recipe.engine for trial in self._ways}
        self._missed = tuple(
            f"Not tried: `{name}` is missing {FAMILIES[name].lacks(capabilities) or 'what it draws from'}."
            for name in dict.fromkeys(engines)
            if name not in tried
        )

    async def _try(self, maker: ClipMaker, trial: Trial, number: int) -> Row:
        from bot.cli.tried import failed_row, made_row  # noqa: PLC0415 - --help starts without it
        from engine.core.errors import EngineError  # noqa: PLC0415 - same

        name = f"{number:02}-{trial.way.replace(' ', '-')}.mp4"
        output = OutputFile(self.folder / name, CLIP, data=self._settings.data_dir)
        try:
            made = await self._make(maker, trial, output)
        except (EngineError, OSError, ValueError) as error:
            return failed_row(trial.recipe, str(error) or type(error).__name__)
        if self._film is None:
            self._film = output.path.read_bytes()
        self._strips.append(await asyncio.to_thread(self._strip, trial.way, output.path))
        return made_row(made.recipe, made.receipt, made.seconds)

    async def _make(self, maker: ClipMaker, trial: Trial, output: OutputFile) -> Made:
        files: Mapping[Role, bytes] = {} if trial.role is None else {trial.role: self._file(trial.role)}
        return await maker.make(trial.request, files, output, on_progress=lambda _: None, attempts=ATTEMPTS)

    def _file(self, role: Role) -> bytes:
        """The picture that ships with the program; a clip to follow is the first that was made."""
        from engine.core.recipe import Role as Roles  # noqa: PLC0415 - --help starts without it

        if role is Roles.PICTURE:
            return SUBJECT.read_bytes()
        if self._film is None:
            raise ValueError("it follows a clip, and no way before it made one")
        return self._film

    def _strip(self, name: str, clip: Path) -> Picture:
        """A few frames of a clip in a row, below its name."""
        import cv2  # noqa: PLC0415 - --help starts without it
        import numpy as np  # noqa: PLC0415

        from engine.clips.read_clip import read_clip  # noqa: PLC0415
        from engine.clips.sheet import contact_sheet  # noqa: PLC0415

        read = read_clip(clip)
        frames = contact_sheet(read.frames, read.fps, columns=SHEET_FRAMES, rows=1, width=SHEET_WIDTH)
        label = np.full((LABEL, SHEET_WIDTH, 3), 24, np.uint8)
        face, white = cv2.FONT_HERSHEY_SIMPLEX, (235, 235, 235)
        cv2.putText(label, name, (10, 19), face, 0.55, white, 1, cv2.LINE_AA)
        return np.concatenate([label, frames])

    def _text(self) -> str:
        from bot.cli.tried import table  # noqa: PLC0415 - --help starts without it

        return table(self.rows, self._gpu, of=len(self._ways), left_out=(*self._left_out, *self._missed))

    def _write(self) -> None:
        """Write everything anew, so that a run that is cut off leaves what it found."""
        import numpy as np  # noqa: PLC0415 - --help starts without it
        from PIL import Image  # noqa: PLC0415 - same

        from bot.cli.tried import keep  # noqa: PLC0415 - same

        with self._table.draft() as draft:
            draft.write_text(self._text(), "utf-8")
        if self._strips:
            save_picture(Image.fromarray(np.concatenate(self._strips)), self._sheet)
        keep(self.rows, self._gpu, self._settings.data_dir)
