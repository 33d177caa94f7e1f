"""A job's recipe and receipt are parsed once per row."""

from __future__ import annotations

import dataclasses
import gc

import pytest

from bot import job_documents
from bot.job_documents import picture_seen, receipt_of, recipe_of, seen_document, seen_of
from engine.core.recipe import Recipe, Role
from engine.core.request import Subject
from engine.core.sight import Sight, Spot
from tests.bot.fixtures import queued, recipe, rendered


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


FACE = Spot(left=0.2, top=0.1, width=0.3, height=0.4, certainty=0.9)
SIGHT = Sight(faces=(FACE,))
DIGEST, OTHER = "d" * 64, "e" * 64


async def test_what_was_seen_is_stored_with_the_job_and_goes_on_to_what_is_made_of_the_same_picture(queue):
    drawn = recipe(inputs={Role.PICTURE: DIGEST})
    subjects = [Subject(sha256=digest, width=9, height=9, sight=SIGHT) for digest in (DIGEST, OTHER)]
    document = seen_document(drawn, subjects)
    job = await queued(queue, seen=document)
    assert seen_of(job) == {DIGEST: SIGHT}, "only pictures that it is drawn from"
    assert seen_document(drawn, (), job) == document
    assert seen_document(recipe(inputs={Role.PICTURE: OTHER}), (), job) is None


@pytest.mark.parametrize("seen", [None, "", "{", "[]", "7", '{"d": {"version": 99}}', '{"d": 7}'])
async def test_what_cannot_be_read_of_it_was_not_seen(queue, seen):
    assert seen_of(await queued(queue, seen=seen)) == {}


def test_where_no_eye_looked_nothing_is_stored():
    subject = Subject(sha256=DIGEST, width=9, height=9)
    assert seen_document(recipe(inputs={Role.PICTURE: DIGEST}), [subject]) is None


async def test_what_was_seen_in_the_picture_of_a_job_is_told_from_what_was_seen_in_others(queue):
    face = Sight(faces=(Spot(left=0.1, top=0.1, width=0.5, height=0.5, certainty=0.9),))
    inputs = {Role.PICTURE: "a" * 64, Role.LIKE: "b" * 64}
    subjects = [Subject(sha256=inputs[Role.LIKE], width=9, height=9, sight=face)]
    unseen = await queued(queue, inputs=inputs, seen=seen_document(recipe(inputs=inputs), subjects))
    assert picture_seen(unseen) is None
    subjects.append(Subject(sha256=inputs[Role.PICTURE], width=9, height=9, sight=face))
    job = await queued(queue, inputs=inputs, seen=seen_document(recipe(inputs=inputs), subjects))
    assert picture_seen(job) == face
    assert picture_seen(await queued(queue)) is None
