"""A relay between a worker and the broker that can be slow, stop reading, or cut the line."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Self


class Relay:
    """Passes bytes on.

    Attributes:
        port: it listens here.
        delay: seconds each way.
    """

    def __init__(self, to: int, *, delay: float = 0.0) -> None:
        self._to = to
        self._flows = asyncio.Event()
        self._flows.set()
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self.delay = delay
        self.port = 0

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        self.cut()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def stall(self) -> None:
        """Swallow everything from now on: nothing is read, nothing passed on, nothing closed."""
        self._flows.clear()

    def heal(self) -> None:
        """Pass on again."""
        self._flows.set()

    def cut(self) -> None:
        """Reset all connections."""
        for writer in self._writers:
            writer.transport.abort()

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._serve(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            there, away = await asyncio.open_connection("127.0.0.1", self._to)
        except OSError:
            writer.transport.abort()
            return
        self._writers |= {writer, away}
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._pump(reader, away))
                group.create_task(self._pump(there, writer))
        finally:
            writer.transport.abort()
            away.transport.abort()
            self._writers -= {writer, away}

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        loop = asyncio.get_running_loop()
        queue: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue(256)

        async def pass_on() -> None:
            while True:
                due, data = await queue.get()
                await asyncio.sleep(due - loop.time())
                await self._flows.wait()
                writer.write(data)
                await writer.drain()
                if not data:
                    writer.transport.abort()
                    return

        passing = asyncio.create_task(pass_on())
        try:
            with contextlib.suppress(OSError):
                while data := await reader.read(1 << 16):
                    await queue.put((loop.time() + self.delay, data))
                    await self._flows.wait()
            await queue.put((loop.time() + self.delay, b""))
            with contextlib.suppress(OSError):
                await passing
        finally:
            passing.cancel()
            await asyncio.gather(passing, return_exceptions=True)
