"""Clips that strangers may see, with a real file each, and the gallery served or built."""

from __future__ import annotations

import functools
import itertools
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import aiohttp
import numpy as np

from bot.app import App
from bot.text.languages import LANGUAGES
from db.audit.log import AuditEntry
from db.jobs.job import Job
from engine.clips.encode import encode
from engine.core.cancel import CancelToken
from tests.bot.api.serving import serving
from tests.bot.fixtures import ANN, CHANNEL, GUILD, rendered

HOSTILE = '"><script>alert(1)</script><img src=x onerror=alert(2)>\u202egnp.exe'


@functools.cache
def clip(shade: int = 90) -> bytes:
    """A second of a square that moves, some kilobytes."""
    frames = np.full((12, 72, 128, 3), shade, np.uint8)
    for number, frame in enumerate(frames):
        frame[20:50, 4 + 6 * number : 40 + 6 * number] = (200, 80, 60)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "clip.mp4"
        encode(
            frames,
            fps=12,
            path=path,
            metadata={},
            max_bytes=10**6,
            progress=lambda _: None,
            cancel=CancelToken(),
        )
        return path.read_bytes()


async def allow(app: App, guild: int = GUILD, channel: int = CHANNEL) -> None:
    """Let a server's moderators show its clips, and a channel be public."""
    entry = AuditEntry(guild_id=guild, actor_id=9, action="gallery", target="on")
    await app.queue.gallery.show(entry, on=True)
    await app.queue.gallery.note_channels([(channel, guild, True)])


async def posted(app: App, user: int = ANN, shade: int = 90, **changes: Any) -> Job:
    """A clip in a channel."""
    queue = app.queue
    job = await rendered(queue, app.blobs, clip(shade), user=user, **changes)
    await queue.delivery.begin_posting(job.id)
    await queue.delivery.record_posted(job.id, 50)
    return job


@dataclass(kw_only=True)
class Answer:
    """An answer, read whole."""

    status: int
    headers: Any
    text: str
    body: bytes


class Visitor:
    """Somebody with a browser and no key."""

    def __init__(self, http: aiohttp.ClientSession, at: str) -> None:
        self._http = http
        self.at = at

    async def get(self, name: str = "", **headers: str) -> Answer:
        told = {each.replace("_", "-"): value for each, value in headers.items()}
        async with self._http.get(f"{self.at}/gallery/{name}", headers=told) as answer:
            body = await answer.read()
            return Answer(
                status=answer.status,
                headers=answer.headers,
                text=body.decode("utf-8", "replace"),
                body=body,
            )


@asynccontextmanager
async def visiting(app: App) -> AsyncIterator[Visitor]:
    """The gallery as the API's server has it."""
    async with serving(app) as served:
        yield Visitor(served.http, served.at)


@dataclass(kw_only=True)
class Element:
    """A tag of a page."""

    tag: str
    attributes: dict[str, str | None]


class Outline(HTMLParser):
    """What a page consists of.

    Attributes:
        elements: every tag, in the order of the page.
        text: all of it that can be read.
    """

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[Element] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(Element(tag=tag, attributes=dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def of(self, *tags: str) -> list[Element]:
        return [element for element in self.elements if element.tag in tags]


def faults(page: str) -> list[str]:
    """What of a page would keep somebody out, as far as its text can tell."""
    outline = Outline(page)
    found = [
        f"{count} of {tag}"
        for tag, least, most in (("main", 1, 1), ("h1", 1, 1), ("title", 1, 1), ("header", 1, 1))
        if not least <= (count := len(outline.of(tag))) <= most
    ]
    if outline.of("html")[0].attributes.get("lang") not in LANGUAGES:
        found.append("no language")
    found += [f"no label: {each}" for each in outline.of("nav") if "aria-label" not in each.attributes]
    found += [f"no alternative: {each}" for each in outline.of("img") if not each.attributes.get("alt")]
    found += [f"a script: {each}" for each in outline.of("script") if "src" not in each.attributes]
    for element in outline.elements:
        found += [
            f"inline: {name}" for name in element.attributes if name.startswith("on") or name == "style"
        ]
        address = element.attributes.get("href") or element.attributes.get("src") or ""
        if "//" in address or address.startswith("javascript:"):
            found.append(f"leaves the page: {address}")
    levels = [int(element.tag[1]) for element in outline.of("h1", "h2", "h3", "h4")]
    found += [
        f"h{upper} is followed by h{lower}"
        for upper, lower in itertools.pairwise(levels)
        if lower > upper + 1
    ]
    labelled = {each.attributes.get("for") for each in outline.of("label")}
    found += [
        f"no label: {each}"
        for each in outline.of("input", "select", "textarea")
        if each.attributes.get("type") != "hidden" and each.attributes.get("id") not in labelled
    ]
    return found
