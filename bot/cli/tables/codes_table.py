"""The table of docs/http-api.md: every code that a client may be told, and its meaning."""

from __future__ import annotations

import sys

from db.codes import BotCode
from engine.core.errors import OF_PULLS, Code
from engine.untrusted.headers import MEANINGS


def table() -> str:
    """Make it, one row for each code."""
    meanings = {
        **MEANINGS,
        **{str(code): code.meaning for code in Code if code not in OF_PULLS},
        **{str(code): code.meaning for code in BotCode},
    }
    rows = (f"| `{code}` | {meaning} |" for code, meaning in sorted(meanings.items()))
    return "\n".join(("| Code | Meaning |", "|---|---|", *rows)) + "\n"


if __name__ == "__main__":
    sys.stdout.write(table())
