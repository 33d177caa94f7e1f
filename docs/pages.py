"""Write every page, or part of one, that is made from the code: ``make pages``.

    python docs/pages.py

A new one is a line in PAGES. A test beside each of them asks for this command when a page has grown old.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
CLI = "bot.cli.tables"
"""Where the modules are that print the tables of the command line."""


def printed(module: str, *arguments: str) -> str:
    """Run a module and give what it prints."""
    command = (sys.executable, "-m", module, *arguments)
    return subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True).stdout


def settings() -> None:
    """Write docs/settings.md, which is made as a whole."""
    (DOCS / "settings.md").write_text(printed(f"{CLI}.settings_table"), "utf-8")


def models() -> None:
    """Write the tables of docs/models.md: it ends with the catalogue."""
    choices()
    page, table = DOCS / "models.md", printed(f"{CLI}.models_table")
    head = "\n\n" + table.partition("\n")[0] + "\n"
    before, found, _ = page.read_text("utf-8").rpartition(head)
    if not found:
        raise SystemExit(f"{page.name} has no table that begins with {head.strip()}")
    page.write_text(f"{before}\n\n{table}", "utf-8")


def choices() -> None:
    """Write the table of docs/models.md that says which engine draws what on which GPU."""
    put(DOCS / "models.md", "choices", printed(f"{CLI}.choices_table"))


def first_time() -> None:
    """Write what the commands of docs/first-time.md print for a GPU of 12 GB."""
    for command in ("doctor", "pull"):
        text = printed(f"{CLI}.first_time_page", command)
        put(DOCS / "first-time.md", command, f"```text\n{text}```\n")


def put(page: Path, place: str, text: str) -> None:
    """Put a text between the two marks of a place."""
    before, begin, rest = page.read_text("utf-8").partition(f"<!-- {place}: begin -->\n")
    _, end, after = rest.partition(f"<!-- {place}: end -->")
    if not (begin and end):
        raise SystemExit(f"{page.name} has no place called {place}")
    page.write_text(f"{before}{begin}{text}{end}{after}", "utf-8")


def delivery() -> None:
    """Write docs/delivery.md, which is made as a whole."""
    (DOCS / "delivery.md").write_text(printed(f"{CLI}.delivery_table"), "utf-8")


def monitoring() -> None:
    """Write the table of docs/monitoring.md: every metric."""
    put(DOCS / "monitoring.md", "metrics", printed(f"{CLI}.metrics_table"))


def codes() -> None:
    """Write the table of docs/http-api.md: every code."""
    put(DOCS / "http-api.md", "codes", printed(f"{CLI}.codes_table"))


def rights() -> None:
    """Write the tables of docs/moderation.md: everything, tried by everybody. It takes about 15 seconds."""
    printed("benchmarks.rights_table")


PAGES: dict[str, Callable[[], None]] = {
    "settings.md": settings,
    "models.md": models,
    "first-time.md": first_time,
    "delivery.md": delivery,
    "monitoring.md": monitoring,
    "http-api.md": codes,
    "moderation.md": rights,
}


def main() -> None:
    """Write them all, and say which changed."""
    for name, write in PAGES.items():
        old = (DOCS / name).read_text("utf-8")
        write()
        changed = (DOCS / name).read_text("utf-8") != old
        print(f"docs/{name}: {'written anew' if changed else 'as it was'}")


if __name__ == "__main__":
    main()
