"""The fake's gateway: sessions that identify, beat, are cut, resume, and are invalidated."""

import asyncio
import json
import logging
import secrets
import zlib
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

from aiohttp import WSMsgType, web

from tests.fake_discord.world import World


class Op(IntEnum):
    """What a frame is for."""

    DISPATCH = 0
    HEARTBEAT = 1
    IDENTIFY = 2
    PRESENCE = 3
    RESUME = 6
    RECONNECT = 7
    REQUEST_MEMBERS = 8
    INVALID_SESSION = 9
    HELLO = 10
    HEARTBEAT_ACK = 11


GUILDS, GUILD_MEMBERS, PRESENCES, GUILD_MESSAGES, MESSAGE_CONTENT = 1 << 0, 1 << 1, 1 << 8, 1 << 9, 1 << 15
PRIVILEGED = GUILD_MEMBERS | PRESENCES | MESSAGE_CONTENT

_log = logging.getLogger(__name__)


class Socket:
    """One connection. What is sent waits in a queue, so that whoever sends never waits."""

    def __init__(self, ws: web.WebSocketResponse, request: web.Request, *, compressed: bool) -> None:
        self.ws = ws
        self._request = request
        self._queue: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        # With zlib-stream, one deflate stream runs through the whole connection.
        self._deflate = zlib.compressobj() if compressed else None

    def send(self, op: Op, data: Any = None, *, seq: int | None = None, event: str | None = None) -> None:
        """Queue a frame."""
        self._queue.put_nowait({"op": op, "d": data, "s": seq, "t": event})

    def abort(self) -> None:
        """End the connection without a word."""
        if self._request.transport is not None:
            self._request.transport.abort()

    async def write(self) -> None:
        """Send what is queued until the connection ends."""
        while True:
            text = json.dumps(await self._queue.get())
            try:
                if self._deflate is None:
                    await self.ws.send_str(text)
                else:
                    packed = self._deflate.compress(text.encode()) + self._deflate.flush(zlib.Z_SYNC_FLUSH)
                    await self.ws.send_bytes(packed)
            except ConnectionError:
                return


@dataclass(eq=False, kw_only=True)
class Session:
    """A bot's session, which outlives its connections. Sent events are kept for RESUME."""

    id: str
    intents: int
    socket: Socket | None = None
    sent: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def dispatch(self, event: str, data: dict[str, Any]) -> None:
        self.sent.append((event, data))
        if self.socket is not None:
            self.socket.send(Op.DISPATCH, data, seq=len(self.sent), event=event)

    def replay(self, after: int) -> None:
        """Send again what was missed."""
        if self.socket is not None:
            for seq, (event, data) in enumerate(self.sent[after:], after + 1):
                self.socket.send(Op.DISPATCH, data, seq=seq, event=event)


class Gateway:
    """Accepts connections on /gateway.

    Attributes:
        heartbeat_interval: Seconds, told in HELLO.
        identifies: How many sessions were started.
        resumes: How many were resumed.
        heartbeats: How many beats arrived.
        presence: The last presence that the bot set, or None.
        allowed_privileged: The privileged intents that the bot may ask for; others close with 4014.
        down: Whether connections are refused with 503.
    """

    def __init__(self, *, token: str) -> None:
        self.token = token
        self.heartbeat_interval = 41.25
        self.identifies = self.resumes = self.heartbeats = 0
        self.presence: dict[str, Any] | None = None
        self.intents = 0
        self.allowed_privileged = 0
        self.down = False
        self.world: World | None = None
        self._sessions: dict[str, Session] = {}

    @property
    def connected(self) -> bool:
        """Whether a session has a live connection."""
        return any(one.socket is not None for one in self._sessions.values())

    def dispatch(self, event: str, data: dict[str, Any]) -> bool:
        """Send an event; False where nobody was there. Interactions are not kept for a resume."""
        heard = False
        for session in self._sessions.values():
            if session.socket is None and event == "INTERACTION_CREATE":
                continue
            if event.startswith("MESSAGE_") and not session.intents & GUILD_MESSAGES:
                continue
            session.dispatch(event, data)
            heard = heard or session.socket is not None
        return heard

    async def cut(self, *, code: int | None = 4000, resumable: bool = True) -> None:
        """Close all connections: with a close code, or, where it is None, without a word.

        Args:
            code: The close code. 4004 and 4010 to 4014 tell a client not to come back.
            resumable: False forgets the sessions, so that RESUME is answered INVALID_SESSION.
        """
        sockets = [one.socket for one in self._sessions.values() if one.socket is not None]
        for session in self._sessions.values():
            session.socket = None
        if not resumable:
            self._sessions.clear()
        for socket in sockets:
            if code is None:
                socket.abort()
            else:
                await socket.ws.close(code=code)

    def ask_to_reconnect(self) -> None:
        """RECONNECT (op 7), as Discord sends before it restarts a gateway node."""
        for session in self._sessions.values():
            if session.socket is not None:
                session.socket.send(Op.RECONNECT)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """One connection, from HELLO to its end."""
        if self.down:
            return web.Response(status=503)
        ws = web.WebSocketResponse(timeout=2.0)
        await ws.prepare(request)
        socket = Socket(ws, request, compressed=request.query.get("compress") == "zlib-stream")
        writer = asyncio.create_task(socket.write())
        socket.send(Op.HELLO, {"heartbeat_interval": int(self.heartbeat_interval * 1000)})
        try:
            async for frame in ws:
                if frame.type is WSMsgType.TEXT:
                    await self._hear(socket, json.loads(frame.data))
        finally:
            writer.cancel()
            for session in self._sessions.values():
                if session.socket is socket:
                    session.socket = None
        return ws

    async def _hear(self, socket: Socket, frame: dict[str, Any]) -> None:
        data = frame.get("d")
        match frame["op"]:
            case Op.HEARTBEAT:
                self.heartbeats += 1
                socket.send(Op.HEARTBEAT_ACK)
            case Op.IDENTIFY:
                await self._identify(socket, data or {})
            case Op.PRESENCE:
                self.presence = data
            case Op.RESUME:
                self._resume(socket, data or {})
            case Op.REQUEST_MEMBERS:
                _log.debug("member chunks are not faked: %s", data)
            case op:
                _log.warning("unknown gateway op %s", op)

    async def _identify(self, socket: Socket, data: dict[str, Any]) -> None:
        if data.get("token") != self.token:
            await socket.ws.close(code=4004, message=b"Authentication failed.")
            return
        self.intents = int(data["intents"])
        if self.intents & PRIVILEGED & ~self.allowed_privileged:
            await socket.ws.close(code=4014, message=b"Disallowed intent(s).")
            return
        world = self.world
        assert world is not None
        session = Session(id=secrets.token_hex(16), intents=self.intents, socket=socket)
        # One bot, one shard: a new session replaces what was before.
        self._sessions = {session.id: session}
        self.identifies += 1
        self.presence = data.get("presence", self.presence)
        ready = {
            "v": 10,
            "user": world.bot.payload(),
            "guilds": [{"id": str(one), "unavailable": True} for one in world.guilds],
            "session_id": session.id,
            "resume_gateway_url": f"{world.base_url.replace('http', 'ws', 1)}/gateway",
            "application": {"id": str(world.application_id), "flags": 0},
            "session_type": "normal",
        }
        session.dispatch("READY", ready)
        for guild in world.guilds.values():
            session.dispatch("GUILD_CREATE", guild.payload(guild.members[world.bot.id]))

    def _resume(self, socket: Socket, data: dict[str, Any]) -> None:
        session = self._sessions.get(str(data.get("session_id")))
        seq = data.get("seq")
        if session is None or data.get("token") != self.token or not isinstance(seq, int):
            socket.send(Op.INVALID_SESSION, data=False)
            return
        session.socket = socket
        self.resumes += 1
        session.replay(after=seq)
        session.dispatch("RESUMED", {})
