"""What one worker holds, as far as the bot knows. It is pure: a beat goes in, and what follows comes out.

A beat says all that a worker holds, so one that is lost, doubled or late needs no case of its own: the next
one says it again, and an older one is passed over.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from bot.link.messages import Drop, DropReason, Held, HeldState, Hello, Look, Order
from db.fleet.worker_claims import Claim
from db.fleet.workers import Trust
from db.jobs.job import Job

Key = tuple[str, int]
"""A job's id and the number of its claim."""

AGAIN_AFTER = 2.0
"""Seconds after which an order that no beat names is sent again."""


@dataclass(kw_only=True, eq=False)
class Holding:
    """A claim that a worker has.

    Attributes:
        job: as it was claimed.
        order: as it was sent; None: it was sent before the bot's last start.
        sent_at: when it was sent last, in seconds of a clock that only moves on.
        told: the worker's last word of it; None: it has not named it yet.
        settling: its end is being written down.
        fetching: the task that does, until the clip is here.
        looks: names of the first looks and sheets that were dealt with.
        served: bytes of its inputs that were asked for.
    """

    claim: Claim
    job: Job
    order: Order | None
    sent_at: float
    told: Held | None = None
    settling: bool = False
    fetching: asyncio.Task[None] | None = None
    looks: set[str] = field(default_factory=set)
    served: int = 0

    @property
    def key(self) -> Key:
        """Under which it is kept."""
        return self.claim.job, self.claim.number

    @property
    def trust(self) -> Trust:
        """How far its worker was trusted when the order was written, which settles who does what."""
        return Trust.PUBLIC if self.job.trust is None else Trust(self.job.trust)

    @property
    def drawn(self) -> bool:
        """Whether the worker has nothing more to draw of it."""
        return self.told is not None and self.told.state in {HeldState.DONE, HeldState.FAIL}


@dataclass(frozen=True, kw_only=True)
class News:
    """What follows from a beat.

    Attributes:
        named: claims that are held, and were named.
        unknown: claims that were named, and that only rows can tell of.
        forget: claims that the worker is to drop.
        again: orders that it seems not to have.
        ended: claims whose clip, or whose failure, is to be dealt with.
        moved: claims that are further than before.
        looks: first looks and sheets that were not offered before.
    """

    named: tuple[Holding, ...]
    unknown: tuple[Held, ...]
    forget: tuple[Drop, ...]
    again: tuple[Order, ...]
    ended: tuple[Holding, ...]
    moved: tuple[Holding, ...]
    looks: tuple[tuple[Holding, Look], ...]


class Account:
    """One worker's.

    Attributes:
        boot: names the worker's process; "" while none was heard of.
        began: when that process began, in seconds of the bot's clock that only moves on.
        holdings: the claims that it has.
        asked: the number of its last ask that brought an order, and that order's claim.
    """

    def __init__(self) -> None:
        """Make it without any claim."""
        self.boot = ""
        self.began = 0.0
        self.holdings: dict[Key, Holding] = {}
        self.asked: tuple[int, Key] | None = None
        self._seq = -1
        self._verdicts: dict[Key, DropReason] = {}
        self._replaced: set[str] = set()

    @property
    def to_draw(self) -> int:
        """Claims that it still has to draw, the one that it draws included."""
        return sum(not holding.drawn for holding in self.holdings.values())

    def greets(self, hello: Hello, now: float) -> bool:
        """Whether a process may be this worker's: the one that is known, or a younger one.

        A process says how long it has run, and the bot's own clock says the rest. So no clock that was set
        back makes a worker's next process look older than its last. A process that another has replaced is
        known, and does not come back.
        """
        if hello.boot == self.boot or not self.boot:
            return True
        return hello.boot not in self._replaced and now - hello.age >= self.began

    def begin(self, hello: Hello, now: float) -> list[Holding]:
        """A process of the worker's says hello.

        Args:
            hello: its.
            now: seconds of a clock that only moves on.

        Returns:
            The claims that its process before had and that this one does not: they are lost. They are not
            held any more.
        """
        if hello.boot == self.boot:
            return []
        known, self.boot, self.began = self.boot, hello.boot, now - hello.age
        self._seq, self.asked = -1, None
        self._replaced.discard(hello.boot)
        if not known:  # before the bot's last start, so orders may be on their way
            return []
        self._replaced.add(known)
        named = {(held.job, held.claim) for held in hello.hold}
        lost = [holding for key, holding in self.holdings.items() if key not in named]
        for holding in lost:
            del self.holdings[holding.key]
        return lost

    def give(self, claim: Claim, job: Job, order: Order | None, now: float) -> Holding:
        """The worker has this claim from now on."""
        key = (claim.job, claim.number)
        self._verdicts.pop(key, None)
        found = self.holdings.get(key)
        if found is None:
            found = self.holdings[key] = Holding(claim=claim, job=job, order=order, sent_at=now)
        return found

    def decide(self, key: Key, verdict: DropReason) -> None:
        """A claim is over; the worker is told for as long as it names it."""
        self.holdings.pop(key, None)
        self._verdicts[key] = verdict

    def hear(self, seq: int, hold: Sequence[Held], now: float) -> News | None:
        """A beat, or the list in a hello. None: a later one was heard already.

        Args:
            seq: its number.
            hold: all that the worker holds.
            now: seconds of a clock that only moves on.
        """
        if seq <= self._seq:
            return None
        self._seq = seq
        told = {(held.job, held.claim): held for held in hold}
        self._verdicts = {key: verdict for key, verdict in self._verdicts.items() if key in told}
        known = [(self.holdings[key], held) for key, held in told.items() if key in self.holdings]
        moved = [holding for holding, held in known if _is_further(holding.told, held)]
        for holding, held in known:
            holding.told = held
        again = [
            holding
            for key, holding in self.holdings.items()
            if key not in told and holding.told is None and now - holding.sent_at > AGAIN_AFTER
        ]
        for holding in again:
            holding.sent_at = now
        return News(
            named=tuple(holding for holding, _ in known),
            unknown=tuple(
                held for key, held in told.items() if key not in self.holdings and key not in self._verdicts
            ),
            forget=self.forget(),
            again=tuple(holding.order for holding in again if holding.order is not None),
            ended=tuple(holding for holding, _ in known if holding.drawn and not holding.settling),
            moved=tuple(moved),
            looks=tuple(
                (holding, look)
                for holding, held in known
                for look in held.looks
                if look.what not in holding.looks
            ),
        )

    def forget(self) -> tuple[Drop, ...]:
        """All claims that the worker is to drop."""
        return tuple(
            Drop(job=job, claim=number, verdict=verdict) for (job, number), verdict in self._verdicts.items()
        )


def _is_further(before: Held | None, now: Held) -> bool:
    return before is None or (before.stage, before.fraction, before.take) != (
        now.stage,
        now.fraction,
        now.take,
    )
