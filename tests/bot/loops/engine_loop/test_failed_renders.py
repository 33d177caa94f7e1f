"""Renders that fail: what the member reads, and what the log holds."""

from __future__ import annotations

import pytest

from bot.text import status_texts
from db.states import State
from engine.core.errors import Code, EngineError, RenderFailed, Unsupported
from engine.core.recipe import Recipe
from engine.core.sentence import Sentence
from tests.bot.fixtures import queued
from tests.bot.german import german
from tests.bot.loops.engine_loop.bench import comes_to


async def test_a_failed_render_has_an_error_id_that_the_log_holds(queue, engine, start, caplog):
    engine.acts = [RenderFailed("E_MEMORY", "out of memory", "Traceback: the whole story")]
    job = await queued(queue)
    start()
    row = await comes_to(queue, job, State.FAILED)
    assert (row.error_code, row.error_text) == ("E_MEMORY", None)
    assert row.error_id in caplog.text
    assert "the whole story" in caplog.text


@pytest.mark.parametrize("code", [Code.WEIGHTS, Code.EXTRACTOR])
async def test_what_is_wrong_with_weights_is_told_to_the_member(queue, engine, start, code):
    engine.acts = [RenderFailed(code, "“toon” is damaged. Choose another one.", "Traceback: the whole story")]
    job = await queued(queue)
    start()
    row = await comes_to(queue, job, State.FAILED)
    assert row.error_text == "“toon” is damaged. Choose another one."
    assert "Choose another one." in status_texts.over(row, Recipe.from_json(row.recipe))


async def test_any_other_answer_of_the_engine_fails_the_job(queue, engine, start, caplog):
    engine.acts = [EngineError("no clip")]
    job = await queued(queue)
    start()
    row = await comes_to(queue, job, State.FAILED)
    assert row.error_code == "E_ENGINE"
    assert row.error_id in caplog.text


async def test_an_impossible_render_fails_with_a_text_for_the_member(queue, engine, start):
    engine.acts = [Unsupported("This needs a picture.")]
    job = await queued(queue)
    start()
    row = await comes_to(queue, job, State.FAILED)
    assert (row.error_code, row.error_text) == ("E_UNSUPPORTED", "This needs a picture.")


async def test_why_a_job_failed_is_stored_in_its_members_language(queue, engine, start, tmp_path):
    engine.acts = [Unsupported(Sentence("This engine needs a picture to start from."))]
    job = await queued(queue, language="de")
    with german(tmp_path):
        start()
        row = await comes_to(queue, job, State.FAILED)
    assert row.error_text == "Diese Engine beginnt mit einem Bild."
