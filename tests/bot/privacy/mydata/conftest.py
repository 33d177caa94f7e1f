"""Another member, and the loops that erase."""

from __future__ import annotations

import asyncio

import pytest


@pytest.fixture
def eve(fake):
    return fake.member("eve")


@pytest.fixture
async def loops(app):
    """The loops of the bot that these rights lean on."""
    await app.erasing.begin()
    parts = (app.engines.loops[0], app.deliverer, app.erasing)
    running = [asyncio.create_task(part.loop.run()) for part in parts]
    yield
    await app.engines.loops[0].stop(0)
    await app.deliverer.stop()
    for task in running:
        task.cancel()
    await asyncio.gather(*running, return_exceptions=True)
