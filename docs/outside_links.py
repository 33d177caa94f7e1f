"""A hook of the site: a link from docs/ to a file outside of it leads to that file on GitHub.

In the repository such a link is relative, so that it works on GitHub and on a disk. The site has only docs/.
"""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath
from typing import Any

ROOT = Path(__file__).parent.parent
LINK = re.compile(r"(?P<before>!?\[[^\]]*\]\()(?P<path>\.\./[^)#\s]*)(?P<after>[^)]*\))")


def on_page_markdown(markdown: str, *, page: Any, config: Any, **_: Any) -> str:
    """Give the text of a page whose links out of docs/ are addresses."""
    return outside(markdown, page.file.src_uri, config["extra"]["repository"])


def outside(markdown: str, page: str, repository: str) -> str:
    """Replace links out of docs/ by addresses at the repository. A link within docs/ stays as it is."""

    def replaced(link: re.Match[str]) -> str:
        path = _resolved(PurePosixPath("docs", page).parent, link["path"])
        if path.parts[:1] == ("docs",) or not (ROOT / path).exists():
            return link[0]
        kind = "raw" if link["before"].startswith("!") else "tree" if (ROOT / path).is_dir() else "blob"
        return f"{link['before']}{repository}/{kind}/main/{path}{link['after']}"

    return LINK.sub(replaced, markdown)


def _resolved(folder: PurePosixPath, target: str) -> PurePosixPath:
    """Work out the path from the top of the repository; one above it keeps its dots and does not exist."""
    parts: list[str] = list(folder.parts)
    for part in PurePosixPath(target).parts:
        if part == ".." and parts:
            parts.pop()
        else:
            parts.append(part)
    return PurePosixPath(*parts)
