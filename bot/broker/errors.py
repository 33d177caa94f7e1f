"""Why there is no broker."""

from __future__ import annotations


class BrokerUnusable(Exception):
    """There can be no broker; the text says what is missing and what to do, in one line for the owner."""
