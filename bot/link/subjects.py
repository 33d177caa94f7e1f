"""Who speaks on which subject.

The broker lets a worker speak only below ``fk1.up.W`` and listen only below ``fk1.dn.W``. So the subject says
who speaks, and an id inside a message is never believed. ``fk1`` is the major version of the protocol.
"""

from __future__ import annotations

import re
import secrets

PREFIX = "fk1"

HELLO = "hello"
BEAT = "beat"
ASK = "ask"
FILE = "file"
WEIGHTS = "weights"
TELL = "tell"
PULL = "pull"

TO_ALL = f"{PREFIX}.dn.all"
"""The bot says that it is here."""

FROM_WORKERS = f"{PREFIX}.up.>"
"""All that workers say. The bot listens here."""

ANSWERS_TO_BOT = f"{PREFIX}.up.*.r.*"
"""Answers to what the bot asked a worker."""

BOT_MAY_SAY = f"{PREFIX}.dn.>"

WORKER_ID = re.compile(r"[a-z0-9]{8}")


def new_worker_id() -> str:
    """Eight random characters; an id tells nothing of anyone."""
    return secrets.token_hex(4)


def up(worker: str, what: str) -> str:
    """Where a worker says something."""
    return f"{PREFIX}.up.{worker}.{what}"


def down(worker: str, what: str) -> str:
    """Where the bot says something to a worker."""
    return f"{PREFIX}.dn.{worker}.{what}"


def worker_may_say(worker: str) -> str:
    """All that a worker may publish."""
    return f"{PREFIX}.up.{worker}.>"


def worker_may_hear(worker: str) -> tuple[str, ...]:
    """All that a worker may subscribe to."""
    return f"{PREFIX}.dn.{worker}.>", TO_ALL


def speaker(subject: str) -> tuple[str, str] | None:
    """Who speaks on a subject below ``fk1.up``, and what; None: it is none of those.

    ``fk1.up.W.beat`` gives ``("W", "beat")``; ``fk1.up.W.r.TOKEN`` gives ``("W", "r.TOKEN")``.
    """
    parts = subject.split(".", 3)
    if len(parts) != 4 or parts[:2] != [PREFIX, "up"] or not WORKER_ID.fullmatch(parts[2]):  # noqa: PLR2004
        return None
    return parts[2], parts[3]


def answers_to_worker(worker: str) -> str:
    """Where a worker hears answers."""
    return down(worker, "i.*")


def answer_to_worker(worker: str) -> str:
    """A new subject for one answer to a worker."""
    return down(worker, f"i.{secrets.token_hex(8)}")


def answer_to_bot(worker: str) -> str:
    """A new subject for one answer of a worker to the bot."""
    return up(worker, f"r.{secrets.token_hex(8)}")


def may_be_answered(worker: str, reply: str) -> bool:
    """Whether a reply subject is one of the worker's own; the broker does not look.

    Otherwise a worker could have the bot say something to another.
    """
    start = down(worker, "i.")
    return reply.startswith(start) and re.fullmatch(r"[A-Za-z0-9]{1,64}", reply[len(start) :]) is not None
