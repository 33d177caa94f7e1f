"""How a take that a service does not draw ends its job: in words, with the reason in the log."""

from __future__ import annotations

import logging
from typing import NoReturn

from engine.core.errors import Code, HopelessTake, RenderFailed, UserError
from engine.elsewhere.hosted import texts
from engine.elsewhere.hosted.provider import Provider
from engine.elsewhere.hosted.purchase import Cause

log = logging.getLogger(__name__)

OURS = frozenset({Cause.KEY, Cause.INPUT, Cause.DEARER})
"""Causes that the owner has to look at."""


def refuse(provider: Provider, job: str, cause: Cause, detail: str) -> NoReturn:
    """End the job; where a clip was lost, only the take.

    Args:
        provider: the service.
        job: the job's id.
        cause: why there is no take.
        detail: what the service said, for the log.

    Raises:
        HopelessTake, RenderFailed, UserError: as the cause is.
    """
    words = texts.by_cause(cause, provider.title)
    level = logging.ERROR if cause in OURS else logging.WARNING
    log.log(level, "%s: job %s, %s: %s", provider.title, job, cause, detail)
    if cause is Cause.GONE:
        raise HopelessTake(words)
    if cause in OURS | {Cause.BROKEN}:
        raise RenderFailed(Code.ELSEWHERE, words, detail)
    raise UserError(Code.HOSTED, words)
