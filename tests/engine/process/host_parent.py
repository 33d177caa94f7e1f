"""A parent made to be killed: hosts an engine, prints its process id, and has it render the given words."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from tests.engine.process.host_bench import render, running_host


async def run(spool: Path, prompt: str) -> None:
    async with running_host(spool) as host:
        await render(host, prompt, on_event=lambda event: print(host.pid, flush=True))


if __name__ == "__main__":
    asyncio.run(run(Path(sys.argv[1]), sys.argv[2]))
