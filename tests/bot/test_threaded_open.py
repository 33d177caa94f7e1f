"""A file that is opened in a thread is closed when nobody waits for it any more."""

from __future__ import annotations

import asyncio
import threading

import pytest

from bot.threaded_open import opened_in_thread


class Slow:
    """Something whose opening lasts until the test says so."""

    def __init__(self):
        self.begun = threading.Event()
        self.go = threading.Event()
        self.closed = threading.Event()

    def open(self):
        self.begun.set()
        assert self.go.wait(10)
        return self

    def close(self):
        self.closed.set()


async def test_what_was_opened_is_handed_over_open(tmp_path):
    with await opened_in_thread(open, tmp_path / "a", "w") as file:
        file.write("x")
    assert (tmp_path / "a").read_text() == "x"


async def test_what_is_opened_after_the_task_was_cancelled_is_closed():
    slow = Slow()
    task = asyncio.create_task(opened_in_thread(slow.open))
    await asyncio.to_thread(slow.begun.wait, 10)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not slow.closed.is_set()
    slow.go.set()
    assert await asyncio.to_thread(slow.closed.wait, 10)


async def test_what_was_opened_as_the_task_was_cancelled_is_closed():
    slow = Slow()
    slow.go.set()
    task = asyncio.create_task(opened_in_thread(slow.open))
    await asyncio.sleep(0)
    assert slow.begun.wait(10)  # not awaited: the loop must not be told before the task is cancelled
    task.cancel()  # the thread is done or nearly so
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await asyncio.to_thread(slow.closed.wait, 10)


async def test_what_cannot_be_opened_raises_what_it_raised(tmp_path):
    with pytest.raises(FileNotFoundError):
        await opened_in_thread(open, tmp_path / "none")
