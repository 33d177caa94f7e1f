"""``framekiln workflows``: what is in the owner's folder, and whether a ComfyUI server can draw it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from engine.core.foreign_text import visible

if TYPE_CHECKING:
    from bot.config.settings import Settings
    from engine.elsewhere.comfyui.folder import Folder
    from engine.elsewhere.comfyui.workflow import Workflow

NO_FOLDER = "FRAMEKILN_WORKFLOWS_DIR is not set: it names the folder of your workflows"
NO_SERVER = "FRAMEKILN_COMFYUI is not set, so no server is asked."
A_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)


@click.group()
def workflows() -> None:
    """Look at your ComfyUI workflows."""


@workflows.command("list")
@click.argument("folder", type=A_FOLDER, required=False)
def list_them(folder: Path | None) -> None:
    """List the workflows of a FOLDER, and what each takes. By default, the folder of the settings."""
    from bot.config.settings import load_settings  # noqa: PLC0415 - the command line starts without it

    found = _read(folder, load_settings())
    for workflow in found.workflows.values():
        click.echo("\n".join(_described(workflow)))
    _tell_faults(found)


@workflows.command()
@click.argument("folder", type=A_FOLDER, required=False)
@click.option(
    "--server", "servers", multiple=True, metavar="URL", help="Ask this server, not those of the settings."
)
def check(folder: Path | None, servers: tuple[str, ...]) -> None:
    """Check the workflows of a FOLDER: the files, and what a ComfyUI server lacks (exit status 0 or 1)."""
    from bot.config.settings import load_settings  # noqa: PLC0415 - as above

    settings = load_settings()
    found = _read(folder, settings)
    _tell_faults(found)
    ready = bool(found.workflows) and not found.faults
    addresses = servers or settings.comfyui
    for address in addresses:
        ready &= asyncio.run(_ask(address, found, settings))
    if not addresses:
        for name in found.workflows:
            click.echo(f"✓ {name}: its files can be used")
        click.echo(NO_SERVER)
    if not ready:
        raise SystemExit(1)


def _read(folder: Path | None, settings: Settings) -> Folder:
    from engine.elsewhere.comfyui.folder import read_folder  # noqa: PLC0415 - as above

    folder = folder or settings.workflows_dir
    if folder is None:
        raise click.ClickException(NO_FOLDER)
    found = read_folder(folder.expanduser())
    if not found.workflows and not found.faults:
        click.echo(f"There are no workflows in {folder}.")
    return found


def _tell_faults(found: Folder) -> None:
    for fault in found.faults:
        click.echo(f"✗ {visible(fault)}")


def _described(workflow: Workflow) -> Sequence[str]:
    from engine.elsewhere.comfyui.family import engine_name  # noqa: PLC0415 - as above

    about = workflow.about
    takes = [slot for slot in workflow.slots if slot != "clip"]
    length = f", {about.longest / about.fps:.3g} s at most" if about.longest else ""
    return (
        f"{engine_name(workflow.name)}: {visible(about.title)}",
        f"    makes: {', '.join(sorted(about.kinds))}; {about.fps:g} frames a second{length}",
        f"    takes: {', '.join(takes)}",
    )


async def _ask(address: str, found: Folder, settings: Settings) -> bool:
    """Say what a server lacks for each workflow; True: nothing."""
    from bot import elsewhere_policies  # noqa: PLC0415 - as above
    from engine.elsewhere.comfyui.check import facts_of, missing_on, notes_on  # noqa: PLC0415
    from engine.elsewhere.comfyui.server import Server, Unreachable  # noqa: PLC0415

    login = settings.comfyui_login
    server = Server(
        address,
        login="" if login is None else login.get_secret_value(),
        limits=elsewhere_policies.for_comfyui(settings),
    )
    try:
        facts = await facts_of(server, found.workflows.values())
    except Unreachable as error:
        click.echo(f"✗ The server can't be asked: {visible(str(error))}")
        return False
    finally:
        await server.close()
    click.echo(f"{server.name}: ComfyUI {'.'.join(map(str, facts.version)) or 'of an unknown version'}")
    whole = True
    for name, workflow in found.workflows.items():
        missing = missing_on(workflow, facts)
        whole &= not missing
        click.echo(f"{'✗' if missing else '✓'} {name}{': something is missing' if missing else ''}")
        for text in (*missing, *notes_on(workflow, facts)):
            click.echo(f"    {visible(text)}")
    return whole
