"""What a page says of a clip, made from its row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from bot.job_documents import receipt_of, recipe_of, seen_of
from bot.text import gallery_texts
from bot.text.prompts import clean_prompt
from db.gallery import Facets, Shown

LONGEST_WORDS = 400
LONGEST_NAME = 40


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A clip on a page, in the language of the page. Its texts are plain: whoever writes HTML escapes them.

    Attributes:
        id: the job's; random, and tells nothing of anybody.
        digest: of the clip as it is kept.
        title: the member's words, or what stands for none.
        alternative: what its still shows.
        facts: names and values, in the order of reading.
        member, name: what stands for its member in addresses, and their name; None: not told.
        width, height: pixels.
        silent: it has no sound.
        day: on which it was made, such as 2026-11-29.
    """

    id: str
    digest: str
    title: str
    alternative: str
    facts: Sequence[tuple[str, str]]
    kind: str
    engine: str
    member: str | None
    name: str | None
    width: int
    height: int
    silent: bool
    day: str


def shown_name(name: str) -> str:
    """A member's name as it may stand on a page: one line, without what can't be seen; "" for nothing."""
    return clean_prompt(name, LONGEST_NAME)


def shown_facets(facets: Facets) -> Facets:
    """What there is to filter by, with names as they may stand on a page."""
    members = {slug: shown_name(name) for slug, name in facets.members.items()}
    return replace(facets, members={slug: name for slug, name in members.items() if name})


def entry_of(shown: Shown) -> Entry | None:
    """What is told of a clip; None where its row can't be read, because a newer version wrote it."""
    job = shown.job
    try:
        recipe, receipt = recipe_of(job), receipt_of(job)
    except ValueError:
        return None
    words = clean_prompt(recipe.prompt, LONGEST_WORDS)
    seconds = receipt.frames / receipt.fps
    shows = [sight.shows for sight in seen_of(job).values() if sight.shows is not None]
    name = shown_name(shown.name or "")
    return Entry(
        id=job.id,
        digest=job.clip_sha256 or "",
        title=words or str(gallery_texts.UNTITLED),
        alternative=gallery_texts.alternative(words, shows, seconds, receipt.width, receipt.height),
        facts=gallery_texts.facts(
            recipe.engine, seconds, receipt.width, receipt.height, len(receipt.takes), shown.stars
        ),
        kind=job.kind,
        engine=job.engine or recipe.engine,
        member=shown.member if name else None,
        name=name or None,
        width=receipt.width,
        height=receipt.height,
        silent=not receipt.sound,
        day=datetime.fromtimestamp(job.ended_at or job.created_at, UTC).date().isoformat(),
    )
