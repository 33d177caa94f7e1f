from __future__ import annotations

import contextlib
import json
import logging
import os
import re
import sys
import threading
import time
import warnings

import pytest

from bot.config.choices import LogFormat
from bot.config.secrets import HIDDEN
from bot.ops.logs import LAST_SECONDS, log_what_python_prints, set_up_logs
from tests.until import PATIENCE

# Both have the shape of the real thing and are made up; the second is no setting of this process.
OURS = "canary-token-without-any-shape"
SHAPED = "MTAw" * 6 + ".G" + "abcde" + "." + "k" * 38
WEBHOOK = "https://discord.com/api/v10/webhooks/1234567890/aW50-eYJ_canary~webhook%3D/messages/@original"
CALLBACK = "https://discord.com/api/v10/interactions/1234567890/aW50-eYJ_canary~webhook%3D/callback"
SIGNED = "https://cdn.discordapp.com/attachments/1/2/cat.png?ex=canary1&is=canary2&hm=canary3&"
SIGNED_LATER = "https://media.discordapp.net/attachments/1/2/cat.png?width=8&ex=canary1&is=canary2&hm=canary3"
SEED = "SUA" + "CANARY" * 9 + "A"
INVITED = f"fkw1.{'Y2FuYXJ5LWluLWFuLWludml0YXRpb24' * 3}"

BACKLOG = 100_000
SECRET_PARTS = ["canary", "CANARY", "Y2FuYXJ5", SHAPED, "k" * 38]


@pytest.fixture
def written(capfd):
    """Gives what went to standard error; the loggers are as before afterwards."""
    root = logging.getLogger()
    levels = {name: logging.getLogger(name).level for name in ("bot", "engine", "db")}
    before = root.level, root.handlers[:]
    root.handlers = []  # set_up_logs closes those that it finds

    def read():
        for handler in root.handlers:
            handler.flush()
        return capfd.readouterr().err

    yield read
    logging.captureWarnings(capture=False)
    root.level, root.handlers = before
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)


def stumble(words, cause=None):
    raise RuntimeError(words) from cause


@pytest.mark.parametrize("form", LogFormat)
@pytest.mark.parametrize("secret", [OURS, SHAPED, WEBHOOK, CALLBACK, SIGNED, SIGNED_LATER, SEED, INVITED])
def test_no_secret_is_ever_written(written, form, secret):
    set_up_logs("INFO", form, [OURS], backlog=BACKLOG)
    log = logging.getLogger("bot.somewhere")
    log.info("as text: %s", secret)
    log.warning("as a value: %r", {"url": secret})
    log.error(f"in the message itself: {secret}")  # noqa: G004 - a careless line must not leak either
    try:
        stumble(secret)
    except RuntimeError:
        log.exception("in a traceback")
    text = written()
    assert text.count("in a traceback") == 1
    assert not [part for part in SECRET_PARTS if part in text]
    assert HIDDEN in text


@pytest.mark.parametrize("form", LogFormat)
def test_a_chain_of_errors_is_hidden_to_its_end(written, form):
    set_up_logs("INFO", form, [OURS], backlog=BACKLOG)
    try:
        stumble(f"{OURS} {SIGNED}", ValueError(f"{WEBHOOK} {SHAPED}"))
    except RuntimeError:
        logging.getLogger("bot").exception("both")
    text = written()
    assert "RuntimeError" in text
    assert "ValueError" in text
    assert not [part for part in SECRET_PARTS if part in text]


def test_what_is_no_secret_stays_readable(written):
    set_up_logs("INFO", LogFormat.TEXT, [OURS], backlog=BACKLOG)
    harmless = "https://cdn.discordapp.com/attachments/1/2/cat.png took 1.25 s, job 0123456789abcdef, seed 42"
    logging.getLogger("bot").info(harmless)
    logging.getLogger("bot").info(SIGNED)
    first, second = written().splitlines()
    assert first.endswith(f"INFO    bot: {harmless}")
    assert "attachments/1/2/cat.png?" in second


def test_json_lines_parse_whatever_they_hold(written):
    set_up_logs("INFO", LogFormat.JSON, [OURS], backlog=BACKLOG)
    log = logging.getLogger("engine.process.host")
    log.info('quotes " and\nnew lines and %s', "émojis 🎬")
    try:
        stumble('two\nlines "quoted"')
    except RuntimeError:
        log.exception("broke")
    first, second = map(json.loads, written().splitlines())
    assert first.keys() == {"time", "level", "logger", "message"}
    assert (first["level"], first["logger"]) == ("INFO", "engine.process.host")
    assert first["message"] == 'quotes " and\nnew lines and émojis 🎬'
    assert second["traceback"].endswith('RuntimeError: two\nlines "quoted"')


def test_libraries_show_warnings_only_and_we_show_what_was_asked_for(written):
    set_up_logs("INFO", LogFormat.TEXT, backlog=BACKLOG)
    logging.getLogger("discord.gateway").info("chatter")
    logging.getLogger("discord.http").warning("slow down")
    logging.getLogger("db").debug("detail")
    logging.getLogger("db").info("opened")
    assert [line.split(": ", 1)[1] for line in written().splitlines()] == ["slow down", "opened"]


def test_python_warnings_become_log_lines(written):
    set_up_logs("INFO", LogFormat.JSON, backlog=BACKLOG)
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.warn("old way", UserWarning, stacklevel=1)
    assert json.loads(written())["logger"] == "py.warnings"


PIPE = 64 * 1024
"""Bytes that a pipe takes before whoever writes to it has to wait."""


@pytest.fixture
def pipe(written):
    """Both ends of a pipe that nobody reads."""
    ends = os.pipe()
    yield ends
    os.close(ends[0])  # so that the writer is not held up any longer
    for handler in logging.getLogger().handlers:
        handler.flush()
    os.close(ends[1])


def everything(end):
    os.set_blocking(end, False)
    found = b""
    end_of_patience = time.monotonic() + PATIENCE
    while time.monotonic() < end_of_patience:
        with contextlib.suppress(BlockingIOError):
            found += os.read(end, 1 << 20)
        if found.endswith(b"the end\n"):
            return found.decode()
        time.sleep(0.01)
    pytest.fail(f"the log does not end: {found[-200:]!r}")


def test_a_log_that_nobody_reads_holds_nobody_up_and_says_how_much_is_missing(pipe):
    set_up_logs("INFO", LogFormat.TEXT, backlog=BACKLOG, descriptor=pipe[1])
    log = logging.getLogger("bot")
    begun = time.monotonic()
    for number in range(4000):
        log.info("%05d %s", number, "x" * 100)
        assert time.monotonic() - begun < PATIENCE
    os.set_blocking(pipe[0], False)
    before = os.read(pipe[0], PIPE)
    logging.getLogger().handlers[0].flush()
    log.info("the end")
    text = before.decode() + everything(pipe[0])
    kept = len(re.findall(r"\d{5} x{100}\n", text))
    dropped = re.findall(r"^(\d+) log lines were dropped", text, re.MULTILINE)
    assert dropped  # once, or more often where the writer found room in between
    assert kept + sum(map(int, dropped)) == 4000
    assert BACKLOG < len(text) < BACKLOG + 2 * PIPE


def test_the_end_of_the_program_does_not_wait_for_a_reader_for_long(pipe):
    set_up_logs("INFO", LogFormat.TEXT, backlog=BACKLOG, descriptor=pipe[1])
    logging.getLogger("bot").info("x" * 2 * PIPE)
    begun = time.monotonic()
    logging.getLogger().handlers[0].flush()
    assert LAST_SECONDS <= time.monotonic() - begun < LAST_SECONDS + PATIENCE


def test_a_reader_that_is_gone_ends_nothing(written):
    read_end, write_end = os.pipe()
    os.close(read_end)
    set_up_logs("INFO", LogFormat.TEXT, backlog=BACKLOG, descriptor=write_end)
    for _ in range(3):
        logging.getLogger("bot").info("to nobody")
    logging.getLogger().handlers[0].flush()
    os.close(write_end)


def test_a_file_that_somebody_made_non_blocking_loses_no_line(pipe):
    os.set_blocking(pipe[1], False)
    set_up_logs("INFO", LogFormat.TEXT, backlog=4 * PIPE, descriptor=pipe[1])
    logging.getLogger("bot").info("x" * 3 * PIPE)
    logging.getLogger("bot").info("the end")
    assert everything(pipe[0]).count("x") == 3 * PIPE


def test_a_line_that_cannot_be_formatted_is_named(written):
    set_up_logs("INFO", LogFormat.TEXT, backlog=BACKLOG)
    logging.getLogger("bot").info("%d", "no number")
    assert written() == "a log line of bot could not be written: TypeError\n"


class Left:
    def __del__(self):
        stumble(OURS)


def test_what_python_prints_itself_is_logged_without_its_secrets(written, monkeypatch):
    monkeypatch.setattr(threading, "excepthook", threading.excepthook)
    monkeypatch.setattr(sys, "unraisablehook", sys.unraisablehook)
    set_up_logs("INFO", LogFormat.TEXT, [OURS], backlog=BACKLOG)
    log_what_python_prints()
    thread = threading.Thread(target=stumble, args=(OURS,), name="worker")
    thread.start()
    thread.join()

    Left()
    text = written()
    assert "the thread worker failed" in text
    assert "Left.__del__" in text
    assert HIDDEN in text
    assert OURS not in text
