"""Errors of the rest of the bot as problems."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Mapping

from bot.api.problems import Kind, Problem
from bot.concurrency import TOO_MANY_WAIT
from bot.requests.taking import BeingRestarted
from bot.text import messages
from db.codes import BotCode
from db.errors import (
    AskedBeforeErase,
    DatabaseError,
    Draining,
    KeyGone,
    LimitReached,
    MemberBanned,
)
from engine.core.errors import UserError
from engine.core.shortages import shortage_of
from engine.untrusted.headers import Refusal

log = logging.getLogger(__name__)

AGAIN = {"Retry-After": "30"}
LIMIT_SECONDS = 60
"""When a client is to try again where a limit depends on other jobs."""

BY_CODE: Mapping[str, Kind] = {
    Refusal.BYTES: Kind.TOO_LARGE,
    BotCode.MAY_NOT_POST: Kind.CHANNEL,
    BotCode.DATA_GONE: Kind.SHORT,
    BotCode.DISK_FULL: Kind.SHORT,
    BotCode.BUSY: Kind.BUSY,
}
"""Refusals that are more than a matter of what was asked for."""


PLAIN = (
    (MemberBanned, Kind.BANNED, messages.BANNED),
    (Draining, Kind.CLOSED, messages.CLOSED_FOR_NOW),
    (AskedBeforeErase | KeyGone, Kind.UNAUTHORIZED, "The key has ended."),
)
"""Errors of the queue that say all by their type."""


def problem_of(error: Exception) -> Problem:
    """What an error is to a client. One that nobody expected gets an id, and the log the rest."""
    if isinstance(error, Problem):
        return error
    found = _refused(error) or _not_accepted(error) or _short(error)
    if found is None:
        error_id = secrets.token_hex(4)
        log.error("a request by the API failed, error id %s", error_id, exc_info=error)
        found = Problem(Kind.INTERNAL, messages.failed_inside(error_id))
    return found


def _refused(error: Exception) -> Problem | None:
    if not isinstance(error, UserError):
        return None
    kind = BY_CODE.get(error.code, Kind.REFUSED)
    headers = AGAIN if kind in {Kind.SHORT, Kind.BUSY} else None
    return Problem(kind, str(error), code=str(error.code), headers=headers)


def _not_accepted(error: Exception) -> Problem | None:
    if isinstance(error, LimitReached):
        wait = LIMIT_SECONDS if error.retry_after is None else max(1, round(error.retry_after))
        detail = messages.limit_reached(error.which, error.allowed, error.retry_after)
        return Problem(Kind.LIMIT, detail, headers={"Retry-After": str(wait)})
    if isinstance(error, BeingRestarted):
        return Problem(Kind.RESTARTING, messages.BEING_RESTARTED, headers=AGAIN)
    for types, kind, detail in PLAIN:
        if isinstance(error, types):
            return Problem(kind, detail)
    return None


def _short(error: Exception) -> Problem | None:
    short = shortage_of(error)
    if short is None and not isinstance(error, DatabaseError | OSError):
        return None
    log.error("a request by the API was not answered: %s", error)
    detail = TOO_MANY_WAIT if short is None else messages.not_done_for_want_of(short)
    return Problem(Kind.SHORT, detail, headers=AGAIN)
