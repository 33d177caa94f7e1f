"""One line that lets one machine draw for one bot: where, as whom, and how to know the right broker."""

from __future__ import annotations

import base64
import binascii
import json
import re
from dataclasses import dataclass, field
from typing import Self

from bot.link.errors import BadInvitation
from bot.link.subjects import WORKER_ID

START = "fkw1."
LONGEST = 1000

_ADDRESS = re.compile(r"(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9.-]{1,253}):([0-9]{1,5})")
_SEED = re.compile(r"SU[A-Z2-7]{56}")
_PRINT = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, kw_only=True)
class Invitation:
    """What a worker must know.

    Attributes:
        address: ``host:port`` of the broker; an IPv6 address stands in brackets.
        worker: the worker's id.
        seed: the secret half of its Ed25519 key, as an nkey.
        fingerprint: SHA-256 of the broker's certificate in DER, in hex.
    """

    address: str
    worker: str
    seed: str = field(repr=False)
    fingerprint: str

    def __post_init__(self) -> None:
        found = _ADDRESS.fullmatch(self.address)
        if found is None or not 0 < int(found[2]) < 1 << 16:
            raise BadInvitation(f"{self.address!r} is no address of the form host:port.")
        if not WORKER_ID.fullmatch(self.worker):
            raise BadInvitation("The worker's id is damaged.")
        if not _SEED.fullmatch(self.seed):
            raise BadInvitation("The key is damaged.")
        if not _PRINT.fullmatch(self.fingerprint):
            raise BadInvitation("The certificate's fingerprint is damaged.")

    @property
    def host(self) -> str:
        """Without the brackets of an IPv6 address."""
        return self.address.rpartition(":")[0].strip("[]")

    @property
    def port(self) -> int:
        """Of the broker."""
        return int(self.address.rpartition(":")[2])

    def line(self) -> str:
        """The line that the owner sends."""
        data = {"u": self.address, "w": self.worker, "k": self.seed, "f": _short(self.fingerprint)}
        text = json.dumps(data, separators=(",", ":")).encode()
        return START + base64.urlsafe_b64encode(text).decode().rstrip("=")

    @classmethod
    def from_line(cls, line: str) -> Self:
        """Read a line. White space in it is passed over: chat programs break long lines.

        Raises:
            BadInvitation: it is none; the text says what to do.
        """
        text = "".join(line.split()).strip("`\"'")
        if not text.startswith(START):
            raise BadInvitation(f"An invitation begins with {START} Copy the whole line that the owner sent.")
        if len(text) > LONGEST:
            raise BadInvitation("This is longer than an invitation. Copy only the line that the owner sent.")
        body = text.removeprefix(START)
        try:
            data = json.loads(base64.b64decode(body + "=" * (-len(body) % 4), altchars=b"-_", validate=True))
            return cls(
                address=str(data["u"]),
                worker=str(data["w"]),
                seed=str(data["k"]),
                fingerprint=base64.urlsafe_b64decode(str(data["f"]) + "=").hex(),
            )
        except (ValueError, KeyError, TypeError, binascii.Error) as error:
            raise BadInvitation(
                "This invitation is cut short or damaged. Copy the whole line that the owner sent."
            ) from error


def _short(fingerprint: str) -> str:
    return base64.urlsafe_b64encode(bytes.fromhex(fingerprint)).decode().rstrip("=")
