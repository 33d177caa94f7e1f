"""Until when the answer that a member got can still become their clip."""

from __future__ import annotations

from dataclasses import replace

from bot.loops.answer_post import ANSWERABLE_SECONDS, is_answerable
from tests.db.asking import running


async def test_a_token_is_good_for_its_time_from_when_it_was_given(queue):
    job = await running(queue, private=True, token="1:t")
    end = job.created_at + ANSWERABLE_SECONDS
    assert is_answerable(job, end)
    assert not is_answerable(job, end + 1.0)
    renewed = replace(job, token_at=job.created_at + 600.0)
    assert is_answerable(renewed, end + 600.0)
    assert not is_answerable(renewed, end + 601.0)
    assert not is_answerable(replace(job, token=None), job.created_at)
