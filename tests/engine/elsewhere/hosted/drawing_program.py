"""Has one take drawn, as the bot does, and is killed wherever the test likes.

Run by ``test_kills.py``, with the folder, the address, the job and the service. It prints the
clip's size when it has it.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from db.sqlite.connection import Database
from engine.core.elsewhere import TakeHooks, TakeOrder
from engine.core.recipe import Kind, Recipe
from tests.engine.elsewhere.hosted.conftest import host_on
from tests.policies import queue_on


async def draw(folder: Path, url: str, job: str, service: str) -> int:
    work = folder / "work"
    work.mkdir(exist_ok=True)
    recipe = Recipe(
        kind=Kind.ANIMATE,
        engine=f"{service}/test",
        seed=7,
        width=64,
        height=64,
        frames=8,
        native_fps=8.0,
        fps=8.0,
        length=8,
        prompt="a lake",
    )
    order = TakeOrder(job=job, take=1, seed=7, recipe=recipe, inputs={}, work=work)
    hooks = TakeHooks(progress=lambda _: None, draft=lambda _: None)
    async with await Database.open(folder / "bot.db") as database:
        taken = await host_on(queue_on(database), url).draw(order, hooks)
    return taken.clip.stat().st_size


if __name__ == "__main__":
    print(asyncio.run(draw(Path(sys.argv[1]), *sys.argv[2:5])))
