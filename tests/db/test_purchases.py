"""What a member's data says of services, and what an erase leaves of it."""

from __future__ import annotations

import pytest

from bot.privacy.forgetting import RecipeRedactor
from db.privacy.erase import Eraser
from db.privacy.personal import Personal
from db.privacy.pseudonyms import Pseudonyms
from db.purchases import Consent, day_of
from engine.elsewhere.hosted.purchase import Wanted
from tests.clock import CLOCK
from tests.db.asking import ANN, BEN, audit_entry, running


@pytest.fixture
def personal(db, tmp_path):
    return Personal(
        db, eraser=Eraser(pseudonyms=Pseudonyms(tmp_path), redactor=RecipeRedactor()), clock=CLOCK
    )


async def bought(queue, **changes):
    job = await running(queue, user=ANN)
    values = {"take": 1, "seed": 1, "engine": "fal/x", "provider": "fal", "sent": "picture, prompt"}
    wanted = Wanted(job=job.id, **{**values, "reserved": 100, **changes})
    purchase = await queue.purchases.reserve(wanted, budget=1000, takes=2)
    return job, purchase


async def test_the_export_says_what_was_sent_where(queue, personal):
    job, _ = await bought(queue)
    (row,) = (await personal.known(ANN))["purchase"]
    assert (row["job"], row["provider"], row["sent"]) == (job.id, "fal", "picture, prompt")
    assert "purchase" not in await personal.known(BEN)


async def test_an_erase_stops_what_is_there_and_leaves_only_counts(queue, personal):
    CLOCK.now = 1_790_000_000.0
    await queue.purchases.set_consent(ANN, Consent(sends=True))
    job, purchase = await bought(queue)
    await queue.purchases.placed(purchase.id, '{"id": "x"}')
    await personal.erase(ANN)
    assert await queue.purchases.consent(ANN) == Consent()
    assert await personal.known(ANN) == {}
    assert not await queue.purchases.is_wanted(job.id)
    assert [row.id for row in await queue.purchases.unsettled()] == [purchase.id], "it is ended there"
    await queue.purchases.moved(purchase.id, "cancelled")
    CLOCK.now += 60.0
    await queue.purchases.forget_remotes(after=60.0)
    (left,) = await queue.purchases.of_job(job.id)
    assert (left.remote, left.reserved) == ("", 100)
    assert await queue.purchases.spent_today() == 100


async def test_a_take_has_one_purchase_that_is_not_over(queue):
    job, purchase = await bought(queue)
    wanted = Wanted(job=job.id, take=1, seed=1, engine="fal/x", provider="fal", sent="", reserved=1)
    with pytest.raises(Exception, match="UNIQUE"):
        await queue.purchases.reserve(wanted, budget=1000, takes=9)
    await queue.purchases.moved(purchase.id, "failed", cost=0)
    assert not isinstance(await queue.purchases.reserve(wanted, budget=1000, takes=1), str)


async def test_what_has_ended_stays_known_for_a_while(queue):
    """Until nothing is looked for any more that could be taken for it."""
    CLOCK.now = 1_790_000_000.0
    job, purchase = await bought(queue)
    await queue.purchases.placed(purchase.id, '{"id": "x"}')
    await queue.purchases.moved(purchase.id, "succeeded")
    await queue.claims.fail(job.id, job.claim, code="E_HOSTED")
    for seconds, known in ((59.0, ['{"id": "x"}']), (1.0, [])):
        CLOCK.now += seconds
        await queue.purchases.forget_remotes(after=60.0)
        assert await queue.purchases.known("fal") == known


@pytest.mark.parametrize(
    ("changes", "rival"),
    [({}, True), ({"engine": "fal/y"}, True), ({"seed": 11}, True), ({"seed": 2}, False)],
)
async def test_what_a_service_cannot_tell_apart_are_rivals(queue, changes, rival):
    _, purchase = await bought(queue)
    assert not await queue.purchases.rivals(purchase.id, seeds=10)
    _, other = await bought(queue, **changes)
    assert await queue.purchases.rivals(purchase.id, seeds=10) is rival
    await queue.purchases.placed(other.id, '{"id": "x"}')
    assert not await queue.purchases.rivals(purchase.id, seeds=10)


async def test_takes_and_money_have_limits(queue):
    job, _ = await bought(queue)
    more = Wanted(job=job.id, take=2, seed=2, engine="fal/x", provider="fal", sent="", reserved=901)
    assert await queue.purchases.reserve(more, budget=1000, takes=1) == "takes"
    assert await queue.purchases.reserve(more, budget=1000, takes=2) == "budget"
    assert not isinstance(await queue.purchases.reserve(more, budget=1001, takes=2), str)


async def test_consent_of_a_server_is_in_the_log(queue, db):
    await queue.purchases.allow(audit_entry("services", "on"), on=True)
    rows = await db.read("SELECT action FROM audit")
    assert [row["action"] for row in rows] == ["services"]


def test_a_day_is_that_of_utc():
    assert day_of(1_790_035_199.0) == "2026-09-21"
    assert day_of(1_790_035_200.0) == "2026-09-22"
