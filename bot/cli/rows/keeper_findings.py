"""What ``framekiln doctor`` finds of who can sign in at the broker: its list of users, and who keeps it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from bot.cli.finding import Finding
from bot.config.settings import Settings

if TYPE_CHECKING:
    from bot.broker.keeping import Kept
    from bot.broker.store import BrokerStore, Secrets

LOOK_SECONDS = 3.0
FRESH = 150.0
"""Seconds: a running bot tells the whole list once a minute, so it can have been missed once."""

EXPORT = "framekiln broker export FOLDER here, copy FOLDER there, and begin framekiln broker run FOLDER anew."
BY_HAND = (
    "On that machine: framekiln broker run FOLDER, of this release. With a nats-server that you run "
    "yourself, export, copy and reload after each invitation and removal."
)


def examine_elsewhere(
    store: BrokerStore,
    secrets: Secrets,
    workers: Mapping[str, str],
    *,
    address: str,
    connections: int,
    bot_runs: bool,
) -> Iterator[Finding]:
    """A broker on another machine, which can be reached: whether it takes the bot's key, and what keeps it.

    Args:
        store: has the keys.
        secrets: the bot's.
        workers: id → public key, of those that may come.
        address: ``host:port`` of the broker.
        connections: at the same time, as the owner has set it.
        bot_runs: a bot runs, and tells the keeper.
    """
    from bot.broker.ask_keeper import ask  # noqa: PLC0415 - only needed here
    from bot.broker.broker import guests_of, whole  # noqa: PLC0415 - same
    from bot.broker.keeping import receipt_for  # noqa: PLC0415 - same
    from bot.broker.reach import split  # noqa: PLC0415 - same
    from bot.link.connection import Login  # noqa: PLC0415 - same
    from bot.link.errors import LinkError  # noqa: PLC0415 - same

    host, port = split(address)
    login = Login(
        host=host,
        port=port,
        seed=secrets.seed,
        fingerprint=secrets.certificate.fingerprint,
        name="framekiln doctor",
    )
    try:
        answer = asyncio.run(ask(login, seconds=LOOK_SECONDS))
    except LinkError as error:
        yield Finding(name="broker", ok=False, wrong=True, text=f"hangs up: {error}", mend=EXPORT)
        return
    if not answer.login:
        text = "does not take the bot's key: it has the keys of another folder or of another bot"
        yield Finding(name="broker", ok=False, wrong=True, text=text, mend=EXPORT)
        return
    yield Finding(name="broker", ok=True, text="takes the bot's key")
    seed = store.keeper_seed()
    if answer.kept is None or not seed:
        text = "nothing answers that keeps the broker, so invitations and removals do not reach it"
        yield Finding(name="keeper", ok=False, wrong=True, text=text, mend=BY_HAND)
        return
    guests = guests_of(secrets, whole(workers), keeper=seed, port=port, connections=connections)
    yield _keeper(answer.kept, bot_runs=bot_runs)
    yield _users(answer.kept, receipt_for(guests.to_json()).decode(), len(guests.workers), bot_runs=bot_runs)


def _keeper(kept: Kept, *, bot_runs: bool) -> Finding:
    heard = "has heard nothing of the bot since it started"
    if kept.told is not None:
        heard = f"heard from the bot {kept.told:.0f} s ago"
    text = f"framekiln {kept.release} keeps the broker, and {heard}"
    fresh = not bot_runs or (kept.told is not None and kept.told < FRESH)
    mend = "" if fresh else "The bot runs and should tell it once a minute: its log says why it does not."
    return Finding(name="keeper", ok=fresh, wrong=not fresh, text=text, mend=mend)


def _users(kept: Kept, digest: str, invited: int, *, bot_runs: bool) -> Finding:
    if kept.digest == digest and kept.runs:
        return Finding(name="users", ok=True, text=f"{_workers(kept.workers)} can sign in: all that may come")
    if not kept.runs:
        text, mend = "the broker does not run with the list that its keeper has", "Its log there says why."
        return Finding(name="users", ok=False, wrong=True, text=text, mend=mend)
    text = f"{_workers(kept.workers)} can sign in, and the bot would tell it another list, of {invited}"
    mend = "It hears of changes within seconds; look again in a minute." if bot_runs else "Start the bot."
    return Finding(name="users", ok=False, wrong=bot_runs, text=text, mend=mend)


def examine_here(
    settings: Settings, store: BrokerStore, secrets: Secrets, workers: Mapping[str, str]
) -> Finding:
    """The broker that a running bot runs itself: whether its list is that of the database."""
    from bot import serving_policies  # noqa: PLC0415 - only needed here
    from bot.broker.broker import place_in, whole  # noqa: PLC0415 - same
    from bot.broker.child import CONFIGURATION  # noqa: PLC0415 - same
    from bot.broker.configuration import configuration  # noqa: PLC0415 - same
    from bot.broker.keys import public_key  # noqa: PLC0415 - same

    place = place_in(store.folder.absolute(), store, serving_policies.for_broker(settings))
    may_come = whole(workers)
    wanted = configuration(place, bot=public_key(secrets.seed), workers=may_come)
    if _read(store.folder / CONFIGURATION) == wanted:
        text = f"{_workers(len(may_come))} can sign in: all that may come"
        return Finding(name="users", ok=True, text=text)
    text = f"the broker's list is not that of the {_workers(len(may_come))} that may come"
    mend = "The bot writes it within a second: look again, then in the bot's log."
    return Finding(name="users", ok=False, wrong=True, text=text, mend=mend)


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeError):
        return ""


def _workers(count: int) -> str:
    return "1 worker" if count == 1 else f"{count} workers"
