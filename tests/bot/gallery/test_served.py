"""The gallery over a real socket: what strangers get, what they never get, and how soon a clip is gone."""

from __future__ import annotations

import asyncio
import dataclasses
from html import unescape
from typing import Any
from unittest import mock

import pytest
from aiohttp.test_utils import make_mocked_request

from bot import serving_policies
from bot.config.choices import Language
from bot.gallery import addresses, html_pages
from bot.gallery.served import ServedGallery
from bot.text import gallery_texts
from bot.text.languages import LANGUAGES, language_wanted
from bot.text.wording import speaking
from db.gallery import Choice
from tests.bot.api.serving import serving
from tests.bot.fixtures import ANN, BEN, GUILD
from tests.bot.gallery.showing import HOSTILE, Outline, allow, clip, faults, posted, visiting
from tests.present import present


@pytest.fixture
def settings(settings):
    return settings.model_copy(update={"gallery": True})


@pytest.fixture
async def visitor(app):
    await allow(app)
    async with visiting(app) as made:
        yield made


async def test_it_is_served_only_where_the_owner_wants_it(app):
    object.__setattr__(app, "settings", app.settings.model_copy(update={"gallery": False}))
    async with serving(app) as served, served.http.get(f"{served.at}/gallery/") as answer:
        assert answer.status == 404


async def test_a_page_shows_clips_with_words_and_facts_and_no_ids(app, visitor):
    ids = {"guild": 301_222_333_444_555_666, "channel_id": 401_222_333_444_555_666}
    await allow(app, ids["guild"], ids["channel_id"])
    user = 501_222_333_444_555_666
    await app.queue.gallery.choose(user, Choice.NAMED)
    await app.queue.gallery.name(ids["guild"], user, "Ann")
    job = await posted(app, user=user, recipe={"prompt": "a red boat"}, **ids)
    page = await visitor.get()
    assert page.status == 200
    assert faults(page.text) == []
    [still] = Outline(page.text).of("img")
    told = present(still.attributes["alt"])
    assert told.startswith("Still from a clip: a red boat. ")
    assert "512 by 288 pixels" in told
    assert job.id in page.text
    assert ">Ann<" in page.text
    for secret in (*ids.values(), user):
        assert str(secret) not in page.text


async def test_a_clip_has_a_page_a_still_and_a_file(app, visitor):
    job = await posted(app)
    page = await visitor.get(addresses.of_clip(job.id))
    assert faults(page.text) == []
    assert Outline(page.text).of("video")[0].attributes["poster"] == addresses.of_clip(job.id, "webp")
    still = await visitor.get(addresses.of_clip(job.id, "webp"))
    assert (still.status, still.headers["Content-Type"], still.body[8:12]) == (200, "image/webp", b"WEBP")
    film = await visitor.get(addresses.of_clip(job.id, "mp4"))
    assert (film.status, film.headers["Content-Type"], film.body[4:8]) == (200, "video/mp4", b"ftyp")
    part = await visitor.get(addresses.of_clip(job.id, "mp4"), Range="bytes=0-9")
    assert (part.status, len(part.body)) == (206, 10)


async def test_whatever_is_taken_back_is_gone_at_once(app, visitor):
    jobs = [await posted(app, user=user, shade=shade) for user, shade in ((ANN, 90), (BEN, 91), (3, 92))]
    names = [addresses.of_clip(job.id, ending) for job in jobs for ending in ("html", "webp", "mp4")]
    assert {(await visitor.get(name)).status for name in names} == {200}
    await app.queue.retention.mark_deleted(jobs[0].id)
    await app.rights._personal.ask_to_erase(BEN, messages=False)
    await app.queue.cases.report(jobs[2].id, ANN, "odd", most=9)
    assert {(await visitor.get(name)).status for name in names} == {404}
    page = (await visitor.get()).text
    assert not any(job.id in page for job in jobs)


async def test_browsers_ask_again_before_they_show_what_they_have(app, visitor):
    job = await posted(app)
    for name in ("", addresses.of_clip(job.id), addresses.of_clip(job.id, "webp")):
        got = await visitor.get(name)
        assert got.headers["Cache-Control"] == "no-cache"
        assert (await visitor.get(name, If_None_Match=got.headers["ETag"])).status == 304
    film = await visitor.get(addresses.of_clip(job.id, "mp4"))
    assert "no-cache" in film.headers["Cache-Control"]
    style = await visitor.get(html_pages.STYLE)
    assert "immutable" in style.headers["Cache-Control"]
    await app.queue.retention.mark_deleted(job.id)
    assert (await visitor.get(addresses.of_clip(job.id), If_None_Match=got.headers["ETag"])).status == 404


async def test_no_script_can_run_and_nothing_is_loaded_from_elsewhere(app, visitor):
    await posted(app)
    policy = (await visitor.get()).headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'")
    assert "script" not in policy
    assert "unsafe" not in policy
    assert "http" not in policy


async def test_hostile_words_and_names_are_only_text(app, visitor):
    await app.queue.gallery.choose(ANN, Choice.NAMED)
    await app.queue.gallery.name(GUILD, ANN, HOSTILE)
    job = await posted(app, recipe={"prompt": HOSTILE}, engine="owned/<b>&\"'")
    member = present(
        await app.queue.gallery.one(job.id, serving_policies.for_gallery(app.settings).kept)
    ).member
    engine = addresses.slug("owned/<b>&\"'")
    for name in (
        *("", addresses.of_clip(job.id), addresses.MEMBERS),
        *(f"member-{member}.html", f"engine-{engine}.html"),
    ):
        page = await visitor.get(name)
        assert page.status == 200, name
        assert faults(page.text) == []
        assert Outline(page.text).of("script", "b") == []
        assert "\u202e" not in page.text
        assert "<script>alert(1)" in Outline(page.text).text or name == f"engine-{engine}.html"


@pytest.mark.parametrize(
    "name",
    [
        *("nothing.html", "index.2.html", "index.0.html", "engine-none.html", "member-1.html", "kind-x.html"),
        *("clip-0000000000000000.html", "clip-x.mp4", "..%2f..%2fframekiln.db", "%2e%2e/framekiln.db"),
        *("style-aaaaaaaaaaaa.css", "index.999999.html"),
    ],
)
async def test_what_is_not_there_is_a_page_that_says_so(visitor, name):
    answer = await visitor.get(name)
    assert answer.status == 404
    if "2" not in name or "index" in name:
        assert faults(answer.text) == []


async def test_older_clips_are_on_further_pages(app, visitor, monkeypatch):
    for module in ("served", "addresses", "build"):
        monkeypatch.setattr(f"bot.gallery.{module}.PER_PAGE", 2)
    jobs = [await posted(app, shade=90 + number) for number in range(5)]
    pages = [(await visitor.get(name)).text for name in ("index.html", "index.2.html", "index.3.html")]
    assert [[job.id in page for page in pages] for job in jobs] == [
        *([False, False, True], [False, True, False], [False, True, False]),
        *([True, False, False], [True, False, False]),
    ]
    assert "index.2.html" in pages[0]
    assert 'rel="next"' not in pages[2]
    assert all(faults(page) == [] for page in pages)
    assert (await visitor.get("index.4.html")).status == 404


async def test_a_file_that_is_gone_is_no_clip(app, visitor):
    job = await posted(app)
    app.blobs.path(present(job.clip_sha256)).unlink()
    assert job.id not in (await visitor.get()).text
    assert (await visitor.get(addresses.of_clip(job.id, "webp"))).status == 404
    assert (await visitor.get(addresses.of_clip(job.id, "mp4"))).status == 404


async def test_only_so_many_are_served_at_once_and_stills_are_counted(app, visitor):
    await posted(app)
    policy = dataclasses.replace(serving_policies.for_gallery(app.settings), at_once=1, stills=1)
    gallery = ServedGallery(policy, gallery=app.queue.gallery, clips=mock.Mock(), blobs=app.blobs)
    begun, go = asyncio.Event(), asyncio.Event()

    async def slow(request):
        begun.set()
        await go.wait()

    answer: Any = gallery._limited(slow)
    first = asyncio.create_task(answer(make_mocked_request("GET", "/gallery/")))
    await begun.wait()
    refused = await answer(make_mocked_request("GET", "/gallery/"))
    assert (refused.status, refused.headers["Retry-After"]) == (503, "5")
    go.set()
    await first
    jobs = [await posted(app, shade=shade) for shade in (91, 92)]
    for job in jobs:
        shown = await app.queue.gallery.one(job.id, policy.kept)
        await gallery._still(present(shown))
    assert list(gallery._stills) == [jobs[1].clip_sha256]
    assert clip(92) != clip(91)


async def test_pages_are_in_the_visitors_language_and_caches_are_told(app, visitor):
    user = 1 << 60
    await app.queue.gallery.choose(user, Choice.NAMED)
    job = await posted(app, user=user)
    for language in LANGUAGES:
        for path in ("", addresses.of_clip(job.id), "nothing.html"):
            page = await visitor.get(path, Accept_Language=f"{language},en;q=0.3")
            assert f'<html lang="{language}">' in page.text
            assert (page.headers["Vary"], page.headers["Content-Language"]) == ("Accept-Language", language)
            with speaking(language):
                assert str(gallery_texts.ABOUT) in unescape(page.text)
            assert faults(page.text) == []


async def test_a_page_that_a_browser_has_in_one_language_is_not_what_it_has_in_another(visitor):
    german = await visitor.get(Accept_Language="de")
    known = german.headers["ETag"]
    again = await visitor.get(Accept_Language="de", If_None_Match=known)
    assert (again.status, again.headers["Vary"]) == (304, "Accept-Language")
    assert (await visitor.get(Accept_Language="fr", If_None_Match=known)).status == 200


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("", "en"),
        ("de-AT,de;q=0.9,en;q=0.5", "de"),
        ("nl,en;q=0.5,fr;q=0.9", "fr"),
        ("en;q=0.1,pt;q=0.2", "pt-BR"),
        ("zh-TW", "zh-CN"),
        ("*", "en"),
        ("de;q=0,it;q=0.001", "it"),
        ("de;q=nan,fr;q=2,es;q=1e9,ja;x=1,ko;q=", "en"),
        ("PL ; Q=0.5", "pl"),
        (",;,=;q,\x00", "en"),
        ("x," * 5000 + "de", "en"),
    ],
)
def test_the_best_liked_of_the_languages_that_are_spoken(accepted, language):
    assert language_wanted(accepted) == language


async def test_the_owners_language_for_everything_is_the_pages_too(app):
    chosen = app.settings.model_copy(update={"language": Language.POLISH})
    object.__setattr__(app, "settings", chosen)
    async with visiting(app) as visitor:
        page = await visitor.get(Accept_Language="de")
    assert '<html lang="pl">' in page.text
