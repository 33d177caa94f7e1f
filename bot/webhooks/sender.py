"""Sends what happened to jobs to the owner's address, in order, until it is taken or given up.

Events are rows (`db.jobs.webhooks`): they survive a restart, and each may arrive twice but not never. The
receiver knows it again by its id.
"""

from __future__ import annotations

import hashlib
import json
import logging
import math
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

import aiohttp
from yarl import URL

from bot.config.webhook_secret import key_of
from bot.signals import JobSignals
from bot.supervisor import Loop
from bot.text.status_texts import message_link
from bot.webhooks.policy import WebhookPolicy
from bot.webhooks.signing import signed
from db.jobs.job import NOWHERE
from db.jobs.webhooks import REFUSED_BY, JobEvent, Webhooks
from db.sqlite.meta import Meta
from db.states import is_outside
from engine.elsewhere.addresses import PublicResolver, check_literal

log = logging.getLogger(__name__)

EVERY = 5.0
"""Seconds between two looks, unless a job moves sooner."""

SWEEP = 3600.0
"""Seconds between two looks for what is too old."""

BATCH = 50
"""Events that are read at once."""

PAUSES = (5.0, 300.0, 1800.0, 7200.0, 18_000.0, 36_000.0, 50_400.0, 72_000.0, 86_400.0)
"""Seconds between the first try and the second, and so on; after the last of them an event is given up."""

JITTER = 0.1
"""A pause is longer or shorter by up to this share, so that many receivers are not met at once."""

LONGEST_WAIT = 86_400.0
"""Seconds that a receiver may ask to be left alone."""

LONGEST_PAUSE = max(LONGEST_WAIT, PAUSES[-1] * (1 + JITTER))
"""Seconds between two tries at most."""

GONE = 410
"""The receiver wants no more messages."""

ITS_OWN = frozenset(range(400, 500)) - {401, 403, 404, 408, 425, 429}
"""Answers that are about one message; after any other the receiver is left alone, and later events wait."""

BUSY = frozenset({429, 502, 503, 504})
"""Answers after which ``Retry-After`` is heeded."""

TEST = "framekiln.test"


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What became of a try.

    Attributes:
        status: of HTTP; 0 where there was no answer.
        error: in words; "" where the message was taken.
        wait: seconds that the receiver asks for; None: it does not.
    """

    status: int
    error: str = ""
    wait: float | None = None


class Outlet:
    """Sends single messages."""

    def __init__(self, policy: WebhookPolicy, *, clock: Callable[[], float]) -> None:
        """Make one from where messages go and what returns Unix seconds."""
        self._policy = policy
        self._clock = clock
        self._keys = [key_of(secret) for secret in policy.secrets]

    async def send(self, http: aiohttp.ClientSession, event: str, body: bytes) -> Answer:
        """Try once to send a message."""
        headers = {
            "Content-Type": "application/json",
            **signed(self._keys, event, int(self._clock()), body),
        }
        try:
            url = URL(self._policy.url)
            if not self._policy.private:
                check_literal(url)
            async with http.post(url, data=body, headers=headers, allow_redirects=False) as answer:
                return _read(answer)
        except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as error:
            return Answer(status=0, error=_in_words(error))

    async def test(self) -> Answer:
        """Try once to send a message that is about no job."""
        at = self._clock()
        body = json.dumps({"type": TEST, "timestamp": _iso(at), "data": {}}).encode()
        async with session(self._policy) as http:
            return await self.send(http, f"msg_test_{int(at)}", body)


@dataclass(frozen=True, kw_only=True)
class Receiver:
    """Somebody who is told of events.

    Attributes:
        key: the id of an API key; None: the owner of the bot.
        gone: called when the receiver wants no more.
    """

    policy: WebhookPolicy
    key: str | None
    gone: Callable[[], Awaitable[None]]


class Sending:
    """Sends the events of a receiver, in order."""

    def __init__(self, events: Webhooks, *, clock: Callable[[], float]) -> None:
        """Make one from what has happened and what returns Unix seconds."""
        self._events = events
        self._clock = clock

    async def one_round(self, receiver: Receiver) -> bool:
        """Send what is due. True if there is more."""
        due = await self._events.due(BATCH, key=receiver.key)
        if not due:
            return False
        outlet = Outlet(receiver.policy, clock=self._clock)
        async with session(receiver.policy) as http:
            for event in due:
                answer = await outlet.send(http, event.id, body_of(event))
                if not await self._note(receiver, event, answer):
                    return False  # the rest waits
        return len(due) == BATCH

    async def _note(self, receiver: Receiver, event: JobEvent, answer: Answer) -> bool:
        """Write down what became of a try. False: the receiver takes nothing now."""
        if not answer.error:
            await self._events.taken(event.id)
            return True
        if answer.status == GONE:
            log.error("%s answered 410: no more events are sent there", _place(receiver.policy.url))
            await receiver.gone()
            return False
        pause = None
        if event.tries < len(PAUSES):
            pause = PAUSES[event.tries] * random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311 - no secret
            pause = max(pause, min(LONGEST_WAIT, answer.wait or 0.0))
        blocks = answer.status not in ITS_OWN
        await self._events.refused(event.id, answer.error, again=pause, blocks=blocks)
        if event.tries == 0 or pause is None:
            what = "given up" if pause is None else "tried again later"
            log.warning("%s of job %s was not taken (%s): %s", event.type, event.job, answer.error, what)
        return not blocks


class WebhookSender:
    """Sends events to the owner."""

    def __init__(
        self,
        policy: WebhookPolicy,
        *,
        events: Webhooks,
        meta: Meta,
        signals: JobSignals,
        clock: Callable[[], float],
    ) -> None:
        """Make one.

        Args:
            policy: where events go.
            events: what has happened.
            meta: remembers a receiver that wants no more.
            signals: says when something may have happened.
            clock: returns Unix seconds.
        """
        self._policy = policy
        self._events = events
        self._meta = meta
        self._clock = clock
        self._swept = -math.inf
        self._sending = Sending(events, clock=clock)
        self._receiver = Receiver(policy=policy, key=None, gone=self._gone)
        self.loop = Loop("webhooks", self._one_round, every=EVERY)
        for signal in (signals.places_changed, signals.rendered, signals.case_changed):
            signal.connect(self.loop.wake)

    @property
    def wanted(self) -> bool:
        """Whether the owner has given an address."""
        return bool(self._policy.url)

    async def begin(self) -> None:
        """Let the database write events down, or stop doing so. Done before any job moves."""
        refused = self.wanted and await self._meta.get(REFUSED_BY) == self._digest()
        if refused:
            log.error(
                "no events are sent: %s answered 410. Give another address or secret, or run "
                "`framekiln webhooks test` and start again",
                _place(self._policy.url),
            )
        await self._events.switch(on=self.wanted and not refused)

    async def _one_round(self) -> bool:
        """Send what is due. True if there is more."""
        if abs(self._clock() - self._swept) >= SWEEP:
            await self._events.drop_old(self._policy.keep_days)
            self._swept = self._clock()
        return await self._sending.one_round(self._receiver)

    async def _gone(self) -> None:
        await self._meta.set(REFUSED_BY, self._digest())
        await self._events.switch(on=False)

    def _digest(self) -> str:
        text = "\n".join((self._policy.url, *self._policy.secrets))
        return hashlib.sha256(text.encode()).hexdigest()


@asynccontextmanager
async def session(policy: WebhookPolicy) -> AsyncIterator[aiohttp.ClientSession]:
    """Connections that obey the policy. No proxy is used: it would look names up by itself."""
    resolver = None if policy.private else PublicResolver()
    connector = aiohttp.TCPConnector(resolver=resolver, limit=1)
    timeout = aiohttp.ClientTimeout(total=policy.seconds)
    try:
        async with aiohttp.ClientSession(connector=connector, timeout=timeout, trust_env=False) as http:
            yield http
    finally:
        if resolver is not None:
            await resolver.close()


def body_of(event: JobEvent) -> bytes:
    """What is sent of an event: ids and a link, no words and no member."""
    data = {
        "job": event.job,
        "state": event.state.value,
        "guild": None if is_outside(event.guild) else str(event.guild),
        "channel": str(event.channel) if event.channel != NOWHERE else None,
    }
    if event.type == "job.succeeded" and event.message is not None:
        data["message"] = str(event.message)
        data["url"] = message_link(event.guild, event.channel, event.message)
    return json.dumps({"type": event.type, "timestamp": _iso(event.at), "data": data}).encode()


def _read(answer: aiohttp.ClientResponse) -> Answer:
    if 200 <= answer.status < 300:  # noqa: PLR2004 - every 2xx is a yes
        return Answer(status=answer.status)
    wait = answer.headers.get("Retry-After", "") if answer.status in BUSY else ""
    return Answer(
        status=answer.status,
        error=f"HTTP {answer.status}",
        wait=float(wait) if wait.isascii() and wait.isdigit() else None,
    )


def _in_words(error: Exception) -> str:
    """What went wrong, without the address: its path may be a secret."""
    if isinstance(error, TimeoutError):
        return "no answer in time"
    cause = getattr(error, "os_error", None) or error
    return f"{type(cause).__name__}: {cause.strerror or cause}" if isinstance(cause, OSError) else str(error)


def _place(url: str) -> str:
    """Host and port of an address, which no log needs to hide."""
    return str(URL(url).host)


def _iso(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
