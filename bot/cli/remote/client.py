"""``framekiln client``: ask a bot for clips over its HTTP API, from any machine."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from bot.cli.output import CLIP, OutputFile, data_dir
from bot.cli.request_options import asked_for
from bot.requests.options import ANIMATE, EFFECT, RESTYLE, TEXT2VIDEO, ClipCommand

if TYPE_CHECKING:
    from bot.remote.api_client import ApiClient, Document

T = TypeVar("T")

ADDRESS = "http://127.0.0.1:8377"
LONGEST_LIST = 100

OUTPUT = click.option(
    "-o", "--output", type=click.Path(path_type=Path), help="Wait for the clip, and save the MP4 here."
)


@click.group()
@click.option(
    "--url", envvar="FRAMEKILN_API_URL", default=ADDRESS, show_default=True, help="Where the API is."
)
@click.option(
    "--key",
    envvar="FRAMEKILN_API_KEY",
    help="A key, as framekiln keys add shows it. FRAMEKILN_API_KEY is safer: nobody sees it.",
)
@click.pass_context
def client(context: click.Context, url: str, key: str | None) -> None:
    """Ask a bot for clips over its HTTP API."""
    context.obj = (url, key)


def _asking(command: ClipCommand) -> None:
    """Add the command that asks for a kind of clip; its options are those in Discord."""

    @client.command(command.name, help=f"{command.about}. Prints the job.")
    @asked_for(*command.options)
    @click.option(
        "--channel", metavar="ID", help="A channel in which the bot posts the clip. Default: nowhere."
    )
    @OUTPUT
    @click.pass_obj
    def ask(way: tuple[str, str | None], /, output: Path | None, **given: Any) -> None:
        from bot.remote.api_client import Upload  # noqa: PLC0415 - the command line starts without it

        files = {
            option.name: Upload(content=path, name=path.name)
            for option in command.options
            if option.role is not None and (path := given.pop(option.name)) is not None
        }
        missing = [
            f"--{option.name}"
            for option in command.options
            if option.required and not given.get(option.name) and option.name not in files
        ]
        if missing:
            raise click.UsageError(f"Missing: {', '.join(missing)}.")
        target = None if output is None else OutputFile(output, CLIP, data=data_dir())
        options = {name: _plain(value) for name, value in given.items()}

        async def work(api: ApiClient) -> None:
            job = await api.ask(command.name, options, files)
            if target is not None:
                await _save(api, job, target)
            else:
                _show(job)

        _do(way, work)


def _plain(value: Any) -> Any:
    """An option's value as JSON has it; None where it was not given."""
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, tuple):
        return ",".join(value) or None
    return None if value is False else value


for _command in (ANIMATE, TEXT2VIDEO, RESTYLE, EFFECT):
    _asking(_command)


@client.command()
@click.argument("job")
@click.pass_obj
def job(way: tuple[str, str | None], job: str) -> None:
    """Show JOB."""
    _do(way, lambda api: _print(api.job(job)))


@client.command()
@click.argument("job")
@click.pass_obj
def cancel(way: tuple[str, str | None], job: str) -> None:
    """Cancel JOB. One that is over stays as it is."""
    _do(way, lambda api: _print(api.cancel(job)))


@client.command()
@click.argument("job")
@click.option("-o", "--output", required=True, type=click.Path(path_type=Path), help="Where to save the MP4.")
@click.pass_obj
def clip(way: tuple[str, str | None], job: str, output: Path) -> None:
    """Wait for JOB, and save its clip."""
    target = OutputFile(output, CLIP, data=data_dir())

    async def work(api: ApiClient) -> None:
        await _save(api, await api.job(job), target)

    _do(way, work)


@client.command()
@click.option(
    "--limit", type=click.IntRange(1, LONGEST_LIST), default=20, show_default=True, help="Jobs to list."
)
@click.pass_obj
def jobs(way: tuple[str, str | None], limit: int) -> None:
    """List your jobs, the newest first."""

    async def work(api: ApiClient) -> None:
        for each in await api.jobs(limit=limit):
            words = " ".join((each["prompt"] or "").split())
            click.echo(f"{each['id']}  {each['state']:<10}  {each['kind']:<10}  {words[:60]}")

    _do(way, work)


@client.command()
@click.pass_obj
def engines(way: tuple[str, str | None]) -> None:
    """List what can be asked for."""
    _do(way, lambda api: _print(api.engines()))


@client.command()
@click.pass_obj
def limits(way: tuple[str, str | None]) -> None:
    """Show what is left of your limits."""
    _do(way, lambda api: _print(api.limits()))


def _do(way: tuple[str, str | None], work: Callable[[ApiClient], Awaitable[T]]) -> T:
    """Do something with the API; what it refuses ends the command in words."""
    from bot.remote.api_client import ApiClient, ApiError  # noqa: PLC0415 - the command line starts without it

    address, key = way
    if not key:
        raise click.UsageError("Set FRAMEKILN_API_KEY to a key; framekiln keys add makes one.")

    async def with_client() -> T:
        async with ApiClient(address, key) as api:
            return await work(api)

    try:
        return asyncio.run(with_client())
    except (ApiError, OSError) as error:
        raise click.ClickException(str(error)) from None


async def _save(api: ApiClient, job: Document, target: OutputFile) -> None:
    """Wait for a job, and save its clip."""
    told = ""

    async def tell(now: Document) -> None:
        nonlocal told
        if now["state"] != told:
            told = now["state"]
            click.echo(f"{now['id']}: {told}", err=True)

    over = await api.wait(job["id"], seconds=None, told=tell)
    if over["state"] != "succeeded":
        why = over["error"]["detail"] if over["error"] else f"the job is {over['state']}"
        raise click.ClickException(why)
    content = await api.clip(over["id"])
    with target.draft() as draft:
        draft.write_bytes(content)
    click.echo(str(target.path))


async def _print(document: Awaitable[Document]) -> None:
    _show(await document)


def _show(document: Document) -> None:
    click.echo(json.dumps(document, ensure_ascii=False, indent=2))
