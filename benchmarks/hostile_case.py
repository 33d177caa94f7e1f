"""A file that means harm, or that somebody broke, and the answers to it that are right."""

from __future__ import annotations

from dataclasses import dataclass

OK = "ok"


@dataclass(frozen=True, kw_only=True)
class Case:
    """A file, and the answers that are right.

    Attributes:
        kind: the family that the table shows.
        expected: ``OK`` or codes of :class:`engine.untrusted.headers.Refusal`; empty when any clean answer is
            right.
    """

    kind: str
    name: str
    data: bytes
    expected: frozenset[str]
