"""The HTTP server: off by default, and on this machine only unless the owner says otherwise.

Nobody has to prove who they are, so nothing that it serves names a member, a server or a file.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable, Sequence

from aiohttp import web

from bot.supervisor import Loop
from bot.web.metrics import CONTENT_TYPE, metrics
from bot.web.overview import Overview
from bot.web.policy import WebPolicy
from bot.web.status_page import page, style_hash

log = logging.getLogger(__name__)

RETRY = 30.0
"""Seconds until an address that was taken is tried again."""

HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": f"default-src 'none'; style-src '{style_hash()}'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
_BEARER = re.compile(r"Bearer +(\S+)", re.IGNORECASE)


def bearer_of(request: web.Request) -> str | None:
    """The key that a program sends; None where it sends none."""
    match = _BEARER.fullmatch(request.headers.get("Authorization", ""))
    return None if match is None else match[1]


class Serving:
    """Serves an application for as long as its loop runs.

    Attributes:
        address: host and port, while it serves; else None.
    """

    def __init__(self, name: str, policy: WebPolicy, make: Callable[[], web.Application], shown: str) -> None:
        """Make one.

        Args:
            name: of its loop.
            policy: where is served.
            make: makes the application, each time that serving begins.
            shown: what the log says is there; %s stands for the address.
        """
        self._policy = policy
        self._make = make
        self._shown = shown
        self._refused = False
        self.address: tuple[str, int] | None = None
        self.loop = Loop(name, self._serve, every=RETRY)

    async def _serve(self) -> None:
        """Serve until cancelled. An address that cannot be had is said once, and tried again later."""
        runner = web.AppRunner(self._make(), access_log=None, shutdown_timeout=1.0)
        await runner.setup()
        try:
            await web.TCPSite(runner, self._policy.host, self._policy.port).start()
            host, port = self.address = runner.addresses[0][:2]
            self._refused = False
            log.info(self._shown, f"http://{f'[{host}]' if ':' in host else host}:{port}")
            await asyncio.Event().wait()
        except OSError as error:
            if not self._refused:
                log.error(  # noqa: TRY400 - the error says it all
                    "nothing can be served at %s, port %s: %s", self._policy.host, self._policy.port, error
                )
            self._refused = True
        finally:
            self.address = None
            await runner.cleanup()


class WebServer(Serving):
    """Serves the status page and the metrics."""

    def __init__(
        self,
        policy: WebPolicy,
        *,
        tell: Callable[[], Awaitable[Overview]],
        in_trouble: Callable[[], bool],
        more: Sequence[web.RouteDef] = (),
    ) -> None:
        """Make one.

        Args:
            policy: where is served.
            tell: says how the bot is doing.
            in_trouble: whether no request can be taken; answers at once, whatever is broken.
            more: what else is served.
        """
        super().__init__("web server", policy, self._application, "the status page is at %s/status")
        self._tell = tell
        self._in_trouble = in_trouble
        self._more = more

    def _application(self) -> web.Application:
        application = web.Application()
        application.add_routes(
            [
                web.get("/", self._root),
                web.get("/status", self._status),
                web.get("/metrics", self._metrics),
                web.get("/healthz", self._health),
                *self._more,
            ]
        )
        application.on_response_prepare.append(_add_headers)
        return application

    async def _root(self, _: web.Request) -> web.Response:
        raise web.HTTPFound("/status")

    async def _status(self, _: web.Request) -> web.Response:
        return web.Response(text=page(await self._tell()), content_type="text/html")

    async def _metrics(self, _: web.Request) -> web.Response:
        return web.Response(body=metrics(await self._tell()), headers={"Content-Type": CONTENT_TYPE})

    async def _health(self, _: web.Request) -> web.Response:
        return health(in_trouble=self._in_trouble())


def health(*, in_trouble: bool) -> web.Response:
    """200 while requests are taken."""
    status = "trouble" if in_trouble else "ok"
    return web.json_response({"status": status}, status=503 if in_trouble else 200)


async def _add_headers(_: web.Request, response: web.StreamResponse) -> None:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
