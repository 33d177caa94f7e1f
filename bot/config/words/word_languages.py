"""Which languages the base list of rude words has; a setting names some of them."""

from __future__ import annotations


def languages() -> frozenset[str] | None:
    """The languages that the base has; None where it is not installed."""
    try:
        from badwords import ProfanityFilter  # noqa: PLC0415 - a tenth of a second, and not everywhere
    except ImportError:
        return None
    base = ProfanityFilter()
    base.init(languages=[])
    return frozenset(base.available_languages())
