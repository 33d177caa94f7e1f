"""A purchase: one take that a service draws for money, and the ledger that remembers it."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Protocol, Self


class Stand(StrEnum):
    """How a purchase stands."""

    SUBMITTING = "submitting"
    """It is written down. The service may have been asked or not."""
    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    UNKNOWN = "unknown"
    """The service was asked, and its answer is lost."""

    @property
    def ended(self) -> bool:
        """Whether the service has nothing more to do for it."""
        return self in {Stand.SUCCEEDED, Stand.FAILED, Stand.CANCELLED}


class Cause(StrEnum):
    """Why there is no take."""

    MODERATION = "moderation"
    """The service refuses such pictures or words."""
    TOO_LARGE = "too large"
    BUSY = "busy"
    DEARER = "dearer"
    """It costs more than the table of engines says."""
    KEY = "key"
    """The key is wrong, or its account is empty."""
    INPUT = "input"
    """The service does not take what was sent."""
    MEMORY = "memory"
    BROKEN = "broken"
    GONE = "gone"
    """The service no longer has it."""
    LATE = "late"
    """It took longer than the owner allows."""


class Refusal(StrEnum):
    """Why nothing may be bought."""

    BUDGET = "budget"
    TAKES = "takes"


@dataclass(frozen=True, kw_only=True)
class Remote:
    """A purchase as its service knows it.

    Attributes:
        id: there.
        look, result, cancel: addresses that the service gave; "" where they are made from the id.
    """

    id: str
    look: str = ""
    result: str = ""
    cancel: str = ""

    def to_json(self) -> str:
        """One line."""
        return json.dumps(asdict(self), sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read what :meth:`to_json` wrote."""
        return cls(**json.loads(text))


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """A purchase to be written down.

    Attributes:
        engine: its name, such as ``replicate/wan-2.2-i2v-fast``.
        sent: what leaves this machine, in words: “picture, prompt”.
        reserved: the most that it can cost, in millionths of a dollar.
    """

    job: str
    take: int
    seed: int
    engine: str
    provider: str
    sent: str
    reserved: int


class Purchase(Protocol):
    """A row of the ledger."""

    @property
    def id(self) -> str:
        """Random; it is in the address of a webhook, so it can't be guessed."""
        ...

    @property
    def job(self) -> str:
        """The job that it is for."""
        ...

    @property
    def engine(self) -> str:
        """The engine's name."""
        ...

    @property
    def provider(self) -> str:
        """The service's name."""
        ...

    @property
    def state(self) -> str:
        """A :class:`Stand`."""
        ...

    @property
    def cause(self) -> str:
        """A :class:`Cause`; "" for none."""
        ...

    @property
    def remote(self) -> str:
        """A :class:`Remote` as JSON; "" where it is not known."""
        ...

    @property
    def reserved(self) -> int:
        """Millionths of a dollar at most."""
        ...

    @property
    def cost(self) -> int | None:
        """Millionths of a dollar; None where it is not known, and ``reserved`` counts."""
        ...

    @property
    def at(self) -> float:
        """Unix seconds of when it was written down."""
        ...


class Ledger(Protocol):
    """Remembers purchases. Each call is one transaction, and is on the disk when it returns."""

    async def find(self, job: str, take: int, seed: int) -> Purchase | None:
        """The last purchase of a take."""
        ...

    async def reserve(self, wanted: Wanted, *, budget: int, takes: int) -> Purchase | str:
        """Write a purchase down as submitting, if the day's money and the job's takes allow it.

        Args:
            wanted: what is bought.
            budget: millionths of a dollar that may be spent in a day.
            takes: paid takes that a job may have.

        Returns:
            The purchase, or a :class:`Refusal`.
        """
        ...

    async def placed(self, purchase: str, remote: str) -> None:
        """The service has it, under this id."""
        ...

    async def moved(self, purchase: str, state: str, *, cause: str = "", cost: int | None = None) -> None:
        """It stands otherwise now. An end is never undone; a cost of None leaves what is known."""
        ...

    async def unsettled(self) -> Collection[Purchase]:
        """Purchases that have not ended, and whose jobs need them no more."""
        ...

    async def known(self, provider: str) -> Collection[str]:
        """Every :class:`Remote` of a service's purchases that is remembered, as JSON."""
        ...

    async def rivals(self, purchase: str, *, seeds: int) -> bool:
        """Whether another purchase of its service and seed has no id there yet.

        Args:
            purchase: whose id is looked for.
            seeds: how many the service tells apart; ours are taken modulo this.
        """
        ...

    async def is_wanted(self, job: str) -> bool:
        """Whether the job still wants to be drawn: nobody has cancelled or erased it."""
        ...

    async def may_send(self, job: str) -> bool:
        """Whether the job's server and member still agree that it is sent to a service."""
        ...
