"""The gallery and the dashboard in a real browser: on a phone, at night, without scripts.

Install Debian's chromium and chromium-driver, and ``pip install axe-core-python``. Screenshots are left in
``out/screenshots``.
"""

from __future__ import annotations

import pytest

from bot.gallery import addresses
from bot.text import dashboard_texts
from db.gallery import Choice
from db.states import EVERYWHERE
from tests.bot.browser.chromium import LOOKS, SIZES, a_browser, is_here
from tests.bot.dashboard.owner import watching
from tests.bot.fixtures import ANN, GUILD, queued
from tests.bot.gallery.showing import HOSTILE, allow, posted, visiting
from tests.until import until

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not is_here(), reason="no chromium, chromedriver or axe-core is installed"),
]

WORDS = ("a red boat in a storm", "a heron over the canal at dawn, mist, long shadows " * 6, "", HOSTILE)


@pytest.fixture
def settings(settings):
    return settings.model_copy(update={"gallery": True, "dashboard": True})


@pytest.fixture
async def browser():
    async with a_browser() as made:
        yield made


@pytest.fixture
async def clips(app):
    await allow(app)
    await app.queue.gallery.choose(ANN, Choice.NAMED)
    await app.queue.gallery.name(GUILD, ANN, f"Ann {HOSTILE}")
    return [
        await posted(app, shade=60 + 20 * number, recipe={"prompt": words}, engine=engine)
        for number, (words, engine) in enumerate(zip(WORDS, ("sketch", "camera", "wan", "a/b"), strict=True))
    ]


async def test_the_gallery_is_for_everybody(app, clips, browser):
    async with visiting(app) as visitor:
        pages = {
            "gallery": "",
            "clip": addresses.of_clip(clips[1].id),
            "members": addresses.MEMBERS,
        }
        for look in LOOKS:
            for size in SIZES:
                await browser.look_like(look, size)
                for name, path in pages.items():
                    await browser.open(f"{visitor.at}/gallery/{path}")
                    assert await browser.faults() == [], (name, look, size)
                    await browser.screenshot(f"{name}-{look}-{size}")
        assert await browser.complaints() == []


async def test_stills_load_and_a_clip_plays(app, clips, browser):
    async with visiting(app) as visitor:
        await browser.look_like("light", "desktop")
        await browser.open(f"{visitor.at}/gallery/")
        loaded = "return [...document.images].every((image) => image.complete && image.naturalWidth > 0)"
        await until(lambda: browser.run(loaded))
        await browser.open(f"{visitor.at}/gallery/{addresses.of_clip(clips[0].id)}")
        await browser.run("document.querySelector('video').play()")
        await until(lambda: browser.run("return document.querySelector('video').currentTime > 0.1"))


async def test_the_gallery_needs_no_scripts(app, clips, browser):
    async with visiting(app) as visitor:
        await browser.scripts(on=False)
        await browser.open(f"{visitor.at}/gallery/")
        await browser.press(f"a[href='{addresses.of_clip(clips[0].id)}']")
        assert await browser.text("h1") == WORDS[0]
        await browser.press("nav a[href='members.html']")
        assert "Ann" in await browser.text("main")
        await browser.scripts(on=True)


async def test_the_owner_logs_in_watches_and_pauses(app, browser):
    async with watching(app) as owner:
        await browser.open(owner.at)
        for look in LOOKS:
            for size in SIZES:
                await browser.look_like(look, size)
                assert await browser.faults() == [], (look, size)
        await browser.screenshot("login")
        await browser.type("#key", owner.key)
        await browser.press("button")
        for look in LOOKS:
            for size in SIZES:
                await browser.look_like(look, size)
                assert await browser.faults() == [], (look, size)
                await browser.screenshot(f"dashboard-{look}-{size}")

        async def says(selector, words):
            return words in await browser.text(selector)

        await until(lambda: says("#live", dashboard_texts.LIVE))
        await queued(app.queue)
        await until(lambda: says("#facts", "Queued 1"))
        await browser.type("#pause-reason", "a look from a browser")
        await browser.press("form[action$='/do/pause'] button")
        await until(lambda: says(".said", dashboard_texts.DONE["paused"]))
        assert await app.queue.moderation.paused(EVERYWHERE)
        assert await browser.complaints() == []


async def test_the_dashboard_needs_no_scripts(app, browser):
    async with watching(app) as owner:
        await browser.scripts(on=False)
        await browser.open(owner.at)
        await browser.type("#key", owner.key)
        await browser.press("button")
        assert dashboard_texts.NOT_LIVE in await browser.text("main")
        await browser.press("form[action$='/do/drain'] button")
        await until(lambda: app.queue.moderation.draining(EVERYWHERE))
        await browser.scripts(on=True)
