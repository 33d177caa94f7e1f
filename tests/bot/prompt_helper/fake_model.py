"""A language model behind an API like OpenAI's, on a real socket, that answers as it is told."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


class FakeModel:
    """Remembers what it was asked, and answers with the next of ``answers``, or with the last again."""

    def __init__(self) -> None:
        self.asked: list[tuple[dict[str, str], dict[str, Any]]] = []
        self.answers: list[Answer] = [words("A ginger cat walks along a red wall.")]
        self.url = ""

    async def take(self, request: web.Request) -> web.StreamResponse:
        """Answer one question."""
        self.asked.append((dict(request.headers), await request.json()))
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return await answer(request)


def words(text: object, **more: Any) -> Answer:
    """A chat completion of this text."""
    message = {"role": "assistant", "content": text}
    return body(json.dumps({"choices": [{"index": 0, "message": message}], **more}).encode())


def body(data: bytes, status: int = 200, **headers: str) -> Answer:
    """These very bytes."""

    async def answer(_: web.Request) -> web.StreamResponse:
        return web.Response(body=data, status=status, headers=headers)

    return answer


def never() -> Answer:
    """No answer at all."""

    async def answer(_: web.Request) -> web.StreamResponse:
        await asyncio.sleep(60)
        return web.Response()

    return answer


@asynccontextmanager
async def served() -> AsyncIterator[FakeModel]:
    """Serve one for as long as the block lasts."""
    made = FakeModel()
    application = web.Application()
    application.router.add_post("/v1/chat/completions", made.take)
    application.router.add_post("/v1/elsewhere", words("What another place says."))
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.01)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    made.url = f"http://{host}:{port}/v1"
    try:
        yield made
    finally:
        await runner.cleanup()
