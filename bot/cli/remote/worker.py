"""``framekiln worker``: lend this machine to somebody's bot."""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

from bot.ops.program_name import program

if TYPE_CHECKING:
    from bot.config.settings import Settings
    from bot.worker.running import Worker

PACKAGES = ("nats", "nkeys")

SPOOL = "spool"
"""The folder of what the engine is working on, in the worker's own."""


@click.group()
def worker() -> None:
    """Let this machine draw clips for a bot that runs on another one."""


@worker.command()
@click.argument("line")
@click.option("--install", is_flag=True, help="Have the worker started whenever this machine is on.")
@click.option("--test/--no-test", default=True, help="Draw a test clip here. Default: yes.")
def join(line: str, *, install: bool, test: bool) -> None:
    """Keep the invitation LINE that the owner of a bot sent you, and draw a test clip.

    Nothing is sent anywhere yet.
    """
    from bot.link.errors import BadInvitation  # noqa: PLC0415 - the command line starts without it
    from bot.link.invitation import Invitation  # noqa: PLC0415
    from bot.worker.invitation_file import store  # noqa: PLC0415

    settings = _settings()
    _need_packages()
    folder = settings.worker_dir.expanduser().absolute()
    try:
        invitation = Invitation.from_line(line)
        store(folder, invitation)
    except BadInvitation as error:
        _give_up(str(error))
    except OSError as error:
        _give_up(f"{folder} cannot be written: {error.strerror}")
    click.echo(f"This machine can now draw for the bot at {invitation.address}.")
    if install:
        _install(settings, folder)
    else:
        click.echo(f"To begin: {program()} worker run")
    click.echo(f"To see with which models it can draw, and to get more: {program()} models list")
    if test:
        _try_out(settings, folder)


@worker.command()
def run() -> None:
    """Draw for the bot that has invited this machine, until Ctrl-C."""
    from bot.link.errors import BadInvitation  # noqa: PLC0415 - the command line starts without it
    from bot.ops.logs import set_up_logs  # noqa: PLC0415
    from bot.worker import ends, running  # noqa: PLC0415
    from bot.worker.invitation_file import NoInvitation, RunsAlready, load, locked  # noqa: PLC0415

    settings = _settings()
    _need_packages()
    # Who lends a machine reads what the worker prints; the log is for those who look for a fault.
    level = "WARNING" if settings.log_level == "INFO" else settings.log_level
    set_up_logs(level, settings.log_format, [], backlog=settings.log_backlog)
    folder = settings.worker_dir.expanduser().absolute()

    async def live() -> None:
        await running.run(_made(settings, folder))

    try:
        load(folder)
        with locked(folder):
            asyncio.run(live())
    except (NoInvitation, BadInvitation, RunsAlready) as error:
        _give_up(str(error))
    except ends.Ended as error:
        click.echo(str(error), err=True)
        sys.exit(ends.FINAL)
    except OSError as error:
        _give_up(f"{folder} cannot be used: {error}")
    except asyncio.CancelledError:
        sys.exit(130)
    click.echo("Stopped.")


def _try_out(settings: Settings, folder: Path) -> None:
    """Draw a test clip, and say in plain words what came of it."""
    from bot import drawing_policies, intake_policies, policies  # noqa: PLC0415 - as above
    from bot.cli.remote.worker_trial import Drawn, NoTestClip, draw_test_clip  # noqa: PLC0415
    from bot.intake.clip_intake import ClipIntake  # noqa: PLC0415
    from bot.ops.logs import set_up_logs  # noqa: PLC0415
    from engine.families import CATALOGUE  # noqa: PLC0415
    from engine.process.host import EngineHost  # noqa: PLC0415
    from engine.runtime.capabilities import capabilities_of  # noqa: PLC0415

    devices = drawing_policies.local_devices_of(settings)
    if not devices:
        _give_up("FRAMEKILN_DEVICES is none, so nothing can be drawn here.")
    set_up_logs("CRITICAL", settings.log_format, [], backlog=settings.log_backlog)
    store, slow = drawing_policies.store_of(settings), drawing_policies.allows_slow_models(settings)
    local = drawing_policies.local_environment(settings, folder)

    async def drawn() -> Drawn:
        with tempfile.TemporaryDirectory(prefix="trial-", dir=folder) as spool:
            async with ClipIntake(intake_policies.for_checked_clips(settings)) as clips:
                return await draw_test_clip(
                    EngineHost(
                        spool=Path(spool),
                        limits=drawing_policies.for_engine(settings),
                        environment={**os.environ, **local, **devices[0].environment},
                    ),
                    capabilities=lambda device: capabilities_of(store, CATALOGUE, device, slow=slow),
                    plan_limits=policies.for_plan(settings),
                    clips=clips,
                    models=store.folder.absolute(),
                )

    click.echo("Draws a test clip of 2 seconds …")
    try:
        found = asyncio.run(drawn())
    except NoTestClip as error:
        _give_up(
            f"The test clip failed. {error}\nThe invitation is kept, but this machine cannot draw yet. "
            "framekiln doctor looks for the cause; framekiln worker join with the same line tries again."
        )
    click.echo(f"The test clip is good: {found.engine} drew it in {found.seconds:.1f} s.")


def _made(settings: Settings, folder: Path) -> Worker:
    """The worker of this machine; an event loop must run."""
    from bot import drawing_policies  # noqa: PLC0415 - the command line starts without it
    from bot.config.paths import CALIBRATION, OWN_DIGESTS  # noqa: PLC0415
    from bot.worker import running  # noqa: PLC0415
    from bot.worker.abilities import abilities_of  # noqa: PLC0415
    from bot.worker.calibrated import CalibratedEngine  # noqa: PLC0415
    from bot.worker.copies import with_copies  # noqa: PLC0415
    from bot.worker.invitation_file import load  # noqa: PLC0415
    from bot.worker.policy import for_worker  # noqa: PLC0415
    from engine.process.host import EngineHost  # noqa: PLC0415
    from engine.weights.own_files import OwnFiles  # noqa: PLC0415

    devices = drawing_policies.local_devices_of(settings)
    if not devices:
        _give_up("FRAMEKILN_DEVICES is none, so nothing can be drawn here.")
    if len(devices) > 1:
        click.echo(
            f"There are {len(devices)} GPUs here, and this worker uses {devices[0].name}. "
            "For the others, see “Several GPUs” in docs/workers.md."
        )
    settings = with_copies(settings, folder)
    local = drawing_policies.local_environment(settings, folder)

    def make() -> EngineHost:
        return EngineHost(
            spool=folder / SPOOL,
            limits=drawing_policies.for_engine(settings),
            at_once=settings.clips_at_once,
            environment={**os.environ, **local, **devices[0].environment},
        )

    engine = CalibratedEngine(make, folder / CALIBRATION)
    store = drawing_policies.store_of(settings)
    own = OwnFiles(store, folder / OWN_DIGESTS)
    slow = drawing_policies.allows_slow_models(settings)
    return running.Worker(
        load(folder),
        engine,
        folder=folder,
        policy=for_worker(settings),
        clock=time.time,
        look=lambda: abilities_of(store, engine, own, slow=slow),
        own=own,
        say=click.echo,
    )


def _install(settings: Settings, folder: Path) -> None:
    from bot.worker.service_file import service_file  # noqa: PLC0415 - the command line starts without it

    installed = Path(sys.executable).with_name("framekiln")
    if not installed.exists():
        _give_up(f"There is no {installed}. Install Framekiln with pip, and try again.")
    known = {
        "FRAMEKILN_WORKER_DIR": str(folder),
        "FRAMEKILN_MODELS_DIR": str(settings.models_dir.expanduser().absolute()),
        "FRAMEKILN_DEVICES": settings.devices,
    }
    file = service_file(
        platform=sys.platform,
        home=Path.home(),
        folder=Path.cwd(),
        settings=known,
        command=(str(installed), "worker", "run"),
    )
    try:
        file.write()
    except OSError as error:
        _give_up(f"{file.path} cannot be written: {error.strerror}")
    click.echo(f"Wrote {file.path}.")
    click.echo(f"To begin, now and whenever this machine is on: {file.start}")
    click.echo(f"To see what it does: {file.watch}")


def _settings() -> Settings:
    from bot.config.settings import BadSettings, load_settings  # noqa: PLC0415

    try:
        return load_settings()
    except BadSettings as error:
        _give_up(f"A setting is wrong. {error}")


def _need_packages() -> None:
    if os.name == "nt":
        _give_up("A worker runs on Linux and macOS. On Windows, install Framekiln in WSL and run it there.")
    if missing := [name for name in PACKAGES if find_spec(name) is None]:
        _give_up(f'{missing[0]} is not installed. Run: pip install "framekiln[worker]"')


def _give_up(text: str) -> NoReturn:
    click.echo(text, err=True)
    sys.exit(1)
