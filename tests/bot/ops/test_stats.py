"""``/queue stats``: what is counted, what is said, what is drawn."""

from __future__ import annotations

import io
from collections import Counter

import numpy as np
from PIL import Image

from bot.commands.shared.stats_words import in_words
from bot.ops.stats import Drawn, Stats, tally
from bot.ops.stats_chart import SIZE, chart
from bot.text import messages
from bot.text.wording import speaking
from db.states import State
from engine.core.receipt import Outcome, Receipt, TakeRecord
from engine.core.recipe import Before
from tests.bot.fixtures import GUILD, hand_in, queued

DAY = 86_400.0


def receipt_of(*takes, engine="sketch", kept=None, seconds=10.0):
    records = tuple(
        TakeRecord(
            number=number,
            seed=number,
            outcome=Outcome.REJECTED if cause else Outcome.ACCEPTED,
            score=50,
            seconds=3.0,
            causes=(cause,) if cause else (),
        )
        for number, cause in enumerate(takes, 1)
    )
    return Receipt(
        engine=engine, takes=records, kept=kept or len(takes), forced=bool(takes[(kept or len(takes)) - 1]),
        width=64, height=64, frames=9, fps=24.0, sha256="0" * 64, size=9, seconds={"drawing": seconds},
    )  # fmt: skip


async def ended(queue, blobs, receipt, *, at, **changes):
    """A job that was delivered with this receipt."""
    await queued(queue, **changes)
    job = await hand_in(queue, blobs, await queue.claims.claim(), receipt.to_json().encode())
    await queue.jobs._db.write(
        lambda connection: connection.execute(
            "UPDATE job SET receipt = ?, state = 'delivered', ended_at = ?, rendered_at = ?, created_at = ? "
            "WHERE id = ?",
            (receipt.to_json(), at, at, at - 40, job.id),
        )
    )


async def test_discards_are_counted_by_cause_and_engine(queue, blobs):
    await ended(queue, blobs, receipt_of("cut", "cut", ""), at=1000 * DAY)
    await ended(queue, blobs, receipt_of("flicker", "", engine="camera"), at=1000 * DAY)
    stats = tally(await queue.jobs.ended(GUILD, 0), now=1000 * DAY + 60, days=7)
    assert stats.ends == {State.DELIVERED: 2}
    assert stats.engines["sketch"] == Drawn(clips=1, takes=3, discarded=Counter(cut=2))
    assert stats.engines["camera"] == Drawn(clips=1, takes=2, discarded=Counter(flicker=1))
    assert (stats.busy, stats.wasted) == (20.0, 9.0)
    assert stats.waits == [40.0, 40.0]


async def test_a_rejected_take_that_was_posted_is_not_a_discard(queue, blobs):
    await ended(queue, blobs, receipt_of("cut", "cut", kept=1), at=1000 * DAY)
    stats = tally(await queue.jobs.ended(GUILD, 0), now=1000 * DAY, days=7)
    assert stats.engines["sketch"].discarded == {"cut": 1}
    assert stats.forced == 1


async def test_the_engines_time_is_counted_by_member(queue, blobs):
    for member, seconds in ((1, 60.0), (2, 30.0), (1, 30.0)):
        await ended(queue, blobs, receipt_of("", seconds=seconds), at=1000 * DAY, user=member)
    stats = tally(await queue.jobs.ended(GUILD, 0), now=1000 * DAY, days=7)
    assert stats.by_member == {1: 90, 2: 30}
    assert "<@1> 1.5 min, <@2> 0.5 min" in in_words(stats, 7)


async def test_a_loop_does_not_count_as_a_take_of_any_engine(queue, blobs):
    before = Before(width=64, height=64, frames=9, engines=("sketch",), real=False)
    changes = {"recipe": {"loop": True, "before": before}}
    await ended(queue, blobs, receipt_of("", kept=1), at=1000 * DAY, **changes)
    stats = tally(await queue.jobs.ended(GUILD, 0), now=1000 * DAY, days=7)
    assert (stats.loops, stats.engines) == (1, {})
    assert "loops: 1" in in_words(stats, 7)


async def test_other_servers_and_older_days_do_not_count(queue, blobs):
    await ended(queue, blobs, receipt_of(""), at=1000 * DAY)
    await ended(queue, blobs, receipt_of(""), at=990 * DAY)
    await ended(queue, blobs, receipt_of(""), at=1000 * DAY, guild=GUILD + 1)
    await queued(queue)
    stats = tally(await queue.jobs.ended(GUILD, 0), now=1000 * DAY, days=7)
    assert stats.ends.total() == 1
    assert stats.by_day == [0, 0, 0, 0, 0, 0, 1]


async def test_the_days_are_in_order(queue, blobs):
    for age in (0.5, 1.5, 1.6, 6.9):
        await ended(queue, blobs, receipt_of(""), at=(1000 - age) * DAY)
    assert tally(await queue.jobs.ended(GUILD, 0), now=1000 * DAY, days=7).by_day == [1, 0, 0, 0, 0, 2, 1]


def test_the_words_name_the_causes_and_who_pays():
    drawn = Drawn(clips=2, takes=5, discarded=Counter(colours_drift=2, cut=1))
    stats = Stats(
        ends=Counter({State.DELIVERED: 2}), engines={"svd": drawn}, busy=120, wasted=60, waits=[8, 12]
    )
    said = in_words(stats, 7)
    assert "2 delivered" in said
    assert "svd · clips: 2 · takes: 5 · discarded: 60 %" in said
    assert "reasons: colours drift 2, cut 1" in said
    assert "2.0 min, of which 1.0 min" in said
    assert "10 s (median)" in said


def test_one_clip_from_one_take_is_told_in_the_singular():
    said = in_words(Stats(engines={"svd": Drawn(clips=1, takes=1)}, forced=1), 1)
    assert "The last day**" in said
    assert "svd · clips: 1 · takes: 1 · discarded: 0 %" in said
    assert "1 posted although every take was rejected; it is marked as such." in said


def test_the_words_are_in_the_language_of_whoever_asks():
    drawn = Drawn(clips=2, takes=5, discarded=Counter(cut=1))
    stats = Stats(
        ends=Counter({State.DELIVERED: 2}), engines={"svd": drawn}, busy=90, waits=[8, 12], forced=2,
        by_member=Counter({1: 90}), loops=1,
    )  # fmt: skip
    with speaking("de"):
        said = in_words(stats, 7)
        assert f"2 {messages.STATES[State.DELIVERED]}" in said
        assert "1,5 min" in said
    english = in_words(stats, 7).split("\n")
    assert not [line for line in said.split("\n") if line in english]


def test_a_server_where_nothing_ended_gets_an_answer():
    assert "nothing finished" in in_words(Stats(by_day=[0] * 7), 7)
    assert Image.open(io.BytesIO(chart(Stats(by_day=[0] * 7)))).size == SIZE


def test_the_chart_shows_days_and_causes():
    def coloured(stats):
        drawn = np.asarray(Image.open(io.BytesIO(chart(stats)))).astype(int)
        blue, red = drawn[..., 2] - drawn[..., 0] > 100, drawn[..., 0] - drawn[..., 2] > 100
        return int(blue.sum()), int(red.sum())

    causes = Drawn(clips=1, takes=4, discarded=Counter(cut=3))
    assert coloured(Stats(by_day=[0] * 7)) == (0, 0)
    blue, red = coloured(Stats(by_day=[0, 2, 4], engines={"svd": causes}))
    more, _ = coloured(Stats(by_day=[4, 4, 4]))
    assert more > 1.5 * blue > 0
    assert red > 1000
