"""``framekiln gallery build``: the gallery as a folder that any web server can serve.

What may not be shown any more is deleted first, and what is new is looked at again right before it is
written. So a build that is interrupted leaves old pages, and never a clip that somebody took back.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from bot.gallery import addresses, html_pages
from bot.gallery.addresses import PER_PAGE, Listing
from bot.gallery.entries import Entry, entry_of
from bot.gallery.html_pages import CSS, POLICY, STYLE, Site
from bot.job_documents import recipe_of
from bot.web.look import ICON, ICON_NAME
from db.files import Blobs
from db.gallery import Facets, Shown, ShownClips, Wanted
from engine.clips.poster import poster
from engine.provenance.seal import Sealer

POSTER_WIDTH = 480
MARK = ".framekiln-gallery"
"""A file that says that a folder is a gallery, and may be written over."""

HEADERS = "_headers"
"""What some hosts of static pages read. The same for others is in docs/gallery.md."""

EVERYTHING = 2**31

_TOLD = f"""/*
  Content-Security-Policy: {POLICY}; frame-ancestors 'none'
  Referrer-Policy: no-referrer
  X-Content-Type-Options: nosniff
  Cache-Control: no-cache
/{STYLE}
  ! Cache-Control
  Cache-Control: public, max-age=31536000, immutable
"""


class NotAGallery(Exception):
    """The folder holds something else."""


@dataclass(frozen=True, kw_only=True)
class Built:
    """What a build has done.

    Attributes:
        clips: that are shown.
        made: stills and clips that were written.
        removed: files that were deleted.
        missing: clips whose file is not kept any more, or can't be read.
    """

    clips: int
    made: int
    removed: int
    missing: int


class GalleryBuild:
    """Writes a gallery into a folder."""

    def __init__(
        self,
        out: Path,
        *,
        look: Callable[[], ShownClips],
        blobs: Blobs,
        sealer: Sealer,
        progress: Callable[[list[Shown]], Iterable[Shown]] = iter,
    ) -> None:
        """Make one.

        Args:
            out: the folder.
            look: reads what may be shown now.
            blobs: where clips are.
            sealer: signs them.
            progress: is given the clips that are to be written, and shows how far it is.
        """
        self._out = out
        self._look = look
        self._blobs = blobs
        self._sealer = sealer
        self._progress = progress

    def run(self) -> Built:
        """Build it.

        Raises:
            NotAGallery: the folder holds something else.
            OSError: something could not be written.
        """
        self._prepare()
        found = self._look().page(Wanted(), limit=EVERYTHING)
        removed = self._remove(lambda name: _is_of_none(name, {shown.job.id for shown in found}))
        made, missing = self._make([shown for shown in found if not self._has(shown)])
        now = self._look()
        kept = [shown for shown in now.page(Wanted(), limit=EVERYTHING) if self._has(shown)]
        names = self._write_pages(kept)
        removed += self._remove(lambda name: addresses.is_ours(name) and name not in names)
        return Built(clips=len(kept), made=made, removed=removed, missing=missing)

    def _prepare(self) -> None:
        self._out.mkdir(parents=True, exist_ok=True)
        if not (self._out / MARK).exists():
            if any(self._out.iterdir()):
                raise NotAGallery(f"{self._out} holds something else: give a new or an empty folder")
            (self._out / MARK).touch()

    def _has(self, shown: Shown) -> bool:
        return all(
            (self._out / addresses.of_clip(shown.job.id, ending)).exists() for ending in ("mp4", "webp")
        )

    def _remove(self, unwanted: Callable[[str], bool]) -> int:
        gone = [path for path in self._out.iterdir() if unwanted(path.name)]
        for path in gone:
            path.unlink()
        return len(gone)

    def _make(self, wanted: list[Shown]) -> tuple[int, int]:
        """Write files of clips; return how many, and how many could not be."""
        made = missing = 0
        with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
            for group in _in_groups(self._progress(wanted), 2 * (os.cpu_count() or 1)):
                now = self._look()
                still = [shown for shown in group if now.one(shown.job.id) is not None]
                done = list(pool.map(self._make_one, still))
                made += sum(done)
                missing += len(done) - sum(done)
        return made, missing

    def _make_one(self, shown: Shown) -> bool:
        """Write a clip and its still. False where it can't be had."""
        job = shown.job
        path = self._blobs.path(job.clip_sha256 or "")
        try:
            still = poster(path, POSTER_WIDTH)
            film = self._sealer.seal(path.read_bytes(), recipe_of(job)).mp4
        except (FileNotFoundError, ValueError):
            return False
        self._write(addresses.of_clip(job.id, "webp"), still)
        self._write(addresses.of_clip(job.id, "mp4"), film)
        return True

    def _write_pages(self, shown: list[Shown]) -> set[str]:
        """Write every page; return the names of all that belongs to the gallery."""
        entries = [entry for each in shown if (entry := entry_of(each)) is not None]
        site = Site(facets=_facets(entries))
        pages = {STYLE: CSS, HEADERS: _TOLD, ICON_NAME: ICON}
        if site.facets.members:
            pages[addresses.MEMBERS] = html_pages.members(site)
        for wanted in html_pages.filters(site.facets):
            pages |= _listings(site, wanted, [entry for entry in entries if _fits(entry, wanted)])
        names = set(pages)
        for name, text in pages.items():
            self._write(name, text.encode())
        for entry in entries:
            name = addresses.of_clip(entry.id)
            self._write(name, html_pages.clip(site, entry).encode())
            names |= {name, addresses.of_clip(entry.id, "mp4"), addresses.of_clip(entry.id, "webp")}
        return names

    def _write(self, name: str, data: bytes) -> None:
        """Write a file, whole or not at all. One that is the same already stays as it is."""
        path = self._out / name
        if path.exists() and path.stat().st_size == len(data) and path.read_bytes() == data:
            return
        new = self._out / f".new-{name}"
        new.write_bytes(data)
        new.replace(path)


def _is_of_none(name: str, jobs: set[str]) -> bool:
    """Whether a file is of a clip that is not shown, or was left by a build that was interrupted."""
    named = addresses.clip_named(name)
    return name.startswith(".new-") or (named is not None and named[0] not in jobs)


def _listings(site: Site, wanted: Wanted, entries: list[Entry]) -> dict[str, str]:
    starts = range(0, max(1, len(entries)), PER_PAGE)
    pages = {}
    for number, start in enumerate(starts, 1):
        place = Listing(stem=addresses.stem_of(wanted), number=number)
        some = entries[start : start + PER_PAGE]
        pages[place.name] = html_pages.listing(
            site, wanted, place, some, has_more=start + PER_PAGE < len(entries)
        )
    return pages


def _fits(entry: Entry, wanted: Wanted) -> bool:
    return (
        wanted.engine in {None, entry.engine}
        and wanted.kind in {None, entry.kind}
        and wanted.member in {None, entry.member}
    )


def _facets(entries: list[Entry]) -> Facets:
    named = {entry.member: entry.name or "" for entry in entries if entry.member is not None}
    return Facets(
        engines=tuple(sorted({entry.engine for entry in entries if entry.engine})),
        kinds=tuple(sorted({entry.kind for entry in entries})),
        members=dict(sorted(named.items(), key=lambda each: (each[1].casefold(), each[0]))),
    )


def _in_groups(each: Iterable[Shown], size: int) -> Iterator[list[Shown]]:
    group: list[Shown] = []
    for one in each:
        group.append(one)
        if len(group) == size:
            yield group
            group = []
    if group:
        yield group
