"""Whatever fails, at whatever level: no token, no prompt and no signed address in the log."""

from __future__ import annotations

import asyncio
import logging
import os
import re
from functools import partial

import pytest

from bot.config.choices import LogFormat
from bot.config.secrets import HIDDEN
from bot.ops.logs import set_up_logs
from bot.ops.redaction import hushed, without_quotes
from engine.core.errors import EngineDied, RenderFailed
from engine.process.environment import scrubbed
from tests.bot.fixtures import picture, queued
from tests.fake_discord import TOKEN, Answers, LostAnswer, Status, Truncated, Upload
from tests.until import until

PROMPT = "canary heron over the canal"


@pytest.fixture
def logged(tmp_path):
    """All that the bot writes at DEBUG; the loggers are as before afterwards."""
    path = tmp_path / "log"
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT)
    root = logging.getLogger()
    before, handlers = root.level, root.handlers[:]
    root.handlers = []
    levels = {name: logging.getLogger(name).level for name in ("bot", "engine", "db")}
    writer = set_up_logs("DEBUG", LogFormat.JSON, [TOKEN], backlog=10_000_000, descriptor=descriptor)

    def read() -> str:
        writer.flush(10)
        return path.read_text()

    yield read
    writer.flush(10)
    os.close(descriptor)
    logging.captureWarnings(capture=False)
    root.level, root.handlers = before, handlers
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)


def is_done(app, asked):
    return not app.door.has(asked)


async def test_after_a_day_of_failures_the_log_holds_no_canary(logged, fake, channel, ada, bot, app, engine):
    quoting = f"RuntimeError: cannot read {PROMPT!r}"
    engine.acts += [
        EngineDied(-11, quoting),
        RenderFailed("E_ENGINE", "it broke", detail=quoting),
        RenderFailed("E_DEVICE", "the card", detail=quoting),
        ValueError("our own fault"),
    ]
    running = (app.engines.loops[0].loop.run(), app.deliverer.loop.run(), app.board.loop.run())
    loops = [asyncio.create_task(each) for each in running]
    for upload in (
        Upload("cat.png", picture()),
        Upload("cat.png", picture(), fault=Answers(404)),
        Upload("cat.png", picture(), fault=Truncated(at=20)),
        Upload("cat.png", b"\x89PNG\r\n\x1a\n" + b"rubbish" * 50),
    ):
        asked = await fake.slash(ada, channel, "animate", image=upload, prompt=PROMPT)
        await asked.answered()
        await until(partial(is_done, app, asked), 20)  # one at a time
    fake.fail("POST", rf"/channels/{channel.id}/messages$", Status(500), times=2)
    fake.fail("POST", rf"/channels/{channel.id}/messages$", LostAnswer())
    for _ in range(2):  # the first is set aside
        asked = await fake.slash(ada, channel, "text2video", prompt=PROMPT)
        await asked.answered()
        await until(partial(is_done, app, asked))
    await until(lambda: any(one.attachments for one in fake.messages(channel)), 40)
    await app.engines.loops[0].stop(0)
    await app.deliverer.stop()
    await app.board.stop()
    await asyncio.gather(*loops)

    text = logged()
    assert text.count('"level": "ERROR"') >= 3
    assert HIDDEN in text
    for canary in (TOKEN, PROMPT, "canary"):
        assert canary not in text
    assert not re.search(r"(?:ex|is|hm)=[0-9a-f]", text)


async def test_what_an_engine_quotes_of_a_member_is_hidden_and_the_rest_stays(queue):
    words = {"prompt": "a heron", "words": "a heron, film still", "negative": "blur"}
    job = await queued(queue, recipe=words)
    said = hushed("cannot encode 'a heron, film still' (a heron) without blur on cuda:0", job)
    assert said == f"cannot encode '{HIDDEN}' ({HIDDEN}) without {HIDDEN} on cuda:0"


def test_libraries_that_quote_prompts_in_warnings_are_told_to_be_quiet():
    given = scrubbed({"PATH": "/bin"})
    assert given == {"PATH": "/bin", "TRANSFORMERS_VERBOSITY": "error", "DIFFUSERS_VERBOSITY": "error"}
    assert scrubbed({"DIFFUSERS_VERBOSITY": "info"})["DIFFUSERS_VERBOSITY"] == "info"


@pytest.mark.parametrize(
    "note",
    [
        "the sketch does not know “canary”",
        "not used, because the prompt is too long: “a canary” said “I”, a canary”",
        "I drew a bird for “canary\nbird”",
    ],
)
def test_what_a_receipt_quotes_is_not_logged(note):
    assert "canary" not in without_quotes(note)


def test_a_note_without_quotes_is_logged_as_it_is():
    assert without_quotes("drawn in two parts to save memory") == "drawn in two parts to save memory"
