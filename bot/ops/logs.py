"""Log lines that a person can read, or JSON on request; never with a token or a signed address in them."""

from __future__ import annotations

import json
import logging
import os
import select
import sys
import threading
import time
from collections import deque
from collections.abc import Iterable

from bot.config.choices import LogFormat
from bot.config.secrets import hide

log = logging.getLogger(__name__)

STDERR = 2
LAST_SECONDS = 1.0
"""How long the end of the program waits for the last lines to be read."""


class _Redacting(logging.Formatter):
    """Formats a record, traceback included, and takes the secrets out of the whole text."""

    def __init__(self, secrets: Iterable[str]) -> None:
        super().__init__("%(asctime)s %(levelname)-7s %(name)s: %(message)s", "%Y-%m-%d %H:%M:%S")
        self._secrets = [secret for secret in secrets if secret]

    def format(self, record: logging.LogRecord) -> str:
        return self.redact(super().format(record))

    def redact(self, text: str) -> str:
        return hide(text, self._secrets)


class _RedactingJson(_Redacting):
    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(record.created)),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps({key: self.redact(value) for key, value in line.items()}, ensure_ascii=False)


class LineWriter:
    """Writes lines in a thread of its own, so that whoever logs never waits for whoever reads.

    A terminal that is stopped or a pipe that nobody empties holds the thread up, and nothing else. What does
    not fit into the backlog is dropped, and counted in the log itself once lines are read again.
    """

    def __init__(self, descriptor: int, *, most_bytes: int) -> None:
        """Make one.

        Args:
            descriptor: an open file, such as standard error.
            most_bytes: the size of the backlog. A single line is taken whatever its length.
        """
        self._descriptor = descriptor
        self._most_bytes = most_bytes
        self._lines: deque[bytes] = deque()
        self._waiting = 0
        self._dropped = 0
        self._idle = True
        self._changed = threading.Condition()
        threading.Thread(target=self._write_all, name="log writer", daemon=True).start()

    def put(self, line: str) -> None:
        """Have a line written; returns at once."""
        data = f"{line}\n".encode("utf-8", "replace")
        with self._changed:
            if self._lines and self._waiting + len(data) > self._most_bytes:
                self._dropped += 1
                return
            if self._dropped:
                self._append(f"{self._dropped} log lines were dropped: nobody read them\n".encode())
                self._dropped = 0
            self._append(data)
            self._changed.notify_all()

    def flush(self, seconds: float) -> None:
        """Wait until everything is written, but no longer than this."""
        with self._changed:
            self._changed.wait_for(lambda: self._idle and not self._lines, seconds)

    def _append(self, data: bytes) -> None:
        self._lines.append(data)
        self._waiting += len(data)
        self._idle = False

    def _write_all(self) -> None:
        while True:
            with self._changed:
                self._idle = not self._lines
                self._changed.notify_all()
                self._changed.wait_for(lambda: self._lines)
                data = self._lines.popleft()
                self._waiting -= len(data)
            if not self._written(data):
                with self._changed:
                    self._dropped += 1

    def _written(self, data: bytes) -> bool:
        """Whether a line was written; False where the reader is gone for good."""
        while data:
            try:
                data = data[os.write(self._descriptor, data) :]
            except BlockingIOError:  # somebody else has made the file non-blocking
                select.select([], [self._descriptor], [])
            except OSError:
                return False
        return True


class _LineHandler(logging.Handler):
    def __init__(self, writer: LineWriter) -> None:
        super().__init__()
        self._writer = writer

    def emit(self, record: logging.LogRecord) -> None:
        try:
            line = self.format(record)
        except Exception as error:  # noqa: BLE001 - a bad log line must not end what it tells of
            line = f"a log line of {record.name} could not be written: {type(error).__name__}"
        self._writer.put(line)

    def flush(self) -> None:
        self._writer.flush(LAST_SECONDS)


def set_up_logs(
    level: str, form: LogFormat, secrets: Iterable[str] = (), *, backlog: int, descriptor: int = STDERR
) -> LineWriter:
    """Send every log line to standard error, in one format.

    Args:
        level: the least that is shown of our own lines; libraries show warnings only.
        form: text or json.
        secrets: exact values that must never appear.
        backlog: bytes of lines that wait for a slow reader.
        descriptor: where they go.

    Returns:
        What writes the lines, for words that are no log line.
    """
    writer = LineWriter(descriptor, most_bytes=backlog)
    handler = _LineHandler(writer)
    handler.setFormatter((_RedactingJson if form is LogFormat.JSON else _Redacting)(secrets))
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    for ours in ("bot", "engine", "db"):
        logging.getLogger(ours).setLevel(level)
    logging.captureWarnings(capture=True)
    return writer


def log_what_python_prints() -> None:
    """Send to the log what Python itself would print: errors of threads and of objects that are collected."""

    def of_thread(found: threading.ExceptHookArgs) -> None:
        if found.exc_value is not None:
            log.error("the thread %s failed", found.thread and found.thread.name, exc_info=found.exc_value)

    def unraisable(found: sys.UnraisableHookArgs) -> None:
        log.error("%s: %r", found.err_msg or "ignored", found.object, exc_info=found.exc_value)

    threading.excepthook = of_thread
    sys.unraisablehook = unraisable
