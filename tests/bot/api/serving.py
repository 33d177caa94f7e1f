"""The API of the bot in this process, asked over a real socket."""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import aiohttp

from bot import serving_policies
from bot.app import App
from bot.running import api_server
from bot.supervisor import Supervisor
from db.api.keys import MEMBERS_SCOPES, Scope
from tests.until import until

TEXT = {"kind": "text2video", "prompt": "a lighthouse in a storm", "quality": "fast", "length": "short"}


@dataclasses.dataclass(kw_only=True)
class Answered:
    """An answer, read whole."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    json: Any


class Client:
    """A program with a key.

    Attributes:
        at: where the API is, such as http://127.0.0.1:1234.
    """

    def __init__(self, http: aiohttp.ClientSession, at: str, key: str) -> None:
        self._http = http
        self.at = at
        self.key = key

    async def ask(self, method: str, path: str, **options: Any) -> Answered:
        headers = {"Authorization": f"Bearer {self.key}", **options.pop("headers", {})}
        async with self._http.request(method, self.at + path, headers=headers, **options) as answer:
            body = await answer.read()
            read = None
            if "json" in answer.headers.get("Content-Type", ""):
                read = await answer.json(content_type=None)
            return Answered(status=answer.status, headers=answer.headers, body=body, json=read)

    async def post(self, asked: Mapping[str, Any] = TEXT, **headers: str) -> Answered:
        told = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.ask("POST", "/v1/jobs", json=dict(asked), headers=told)


@dataclasses.dataclass(kw_only=True)
class Served:
    """The API while it is served."""

    at: str
    http: aiohttp.ClientSession
    app: App

    async def client(self, guild: int, user: int, *scopes: Scope) -> Client:
        """A client with a new key."""
        keys = self.app.queue.api_keys
        _, key = await keys.add(guild, user, "test", scopes or MEMBERS_SCOPES, most=1000)
        return Client(self.http, self.at, key)

    def stranger(self, key: str = "") -> Client:
        return Client(self.http, self.at, key)


@asynccontextmanager
async def serving(app: App, **changes: Any) -> AsyncIterator[Served]:
    """Serve the API at a free port."""
    policy = dataclasses.replace(serving_policies.for_api(app.settings), port=0, per_minute=100_000)
    server = api_server(app, dataclasses.replace(policy, **changes))
    supervisor = Supervisor()
    supervisor.add(server.loop)
    await app.queue.events.switch(on=True)
    async with supervisor.running(), aiohttp.ClientSession() as http:
        await until(lambda: server.address is not None)
        host, port = server.address or ("", 0)
        yield Served(at=f"http://{host}:{port}", http=http, app=app)


@asynccontextmanager
async def drawing(app: App) -> AsyncIterator[None]:
    """Let the queue move: jobs are drawn and delivered."""
    supervisor = Supervisor()
    supervisor.add(app.engines.loops[0].loop, app.deliverer.loop)
    async with supervisor.running():
        yield
        await app.engines.stop(0.1)
        await app.deliverer.stop()
