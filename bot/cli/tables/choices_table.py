"""Which engine draws what on which GPU, as Markdown: a table in docs/models.md."""

from __future__ import annotations

from engine.core.recipe import Quality
from engine.planning.recommended import ASKED, chosen, sold_as

GPUS = (6, 8, 12, 16, 24, 80)
"""Gigabytes, as they are sold."""


def table() -> str:
    """The table in Markdown."""
    lines = [
        f"| What is asked for | Quality | {' | '.join(f'{gigabytes} GB' for gigabytes in GPUS)} |",
        f"|{'---|' * (len(GPUS) + 2)}",
    ]
    for asked in ASKED:
        for quality in Quality:
            recipes = [chosen(asked, quality, sold_as(gigabytes)) for gigabytes in GPUS]
            cells = [f"`{recipe.engine}` {recipe.way}" for recipe in recipes]
            lines.append(f"| {asked} | {quality} | {' | '.join(cells)} |")
    return "\n".join(lines)


if __name__ == "__main__":
    print(table())  # noqa: T201 - printing the table is what the module is run for
