"""The gallery as a folder: complete, the same as what is served, and rid of whatever was taken back."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing

import pytest
from click.testing import CliRunner

from bot import serving_policies
from bot.cli.main import main
from bot.config.paths import DATABASE
from bot.gallery import addresses
from bot.gallery.build import MARK, GalleryBuild, NotAGallery
from bot.gallery.html_pages import POLICY, STYLE
from db.gallery import Choice, ShownClips
from tests.bot.fixtures import ANN, BEN, GUILD
from tests.bot.gallery.showing import HOSTILE, Outline, allow, faults, posted
from tests.clock import CLOCK


@pytest.fixture
def build(app, tmp_path):
    """Builds the gallery into a folder of its own."""
    with closing(sqlite3.connect(app.settings.data_dir / DATABASE)) as connection:
        connection.row_factory = sqlite3.Row

        def look():
            return ShownClips(
                connection,
                pseudonym_of=lambda user: -user,
                kept=serving_policies.for_gallery(app.settings).kept,
                now=CLOCK(),
            )

        def run(out=tmp_path / "out", **changes):
            values = {"look": look, "blobs": app.blobs, "sealer": app.sealer, **changes}
            return GalleryBuild(out, **values).run()

        yield run


@pytest.fixture
def out(tmp_path):
    return tmp_path / "out"


def names(out):
    return {path.name for path in out.iterdir()}


async def test_every_link_of_a_built_gallery_leads_to_a_file_of_it(app, build, out):
    await allow(app)
    await app.queue.gallery.choose(ANN, Choice.NAMED)
    await app.queue.gallery.name(GUILD, ANN, HOSTILE)
    await posted(app, recipe={"prompt": HOSTILE}, engine="sketch")
    await posted(app, BEN, shade=91, engine="owned/<b>")
    assert build().clips == 2
    pages = sorted(out.glob("*.html"))
    assert len(pages) == 8
    for page in pages:
        text = page.read_text()
        assert faults(text) == [], page
        assert POLICY in text
        for element in Outline(text).elements:
            for name in ("href", "src", "poster"):
                if target := element.attributes.get(name):
                    assert target == "#main" or (out / target).is_file(), (page.name, target)
    assert (out / STYLE).is_file()
    assert not (out / "index.html").read_text().count("<script")


async def test_a_second_build_writes_only_what_is_new_and_deletes_what_was_taken_back(app, build, out):
    await allow(app)
    job, other = await posted(app), await posted(app, BEN, shade=91)
    assert build().made == 2
    before = {path.name: path.stat().st_mtime_ns for path in out.glob("clip-*")}
    await app.queue.retention.mark_deleted(job.id)
    third = await posted(app, BEN, shade=92)
    done = build()
    assert (done.clips, done.made, done.missing) == (2, 1, 0)
    assert not [name for name in names(out) if job.id in name]
    assert {each for each in names(out) if third.id in each} == {
        addresses.of_clip(third.id, ending) for ending in ("html", "mp4", "webp")
    }
    film = addresses.of_clip(other.id, "mp4")
    assert (out / film).stat().st_mtime_ns == before[film]


async def test_what_is_taken_back_while_it_is_built_does_not_get_in(app, build, out):
    await allow(app)
    job = await posted(app)

    def taken_back(clips):
        connection = sqlite3.connect(app.settings.data_dir / DATABASE)
        with closing(connection), connection:
            connection.execute("UPDATE job SET deleted_at = 1")
        yield from clips

    assert build(progress=taken_back).clips == 0
    assert not [name for name in names(out) if job.id in name]


async def test_a_folder_with_something_else_in_it_is_left_alone(build, out):
    out.mkdir()
    (out / "thesis.txt").write_text("years of work")
    with pytest.raises(NotAGallery):
        build()
    assert names(out) == {"thesis.txt"}


async def test_files_of_others_in_a_gallery_stay(app, build, out):
    await allow(app)
    await posted(app)
    build()
    (out / "CNAME").write_text("clips.example")
    (out / ".new-clip-x").write_text("left by a kill")
    build()
    assert {"CNAME", MARK} <= names(out)
    assert ".new-clip-x" not in names(out)


async def test_a_clip_whose_file_is_gone_or_broken_is_counted_and_left_out(app, build, out):
    await allow(app)
    job, other = await posted(app), await posted(app, shade=91)
    app.blobs.path(job.clip_sha256).unlink()
    app.blobs.path(other.clip_sha256).write_bytes(b"no clip")
    done = build()
    assert (done.clips, done.missing) == (0, 2)
    assert "There are no clips here." in (out / "index.html").read_text()


async def test_an_empty_gallery_is_a_page(build, out):
    assert build().clips == 0
    assert faults((out / "index.html").read_text()) == []


async def test_the_command_builds_it_beside_the_bot(app, out, monkeypatch):
    monkeypatch.setenv("FRAMEKILN_DATA_DIR", str(app.settings.data_dir))
    await allow(app)
    await posted(app)
    done = CliRunner().invoke(main, ["gallery", "build", str(out)])
    assert (done.exit_code, done.output) == (0, f"1 clips are in {out}: 1 are new, 0 files were removed.\n")
    (out / MARK).unlink()
    done = CliRunner().invoke(main, ["gallery", "build", str(out)])
    assert done.exit_code == 1
    assert "holds something else" in done.output


def test_no_two_pages_have_the_same_name():
    engines = ["sketch", "Sketch", "sketch-2", "a/b", "a-b", "a b", "", "ü", "-", "a" * 60, "a" * 61]
    assert len({addresses.slug(engine) for engine in engines}) == len(engines)
    for engine in engines:
        place = addresses.Listing(stem=f"engine-{addresses.slug(engine)}", number=2)
        assert addresses.listing_named(place.name) == place
        assert re.fullmatch(r"[a-z0-9.-]+", place.name)
