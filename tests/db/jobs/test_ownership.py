"""Whose a file is: who gave it or made it here, and only as long as it was not taken down."""

from __future__ import annotations

import pytest

from tests.db.asking import ANN, BEN, CLIP, GUILD, audit_entry, enqueued, rendered

PICTURE = "a" * 64
OTHER = 200


@pytest.fixture
async def clip(queue):
    """A clip of Ann's that was posted."""
    job = await rendered(queue, user=ANN, inputs={"picture": PICTURE})
    await queue.delivery.begin_posting(job.id)
    await queue.delivery.record_posted(job.id, 50)
    return await queue.jobs.get(job.id)


async def test_a_clip_is_its_members_and_theirs_who_went_on_from_it_in_one_server(queue, clip):
    assert await queue.ownership.clip_of(GUILD, ANN, CLIP) == clip
    assert await queue.ownership.clip_of(OTHER, ANN, CLIP) is None
    assert await queue.ownership.clip_of(GUILD, BEN, CLIP) is None
    await enqueued(queue, BEN, inputs={"before": CLIP})
    assert await queue.ownership.clip_of(GUILD, BEN, CLIP) == clip


async def test_a_clip_that_was_not_posted_is_nobodys_yet(queue):
    await rendered(queue, user=ANN)
    assert await queue.ownership.clip_of(GUILD, ANN, CLIP) is None


async def test_what_was_taken_down_is_given_to_nobody_again(queue, clip):
    given = await queue.ownership.given_for(GUILD, ANN, PICTURE)
    assert given == clip
    await queue.cases.report(clip.id, BEN, "odd", most=9)
    assert await queue.cases.take_down(clip.id, 1, audit_entry("take down", clip.id)) is not None
    assert await queue.ownership.given_for(GUILD, ANN, PICTURE) is None
    assert await queue.ownership.clip_of(GUILD, ANN, CLIP) is None


async def test_who_took_their_clip_down_owns_no_other_of_the_same_content(queue, clip):
    await queue.retention.mark_deleted(clip.id)
    same = await rendered(queue, user=BEN, inputs={"picture": PICTURE})
    await queue.delivery.begin_posting(same.id)
    await queue.delivery.record_posted(same.id, 51)
    assert await queue.ownership.clip_of(GUILD, ANN, CLIP) is None
    assert (await queue.ownership.clip_of(GUILD, BEN, CLIP)).id == same.id
