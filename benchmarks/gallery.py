"""How long a gallery takes to build, and how heavy its pages are: ``python -m benchmarks.gallery``.

The rows are made up and the clips are small files of a second each, all different; everything else is real.
"""

from __future__ import annotations

import argparse
import sqlite3
import statistics
import tempfile
import time
from contextlib import closing
from pathlib import Path

import numpy as np

from bot.gallery.addresses import PER_PAGE
from bot.gallery.build import GalleryBuild
from db.files import Blobs
from db.gallery import Kept, ShownClips, Wanted
from engine.clips.encode import encode
from engine.core.cancel import CancelToken
from engine.core.receipt import Outcome, Receipt, TakeRecord
from engine.core.recipe import Kind, Recipe
from engine.provenance.identity import load_or_make_identity
from engine.provenance.seal import Sealer
from tests.ready_database import put_database

ENGINES = ("sketch", "camera", "wan", "svd", "animatediff")
MEMBERS = 200
DISTINCT = 20
"""Clips that are really encoded; the others are copies with a box of their own at the end."""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clips", type=int, default=10_000)
    wanted = parser.parse_args().clips
    with tempfile.TemporaryDirectory() as folder:
        measure(Path(folder), wanted)


def measure(folder: Path, count: int) -> None:
    """Build twice, look at a page as the server does, and print what it took."""
    blobs = Blobs(folder / "blobs")
    path = put_database(folder / "framekiln.db")
    fill(path, blobs, count)
    kept = Kept(clips_days=7, starred_days=90)
    with closing(sqlite3.connect(path)) as connection:
        connection.row_factory = sqlite3.Row

        def look() -> ShownClips:
            return ShownClips(connection, pseudonym_of=lambda user: -user, kept=kept, now=time.time())

        sealer = Sealer(load_or_make_identity(folder))
        out = folder / "out"
        for name in ("first build", "second build, nothing new"):
            began = time.perf_counter()
            done = GalleryBuild(out, look=look, blobs=blobs, sealer=sealer).run()
            print(f"{name}: {time.perf_counter() - began:.1f} s, {done.clips} clips")
        for name, offset in (("newest page", 0), ("oldest page", count - PER_PAGE)):
            print(
                f"{name} from the rows: {timed(lambda at=offset: look().page(Wanted(), limit=25, offset=at))}"
            )
        print(f"one clip from the rows: {timed(lambda: look().one(f'{count // 2:016x}'))}")
        print(f"filters from the rows: {timed(lambda: look().facets())}")
    pages = sorted(out.glob("*.html"), key=lambda page: page.stat().st_size)
    lists = [page for page in pages if not page.name.startswith("clip-")]
    print(f"pages: {len(pages)}, heaviest {pages[-1].name}: {pages[-1].stat().st_size / 1000:.1f} kB")
    stills = [still.stat().st_size for still in out.glob("*.webp")]
    page = (out / "index.html").stat().st_size
    style = sum(each.stat().st_size for each in out.glob("*.css"))
    print(
        f"first page: {page / 1000:.1f} kB of HTML, {style / 1000:.1f} kB of style, "
        f"{PER_PAGE} stills of {statistics.median(stills) / 1000:.1f} kB; {len(lists)} lists"
    )


def timed(look: object) -> str:
    """The median of some looks, in words."""
    assert callable(look)  # noqa: S101 - for mypy
    took = []
    for _ in range(9):
        began = time.perf_counter()
        look()
        took.append(time.perf_counter() - began)
    return f"{statistics.median(took) * 1000:.1f} ms"


def fill(path: Path, blobs: Blobs, count: int) -> None:
    """Clips of many members in a public channel, the oldest first."""
    films = [clip(path.parent, number) for number in range(min(DISTINCT, count))]
    now = time.time()
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("INSERT INTO gallery_guild VALUES (100, 1)")
        connection.execute("INSERT INTO gallery_channel VALUES (7, 100, 1, 1)")
        for user in range(1, MEMBERS // 4):
            connection.execute("INSERT INTO gallery_choice VALUES (?, 'named', 1)", (user,))
            connection.execute(
                "INSERT INTO gallery_name VALUES (100, ?, ?, ?, ?)",
                (user, f"{user:012x}", f"Member {user}", now),
            )
        for number in range(count):
            data = films[number % len(films)] + box(number)
            with blobs.in_hand():
                put(connection, number, blobs.put(data), len(data), now - (count - number))


def put(connection: sqlite3.Connection, number: int, digest: str, size: int, at: float) -> None:
    """One row of a clip that was posted."""
    recipe = Recipe(
        kind=(Kind.TEXT2VIDEO, Kind.ANIMATE)[number % 2],
        engine=ENGINES[number % len(ENGINES)],
        seed=number,
        width=256,
        height=144,
        frames=12,
        native_fps=12,
        fps=12,
        length=12,
        prompt=f"a lighthouse in storm number {number}, seen from the sea at dusk",
    )
    take = TakeRecord(number=1, seed=number, outcome=Outcome.ACCEPTED, score=90)
    receipt = Receipt(
        engine=recipe.engine,
        takes=(take,),
        kept=1,
        forced=False,
        width=256,
        height=144,
        frames=12,
        fps=12,
        sha256=digest,
        size=size,
    )
    row = {
        "id": f"{number:016x}",
        "key": str(number),
        "kind": recipe.kind,
        "state": "delivered",
        "guild_id": 100,
        "channel_id": 7,
        "user_id": 1 + number % MEMBERS,
        "recipe": recipe.to_json(),
        "profile": "x",
        "inputs": "{}",
        "created_at": at,
        "due": at,
        "priority": 0,
        "slot_seq": number,
        "ended_at": at,
        "clip_sha256": digest,
        "clip_size": size,
        "receipt": receipt.to_json(),
        "message_id": 50,
        "engine": recipe.engine,
    }
    values = ", ".join(f":{name}" for name in row)
    connection.execute(f"INSERT INTO job ({', '.join(row)}) VALUES ({values})", row)  # noqa: S608 - names above


def clip(folder: Path, number: int) -> bytes:
    """A second of noise that moves."""
    rng = np.random.default_rng(number)
    picture = rng.integers(0, 256, (18, 40, 3), dtype=np.uint8).repeat(8, 0).repeat(8, 1)
    frames = np.stack([picture[:, 2 * place : 2 * place + 256] for place in range(12)])
    path = folder / "clip.mp4"
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


def box(number: int) -> bytes:
    """Eight bytes that every player passes over, and eight that tell one copy from another."""
    return (16).to_bytes(4, "big") + b"free" + number.to_bytes(8, "big")


if __name__ == "__main__":
    main()
