"""Log lines that a person can read, or JSON on request; never with a token or a signed address in them."""

from __future__ import annotations

import json
import logging
import re
import sys
import time
from collections.abc import Iterable

from bot.config.choices import LogFormat
from engine.core.foreign_text import visible

HIDDEN = "[hidden]"

SECRETS = re.compile(
    r"[\w-]{23,28}\.[\w-]{6,7}\.[\w-]{27,}"  # a bot's token
    r"|(?<=/webhooks/)\d+/[^\s/?\"'<>]+"  # an interaction's token
    r"|(?<=/interactions/)\d+/[^\s/?\"'<>]+"
    r"|(?<=[?&])(?:ex|is|hm)=[^\s&\"'<>]+"  # the signature of an attachment's address
)


class _Redacting(logging.Formatter):
    """Formats a record, traceback included, and takes the secrets out of the whole text."""

    def __init__(self, secrets: Iterable[str]) -> None:
        super().__init__("%(asctime)s %(levelname)-7s %(name)s: %(message)s", "%Y-%m-%d %H:%M:%S")
        self._secrets = [secret for secret in secrets if secret]

    def format(self, record: logging.LogRecord) -> str:
        """One record. Its further lines are indented, so that no text can pass for a line of ours."""
        return visible(self.redact(super().format(record)), lines=True).replace("\n", "\n    ")

    def redact(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, HIDDEN)
        return SECRETS.sub(HIDDEN, text)


class _RedactingJson(_Redacting):
    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(record.created)),
            "level": record.levelname,
            "logger": record.name,
            "message": visible(record.getMessage(), lines=True),
        }
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps({key: self.redact(value) for key, value in line.items()}, ensure_ascii=False)


def set_up_logs(level: str, form: LogFormat, secrets: Iterable[str] = ()) -> None:
    """Send every log line to standard error, in one format.

    Args:
        level: the least that is shown of our own lines; libraries show warnings only.
        form: text or json.
        secrets: exact values that must never appear.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter((_RedactingJson if form is LogFormat.JSON else _Redacting)(secrets))
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    for ours in ("bot", "engine", "db"):
        logging.getLogger(ours).setLevel(level)
    logging.captureWarnings(capture=True)
