"""The record of a discarded take, as it crosses the line beside its sheet."""

from __future__ import annotations

from pydantic import TypeAdapter

from bot.link.errors import NotAMessage
from engine.core.receipt import TakeRecord

_RECORD: TypeAdapter[TakeRecord] = TypeAdapter(TakeRecord)


def record_text(record: TakeRecord) -> str:
    """As JSON."""
    return _RECORD.dump_json(record).decode()


def record_of(text: str) -> TakeRecord:
    """Read what :func:`record_text` wrote.

    Raises:
        NotAMessage: it is no record.
    """
    try:
        return _RECORD.validate_json(text, strict=True)
    except ValueError as error:
        raise NotAMessage(f"this is no record of a take: {text[:100]!r}") from error
