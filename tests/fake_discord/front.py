"""What every REST request passes: the log, the faults, the token, the document's schema, the handler."""

import asyncio
import functools
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from tests.fake_discord.bodies import Body, read_body
from tests.fake_discord.errors import Reason, Refusal
from tests.fake_discord.faults import Cut, Fault, Faults, LostAnswer, RateLimit, Slow, Status, TooLarge
from tests.fake_discord.rest import WITHOUT_AUTHORIZATION, Handler, Rest
from tests.fake_discord.spec import Spec

PREFIX = "/api/v10"
COUNTED_AS_INVALID = (401, 403, 404, 429)


@dataclass(eq=False, kw_only=True)
class Request:
    """One request that came in.

    Attributes:
        path: After `/api/v10`, with its ids.
        route: The template that it matched, or the path itself.
        files: Name and size in bytes of each file.
        at: `time.monotonic()` at its arrival.
        status: What was answered; None where the connection was cut instead.
    """

    method: str
    path: str
    route: str
    json: Any
    files: tuple[tuple[str, int], ...]
    at: float
    status: int | None = None


class Front:
    """Mounts the routes and keeps the books.

    Attributes:
        requests: All that came in, oldest first.
        violations: What broke Discord's limits or its OpenAPI document; tests assert that it is empty.
        down: Whether everything is answered 503.
    """

    def __init__(self, rest: Rest, faults: Faults, *, token: str, spec: Spec | None) -> None:
        self.requests: list[Request] = []
        self.violations: list[str] = []
        self.down = False
        self.spec = spec
        self._rest = rest
        self._faults = faults
        self._token = token

    @property
    def invalid(self) -> Counter[int]:
        """Answers of the statuses for which Discord bans an address, by status."""
        return Counter(one.status for one in self.requests if one.status in COUNTED_AS_INVALID)

    @property
    def by_route(self) -> Counter[str]:
        """Requests by "METHOD template"."""
        return Counter(f"{one.method} {one.route}" for one in self.requests)

    def routes(self) -> list[web.RouteDef]:
        """What the server mounts."""
        found = [
            web.route(method, PREFIX + path, functools.partial(self._serve, path, handler))
            # Templates with literals before those with a parameter in that place.
            for method, path, handler in sorted(self._rest.routes(), key=lambda one: "@" not in one[1])
        ]
        unknown = functools.partial(self._serve, None, self._unknown)
        return [*found, web.route("*", PREFIX + "/{rest:.*}", unknown)]

    def _unknown(self, params: Mapping[str, str], body: Body, query: Mapping[str, str]) -> Any:
        self.violations.append(f"the fake has no route {params['rest']}")
        raise Refusal(Reason.NO_SUCH_ROUTE)

    async def _serve(
        self, template: str | None, handler: Handler, request: web.Request
    ) -> web.StreamResponse:
        path = request.path.removeprefix(PREFIX)
        at = time.monotonic()
        malformed: Refusal | None = None
        try:
            body = await read_body(request)
        except Refusal as refusal:
            body, malformed = Body(), refusal
        entry = Request(
            method=request.method,
            path=path,
            route=template or path,
            json=body.json,
            files=tuple((part.filename, len(part.data)) for part in body.files.values()),
            at=at,
        )
        self.requests.append(entry)
        fault = Status(503) if self.down else self._faults.take(request.method, path)
        if isinstance(fault, Slow):
            await asyncio.sleep(fault.seconds)
        answer = _forced(fault)
        if answer is None and not isinstance(fault, Cut):
            answer = self._answer(request, template, handler, body, malformed)
        if answer is None or isinstance(fault, LostAnswer):
            if request.transport is not None:
                request.transport.abort()
            return web.Response(status=500)  # nobody is left to read it
        entry.status = answer.status
        return answer

    def _answer(
        self,
        request: web.Request,
        template: str | None,
        handler: Handler,
        body: Body,
        malformed: Refusal | None,
    ) -> web.Response:
        try:
            if malformed is not None:
                raise malformed
            self._check_token(request)
            if self.spec is not None and template is not None and body.json is not None:
                self.violations += self.spec.faults(request.method, template, body.json)
            said = handler(dict(request.match_info), body, dict(request.query))
        except Refusal as refusal:
            self.violations += [f"{request.method} {template}: {fault}" for fault in refusal.faults]
            return _json(refusal.body, status=refusal.status)
        return web.Response(status=204) if said is None else _json(said)

    def _check_token(self, request: web.Request) -> None:
        if request.path.removeprefix(PREFIX).startswith(WITHOUT_AUTHORIZATION):
            return
        if request.headers.get("Authorization") != f"Bot {self._token}":
            raise Refusal(Reason.UNAUTHORIZED)


def _forced(fault: Fault | None) -> web.Response | None:
    """The answer that a fault puts in place of the true one, if it does."""
    match fault:
        case Status(status, code, message):
            return _json({"message": message, "code": code}, status=status)
        case RateLimit(cloudflare=True):
            return web.Response(status=429, text="error code: 1015")
        case RateLimit(retry_after, is_global):
            said = {"message": "You are being rate limited.", "retry_after": retry_after, "global": is_global}
            answer = _json(said, status=429)
            # discord.py takes a 429 without it for Cloudflare's ban.
            answer.headers["Via"] = "1.1 fake"
            answer.headers["Retry-After"] = str(retry_after)
            return answer
        case TooLarge():
            refusal = Refusal(Reason.TOO_LARGE)
            return _json(refusal.body, status=refusal.status)
        case _:
            return None


def _json(said: Any, *, status: int = 200) -> web.Response:
    # discord.py compares the whole header, so no charset may follow.
    return web.Response(status=status, body=web.json_response(said).body, content_type="application/json")
