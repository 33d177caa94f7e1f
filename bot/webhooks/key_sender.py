"""Sends the owners of API keys what happens to the jobs that they asked for.

Each endpoint has an order and pauses of its own, so one that is down or slow holds up no other.
"""

from __future__ import annotations

import asyncio
import dataclasses
import logging
import math
from collections.abc import Callable
from functools import partial

from bot.signals import JobSignals
from bot.supervisor import Loop
from bot.webhooks.policy import WebhookPolicy
from bot.webhooks.sender import EVERY, SWEEP, Receiver, Sending
from db.api.hooks import ApiWebhooks
from db.jobs.webhooks import Webhooks

log = logging.getLogger(__name__)

AT_ONCE = 8
"""Endpoints that are told at the same time."""


class KeyWebhookSender:
    """Sends events to the endpoints of keys."""

    def __init__(
        self,
        policy: WebhookPolicy,
        *,
        events: Webhooks,
        hooks: ApiWebhooks,
        signals: JobSignals,
        clock: Callable[[], float],
    ) -> None:
        """Make one.

        Args:
            policy: how messages are sent; address and secrets are those of each endpoint.
            events: what has happened.
            hooks: the endpoints.
            signals: says when something may have happened.
            clock: returns Unix seconds.
        """
        self._policy = policy
        self._events = events
        self._hooks = hooks
        self._clock = clock
        self._sending = Sending(events, clock=clock)
        self._under_way: dict[str, asyncio.Task[None]] = {}
        self._swept = -math.inf
        self.loop = Loop("key webhooks", self._one_round, every=EVERY, last=self._stop)
        for signal in (signals.places_changed, signals.rendered, signals.case_changed, signals.queued):
            signal.connect(self.loop.wake)

    async def _one_round(self) -> None:
        """Begin with every endpoint for which something is due, as far as there are places."""
        if abs(self._clock() - self._swept) >= SWEEP:
            await self._events.drop_old(self._policy.keep_days)
            self._swept = self._clock()
        for key in await self._events.due_keys():
            if key not in self._under_way and len(self._under_way) < AT_ONCE:
                task = asyncio.create_task(self._tell(key), name=f"webhook of key {key}")
                self._under_way[key] = task
                task.add_done_callback(partial(self._told, key))

    def _told(self, key: str, task: asyncio.Task[None]) -> None:
        self._under_way.pop(key, None)
        if task.cancelled():
            return
        if (error := task.exception()) is not None:
            log.error("could not tell the endpoint of key %s", key, exc_info=error)
        else:
            self.loop.wake()  # another endpoint may wait for the place

    def _stop(self) -> None:
        """What is under way is sent again by the next run."""
        for task in self._under_way.values():
            task.cancel()

    async def _tell(self, key: str) -> None:
        """Send what is due for one endpoint."""
        hook = await self._hooks.get(key)
        if hook is None:
            return
        policy = dataclasses.replace(self._policy, url=hook.url, secrets=hook.secrets)
        receiver = Receiver(policy=policy, key=key, gone=partial(self._hooks.refuse, key))
        while await self._sending.one_round(receiver):
            pass
