"""The gallery's pages as HTML. They need no script; everything that a person wrote is escaped here."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

from bot.gallery import addresses
from bot.gallery.addresses import Listing
from bot.gallery.entries import Entry
from bot.text import gallery_texts
from bot.text.wording import Text, spoken
from bot.web.look import ICON_NAME, style
from db.gallery import Facets, Wanted

CSS = style(
    more="""
.clips { list-style: none; display: grid; gap: 1.25rem; padding: 0; margin: 1rem 0;
  grid-template-columns: repeat(auto-fill, minmax(min(16rem, 100%), 1fr)); }
.clips figure { margin: 0; }
.clips img { display: block; width: 100%; height: auto; aspect-ratio: 16 / 9; object-fit: cover;
  background: var(--raised); border-radius: .5rem; }
figcaption { margin-top: .4rem; overflow-wrap: anywhere; }
.words { display: -webkit-box; -webkit-box-orient: vertical; -webkit-line-clamp: 3; overflow: hidden; }
.small { color: var(--soft); font-size: .875rem; }
nav ul { list-style: none; display: flex; flex-wrap: wrap; gap: .25rem 1rem; padding: 0;
  margin: .25rem 0 .75rem; }
.group { display: flex; flex-wrap: wrap; gap: 0 1rem; align-items: baseline; margin: 0 0 .25rem; }
.group p { margin: 0; } .group ul { margin: 0; }
.long { font-size: 1.125rem; }
nav a, .pages a { display: inline-block; padding: .25rem 0; min-height: 1.75rem; overflow-wrap: anywhere; }
nav [aria-current] { font-weight: 600; color: var(--text); }
.pages { display: flex; justify-content: space-between; gap: 1rem; margin: 1.5rem 0; }
video { display: block; max-width: 100%; height: auto; max-height: 80vh; background: var(--raised);
  border-radius: .5rem; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .25rem 1rem; }
dt { color: var(--soft); }
dd { margin: 0; overflow-wrap: anywhere; }
.brand { margin: 1rem 0 .5rem; font-weight: 600; }
footer { border-top: 1px solid var(--line); margin-top: 2rem; padding-top: 1rem; padding-bottom: 2rem; }
"""
)
STYLE = addresses.of_style(CSS)

POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; media-src 'self'; "
    "base-uri 'none'; form-action 'none'"
)
"""What a page may load: its own style, stills and clips. No script runs."""


@dataclass(frozen=True, kw_only=True)
class Site:
    """What is the same on all pages."""

    facets: Facets


def listing(site: Site, wanted: Wanted, place: Listing, entries: Sequence[Entry], *, has_more: bool) -> str:
    """A page with clips.

    Args:
        site: what is the same on all pages.
        wanted: which clips.
        place: where the page is.
        entries: the clips on it.
        has_more: there are older ones.
    """
    heading = _heading(site, wanted)
    items = "".join(f"<li>{_figure(entry)}</li>" for entry in entries)
    clips = (
        f'<ul class="clips" role="list">{items}</ul>' if entries else f"<p>{_said(gallery_texts.NONE)}</p>"
    )
    turns = "".join(
        (
            _turn(place.beside(-1), gallery_texts.NEWER, "prev") if place.number > 1 else "<span></span>",
            _turn(place.beside(1), gallery_texts.OLDER, "next") if has_more else "",
        )
    )
    label = _said(gallery_texts.PAGES)
    pages = f'<nav class="pages" aria-label="{label}">{turns}</nav>' if place.number > 1 or has_more else ""
    shown = escape(gallery_texts.page(place.number))
    number = f' <span class="small">{shown}</span>' if place.number > 1 else ""
    return _page(
        gallery_texts.page_title(heading, place.number),
        f"{_filters(site, wanted)}<h1><bdi>{escape(heading)}</bdi>{number}</h1>{clips}{pages}",
    )


def members(site: Site) -> str:
    """A page with the names of those who show theirs."""
    links = "".join(
        f'<li><a href="member-{slug}.html"><bdi>{escape(name)}</bdi></a></li>'
        for slug, name in site.facets.members.items()
    )
    heading = str(gallery_texts.MEMBERS)
    body = f'<nav aria-label="{escape(heading)}"><ul>{links}</ul></nav>'
    return _page(
        gallery_texts.page_title(heading, 1),
        f"{_filters(site, None)}<h1>{escape(heading)}</h1>"
        f"{body if links else f'<p>{_said(gallery_texts.NO_MEMBERS)}</p>'}",
    )


def clip(site: Site, entry: Entry) -> str:
    """The page of a clip."""
    film, still = (addresses.of_clip(entry.id, ending) for ending in ("mp4", "webp"))
    made_from, made_on = str(gallery_texts.BY_KIND), str(gallery_texts.MADE_ON)
    told = [*entry.facts, (made_from, gallery_texts.of_kind(entry.kind)), (made_on, entry.day)]
    rows = "".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in told)
    muted = " muted" if entry.silent else ""
    return _page(
        gallery_texts.page_title(entry.title, 1),
        f'{_filters(site, None)}<h1 class="long"><bdi>{escape(entry.title)}</bdi></h1>'
        f'<video controls loop playsinline preload="none"{muted} {_size(entry)} '
        f'poster="{still}" aria-label="{escape(entry.alternative)}">'
        f'<source src="{film}" type="video/mp4"></video>'
        f'<p><a href="{film}" download>{_said(gallery_texts.DOWNLOAD)}</a></p>'
        f"{_author(entry)}<dl>{rows}</dl>",
    )


def _figure(entry: Entry) -> str:
    page, still = addresses.of_clip(entry.id), addresses.of_clip(entry.id, "webp")
    told = [escape(entry.engine), escape(gallery_texts.from_kind(entry.kind)), *_by(entry)]
    return (
        f'<figure><a href="{page}"><img src="{still}" alt="{escape(entry.alternative)}" loading="lazy" '
        f'decoding="async" {_size(entry)}></a>'
        f'<figcaption><bdi class="words">{escape(entry.title)}</bdi>'
        f'<span class="small">{" · ".join(told)}</span>'
        f"</figcaption></figure>"
    )


def _size(entry: Entry) -> str:
    return f'width="{entry.width}" height="{entry.height}"'


def _by(entry: Entry) -> list[str]:
    """Whose clip it is, as HTML, where that is told."""
    if entry.member is None or entry.name is None:
        return []
    link = f'<a href="member-{entry.member}.html"><bdi>{escape(entry.name)}</bdi></a>'
    return [gallery_texts.made_by(link)]


def _author(entry: Entry) -> str:
    return "".join(f"<p>{by}</p>" for by in _by(entry))


def _heading(site: Site, wanted: Wanted) -> str:
    if wanted.engine is not None:
        return gallery_texts.drawn_by(wanted.engine)
    if wanted.kind is not None:
        return gallery_texts.made_from(wanted.kind)
    if wanted.member is not None:
        return gallery_texts.by(site.facets.members.get(wanted.member, ""))
    return str(gallery_texts.ALL)


def _filters(site: Site, wanted: Wanted | None) -> str:
    everything = _link(Wanted(), str(gallery_texts.ALL), wanted)
    names = _said(gallery_texts.MEMBERS)
    people = f'<li><a href="{addresses.MEMBERS}">{names}</a></li>' if site.facets.members else ""
    kinds = "".join(
        _link(Wanted(kind=each), gallery_texts.of_kind(each), wanted) for each in site.facets.kinds
    )
    engines = "".join(_link(Wanted(engine=each), each, wanted) for each in site.facets.engines)
    return (
        f'<nav aria-label="{_said(gallery_texts.FILTERS)}"><ul>{everything}{people}</ul>'
        f"{_group('kinds', gallery_texts.BY_KIND, kinds)}"
        f"{_group('engines', gallery_texts.BY_ENGINE, engines)}</nav>"
    )


def _group(name: str, title: Text, links: str) -> str:
    """Links with a title; ``name`` is the id of the title in the page."""
    if not links:
        return ""
    label = f'<p class="small" id="{name}">{_said(title)}</p>'
    return f'<div class="group">{label}<ul aria-labelledby="{name}">{links}</ul></div>'


def _said(text: Text) -> str:
    """A text in the language that is spoken now, as HTML."""
    return escape(str(text))


def _link(target: Wanted, text: str, current: Wanted | None) -> str:
    here = ' aria-current="page"' if target == current else ""
    return f'<li><a href="{addresses.stem_of(target)}.html"{here}>{escape(text)}</a></li>'


def _turn(place: Listing, text: Text, relation: str) -> str:
    return f'<a href="{place.name}" rel="{relation}">{_said(text)}</a>'


def _page(title: str, body: str) -> str:
    return (
        f'<!doctype html><html lang="{spoken()}"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="referrer" content="no-referrer"><meta name="color-scheme" content="light dark">'
        f'<title>{escape(title)}</title><link rel="icon" href="{ICON_NAME}">'
        f'<link rel="stylesheet" href="{STYLE}"></head><body>'
        f'<a class="skip" href="#main">{_said(gallery_texts.SKIP)}</a>'
        f'<header><p class="brand"><a href="index.html">{_said(gallery_texts.TITLE)}</a></p></header>'
        f'<main id="main" tabindex="-1">{body}</main>'
        f'<footer><p class="small">{_said(gallery_texts.ABOUT)}</p></footer></body></html>\n'
    )


def filters(facets: Facets) -> Iterable[Wanted]:
    """Every choice of clips that has pages of its own."""
    yield Wanted()
    yield from (Wanted(kind=each) for each in facets.kinds)
    yield from (Wanted(engine=each) for each in facets.engines)
    yield from (Wanted(member=each) for each in facets.members)


def nothing() -> str:
    """The page that says that there is nothing at this address, or not any more."""
    return _only(gallery_texts.GONE)


def busy() -> str:
    """The page that says that too many ask at once."""
    return _only(gallery_texts.COME_BACK)


def _only(text: Text) -> str:
    return _page(gallery_texts.page_title(str(text), 1), f"<h1>{_said(text)}</h1>")
