"""What an optional value holds, where a test knows that there is one."""

from __future__ import annotations

from typing import TypeVar

T = TypeVar("T")


def present(value: T | None) -> T:
    """Give the value; the test fails if there is none."""
    assert value is not None
    return value
