"""Texts of the gallery: on its pages, and what members and moderators are told of it."""

from __future__ import annotations

from collections.abc import Sequence

from bot.text.wording import Text
from db.gallery import Choice
from engine.core.foreign_text import visible
from engine.core.recipe import Kind
from engine.core.sight import Shows

TITLE = "Framekiln gallery"
ALL = "All clips"
MEMBERS = "Members"
SKIP = "Skip to the clips"
NONE = "There are no clips here."
NO_MEMBERS = "No member shows their name here."
NEWER, OLDER = "Newer clips", "Older clips"
FILTERS = "Filters"
BY_KIND, BY_ENGINE = "Made from", "Drawn by"
DOWNLOAD = "Download the clip"
ABOUT = (
    "Clips that members of our Discord server made with Framekiln. Every clip is made by a machine, and its "
    "file says so."
)
GONE = "There is nothing here"
COME_BACK = "Many people are looking right now. Please come back in a moment"
UNTITLED = "A clip from a picture"

KINDS = {
    Kind.ANIMATE: "a picture",
    Kind.TEXT2VIDEO: "words",
    Kind.RESTYLE: "another clip",
    Kind.UPSCALE: "a smaller clip",
}

SHOWING = {
    Shows.PORTRAIT: "a person",
    Shows.GROUP: "people",
    Shows.PAGE: "a page of text",
}

SHOWN_HERE = Text(
    "Clips posted in channels that everyone can see are now shown in the gallery on the web. "
    "Private, reported, deleted and age-restricted ones are not, and members can keep theirs out with "
    "`/mydata gallery`."
)
SHOWN_ALREADY = Text("This server's clips are already shown in the gallery.")
NOT_SHOWN_HERE = Text("This server's clips are no longer shown in the gallery.")
NOT_SHOWN_ALREADY = Text("This server's clips are not shown in the gallery.")
IS_SHOWN = Text("This server's public clips are shown in the gallery.")
IS_NOT_SHOWN = Text("This server's clips are not shown in the gallery. `/queue gallery show: on` shows them.")

CHOSEN = {
    Choice.HIDDEN: Text("Done. None of your clips are shown in the gallery."),
    Choice.UNNAMED: Text(
        "Done. Where moderators show the server's public clips in the gallery, yours are there without your "
        "name."
    ),
    Choice.NAMED: Text(
        "Done. Where moderators show the server's public clips in the gallery, yours are there with your "
        "name as that server shows it."
    ),
}


def of_kind(kind: str) -> str:
    """What clips of a kind are made from."""
    return KINDS[Kind(kind)] if kind in set(Kind) else visible(kind)


def page_title(heading: str, number: int) -> str:
    """What stands in the browser's tab."""
    shown = visible(heading)
    return f"{shown} · {TITLE}" if number == 1 else f"{shown}, page {number} · {TITLE}"


def by(name: str) -> str:
    """Whose clips a page has."""
    return f"Clips by {visible(name)}"


def alternative(words: str, shows: Sequence[Shows], seconds: float, width: int, height: int) -> str:
    """What a still shows, for those who don't see it."""
    seen = {SHOWING.get(each, f"a {each.value}"): None for each in shows}
    of_picture = f" The picture shows {' and '.join(seen)}." if seen else ""
    what = (
        f"Still from a clip: {visible(words).rstrip('.')}."
        if words
        else "Still from a clip made from a picture."
    )
    return f"{what}{of_picture} {seconds:.1f} seconds, {width} by {height} pixels."


def facts(
    engine: str, seconds: float, width: int, height: int, takes: int, stars: int
) -> list[tuple[str, str]]:
    """What is told of a clip below it."""
    told = [
        (BY_ENGINE, engine),
        ("Length", f"{seconds:.1f} s"),
        ("Size", f"{width} × {height}"),
        ("Takes", str(takes)),
    ]
    return [*told, ("Kept by", f"{stars} {'member' if stars == 1 else 'members'}")] if stars else told
