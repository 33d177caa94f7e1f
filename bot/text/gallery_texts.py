"""Texts of the gallery: on its pages, and what members and moderators are told of it."""

from __future__ import annotations

from collections.abc import Sequence

from bot.text.wording import Text, decimal, say, say_as
from db.gallery import Choice
from engine.core.foreign_text import visible
from engine.core.recipe import Kind
from engine.core.sight import Shows

TITLE = Text("Framekiln gallery", "gallery")
ALL = Text("All clips", "gallery")
MEMBERS = Text("Members", "gallery")
SKIP = Text("Skip to the clips", "gallery")
NONE = Text("There are no clips here.", "gallery")
NO_MEMBERS = Text("No member shows their name here.", "gallery")
NEWER, OLDER = Text("Newer clips", "gallery"), Text("Older clips", "gallery")
FILTERS = Text("Filters", "gallery")
PAGES = Text("Pages", "gallery")
BY_KIND, BY_ENGINE = Text("Made from", "gallery"), Text("Drawn by", "gallery")
MADE_ON = Text("Made on", "gallery")
LENGTH, SIZE = Text("Length", "gallery"), Text("Size", "gallery")
TAKES, STARS = Text("Takes", "gallery"), Text("Stars", "gallery")
DOWNLOAD = Text("Download the clip", "gallery")
ABOUT = Text(
    "Clips that members of our Discord server made with Framekiln. Every clip is made by a machine, and its "
    "file says so.",
    "gallery",
)
GONE = Text("There is nothing here", "gallery")
COME_BACK = Text("Many people are looking right now. Please come back in a moment", "gallery")
UNTITLED = Text("A clip from a picture", "gallery")

KINDS = {
    Kind.ANIMATE: Text("a picture", "gallery"),
    Kind.TEXT2VIDEO: Text("words", "gallery"),
    Kind.RESTYLE: Text("another clip", "gallery"),
    Kind.UPSCALE: Text("a smaller clip", "gallery"),
}
"""What stands behind *Made from*."""

FROM_KINDS = {
    Kind.ANIMATE: Text("from a picture", "gallery"),
    Kind.TEXT2VIDEO: Text("from words", "gallery"),
    Kind.RESTYLE: Text("from another clip", "gallery"),
    Kind.UPSCALE: Text("from a smaller clip", "gallery"),
}

SHOWING = {
    Shows.PORTRAIT: Text("a person", "gallery"),
    Shows.GROUP: Text("people", "gallery"),
    Shows.PAGE: Text("a page of text", "gallery"),
    Shows.ANIMAL: Text("an animal", "gallery"),
    Shows.VEHICLE: Text("a vehicle", "gallery"),
    Shows.PRODUCT: Text("a product", "gallery"),
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
    Choice.HIDDEN: Text(
        "Done. None of your clips are shown in the gallery, in the showcase of a server or in a contest."
    ),
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
    return str(KINDS[Kind(kind)]) if kind in set(Kind) else visible(kind)


def from_kind(kind: str) -> str:
    """The same, as a remark beside a clip."""
    return str(FROM_KINDS[Kind(kind)]) if kind in set(Kind) else visible(kind)


def page_title(heading: str, number: int) -> str:
    """What stands in the browser's tab."""
    shown = visible(heading)
    return f"{shown} · {TITLE}" if number == 1 else f"{shown} · {page(number)} · {TITLE}"


def page(number: int) -> str:
    """Which page of several this is."""
    return say_as("gallery", "page {number}", number=number)


def drawn_by(engine: str) -> str:
    """The heading of the clips of an engine."""
    return f"{BY_ENGINE}: {visible(engine)}"


def made_from(kind: str) -> str:
    """The heading of the clips of a kind."""
    return f"{BY_KIND}: {of_kind(kind)}"


def by(name: str) -> str:
    """Whose clips a page has."""
    return say_as("gallery", "Clips by {name}", name=visible(name))


def made_by(name: str) -> str:
    """Whose clip it is; ``name`` may be written in HTML."""
    return say_as("gallery", "by {name}", name=name)


def alternative(words: str, shows: Sequence[Shows], seconds: float, width: int, height: int) -> str:
    """What a still shows, for those who don't see it."""
    if words:
        what = say_as("gallery", "Still from a clip: {words}.", words=visible(words).rstrip("."))
    else:
        what = say_as("gallery", "Still from a clip made from a picture.")
    sentences = [what]
    if seen := dict.fromkeys(str(SHOWING[each]) for each in shows):
        sentences.append(say_as("gallery", "The picture shows: {things}.", things=", ".join(seen)))
    size = say_as(
        "gallery",
        "{seconds} seconds, {width} by {height} pixels.",
        seconds=decimal(seconds),
        width=width,
        height=height,
    )
    return " ".join((*sentences, size))


def facts(
    engine: str, seconds: float, width: int, height: int, takes: int, stars: int
) -> list[tuple[str, str]]:
    """What is told of a clip below it."""
    told = [
        (str(BY_ENGINE), visible(engine)),
        (str(LENGTH), say("{n} s", n=decimal(seconds))),
        (str(SIZE), f"{width} × {height}"),
        (str(TAKES), str(takes)),
    ]
    return [*told, (str(STARS), str(stars))] if stars else told
