"""What the bot keeps about its broker: the keys, the certificate, and whether the owner wants workers.

All of it is in one folder of the data folder, which only the owner's account may read. ``framekiln workers``
writes it, beside a running bot or without one; the bot looks at it every second.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path

from bot.broker.certificate import Certificate, make_certificate
from bot.broker.errors import BrokerUnusable
from bot.broker.keys import new_seed
from bot.config.paths import WORKERS

WANTED = "wanted.json"
CERTIFICATE = "certificate.pem"
KEY = "key.pem"
SEED = "bot.nkey"
KEEPER_SEED = "keeper.nkey"


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What the owner wants.

    Attributes:
        on: workers may come.
        address: ``host:port`` that workers dial.
        external: the broker runs somewhere else, at that address; the bot dials in like a worker.
    """

    on: bool
    address: str
    external: bool = False


@dataclass(frozen=True, kw_only=True)
class Secrets:
    """What proves who the broker and the bot are."""

    certificate: Certificate
    seed: str = field(repr=False)


class BrokerStore:
    """The folder.

    Attributes:
        folder: it.
    """

    def __init__(self, data_dir: Path) -> None:
        self.folder = data_dir / WORKERS

    def wanted(self) -> Wanted | None:
        """What the owner wants; None: they never asked for workers.

        Raises:
            BrokerUnusable: it cannot be read.
        """
        try:
            told = json.loads((self.folder / WANTED).read_text("utf-8"))
            return Wanted(
                on=bool(told["on"]), address=str(told["address"]), external=bool(told.get("external"))
            )
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise BrokerUnusable(
                f"{self.folder / WANTED} cannot be read ({error}): framekiln workers on writes it again"
            ) from error

    def wants(self) -> bool:
        """Whether workers may come. Where that cannot be read, it is taken to be as it was: they may."""
        try:
            wanted = self.wanted()
        except BrokerUnusable:
            return True
        return wanted is not None and wanted.on

    def want(self, wanted: Wanted) -> None:
        """Write down what the owner wants.

        Raises:
            OSError: it cannot be written.
        """
        self._write(WANTED, json.dumps(asdict(wanted)))

    def secrets(self) -> Secrets | None:
        """The keys; None: none were made yet.

        Raises:
            BrokerUnusable: they cannot be read.
        """
        try:
            return Secrets(
                certificate=Certificate(certificate=self._read(CERTIFICATE), key=self._read(KEY)),
                seed=self._read(SEED).strip(),
            )
        except FileNotFoundError:
            return None
        except (OSError, UnicodeError) as error:
            raise BrokerUnusable(f"the broker's keys cannot be read: {error}") from error

    def make_secrets(self, now: float) -> Secrets:
        """Read the keys, or make them, at ``now`` in Unix seconds, if there are none.

        New keys would make every invitation void.

        Raises:
            BrokerUnusable: a package is missing, or the keys cannot be read.
            OSError: they cannot be written.
        """
        if (found := self.secrets()) is not None:
            return found
        made = Secrets(certificate=make_certificate(now), seed=new_seed())
        # The certificate comes last: without it, there are no keys.
        self._write(KEY, made.certificate.key)
        self._write(SEED, made.seed + "\n")
        self._write(CERTIFICATE, made.certificate.certificate)
        return made

    def keeper_seed(self, *, make: bool = False) -> str:
        """The secret key of what keeps a broker elsewhere; "": none was made.

        Args:
            make: make it, if there is none.

        Raises:
            BrokerUnusable: a package is missing.
            OSError: it cannot be read or written.
        """
        try:
            return self._read(KEEPER_SEED).strip()
        except FileNotFoundError:
            if not make:
                return ""
        seed = new_seed()
        self._write(KEEPER_SEED, seed + "\n")
        return seed

    def _read(self, name: str) -> str:
        return (self.folder / name).read_text("utf-8")

    def _write(self, name: str, text: str) -> None:
        """Write a file whole or not at all, for the owner's account only."""
        write_private(self.folder / name, text)


def write_private(path: Path, text: str) -> None:
    """Write a file whole or not at all, for the owner's account only.

    Raises:
        OSError: it cannot be written.
    """
    path.parent.mkdir(parents=True, mode=0o700, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.unlink(missing_ok=True)  # of a process that was cut off, and had this number
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(text.encode())
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
