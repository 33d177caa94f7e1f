"""Money as whole millionths of a dollar, so that sums are exact."""

from __future__ import annotations

from decimal import ROUND_CEILING, Decimal

MILLION = 1_000_000
CENT = MILLION // 100


def micros(dollars: Decimal | float | str) -> int:
    """Dollars in millionths, rounded up: a price is never taken for less than it is."""
    return int((Decimal(str(dollars)) * MILLION).to_integral_value(rounding=ROUND_CEILING))


def shown(amount: int) -> str:
    """An amount in words a member can read: “$0.36”; below a cent with as many digits as it needs."""
    dollars = Decimal(amount) / MILLION
    if amount % CENT == 0 or abs(amount) >= 10 * CENT:
        return f"${dollars:.2f}"
    return f"${dollars.normalize():f}"
