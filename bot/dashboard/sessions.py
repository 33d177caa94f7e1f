"""Logins of the owner. They are in memory alone: a restart of the bot ends them, and so does another key."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from bot.dashboard.policy import DashboardPolicy
from db.api.owner_key import OwnerKey

MOST = 20
"""Logins at once; the oldest ends."""

MINUTE = 60.0


@dataclass(frozen=True, kw_only=True)
class Session:
    """A login.

    Attributes:
        ends: Unix seconds.
        proof: what a form must bring along, so that no other page can send one.
        key: what stands for the key that was used.
    """

    ends: float
    proof: str
    key: str


class TooManyTries(Exception):
    """Too many wrong keys came in this minute."""


class Sessions:
    """Knows who is logged in."""

    def __init__(self, policy: DashboardPolicy, keys: OwnerKey, *, clock: Callable[[], float]) -> None:
        """Make one.

        Args:
            policy: the owner's.
            keys: knows the owner's key.
            clock: returns Unix seconds.
        """
        self._policy = policy
        self._keys = keys
        self._clock = clock
        self._open: dict[str, Session] = {}
        self._wrong: deque[float] = deque(maxlen=policy.tries)

    async def log_in(self, key: str) -> str | None:
        """Begin a session, and return what the browser has to bring along; None: that is not the key.

        Raises:
            TooManyTries: no key is looked at now.
        """
        stands_for = await self._looked_at(key)
        if stands_for is None:
            return None
        name = secrets.token_urlsafe(32)
        while len(self._open) >= MOST:
            del self._open[next(iter(self._open))]
        self._open[_hash(name)] = Session(
            ends=self._clock() + self._policy.seconds, proof=secrets.token_urlsafe(32), key=stands_for
        )
        return name

    async def bearer(self, key: str) -> bool:
        """Whether a program has sent the owner's key itself.

        Raises:
            TooManyTries: no key is looked at now.
        """
        return await self._looked_at(key) is not None

    async def find(self, name: str) -> Session | None:
        """The session that a browser names, if it has not ended."""
        session = self._open.get(_hash(name))
        if session is None:
            return None
        if self._clock() >= session.ends or await self._keys.current() != session.key:
            del self._open[_hash(name)]
            return None
        return session

    def log_out(self, name: str) -> None:
        """End a session."""
        self._open.pop(_hash(name), None)

    async def _looked_at(self, key: str) -> str | None:
        now = self._clock()
        if len(self._wrong) == self._wrong.maxlen and 0 <= now - self._wrong[0] < MINUTE:
            raise TooManyTries
        stands_for = await self._keys.check(key)
        if stands_for is None:
            self._wrong.append(now)
        return stands_for


def is_proof(session: Session, given: str) -> bool:
    """Whether a form comes from a page that this session was shown."""
    return hmac.compare_digest(session.proof.encode(), given.encode())


def _hash(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()
