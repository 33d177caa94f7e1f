"""The gallery over HTTP, beside the API and without a key. Each answer is made from the rows as they are now.

Browsers may keep what they got, but ask before they show it again. So what was taken back is gone at the next
request.
"""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType

from aiohttp import web

from bot.api.clip_download import send
from bot.api.sealed_clips import SealedClips
from bot.config.choices import Language
from bot.gallery import addresses, html_pages
from bot.gallery.addresses import PER_PAGE, Listing
from bot.gallery.build import POSTER_WIDTH
from bot.gallery.entries import entry_of, shown_facets
from bot.gallery.html_pages import CSS, POLICY, STYLE, Site
from bot.gallery.policy import GalleryPolicy
from bot.text.catalogues.catalogue import catalogue
from bot.text.languages import language_wanted
from bot.text.wording import speaking, spoken
from bot.web.look import ICON, ICON_NAME
from db.files import Blobs
from db.gallery import Gallery, Shown, Wanted
from engine.clips.poster import poster

AT = "/gallery/"
FILTERS_SECONDS = 0.5
"""Seconds for which the names of engines and members are not read again: that looks at every clip."""

COME_BACK = "5"
"""Seconds."""

HEADERS = {
    "Cache-Control": "no-cache",
    "Content-Security-Policy": f"{POLICY}; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
FOR_EVER = "public, max-age=31536000, immutable"


class ServedGallery:
    """Answers requests for pages, stills and clips."""

    def __init__(self, policy: GalleryPolicy, *, gallery: Gallery, clips: SealedClips, blobs: Blobs) -> None:
        """Make one.

        Args:
            policy: the owner's.
            gallery: says what may be shown.
            clips: seals them.
            blobs: where they are.
        """
        self._policy = policy
        self._gallery = gallery
        self._clips = clips
        self._blobs = blobs
        self._stills: OrderedDict[str, bytes] = OrderedDict()
        self._drawing = asyncio.Lock()
        self._known: tuple[float, Site] | None = None
        self._at_work = 0
        self._spoken: set[str] = set()

    def routes(self) -> list[web.RouteDef]:
        """Where it is."""
        return [
            web.get(AT.rstrip("/"), self._root),
            web.get(AT, self._limited(self._first)),
            web.get(AT + "{name}", self._limited(self._named)),
        ]

    def _limited(
        self, answer: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        """Answer only so many at once, and give each answer its headers."""

        async def limited(request: web.Request) -> web.StreamResponse:
            with speaking(await self._language(request)):
                if self._at_work >= self._policy.at_once:
                    return _told(503, html_pages.busy(), {"Retry-After": COME_BACK})
                self._at_work += 1
                try:
                    return await answer(request)
                finally:
                    self._at_work -= 1

        return limited

    async def _language(self, request: web.Request) -> str:
        """The visitor's language, as their browser tells, unless the owner has chosen one for everything."""
        code = self._policy.language.value
        if self._policy.language is Language.AUTO:
            code = language_wanted(",".join(request.headers.getall("Accept-Language", ())))
        if code not in self._spoken:  # its file is read when it is first spoken, which takes a while
            await asyncio.to_thread(catalogue, code)
            self._spoken.add(code)
        return code

    async def _root(self, _: web.Request) -> web.StreamResponse:
        raise web.HTTPFound(AT)

    async def _first(self, request: web.Request) -> web.StreamResponse:
        return await self._listing(request, Listing(stem="index"))

    async def _named(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info["name"]
        if name == STYLE:
            return _as(CSS.encode(), "text/css", request, cached=FOR_EVER)
        if name == ICON_NAME:
            return _as(ICON.encode(), "image/svg+xml", request)
        if name == addresses.MEMBERS:
            return _page(html_pages.members(await self._site()), request)
        if (place := addresses.listing_named(name)) is not None:
            return await self._listing(request, place)
        named = addresses.clip_named(name)
        shown = None if named is None else await self._gallery.one(named[0], self._policy.kept)
        if named is None or shown is None:
            return _nothing()
        return await self._of_clip(request, shown, named[1])

    async def _of_clip(self, request: web.Request, shown: Shown, ending: str) -> web.StreamResponse:
        try:
            if ending == "mp4":
                sealed, file = await self._clips.open(shown.job)
                with file:
                    return await send(request, sealed, file, more=HEADERS)
            if ending == "webp":
                return _as(await self._still(shown), "image/webp", request)
        except (FileNotFoundError, ValueError):
            return _nothing()
        entry = entry_of(shown)
        return _nothing() if entry is None else _page(html_pages.clip(await self._site(), entry), request)

    async def _listing(self, request: web.Request, place: Listing) -> web.StreamResponse:
        site = await self._site()
        wanted = next((each for each in html_pages.filters(site.facets) if _is_at(each, place)), None)
        if wanted is None:
            return _nothing()
        found = await self._gallery.page(
            wanted, self._policy.kept, limit=PER_PAGE + 1, offset=(place.number - 1) * PER_PAGE
        )
        if not found and place.number > 1:
            return _nothing()
        some = found[:PER_PAGE]
        there = await asyncio.to_thread(lambda: [shown for shown in some if self._is_kept(shown)])
        entries = [entry for shown in there if (entry := entry_of(shown)) is not None]
        return _page(
            html_pages.listing(site, wanted, place, entries, has_more=len(found) > PER_PAGE), request
        )

    async def _site(self) -> Site:
        """What there is to filter by: of this moment, or of one shortly before."""
        now = time.monotonic()
        if self._known is None or now - self._known[0] > FILTERS_SECONDS:
            facets = shown_facets(await self._gallery.facets(self._policy.kept))
            self._known = (now, Site(facets=facets))
        return self._known[1]

    def _is_kept(self, shown: Shown) -> bool:
        return self._blobs.path(shown.job.clip_sha256 or "").exists()

    async def _still(self, shown: Shown) -> bytes:
        """A still, drawn when it is first asked for.

        Raises:
            FileNotFoundError: the clip is not kept any more.
            ValueError: it can't be read.
        """
        digest = shown.job.clip_sha256 or ""
        path = self._blobs.path(digest)
        async with self._drawing:
            if digest not in self._stills:
                if not await asyncio.to_thread(path.exists):
                    raise FileNotFoundError(path)
                self._stills[digest] = await asyncio.to_thread(poster, path, POSTER_WIDTH)
            self._stills.move_to_end(digest)
            while len(self._stills) > self._policy.stills:
                self._stills.popitem(last=False)
            return self._stills[digest]


def _is_at(wanted: Wanted, place: Listing) -> bool:
    return addresses.stem_of(wanted) == place.stem


def _page(text: str, request: web.Request) -> web.Response:
    return _as(text.encode(), "text/html", request, more=_in_language())


def _in_language() -> dict[str, str]:
    """The headers of what is written in the visitor's language: a cache must not show it to others."""
    return {"Content-Language": spoken(), "Vary": "Accept-Language"}


def _as(
    data: bytes,
    kind: str,
    request: web.Request,
    *,
    cached: str | None = None,
    more: Mapping[str, str] = MappingProxyType({}),
) -> web.Response:
    """Send something, or say that the browser has it."""
    etag = f'"{hashlib.sha256(data).hexdigest()[:32]}"'
    headers = {**HEADERS, **more, "ETag": etag, **({} if cached is None else {"Cache-Control": cached})}
    known = [each.strip().removeprefix("W/") for each in request.headers.get("If-None-Match", "").split(",")]
    if etag in known or "*" in known:
        return web.Response(status=304, headers=headers)
    charset = "utf-8" if kind.startswith("text/") else None
    return web.Response(body=data, content_type=kind, charset=charset, headers=headers)


def _nothing() -> web.Response:
    return _told(404, html_pages.nothing(), {})


def _told(status: int, text: str, headers: dict[str, str]) -> web.Response:
    return web.Response(
        text=text,
        status=status,
        content_type="text/html",
        headers={**HEADERS, **_in_language(), "Cache-Control": "no-store", **headers},
    )
