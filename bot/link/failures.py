"""An error of a render, as it crosses the line, and as an error again on the other side."""

from __future__ import annotations

from bot.link.messages import MAX_SENTENCES, Fail, FailKind
from engine.core.errors import (
    Away,
    Cancelled,
    Code,
    EngineClosed,
    EngineDied,
    EngineError,
    EngineHung,
    EngineKilled,
    RenderFailed,
    Unsupported,
    UserError,
)
from engine.core.sentence import by_table_text, table_text
from engine.core.shortages import RanShort, Shortage, shortage_of

TEXT = 2000
DETAIL = 4000
CODE = 64

DEATHS = {FailKind.CRASH: EngineDied, FailKind.KILLED: EngineKilled, FailKind.HUNG: EngineHung}


def failure_of(error: Exception) -> Fail:
    """What a worker says of an error that ended a render there."""
    text = error.said if isinstance(error, EngineError) else str(error)
    detail = code = ""
    short = shortage_of(error)
    if isinstance(error, EngineClosed | Cancelled | Away):
        kind = FailKind.SHUTDOWN
    elif short is not None:
        kind, code = FailKind.SHORTAGE, short.value
    elif isinstance(error, EngineDied):
        kind, code, detail = _death(error), _status(error), error.last_words
    elif isinstance(error, UserError):
        kind, code = FailKind.USER, error.code
    elif isinstance(error, Unsupported):
        kind, code = FailKind.UNSUPPORTED, Code.UNSUPPORTED.value
    elif isinstance(error, RenderFailed):
        kind, code, detail = FailKind.ENGINE, error.code, error.detail
    else:
        kind, code, detail = FailKind.ENGINE, Code.ENGINE.value, f"{type(error).__name__}: {error}"
    return Fail(
        kind=kind,
        code=code[:CODE],
        text=_clean(text[:TEXT]),
        sentences=_clean(table_text([text], MAX_SENTENCES)),
        detail=_clean(detail[-DETAIL:]),
    )


def error_of(fail: Fail) -> Exception:
    """The error that the worker met, for whoever records how a job ends."""
    text = by_table_text(fail.sentences)(fail.text)
    match fail.kind:
        case FailKind.USER:
            return UserError(fail.code, text)
        case FailKind.UNSUPPORTED:
            return Unsupported(text)
        case FailKind.SHORTAGE if fail.code in set(Shortage):
            return RanShort(Shortage(fail.code), fail.text)
        case FailKind.CRASH | FailKind.KILLED | FailKind.HUNG:
            return DEATHS[fail.kind](_returncode(fail), fail.detail)
        case FailKind.SHUTDOWN:
            return EngineClosed(fail.text)
        case _:
            return RenderFailed(fail.code, text, fail.detail)


def _death(error: EngineDied) -> FailKind:
    if isinstance(error, EngineHung):
        return FailKind.HUNG
    return FailKind.KILLED if isinstance(error, EngineKilled) else FailKind.CRASH


def _status(error: EngineDied) -> str:
    return "" if error.returncode is None else str(error.returncode)


def _returncode(fail: Fail) -> int | None:
    return (
        int(fail.code) if fail.code.lstrip("-").isdecimal() and len(fail.code) < len("-1234567890") else None
    )


def _clean(text: str) -> str:
    """Without halves of characters, which cannot be sent."""
    return text.encode("utf-8", "replace").decode()
