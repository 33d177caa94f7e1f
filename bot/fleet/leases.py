"""How long a worker may say nothing before its claims go to others.

A lease is held in memory and counted by a clock that nobody can set. Who could not listen must not judge: the
clock stands still while there is no connection, and while the bot itself overslept.
"""

from __future__ import annotations

from bot.fleet.policy import FleetPolicy
from db.fleet.worker_claims import Claim


class Leases:
    """The leases of all claims of workers."""

    def __init__(self, policy: FleetPolicy) -> None:
        """Make it without any."""
        self._policy = policy
        self._named: dict[Claim, float] = {}
        self._given: dict[Claim, float] = {}
        self._now = 0.0
        self._looked: float | None = None
        self._apart = 0.0

    def look(self, now: float, *, listening: bool) -> None:
        """Let time pass.

        Args:
            now: seconds of a clock that only moves on.
            listening: whether beats could be heard since the last look.
        """
        passed = 0.0 if self._looked is None else now - self._looked
        self._looked = now
        if not listening:
            self._apart += min(passed, self._policy.overslept)
        elif passed <= self._policy.overslept:
            self._now += passed

    def connected(self) -> None:
        """There is a connection again. Workers may have lost theirs: each has a lease and a grace now."""
        self._apart = 0.0
        self._named = dict.fromkeys(self._named, self._now + self._policy.grace)

    def name(self, claim: Claim, *, later: float = 0.0) -> None:
        """A claim was given or named now, or counts as named that many seconds from now."""
        self._named[claim] = self._now + later
        self._given.setdefault(claim, self._now)

    def end(self, claim: Claim) -> None:
        """A claim is over, however it ended."""
        self._named.pop(claim, None)
        self._given.pop(claim, None)

    def begin(self, claims: list[Claim]) -> None:
        """The bot has started, and these claims of before may be named again."""
        for claim in claims:
            self.name(claim, later=self._policy.grace)

    def all(self) -> list[Claim]:
        """All claims that workers have, as far as is known."""
        return list(self._named)

    def overdue(self) -> list[Claim]:
        """Claims of which nothing was heard for a lease. They are not forgotten by being told."""
        if self._apart > self._policy.apart:
            return list(self._named)
        return [claim for claim, at in self._named.items() if self._now - at > self._policy.lease]

    def too_long(self) -> list[Claim]:
        """Claims that are named again and again, and are held longer than any job takes."""
        return [claim for claim, at in self._given.items() if self._now - at > self._policy.claim_seconds]
