"""A bot behind a proxy: Discord's API, its gateway and members' files all go through it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from urllib.request import getproxies

import pytest
from discord.gateway import DiscordWebSocket
from discord.http import Route
from yarl import URL

from bot.cli.doctor import _proxy
from bot.concurrency import Turns
from bot.config.secrets import hide
from bot.intake.download import Downloader
from bot.proxy import BadProxy, proxy_for, without_password
from bot.reconnect import stay_connected
from engine.untrusted.headers import Refused
from tests.bot.fixtures import picture
from tests.fake_discord import Upload

VARIABLES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")
HOST = "discord.test"
"""A name that only the proxy knows."""


@pytest.fixture(autouse=True)
def no_proxy_of_this_machine(monkeypatch):
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    assert getproxies() == {}


@dataclass
class Proxy:
    """A real proxy on the loopback, for one host.

    Attributes:
        url: its address.
        heads: the first line of each request.
        auth: the credentials that it was shown.
    """

    url: str = ""
    heads: list[str] = field(default_factory=list)
    auth: set[str] = field(default_factory=set)


async def pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(ConnectionError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    writer.close()


@contextlib.asynccontextmanager
async def proxy_to(port: int) -> AsyncIterator[Proxy]:
    """Pass every request for HOST on to a port of this machine. A connection serves one request."""
    made = Proxy()
    tasks: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        first, *rest = head.split("\r\n")
        method, target, version = first.split(" ")
        made.heads.append(first)
        made.auth |= {line.partition(": ")[2] for line in rest if line.startswith("Proxy-Authorization: ")}
        if method == "CONNECT" or URL(target).host != HOST:
            writer.write(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n")
            writer.close()
            return
        onward, back = await asyncio.open_connection("127.0.0.1", port)
        lines = [f"{method} {URL(target).raw_path_qs} {version}"]
        lines += [line for line in rest if not line.lower().startswith(("proxy-", "connection: keep"))]
        if not any(line.lower().startswith("upgrade:") for line in lines):
            lines.insert(1, "Connection: close")
        back.write("\r\n".join(lines).encode("latin-1"))
        await asyncio.gather(pipe(reader, back), pipe(onward, writer))

    def begin(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(serve(reader, writer))
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    server = await asyncio.start_server(begin, "127.0.0.1", 0)
    made.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield made
    finally:
        server.close()
        for task in list(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@pytest.fixture
async def proxy(fake):
    async with proxy_to(fake._port) as made:
        yield made


@contextlib.contextmanager
def behind(fake, monkeypatch, proxy):
    """Discord has a name that only the proxy can reach."""
    port = fake._port
    monkeypatch.setenv("HTTP_PROXY", proxy)
    with fake.point(), monkeypatch.context() as meanwhile:
        meanwhile.setattr(Route, "BASE", f"http://{HOST}:{port}/api/v10")
        meanwhile.setattr(DiscordWebSocket, "DEFAULT_GATEWAY", URL(f"ws://{HOST}:{port}/gateway"))
        fake.world.base_url = f"http://{HOST}:{port}"
        yield


async def test_everything_of_discords_goes_through_the_proxy(fake, channel, ada, app, monkeypatch, proxy):
    with behind(fake, monkeypatch, proxy.url.replace("//", "//name:word@")):
        staying = asyncio.create_task(stay_connected(app))
        try:
            await fake.connected(20)
            await fake.wait_for(lambda: fake.world.commands)
            asked = await fake.slash(ada, channel, "animate", image=Upload("cat.png", picture()))
            assert "you are next" in (await asked.shown()).content
        finally:
            staying.cancel()
            await asyncio.gather(staying, return_exceptions=True)
    paths = {URL(head.split(" ")[1]).path.split("/")[1] for head in proxy.heads}
    assert paths == {"api", "gateway", "attachments"}
    assert proxy.auth == {"Basic bmFtZTp3b3Jk"}


async def test_a_real_address_is_asked_for_by_a_tunnel(fake, app, monkeypatch, proxy, caplog):
    monkeypatch.setenv("https_proxy", proxy.url.replace("//", "//name:canary@"))
    caplog.set_level("INFO", "bot.reconnect")
    staying = asyncio.create_task(stay_connected(app))
    try:
        await fake.wait_for(lambda: proxy.heads)
    finally:
        staying.cancel()
        await asyncio.gather(staying, return_exceptions=True)
    assert proxy.heads[0] == "CONNECT discord.com:443 HTTP/1.1"
    assert f"reaching Discord through the proxy {proxy.url}" in caplog.text
    assert "canary" not in hide(caplog.text), "as the log's formatter does"


@pytest.mark.parametrize("host", ["cdn.discordapp.com", "media.discordapp.net"])
async def test_a_file_is_asked_for_by_a_tunnel(monkeypatch, proxy, host):
    monkeypatch.setenv("HTTPS_PROXY", proxy.url)
    upload = Attached(url=f"https://{host}/attachments/1/2/a.png", size=10)
    async with Downloader(turns=Turns(at_once=1, waiting=1), max_bytes=100, seconds=5) as downloader:
        with pytest.raises(Refused):
            await downloader.fetch(upload)
    assert set(proxy.heads) == {f"CONNECT {host}:443 HTTP/1.1"}


@dataclass
class Attached:
    url: str
    size: int


@pytest.mark.parametrize(
    ("variables", "url", "proxy"),
    [
        ({"HTTPS_PROXY": "http://p:1"}, "https://discord.com/api", "http://p:1"),
        ({"https_proxy": "http://p:1"}, "wss://gateway.discord.gg", "http://p:1"),
        ({"ALL_PROXY": "http://p:1"}, "https://discord.com/api", "http://p:1"),
        ({"ALL_PROXY": "socks5://p:1", "HTTPS_PROXY": "p:2"}, "https://discord.com", "http://p:2"),
        ({"HTTP_PROXY": "http://p:1"}, "https://discord.com", None),
        ({"HTTPS_PROXY": ""}, "https://discord.com", None),
        ({"HTTPS_PROXY": "http://p:1", "NO_PROXY": "discord.com"}, "https://discord.com", None),
        ({"HTTPS_PROXY": "http://p:1", "no_proxy": ".discord.com"}, "https://cdn.discord.com", None),
        ({"HTTPS_PROXY": "http://p:1", "NO_PROXY": "*"}, "https://discord.com", None),
        ({"HTTPS_PROXY": "http://p:1", "NO_PROXY": "example.com"}, "https://discord.com", "http://p:1"),
        ({"HTTP_PROXY": "http://p:1"}, "http://127.0.0.1:5/api", None),
        ({"HTTP_PROXY": "http://p:1"}, "http://localhost:5/api", None),
        ({"HTTP_PROXY": "http://p:1"}, "http://[::1]:5/api", None),
    ],
)
def test_the_usual_variables_decide(monkeypatch, variables, url, proxy):
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    found = proxy_for(URL(url))
    assert (None if found is None else str(URL(found))) == proxy


@pytest.mark.parametrize("value", ["socks5://p:1", "ftp://p:1", "http://", "http://p:port"])
def test_a_proxy_that_cannot_be_used_is_named_by_its_variable(monkeypatch, value):
    monkeypatch.setenv("HTTPS_PROXY", value)
    with pytest.raises(BadProxy, match=r"^HTTPS_PROXY or ALL_PROXY must be the address of an HTTP proxy"):
        proxy_for(URL("https://discord.com"))
    [finding] = _proxy()
    assert finding.blocks


def test_the_doctor_shows_the_proxy_and_not_its_password(monkeypatch):
    assert list(_proxy()) == []
    monkeypatch.setenv("HTTPS_PROXY", "http://name:canary@p:1")
    [finding] = _proxy()
    assert finding.text == "Discord is reached through http://p:1"
    assert without_password("http://name:canary@p:1") == "http://p:1"
