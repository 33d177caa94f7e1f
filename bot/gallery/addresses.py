"""Names of the gallery's pages and files. All of them lie in one folder, so every link is a bare name.

A name that begins a page's is never followed by a dot, so that a page and the second page of another can't
have the same name.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

from bot.web.look import digest
from db.gallery import Wanted
from db.states import JOB_ID

MEMBERS = "members.html"
PER_PAGE = 24
"""Clips on a page."""

_LIST = re.compile(r"(index|(?:engine|kind|member)-[a-z0-9-]+)(?:\.([1-9][0-9]{0,5}))?\.html")
_CLIP = re.compile(rf"clip-({JOB_ID})\.(html|mp4|webp)")
_STYLE = re.compile(r"style-[a-z2-7]{12}\.css")


@dataclass(frozen=True, kw_only=True)
class Listing:
    """A page with clips.

    Attributes:
        stem: what its name begins with.
        number: from 1.
    """

    stem: str
    number: int = 1

    @property
    def name(self) -> str:
        """The page's."""
        return f"{self.stem}.html" if self.number == 1 else f"{self.stem}.{self.number}.html"

    def beside(self, step: int) -> Listing:
        """A page that many pages further on."""
        return Listing(stem=self.stem, number=self.number + step)


def listing_named(name: str) -> Listing | None:
    """The listing of this name; None: it is no listing's."""
    match = _LIST.fullmatch(name)
    return None if match is None else Listing(stem=match[1], number=int(match[2] or 1))


def clip_named(name: str) -> tuple[str, str] | None:
    """The job's id and the ending, if this is the name of something of a clip."""
    match = _CLIP.fullmatch(name)
    return None if match is None else (match[1], match[2])


def is_ours(name: str) -> bool:
    """Whether a file of this name may be one of a gallery's."""
    return name == MEMBERS or any(pattern.fullmatch(name) for pattern in (_LIST, _CLIP, _STYLE))


def of_clip(job: str, ending: str = "html") -> str:
    """The name of a clip's page, or of its file or still."""
    return f"clip-{job}.{ending}"


def of_style(css: str) -> str:
    """The name of the style; another style has another name, so it may be kept for ever."""
    return f"style-{digest(css)}.css"


def slug(name: str) -> str:
    """An engine's or a kind's name as a part of an address; two names never have the same."""
    plain = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:40]
    if plain and plain == name:
        return plain
    return f"{plain}-{hashlib.sha256(name.encode()).hexdigest()[:8]}".lstrip("-")


def stem_of(wanted: Wanted) -> str:
    """What the names of the pages with these clips begin with."""
    if wanted.engine is not None:
        return f"engine-{slug(wanted.engine)}"
    if wanted.kind is not None:
        return f"kind-{slug(wanted.kind)}"
    return "index" if wanted.member is None else f"member-{wanted.member}"
