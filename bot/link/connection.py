"""One connection to the broker that is made anew for as long as it is wanted.

nats-py's own reconnecting is not used: its close and its reconnect wait for the unsent bytes of a dead
connection. Here the state is watched, a lost connection's transport is aborted, and a new client is made.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable, Coroutine, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from importlib import import_module
from typing import TYPE_CHECKING, Any

from bot.link import certificate
from bot.link.errors import LineDown, LinkError, LoginRefused, NoAnswer, NobodyThere

if TYPE_CHECKING:
    from nats.aio.client import Client
    from nats.aio.msg import Msg

log = logging.getLogger(__name__)

LOOK_EVERY = 0.2
"""Seconds between two looks at whether a connection still stands."""

SURE_AFTER = 10.0
"""Seconds that a connection must have stood before the pauses begin small again."""

OF_LOGIN = ("authorization violation", "authentication", "authorization error")
"""Words of the broker's about a key that it does not take."""

OF_HASTE = "timeout"
"""Among those words: the login took too long, which says nothing of the key."""


@dataclass(frozen=True, kw_only=True)
class LineLimits:
    """How patient a line is, in seconds.

    Attributes:
        connecting: until a connection must stand.
        ping: between two pings; after two that are not answered, the connection is given up.
        first_pause: before the second attempt. It doubles; what is waited is drawn by lot, half of it to
            all of it.
        last_pause: no pause is longer.
    """

    connecting: float = 5.0
    ping: float = 2.5
    first_pause: float = 0.2
    last_pause: float = 5.0


DEFAULT_LIMITS = LineLimits()
"""They suit the broker's own: it pings every 4 s, and hangs up after two that are not answered."""


@dataclass(frozen=True, kw_only=True)
class Login:
    """Where to connect, and as whom.

    Attributes:
        seed: the secret half of an Ed25519 key, as an nkey.
        fingerprint: SHA-256 of the broker's certificate, in hex.
        name: what the broker's log calls this connection.
    """

    host: str
    port: int
    seed: str = field(repr=False)
    fingerprint: str
    name: str


@dataclass(frozen=True, kw_only=True)
class Message:
    """What came. ``reply`` is where an answer is awaited, "" for nowhere."""

    subject: str
    reply: str
    data: bytes
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def says_nobody(self) -> bool:
        """Whether it comes from the broker: nobody listens where a request was sent."""
        return self.headers.get("Status") == "503"


Receiver = Callable[[Message], Coroutine[Any, Any, None] | None]
"""Is called for each message, in the event loop, and must be quick. What takes longer it returns as a
coroutine; that becomes a task of its own, since nats-py has one message of a subscription wait for the other.
None drops the message."""


def _nothing() -> None:
    """Nobody wants to know."""


class Line:
    """A line to the broker.

    Attributes:
        lost: how often a connection ended without being asked to.
    """

    def __init__(
        self,
        login: Login,
        *,
        answers: str,
        hears: Mapping[str, Receiver],
        limits: LineLimits = DEFAULT_LIMITS,
        on_up: Callable[[], None] = _nothing,
        on_down: Callable[[Exception], None] = lambda _: None,
        on_stray: Callable[[str], None] = lambda _: None,
    ) -> None:
        """Make one; :meth:`run` connects.

        Args:
            login: where, as whom.
            answers: a pattern of subjects; answers to requests come there.
            hears: subject or pattern → what is told of its messages.
            limits: how patient.
            on_up: called when a connection stands and all subscriptions are in place.
            on_down: called with the reason when an attempt failed or a connection ended.
            on_stray: called with the subject of an answer that nobody waits for, or not any more.
        """
        self._login = login
        self._answers = answers
        self._hears = dict(hears)
        self._limits = limits
        self._on_up = on_up
        self._on_down = on_down
        self._on_stray = on_stray
        self._client: Client | None = None
        self._certificate: bytes | None = None
        self._awaited: dict[str, asyncio.Future[Message]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._reason: Exception | None = None
        self.up = asyncio.Event()
        self.lost = 0

    async def run(self) -> None:
        """Keep a connection until cancelled. It ends by itself never; what went wrong, ``on_down`` hears."""
        logging.getLogger("asyncio").addFilter(_is_no_goodbye)
        await asyncio.to_thread(import_module, "nats.aio.client")  # a large one: it would hold the loop up
        pause = self._limits.first_pause
        clock = asyncio.get_running_loop().time
        try:
            while True:
                began = clock()
                try:
                    await self._live()
                except (LinkError, OSError, TimeoutError) as error:
                    self._on_down(error)
                _stop_if_cancelled()
                if clock() - began > SURE_AFTER:
                    pause = self._limits.first_pause
                await asyncio.sleep(pause * random.uniform(0.5, 1.0))  # noqa: S311 - spreads them, hides nothing
                pause = min(self._limits.last_pause, pause * 2)
        finally:
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def publish(
        self, subject: str, data: bytes, *, reply: str = "", headers: Mapping[str, str] | None = None
    ) -> None:
        """Say something.

        Raises:
            LineDown: there is no connection; nothing was said, and nothing will be later.
        """
        from nats.errors import Error  # noqa: PLC0415 - an extra, not installed everywhere

        client = self._client
        if client is None or not client.is_connected:
            raise LineDown("there is no connection")
        try:
            await client.publish(subject, data, reply=reply, headers=dict(headers) if headers else None)
        except (Error, OSError) as error:
            raise LineDown(f"the connection was lost: {error}") from error

    async def settle(self, seconds: float) -> None:
        """Wait until the broker has read all that was said.

        Raises:
            LineDown: there is no connection, or it is too slow.
        """
        client = self._client
        if client is None:
            raise LineDown("there is no connection")
        await self._flushed(client, seconds)

    async def request(
        self,
        subject: str,
        data: bytes,
        *,
        reply: str,
        seconds: float,
        headers: Mapping[str, str] | None = None,
    ) -> Message:
        """Ask, and wait for the answer.

        Args:
            subject: where to ask.
            data: what.
            reply: a new subject that matches ``answers``.
            seconds: until the answer has to be here.
            headers: what goes beside the data.

        Raises:
            LineDown: there is no connection, or it ended meanwhile.
            NobodyThere: nobody listens there now.
            NoAnswer: it did not come in time.
        """
        future: asyncio.Future[Message] = asyncio.get_running_loop().create_future()
        self._awaited[reply] = future
        try:
            async with asyncio.timeout(seconds):
                await self.publish(subject, data, reply=reply, headers=headers)
                answer = await future
        except TimeoutError:
            raise NoAnswer(f"no answer on {subject} in {seconds:g} s") from None
        finally:
            self._awaited.pop(reply, None)
        if answer.says_nobody:
            raise NobodyThere(f"nobody listens on {subject}")
        return answer

    async def _live(self) -> None:
        """Follow one connection from its beginning to its end.

        Raises:
            LinkError: why it ended, or did not begin.
        """
        self._reason = None
        client = await self._connect()
        try:
            _stop_if_cancelled()
            await self._subscribe(client)
            self._client = client
            self.up.set()
            self._on_up()
            while client.is_connected:  # nats-py tells of an end only after its own close, which may hang
                _stop_if_cancelled()
                await asyncio.sleep(LOOK_EVERY)
            self.lost += 1
            raise self._reason or _meaning_of(client.last_error)
        finally:
            self._client = None
            self.up.clear()
            for future in self._awaited.values():
                if not future.done():
                    future.set_exception(LineDown("the connection was lost"))
            await _end(client)

    async def _connect(self) -> Client:
        from nats.aio.client import Client  # noqa: PLC0415 - an extra, not installed everywhere
        from nats.errors import Error  # noqa: PLC0415

        where, limits = self._login, self._limits
        if self._certificate is None:
            self._certificate = await certificate.fetch(
                where.host, where.port, fingerprint=where.fingerprint, seconds=limits.connecting
            )
        client = Client()
        host = f"[{where.host}]" if ":" in where.host else where.host
        try:
            async with asyncio.timeout(limits.connecting):
                await client.connect(
                    f"tls://{host}:{where.port}",
                    name=where.name,
                    nkeys_seed_str=where.seed,
                    tls=certificate.trusting(self._certificate),
                    tls_hostname=certificate.NAME,
                    tls_handshake_first=True,  # else a server without TLS is taken in the clear
                    allow_reconnect=False,
                    max_reconnect_attempts=1,
                    reconnect_time_wait=0,
                    connect_timeout=limits.connecting,  # type: ignore[arg-type]
                    ping_interval=limits.ping,  # type: ignore[arg-type]
                    max_outstanding_pings=2,
                    pending_size=-1,
                    error_cb=self._note,
                )
        except (Error, OSError, TimeoutError) as error:
            await _end(client)
            raise (self._reason or _meaning_of(error)) from error
        except BaseException:
            await _end(client)
            raise
        return client

    async def _subscribe(self, client: Client) -> None:
        from nats.errors import Error  # noqa: PLC0415 - an extra, not installed everywhere

        try:
            async with asyncio.timeout(self._limits.connecting):
                await client.subscribe(self._answers, cb=self._answered)
                for subject, receiver in self._hears.items():
                    await client.subscribe(subject, cb=self._handing_to(receiver))
                await self._flushed(client, self._limits.connecting)
        except (Error, OSError, TimeoutError) as error:
            raise self._reason or LineDown(f"the connection was lost: {error}") from error

    async def _flushed(self, client: Client, seconds: float) -> None:
        from nats.errors import Error  # noqa: PLC0415 - an extra, not installed everywhere

        try:
            # nats-py sends the PING of a flush before what waits: only the second PONG comes behind that.
            for _ in range(2):
                await client.flush(timeout=seconds)  # type: ignore[arg-type]
        except (Error, OSError, TimeoutError) as error:
            raise self._reason or LineDown(f"the connection was lost: {error}") from error

    async def _answered(self, raw: Msg) -> None:
        future = self._awaited.get(raw.subject)
        if future is None or future.done():
            self._on_stray(raw.subject)
        else:
            future.set_result(_message(raw))

    def _handing_to(self, receiver: Receiver) -> Callable[[Msg], Coroutine[Any, Any, None]]:
        async def hand(raw: Msg) -> None:
            work = receiver(_message(raw))
            if work is not None:
                task = asyncio.create_task(work)
                self._tasks.add(task)
                task.add_done_callback(self._ended)

        return hand

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if task.cancelled() or (error := task.exception()) is None:
            return
        if isinstance(error, LineDown):
            log.debug("an answer was not sent: %s", error)
        else:
            log.error("what was told by a message failed", exc_info=error)

    async def _note(self, error: Exception) -> None:
        """An error that nats-py met; some end the connection, and some, like a denied publish, do not."""
        if "permissions violation" in str(error).lower():
            log.error("the broker refused: %s", error)
            return
        meaning = _meaning_of(error)
        if isinstance(meaning, LoginRefused) or self._reason is None:
            self._reason = meaning


def _is_no_goodbye(record: logging.LogRecord) -> bool:
    """False for asyncio's warning about nats-py, which it writes whenever a broker says goodbye over TLS."""
    return "eof_received()" not in str(record.msg)


def _message(raw: Msg) -> Message:
    return Message(subject=raw.subject, reply=raw.reply, data=raw.data, headers=raw.headers or {})


def _meaning_of(error: Exception | None) -> LinkError:
    words = str(error or "").lower()
    if any(phrase in words for phrase in OF_LOGIN) and OF_HASTE not in words:
        return LoginRefused("the broker does not take this key")
    if isinstance(error, LinkError):
        return error
    return LineDown(f"the connection was lost: {str(error or '') or type(error).__name__}")


def _stop_if_cancelled() -> None:
    """Nats-py waits with wait_for(), which up to Python 3.11 can swallow the cancellation of a task."""
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError


async def _end(client: Client) -> None:
    """End a client, waiting for nothing that a dead connection may owe."""
    transport = client._transport  # noqa: SLF001 - nats-py has no abort
    for writer in (getattr(transport, "_io_writer", None), getattr(transport, "_bare_io_writer", None)):
        if writer is not None:
            # In Python 3.11.2, a TLS transport that was closed twice has lost what it would abort.
            with suppress(AttributeError):
                writer.transport.abort()
    try:
        async with asyncio.timeout(1.0):
            await client.close()
    except Exception as error:  # noqa: BLE001 - whatever it says, the connection is gone
        log.debug("a connection ended with: %s", error)
