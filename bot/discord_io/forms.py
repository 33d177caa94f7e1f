"""What a filled-in form brings back."""

from __future__ import annotations

from typing import Any


def field(data: Any, custom_id: str) -> str:
    """Find a text input's value, wherever in the form it lies (rows before 2025, labels since).

    Args:
        data: the interaction's.
        custom_id: the input's name.

    Returns:
        Its text; empty where there is no such input.
    """
    for part in data.get("components", ()):
        for item in (part, part.get("component", {}), *part.get("components", ())):
            if item.get("custom_id") == custom_id:
                return str(item.get("value", ""))
    return ""
