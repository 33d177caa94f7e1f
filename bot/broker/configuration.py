"""The broker's configuration file. NATS's format takes JSON, so JSON it is.

It holds public keys only: whoever reads it cannot log in. Each worker may speak and listen on its own
subjects and nowhere else, and nobody may log in without a key.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.broker.keeping import rights
from bot.link.certificate import NAME
from bot.link.subjects import BOT_MAY_SAY, FROM_WORKERS, worker_may_hear, worker_may_say

LARGEST_MESSAGE = 512 * 1024
"""Bytes. A piece of a file is half of that at most."""

LONGEST_LINE = 1024
"""Bytes of a line of the protocol: a subject and a number."""

SUBSCRIPTIONS = 16
"""Most of one connection. The bot has three, a worker as many."""

PING_SECONDS = 4
PINGS = 2
"""A connection that leaves so many pings unanswered is closed."""

WRITE_SECONDS = 5
"""A connection that takes nothing for so long is closed."""

LOGIN_SECONDS = 5
"""Most for the handshake, and again for logging in."""

HEAD = "# Written by Framekiln, and written again at each change. It holds no secrets.\n"


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a broker listens, and where it finds and leaves files.

    Attributes:
        host, port: where it listens.
        certificate, key: paths, as the broker sees them.
        connections: most at the same time.
        log: path of its log; "": it writes to standard error.
        log_bytes: after which the log is begun anew.
        pid: path of the file with its process id; "": none.
    """

    host: str
    port: int
    certificate: str
    key: str
    connections: int
    log: str = ""
    log_bytes: int = 0
    pid: str = ""


def configuration(place: Place, *, bot: str, workers: Mapping[str, str], keeper: str = "") -> str:
    """The text of the file.

    Args:
        place: where it runs.
        bot: the public half of the bot's key.
        workers: id → public half of the key, of every worker that may come.
        keeper: the public half of the key of what keeps a broker elsewhere; "": nothing does.
    """
    users = [_user(bot, [BOT_MAY_SAY], [FROM_WORKERS])]
    users += [
        _user(key, [worker_may_say(worker)], list(worker_may_hear(worker)))
        for worker, key in sorted(workers.items())
    ]
    if keeper:
        users.append(rights(keeper))
    tls = {
        "cert_file": place.certificate,
        "key_file": place.key,
        "handshake_first": True,  # else the first words are in the clear
        "min_version": "1.3",
        "timeout": LOGIN_SECONDS,
    }
    content: dict[str, Any] = {
        "server_name": NAME,
        "host": place.host,
        "port": place.port,
        "max_payload": LARGEST_MESSAGE,
        "max_control_line": LONGEST_LINE,
        "max_subscriptions": SUBSCRIPTIONS,
        "max_connections": place.connections,
        "ping_interval": f"{PING_SECONDS}s",
        "ping_max": PINGS,
        "write_deadline": f"{WRITE_SECONDS}s",
        "tls": tls,
        "authorization": {"timeout": LOGIN_SECONDS, "users": users},
    }
    if place.log:
        content |= {"log_file": place.log, "logfile_size_limit": place.log_bytes, "logfile_max_num": 2}
    if place.pid:
        content["pid_file"] = place.pid
    return HEAD + json.dumps(content, indent=1) + "\n"


def _user(key: str, says: list[str], hears: list[str]) -> dict[str, Any]:
    return {"nkey": key, "permissions": {"publish": {"allow": says}, "subscribe": {"allow": hears}}}
