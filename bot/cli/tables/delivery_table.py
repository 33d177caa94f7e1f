"""What follows from each of Discord's refusals, as Markdown: docs/delivery.md is made from it."""

from __future__ import annotations

from bot.discord_io.discord_errors import CAUSES, FOLLOWS, Sort

PAGE = """\
# When Discord says no

A finished clip waits until Discord takes it. What follows from a refusal depends on what it is about: the
place, the content or the moment. Only a refusal of the content is final, and only for that form of the clip.
`python -m bot.cli.tables.delivery_table` prints this page.

"""

DEFAULT = """\
A code that is not listed is of the moment: the bot tries again with growing pauses, then another place. So is
HTTP 401, 404, 429 or 5xx without a code. HTTP 403 without a listed code is of the place, like 50013. HTTP 413
is too large.
"""


def page() -> str:
    """The text of docs/delivery.md."""
    lines = ["| Trouble | About | A clip | A status message | Who is told |", "|---|---|---|---|---|"]
    for trouble, follows in FOLLOWS.items():
        lines.append(f"| {trouble} | {follows.sort} | {follows.clip} | {follows.status} | {follows.told} |")
    lines += [
        "",
        "## Discord's codes",
        "",
        DEFAULT,
        "| Code | Meaning | About | Trouble |",
        "|---|---|---|---|",
    ]
    for sort in Sort:
        for cause in sorted(CAUSES.values(), key=lambda cause: cause.code):
            if FOLLOWS[cause.trouble].sort is sort:
                lines.append(f"| {cause.code} | {cause.meaning} | {sort} | {cause.trouble} |")
    return PAGE + "\n".join(lines) + "\n"


if __name__ == "__main__":
    print(page(), end="")  # noqa: T201 - printing the page is what the module is run for
