from __future__ import annotations

import json
import logging
import warnings

import pytest

from bot.config.choices import LogFormat
from bot.config.secrets import HIDDEN
from bot.ops.logs import set_up_logs

# Both have the shape of the real thing and are made up; the second is no setting of this process.
OURS = "canary-token-without-any-shape"
SHAPED = "MTAw" * 6 + ".G" + "abcde" + "." + "k" * 38
WEBHOOK = "https://discord.com/api/v10/webhooks/1234567890/aW50-eYJ_canary~webhook%3D/messages/@original"
CALLBACK = "https://discord.com/api/v10/interactions/1234567890/aW50-eYJ_canary~webhook%3D/callback"
SIGNED = "https://cdn.discordapp.com/attachments/1/2/cat.png?ex=canary1&is=canary2&hm=canary3&"
SIGNED_LATER = "https://media.discordapp.net/attachments/1/2/cat.png?width=8&ex=canary1&is=canary2&hm=canary3"

SECRET_PARTS = ["canary", SHAPED, "k" * 38]


@pytest.fixture
def written(capsys):
    """Gives what went to standard error; the loggers are as before afterwards."""
    root = logging.getLogger()
    levels = {name: logging.getLogger(name).level for name in ("bot", "engine", "db")}
    before = root.level, root.handlers[:]
    root.handlers = []  # set_up_logs closes those that it finds
    yield lambda: capsys.readouterr().err
    logging.captureWarnings(capture=False)
    root.level, root.handlers = before
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)


def stumble(words, cause=None):
    raise RuntimeError(words) from cause


@pytest.mark.parametrize("form", LogFormat)
@pytest.mark.parametrize("secret", [OURS, SHAPED, WEBHOOK, CALLBACK, SIGNED, SIGNED_LATER])
def test_no_secret_is_ever_written(written, form, secret):
    set_up_logs("INFO", form, [OURS])
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
    set_up_logs("INFO", form, [OURS])
    try:
        stumble(f"{OURS} {SIGNED}", ValueError(f"{WEBHOOK} {SHAPED}"))
    except RuntimeError:
        logging.getLogger("bot").exception("both")
    text = written()
    assert "RuntimeError" in text
    assert "ValueError" in text
    assert not [part for part in SECRET_PARTS if part in text]


def test_what_is_no_secret_stays_readable(written):
    set_up_logs("INFO", LogFormat.TEXT, [OURS])
    harmless = "https://cdn.discordapp.com/attachments/1/2/cat.png took 1.25 s, job 0123456789abcdef, seed 42"
    logging.getLogger("bot").info(harmless)
    logging.getLogger("bot").info(SIGNED)
    first, second = written().splitlines()
    assert first.endswith(f"INFO    bot: {harmless}")
    assert "attachments/1/2/cat.png?" in second


def test_json_lines_parse_whatever_they_hold(written):
    set_up_logs("INFO", LogFormat.JSON, [OURS])
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
    set_up_logs("INFO", LogFormat.TEXT)
    logging.getLogger("discord.gateway").info("chatter")
    logging.getLogger("discord.http").warning("slow down")
    logging.getLogger("db").debug("detail")
    logging.getLogger("db").info("opened")
    assert [line.split(": ", 1)[1] for line in written().splitlines()] == ["slow down", "opened"]


def test_python_warnings_become_log_lines(written):
    set_up_logs("INFO", LogFormat.JSON)
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.warn("old way", UserWarning, stacklevel=1)
    assert json.loads(written())["logger"] == "py.warnings"
