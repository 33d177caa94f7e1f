"""Another member, and the loops that erase."""

from __future__ import annotations

import asyncio

import pytest


@pytest.fixture
def eve(fake):
    return fake.member("eve")


@pytest.fixture
async def loops(services):
    """The loops of the bot that these rights lean on."""
    await services.erasing.begin()
    parts = (services.engines.loops[0], services.deliverer, services.erasing)
    running = [asyncio.create_task(part.loop.run()) for part in parts]
    yield
    await services.engines.loops[0].stop(0)
    await services.deliverer.stop()
    for task in running:
        task.cancel()
    await asyncio.gather(*running, return_exceptions=True)
