"""What the bot tells a broker on another machine: who may come.

There a small program keeps the broker (:mod:`bot.broker.keeper`). It hears the whole list over the broker
itself, whenever that is another and now and then besides, and answers when the broker has it. So a list that
was lost, or a keeper that was away, needs no case of its own. The broker lets nobody but the bot speak on
that subject; what is told holds public keys only.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Self

from bot.broker.keys import is_public_key
from bot.link.subjects import WORKER_ID, answer_to_bot, down, worker_may_hear, worker_may_say

KEEPER = "keeper00"
"""Stands where a worker's id does. No worker has it: theirs are hexadecimal."""

LIST = "list"
STATE = "state"

FILE = "keeper.json"
"""In the exported folder: what the keeper was told last."""

SEED = "keeper.nkey"
"""In the exported folder, and in the bot's: the keeper's secret key."""

LARGEST = 400_000
"""Bytes of a list: some 5,000 workers, and less than the broker lets through."""

WHERE = down(KEEPER, LIST)

ASKED = down(KEEPER, STATE)
"""Where a keeper is asked how it stands."""


class NoList(ValueError):
    """These bytes are no list of workers."""


@dataclass(frozen=True, kw_only=True)
class Guests:
    """Who may come to a broker.

    Attributes:
        bot, keeper: public halves of their keys.
        port: on which it listens.
        connections: at the same time.
        workers: id → public half of the key.
    """

    bot: str
    keeper: str
    port: int
    connections: int
    workers: Mapping[str, str]

    def to_json(self) -> bytes:
        """As it is told, and as it is kept in a file."""
        told = {name: getattr(self, name) for name in ("bot", "keeper", "port", "connections")}
        return json.dumps({**told, "workers": dict(sorted(self.workers.items()))}).encode()

    @classmethod
    def from_json(cls, data: bytes) -> Self:
        """Read what :meth:`to_json` wrote. With one key that is none, no broker would start.

        Raises:
            NoList: it is none.
        """
        if len(data) > LARGEST:
            raise NoList(f"{len(data)} bytes are no list of workers")
        try:
            told = json.loads(data)
            made = cls(
                bot=str(told["bot"]),
                keeper=str(told["keeper"]),
                port=int(told["port"]),
                connections=int(told["connections"]),
                workers={str(worker): str(key) for worker, key in told["workers"].items()},
            )
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise NoList(f"this is no list of workers: {error}") from error
        good = all(WORKER_ID.fullmatch(worker) and is_public_key(key) for worker, key in made.workers.items())
        if not (good and is_public_key(made.bot) and is_public_key(made.keeper)):
            raise NoList("a key in this list of workers is none")
        if not (0 < made.port < 1 << 16 and made.connections > 0):
            raise NoList("this list of workers names no port")
        return made


@dataclass(frozen=True, kw_only=True)
class Kept:
    """How a keeper stands.

    Attributes:
        release: of its program.
        digest: :func:`receipt_for` the list that it has.
        workers: how many are in that list.
        runs: the broker runs with that list.
        told: seconds since the bot told it a list; None: it has not since the keeper's start.
    """

    release: str
    digest: str
    workers: int
    runs: bool
    told: float | None

    def to_json(self) -> bytes:
        """As it is answered."""
        return json.dumps(asdict(self)).encode()

    @classmethod
    def from_json(cls, data: bytes) -> Self:
        """Read what :meth:`to_json` wrote.

        Raises:
            NoList: it is something else.
        """
        try:
            told = json.loads(data)
            return cls(
                release=str(told["release"]),
                digest=str(told["digest"]),
                workers=int(told["workers"]),
                runs=bool(told["runs"]),
                told=None if told["told"] is None else float(told["told"]),
            )
        except (ValueError, KeyError, TypeError) as error:
            raise NoList(f"this is no answer of a keeper: {error}") from error


def receipt_for(data: bytes) -> bytes:
    """What a keeper answers when the broker has a list."""
    return hashlib.sha256(data).hexdigest().encode()


def answer_subject() -> str:
    """A new subject for one answer of the keeper's."""
    return answer_to_bot(KEEPER)


def rights(key: str) -> dict[str, object]:
    """The keeper's entry among the broker's users: it hears the list and answers, and nothing else."""
    hears, _ = worker_may_hear(KEEPER)
    may = {"publish": {"allow": [worker_may_say(KEEPER)]}, "subscribe": {"allow": [hears]}}
    return {"nkey": key, "permissions": may}
