"""Every way in which a request can fail, as RFC 9457 has it.

A type is never renamed, nor given a second meaning.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from enum import Enum

from aiohttp import web

CONTENT_TYPE = "application/problem+json"
BASE = "urn:framekiln:problem:"


class Kind(Enum):
    """A way to fail: its name in the type, its status, its title."""

    UNREADABLE = ("unreadable", 400, "The request cannot be read")
    UNAUTHORIZED = ("unauthorized", 401, "A valid key is needed")
    SCOPE = ("scope", 403, "The key does not allow this")
    BANNED = ("banned", 403, "The member is blocked in this server")
    NOT_A_MEMBER = ("not-a-member", 403, "The member cannot use the bot in this server")
    CHANNEL = ("channel", 403, "The clip cannot be posted in this channel")
    NOT_FOUND = ("not-found", 404, "There is no such thing")
    METHOD = ("method", 405, "The method is not allowed here")
    SLOW = ("slow", 408, "The request took too long to arrive")
    NOT_READY = ("not-ready", 409, "The clip is not ready")
    NO_CLIP = ("no-clip", 409, "There is no clip")
    UNDER_WAY = ("under-way", 409, "The same request is under way")
    ERASED = ("erased", 410, "The clip was erased")
    TOO_LARGE = ("too-large", 413, "The request is too large")
    MEDIA_TYPE = ("media-type", 415, "The type of the body is not supported")
    RANGE = ("range", 416, "The range is not in the clip")
    INVALID = ("invalid", 422, "The request is not valid")
    REFUSED = ("refused", 422, "The request is refused")
    OTHER_BODY = ("other-body", 422, "The Idempotency-Key was used for another request")
    LIMIT = ("limit", 429, "A limit of the member or the server is reached")
    BUSY = ("busy", 429, "Another request of the member or the server is being taken in")
    TOO_MANY = ("too-many-requests", 429, "Too many requests by this key")
    INTERNAL = ("internal", 500, "Something broke")
    CLOSED = ("closed", 503, "The queue of this server is closed")
    AWAY = ("away", 503, "Discord cannot be reached")
    SHORT = ("short", 503, "The machine is short of something")
    RESTARTING = ("restarting", 503, "The bot is restarting")

    def __init__(self, slug: str, status: int, title: str) -> None:
        self.slug = slug
        self.status = status
        self.title = title

    @property
    def type(self) -> str:
        """The stable name."""
        return BASE + self.slug


class Problem(Exception):
    """A request has failed.

    Attributes:
        kind: how.
        detail: in words for the person who reads it.
        code: Framekiln's code of a refusal; "" for none.
        headers: of the answer.
    """

    def __init__(
        self, kind: Kind, detail: str = "", *, code: str = "", headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(f"{kind.slug}: {detail}")
        self.kind = kind
        self.detail = detail
        self.code = code
        self.headers = dict(headers or {})

    def document(self) -> dict[str, object]:
        """What is sent, without what is about the single request."""
        told: dict[str, object] = {
            "type": self.kind.type,
            "title": self.kind.title,
            "status": self.kind.status,
        }
        if self.detail:
            told["detail"] = self.detail
        if self.code:
            told["code"] = self.code
        return told


def answer_of(document: Mapping[str, object], path: str, headers: Mapping[str, str]) -> web.Response:
    """A problem as the answer to a request for a path."""
    status = document["status"]
    assert isinstance(status, int)  # noqa: S101 - for mypy
    return web.Response(
        body=json.dumps({**document, "instance": path}, ensure_ascii=True).encode(),
        status=status,
        headers={**headers, "Content-Type": CONTENT_TYPE},
    )
