"""A job's recipe and receipt are parsed once per row."""

from __future__ import annotations

import dataclasses
import gc

import pytest

from bot import job_documents
from bot.job_documents import receipt_of, recipe_of
from engine.core.recipe import Recipe
from tests.bot.fixtures import queued, rendered


async def test_a_row_is_parsed_once_and_forgotten_with_the_row(queue, blobs):
    job = await rendered(queue, blobs)
    assert recipe_of(job) == Recipe.from_json(job.recipe)
    assert recipe_of(job) is recipe_of(job)
    assert receipt_of(job) is receipt_of(job)
    key = id(job)
    assert key in job_documents._recipes._made
    del job
    gc.collect()
    assert key not in job_documents._recipes._made
    assert key not in job_documents._receipts._made


async def test_a_changed_row_is_another_row(queue):
    job = await queued(queue)
    changed = dataclasses.replace(recipe_of(job), seed=recipe_of(job).seed + 1)
    assert recipe_of(dataclasses.replace(job, recipe=changed.to_json())) == changed


async def test_what_cannot_be_read_is_refused_each_time(queue):
    job = await queued(queue)
    for _ in range(2):
        with pytest.raises(ValueError, match=r"."):
            receipt_of(job)
