"""``framekiln mcp``: let an assistant make clips, by the tools of the Model Context Protocol."""

from __future__ import annotations

import asyncio
import importlib.util
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bot.cli.remote.client import ADDRESS

if TYPE_CHECKING:
    from mcp.server import Server

LOOPBACK = "127.0.0.1"


@click.command()
@click.option(
    "--url",
    envvar="FRAMEKILN_API_URL",
    default=ADDRESS,
    show_default=True,
    help="Where the bot's HTTP API is.",
)
@click.option(
    "--key",
    envvar="FRAMEKILN_API_KEY",
    help="A key, as framekiln keys add shows it. FRAMEKILN_API_KEY is safer. Not with --http.",
)
@click.option(
    "--files",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="A folder from which the assistant may send files and into which clips are saved. "
    "Default: none; files travel in the messages.",
)
@click.option(
    "--http",
    metavar="PORT",
    type=click.IntRange(1, 65_535),
    help="Serve at http://HOST:PORT/mcp; each caller has a key. Default: standard input and output.",
)
@click.option("--host", default=LOOPBACK, show_default=True, help="IP address to serve on, with --http.")
def mcp(url: str, key: str | None, files: Path | None, http: int | None, host: str) -> None:
    """Let an assistant make clips (Model Context Protocol).

    Over standard input and output, every call is made with the same key.
    """
    if importlib.util.find_spec("mcp") is None:
        raise click.ClickException('the Python package mcp is missing; pip install "framekiln[mcp]"')
    from bot.remote.mcp_server import Tools, server_of, with_callers_key, with_one_key  # noqa: PLC0415 - heavy

    if http is None:
        if not key:
            raise click.ClickException("Set FRAMEKILN_API_KEY to a key; framekiln keys add makes one.")
        asyncio.run(_over_stdio(server_of(Tools(files), with_one_key(url, key))))
        return
    if files is not None:
        raise click.UsageError("--files is for standard input and output: callers over HTTP share no folder.")
    try:
        ip_address(host)
    except ValueError:
        raise click.UsageError("--host is an IP address.") from None
    asyncio.run(_over_http(server_of(Tools(None), with_callers_key(url)), host, http))


async def _over_stdio(server: Server[Any]) -> None:
    from mcp.server.stdio import stdio_server  # noqa: PLC0415 - as above

    async with stdio_server() as (incoming, outgoing):
        await server.run(incoming, outgoing, server.create_initialization_options())


async def _over_http(server: Server[Any], host: str, port: int) -> None:
    import uvicorn  # noqa: PLC0415 - as above

    # Stateless: whoever holds a key is asked for it at every call, and no session outlives one.
    application = server.streamable_http_app(stateless_http=True, json_response=True, host=host)
    await uvicorn.Server(uvicorn.Config(application, host=host, port=port, log_level="warning")).serve()
