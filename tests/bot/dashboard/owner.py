"""The owner in front of a browser: the dashboard of the bot in this process, over a real socket."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp

from bot.app import App
from bot.running import web_server
from bot.supervisor import Supervisor
from bot.web.policy import WebPolicy
from db.api.owner_key import make_owner_key
from tests.until import until


@dataclass(kw_only=True)
class Page:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    text: str


class Owner:
    """A browser, with the cookies that it got.

    Attributes:
        at: where the dashboard is.
        key: the owner's.
    """

    def __init__(self, http: aiohttp.ClientSession, at: str, key: str) -> None:
        self.http = http
        self.at = at
        self.key = key
        self.cookie = ""

    async def ask(self, method: str, path: str = "", **options: Any) -> Page:
        headers = {"Cookie": self.cookie, **options.pop("headers", {})}
        async with self.http.request(
            method, self.at + path, headers=headers, allow_redirects=False, **options
        ) as answer:
            if given := answer.headers.get("Set-Cookie"):
                self.cookie = given.partition(";")[0]
            return Page(status=answer.status, headers=answer.headers, text=await answer.text())

    async def log_in(self, key: str | None = None) -> Page:
        return await self.ask("POST", "/login", data={"key": key or self.key})

    async def proof(self) -> str:
        page = await self.ask("GET")
        found = re.search(r'name="proof" value="([^"]+)"', page.text)
        assert found is not None
        return found[1]

    async def do(self, action: str, **fields: str) -> Page:
        return await self.ask("POST", f"/do/{action}", data={"proof": await self.proof(), **fields})


@asynccontextmanager
async def watching(app: App) -> AsyncIterator[Owner]:
    """Serve the dashboard, and give the owner's browser, not logged in."""
    key = await app.database.write(make_owner_key)
    supervisor = Supervisor()
    web = web_server(app, supervisor, WebPolicy(host="127.0.0.1", port=0))
    supervisor.add(web.loop)
    jar = aiohttp.DummyCookieJar()
    async with supervisor.running(), aiohttp.ClientSession(cookie_jar=jar) as http:
        await until(lambda: web.address is not None)
        host, port = web.address or ("", 0)
        yield Owner(http, f"http://{host}:{port}/dashboard", key)
