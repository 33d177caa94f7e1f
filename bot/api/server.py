"""The API over HTTP: off by default, and on this machine only unless the owner says otherwise.

It has no TLS of its own and no CORS: a proxy does the first, and the second would let any page in a browser
use a key that it has got hold of.
"""

from __future__ import annotations

import functools
import json
import logging
from collections.abc import Sequence

from aiohttp import web

from bot.api.create_job import Asking
from bot.api.documents import asked_models
from bot.api.error_mapping import problem_of
from bot.api.event_stream import Streams
from bot.api.openapi import document
from bot.api.parts import Call, Parts
from bot.api.problems import Kind, Problem, answer_of
from bot.api.rate_limit import Rates
from bot.api.route_table import routes
from bot.api.routes import JSON, Route
from bot.api.uploads import Uploads
from bot.supervisor import Loop
from bot.web.policy import WebPolicy
from bot.web.server import Serving, bearer_of, health
from db.api.keys import ApiKey
from db.errors import DatabaseError

log = logging.getLogger(__name__)

HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer"}
CHALLENGE = {"WWW-Authenticate": 'Bearer realm="framekiln"'}
TOLD = web.RequestKey("told", dict[str, str])
"""Headers for the answer to a request."""

SWEEP = 3600.0


class ApiServer(Serving):
    """Serves the API.

    Attributes:
        sweeper: the loop that forgets what is old.
    """

    def __init__(self, parts: Parts, more: Sequence[web.RouteDef] = ()) -> None:
        """Make one.

        Args:
            parts: what the API works with.
            more: what else is served, without a key.
        """
        policy = WebPolicy(host=parts.policy.host, port=parts.policy.port)
        super().__init__("api", policy, self._application, "the API is at %s/v1")
        self._parts = parts
        self._more = more
        self._rates = Rates(parts.policy.per_minute)
        models = asked_models(parts.taking.rules.max_prompt)
        uploads = Uploads(models, folder=parts.spool, max_bytes=parts.taking.max_bytes)
        self.routes = routes(Asking(parts, uploads), Streams(parts))
        self.document = document(self.routes, models)
        self.sweeper = Loop("api sweep", self._sweep, every=SWEEP)

    async def _sweep(self) -> None:
        await self._parts.events.drop_old(self._parts.policy.event_days)

    def _application(self) -> web.Application:
        application = web.Application(middlewares=[_in_problems])
        for route in self.routes:
            application.router.add_route(route.method, route.path, functools.partial(self._respond, route))
        application.router.add_route("GET", "/healthz", self._health)
        application.router.add_route("GET", "/openapi.json", self._describe)
        application.add_routes(self._more)
        application.on_response_prepare.append(_add_headers)
        return application

    async def _health(self, _: web.Request) -> web.StreamResponse:
        return health(in_trouble=self._parts.in_trouble())

    async def _describe(self, _: web.Request) -> web.StreamResponse:
        return web.Response(text=json.dumps(self.document), content_type=JSON)

    async def _respond(self, route: Route, request: web.Request) -> web.StreamResponse:
        """Look at the key, its rate and its scope, then answer."""
        key = await self._key(request)
        rate = self._rates.count(key.id)
        request[TOLD] = rate.headers
        if rate.refused:
            raise Problem(Kind.TOO_MANY, "The key has made too many requests in this minute.")
        if route.scope is not None and route.scope not in key.scopes:
            raise Problem(Kind.SCOPE, f"The key lacks the scope {route.scope}.")
        try:
            await self._parts.keys.note_use(key)
        except DatabaseError as error:
            # A full disk is no reason to refuse a look at a job.
            log.warning("could not note that a key is in use: %s", error)
        query = _query(route, request)
        return await route.handler(Call(parts=self._parts, request=request, query=query, key=key))

    async def _key(self, request: web.Request) -> ApiKey:
        sent = bearer_of(request)
        key = None if sent is None else await self._parts.keys.check(sent)
        if key is None:
            detail = "Send a key that has not ended: Authorization: Bearer fk_…"
            raise Problem(Kind.UNAUTHORIZED, detail, headers=CHALLENGE)
        return key


def _query(route: Route, request: web.Request) -> dict[str, str]:
    """The parameters of the query, each at most once and known."""
    names = [name for name, _ in request.query.items()]
    if unknown := sorted(set(names) - route.query):
        raise Problem(Kind.UNREADABLE, f"There is no parameter called {unknown[0][:50]!r} here.")
    if len(names) != len(set(names)):
        raise Problem(Kind.UNREADABLE, "A parameter came twice.")
    return dict(request.query)


@web.middleware
async def _in_problems(request: web.Request, handler: web.Handler) -> web.StreamResponse:  # type: ignore[name-defined]
    """Answer every failure with a problem."""
    try:
        answer: web.StreamResponse = await handler(request)
    except web.HTTPMethodNotAllowed as error:
        allowed = {"Allow": ", ".join(sorted(error.allowed_methods))}
        problem = Problem(Kind.METHOD, f"Allowed: {allowed['Allow']}.", headers=allowed)
    except web.HTTPNotFound:
        problem = Problem(Kind.NOT_FOUND, "There is nothing at this address.")
    except web.HTTPRequestEntityTooLarge:
        problem = Problem(Kind.TOO_LARGE)
    except web.HTTPException as error:
        problem = Problem(Kind.UNREADABLE, error.reason)
    except Exception as error:  # noqa: BLE001 - each has its words; the unknown ones an id and the log
        problem = problem_of(error)
    else:
        return answer
    return answer_of(problem.document(), request.path, problem.headers)


async def _add_headers(request: web.Request, response: web.StreamResponse) -> None:
    for name, value in {**HEADERS, **request.get(TOLD, {})}.items():
        response.headers.setdefault(name, value)
