"""Hears services say that something is done. A message only wakes: what is true is asked for."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable

from aiohttp import web
from yarl import URL

from bot.config.webhook_secret import key_of
from bot.hosted.policy import HostingPolicy
from engine.elsewhere.hosted.limits import WireLimits
from engine.elsewhere.hosted.provider import NoAnswer, NotReached
from engine.elsewhere.hosted.signatures import (
    Forged,
    Heard,
    Message,
    check_fal,
    check_standard,
    keys_in,
)
from engine.elsewhere.hosted.wire import Wire

log = logging.getLogger(__name__)

PATH = "/services"
LARGEST = 1_000_000
"""Bytes of a message."""

KEYS_FRESH = 86_400.0
"""Seconds for which fal's keys are used before they are fetched again."""

KEYS_PAUSE = 300.0
"""Fewest seconds between two fetches: forged messages must not make us fetch all the time."""


class Receiver:
    """Checks messages, and wakes whatever waits for what they are about."""

    def __init__(
        self,
        policy: HostingPolicy,
        limits: WireLimits,
        *,
        wake: Callable[[str], None],
        clock: Callable[[], float],
    ) -> None:
        """Make one.

        Args:
            policy: the owner's accounts.
            limits: for fetching fal's keys.
            wake: told of a purchase that is to be looked at.
            clock: returns Unix seconds.
        """
        self._policy = policy
        self._limits = limits
        self._wake = wake
        self._clock = clock
        self._heard = Heard()
        self._fal_keys: tuple[bytes, ...] = ()
        self._fetched = -math.inf

    def routes(self) -> list[web.RouteDef]:
        """What is to be served; nothing where services can't reach it."""
        if not self._policy.public_url:
            return []
        return [web.post(f"{PATH}/{{service}}/{{purchase}}", self._take)]

    def address(self, service: str, purchase: str) -> str:
        """The address for messages about a purchase; "" where there is none, or none could be checked."""
        if not self._policy.public_url or (service == "replicate" and not self._policy.webhook_secret):
            return ""
        return str(URL(self._policy.public_url) / PATH[1:] / service / purchase)

    async def _take(self, request: web.Request) -> web.Response:
        service, purchase = request.match_info["service"], request.match_info["purchase"]
        if service not in self._policy.names:
            return web.Response(status=404)
        body = await request.content.read(LARGEST + 1)
        while len(body) <= LARGEST and (more := await request.content.read(LARGEST + 1 - len(body))):
            body += more
        if len(body) > LARGEST:
            return web.Response(status=413)
        headers = {name.lower(): value for name, value in request.headers.items()}
        try:
            name = await self._check(service, purchase, Message(headers=headers, body=body))
        except Forged as error:
            log.warning("a message that says it is from %s is refused: %s", service, error)
            return web.Response(status=401)
        if not self._heard.first_time(f"{service} {name}", self._clock()):
            log.warning("a message of %s came a second time", service)
            return web.Response(status=409)
        self._wake(purchase)
        return web.Response(status=204)

    async def _check(self, service: str, purchase: str, message: Message) -> str:
        now = self._clock()
        if service == "replicate":
            if not self._policy.webhook_secret:
                raise Forged("there is no secret to check it with")
            return check_standard(message, [key_of(self._policy.webhook_secret)], now=now)
        if service == "fal":
            return await self._check_fal(message, now)
        # RunPod signs nothing. The address holds the purchase's id, which nobody else knows.
        return f"{purchase} {int(now)}"

    async def _check_fal(self, message: Message, now: float) -> str:
        if time.monotonic() - self._fetched >= KEYS_FRESH:
            await self._fetch_keys()
        try:
            return check_fal(message, self._fal_keys, now=now)
        except Forged:
            if time.monotonic() - self._fetched < KEYS_PAUSE:
                raise
        await self._fetch_keys()  # they may have been changed
        return check_fal(message, self._fal_keys, now=now)

    async def _fetch_keys(self) -> None:
        wire = Wire(self._policy.jwks_url, headers={}, hosts=(), limits=self._limits)
        self._fetched = time.monotonic()
        try:
            answer = await wire.call("GET", self._policy.jwks_url)
        except (NotReached, NoAnswer) as error:
            log.warning("the keys of fal can't be fetched: %s", error)
            return
        if answer.ok and (keys := keys_in(answer.body)):
            self._fal_keys = keys
