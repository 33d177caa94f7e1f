"""A take is paid for once, whatever is lost on the way; over real sockets."""

from __future__ import annotations

import asyncio
import base64
import time
from dataclasses import replace

import pytest

from engine.core.errors import Away, HopelessTake, RenderFailed, UserError
from engine.elsewhere.hosted.buying import REMEMBERED, SEARCHED_FOR
from engine.elsewhere.hosted.fields import said_values
from engine.elsewhere.hosted.money import micros
from engine.elsewhere.hosted.provider import Asked, amount_in
from engine.elsewhere.hosted.settling import settle
from engine.elsewhere.hosted.slugs import Slot
from engine.elsewhere.sent_files import SentFile
from tests.clock import CLOCK
from tests.db.asking import ANN, BEN, audit_entry, enqueued
from tests.engine.elsewhere.hosted.conftest import SERVICES, SLUGS, agreed, host_on, providers_at
from tests.fake_services.server import CLIP
from tests.until import until


async def rows_of(queue, job):
    return [(row.state, row.cost) for row in await queue.purchases.of_job(job.id)]


@pytest.mark.parametrize("service", SERVICES)
async def test_a_take_is_bought_fetched_and_noted(queue, services, job, order_of, hooks, service):
    seen: list[float | None] = []
    taken = await host_on(queue, services.url).draw(
        order_of(job.id, service), type(hooks)(progress=seen.append, draft=hooks.draft)
    )
    assert taken.clip.read_bytes() == CLIP
    assert len(services.works) == 1
    cost = micros("0.0125") if service == "runpod" else micros("0.1")
    assert await rows_of(queue, job) == [("succeeded", cost)]
    assert "for $0." in taken.notes[-1]
    assert None in seen
    assert any(share is not None and 0 <= share < 1 for share in seen)


@pytest.mark.parametrize("service", SERVICES)
async def test_each_service_is_asked_in_its_own_way(queue, services, job, order_of, hooks, service):
    await host_on(queue, services.url).draw(order_of(job.id, service), hooks)
    work = services.works[0]
    (row,) = await queue.purchases.of_job(job.id)
    webhook = f"https://bot.example/{service}/{row.id}"
    if service == "replicate":
        assert work.headers["Authorization"] == "Bearer r8_key"
        assert work.body["input"]["image"].startswith("data:image/png;base64,")
        assert {name: value for name, value in work.body["input"].items() if name != "image"} == {
            "prompt": "a lake",
            "seed": 7,
            "resolution": "480p",
        }
        assert work.body["webhook"] == webhook
        assert work.headers["Cancel-After"] == "30s"
    elif service == "fal":
        assert work.headers["Authorization"] == "Key fal-key"
        assert work.headers["x-fal-no-retry"] == "1"
        assert work.query == {"fal_webhook": webhook}
        assert work.body["p"] == "a lake"
    else:
        assert work.headers["Authorization"] == "Bearer rp-key"
        graph = work.body["input"]["workflow"]
        (image,) = work.body["input"]["images"]
        assert graph["1"]["inputs"]["image"] == image["name"]
        assert graph["2"]["inputs"]["text"] == "a lake"
        assert graph["3"]["inputs"]["seed"] == 7
        assert base64.b64decode(image["image"]).startswith(b"\x89PNG")


LOST_AT_SUBMIT = [
    *(("replicate", fault) for fault in ("lost", "unheard", "502", "junk", "500", "408")),
    *((service, fault) for service in ("fal", "runpod") for fault in ("lost", "502")),
]


@pytest.mark.parametrize(("service", "fault"), LOST_AT_SUBMIT)
async def test_a_lost_answer_is_never_paid_twice(queue, services, job, order_of, hooks, service, fault):
    """Asked for again and again: after the loss, after a restart, and by a moderator."""
    services.faults.plan["submit"] = [fault]
    was_taken = fault in {"lost", "502", "junk"}
    outcomes: list[bytes | str] = []
    for _ in range(3):
        try:
            taken = await host_on(queue, services.url).draw(order_of(job.id, service), hooks)
            outcomes.append(taken.clip.read_bytes())
        except UserError as error:
            outcomes.append(error.code)
    assert services.calls["submit"] == 1
    if service == "replicate" and was_taken:
        assert outcomes == [CLIP] * 3
        assert await rows_of(queue, job) == [("succeeded", micros("0.1"))]
    else:
        assert outcomes == ["E_LOST"] * 3
        assert await rows_of(queue, job) == [("unknown", None)]
    assert await queue.purchases.spent_today() == micros("0.1"), "it counts as spent, known or not"


async def test_a_list_without_inputs_is_looked_through_one_by_one(queue, services, job, order_of, hooks):
    services.private_list = True
    services.faults.plan["submit"] = ["lost"]
    taken = await host_on(queue, services.url).draw(order_of(job.id), hooks)
    assert taken.clip.read_bytes() == CLIP
    assert len(services.works) == 1


@pytest.mark.parametrize("taken", [1, 2])
async def test_of_two_that_fit_neither_is_taken(queue, services, job, order_of, hooks, taken):
    """A guess could show one member what another gave."""
    services.faults.plan["submit"] = ["lost", "lost"][:taken] + ["unheard"] * (2 - taken)
    other = await enqueued(queue)
    host = host_on(queue, services.url)
    both = await asyncio.gather(
        *(host.draw(order_of(each.id), hooks) for each in (job, other)), return_exceptions=True
    )
    assert [getattr(each, "code", each) for each in both] == ["E_LOST", "E_LOST"]
    assert services.calls["submit"] == 2


@pytest.mark.parametrize("left", ["of another", "of one that is bought meanwhile"])
async def test_what_anothers_purchase_brought_is_never_found(
    queue, services, order_of, hooks, monkeypatch, left
):
    """The same words and the same seed, and a request that the service never heard."""
    await agreed(queue)
    await agreed(queue, BEN)
    host = host_on(queue, services.url)
    ann, ben = await enqueued(queue, user=ANN), await enqueued(queue, user=BEN)
    find = host.providers["replicate"].find

    async def anns() -> None:
        assert (await host.draw(order_of(ann.id), hooks)).clip.read_bytes() == CLIP
        await queue.claims.cancel(ann.id)
        await queue.purchases.forget_remotes(after=REMEMBERED)

    async def find_late(*asked, **more):
        if not services.works:
            await anns()
        return await find(*asked, **more)

    if left == "of another":
        await anns()
    else:
        monkeypatch.setattr(host.providers["replicate"], "find", find_late)
    services.faults.plan["submit"] = ["unheard"]
    with pytest.raises(UserError) as lost:
        await host.draw(order_of(ben.id), hooks)
    assert lost.value.code == "E_LOST"
    assert len(services.works) == 1


@pytest.mark.parametrize("why", ["no seed", "too late"])
async def test_what_cannot_be_told_apart_is_not_looked_for(queue, services, job, order_of, hooks, why):
    services.faults.plan["submit"] = ["lost"]
    order = order_of(job.id)
    CLOCK.now = time.time()
    if why == "no seed":
        order = replace(order, recipe=replace(order.recipe, engine="replicate/seedless"))
    else:
        services.faults.plan["list"] = ["503"] * 99
        with pytest.raises(Away):
            await host_on(queue, services.url).draw(order, hooks)
        CLOCK.now += SEARCHED_FOR
        services.calls["list"] = 0
    with pytest.raises(UserError) as lost:
        await host_on(queue, services.url).draw(order, hooks)
    assert lost.value.code == "E_LOST"
    assert services.calls["list"] == 0


def test_words_that_look_like_an_address_are_compared():
    slug = SLUGS["replicate/test"]
    said = said_values(slug, {"prompt": "https://a", "seed": 7, "image": "https://files/1"})
    assert said == {"prompt": "https://a", "seed": 7}


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("call", ["look", "fetch"])
async def test_a_look_or_a_clip_that_is_lost_is_asked_for_again(
    queue, services, job, order_of, hooks, service, call
):
    services.faults.plan[call] = ["lost", "502", "429", "lost"]
    taken = await host_on(queue, services.url).draw(order_of(job.id, service), hooks)
    assert taken.clip.read_bytes() == CLIP
    assert services.calls["submit"] == 1


@pytest.mark.parametrize("status", ["401", "402", "403", "429"])
async def test_a_result_that_is_refused_for_a_while_is_asked_for_again(
    queue, services, job, order_of, hooks, status
):
    services.faults.plan["result"] = [status, status]
    taken = await host_on(queue, services.url).draw(order_of(job.id, "fal"), hooks)
    assert taken.clip.read_bytes() == CLIP
    assert services.calls["submit"] == 1


@pytest.mark.parametrize("service", SERVICES)
async def test_a_service_that_goes_away_costs_a_wait_and_nothing_more(
    queue, services, job, order_of, hooks, service
):
    services.hold = True
    host = host_on(queue, services.url)
    task = asyncio.create_task(host.draw(order_of(job.id, service), hooks))
    await until(lambda: services.calls["look"] >= 1)
    port = int(services.url.rpartition(":")[2])
    await services.stop()
    with pytest.raises(Away):
        await task
    await services.start(port)
    services.hold = False
    assert (await host.draw(order_of(job.id, service), hooks)).clip.read_bytes() == CLIP
    assert services.calls["submit"] == 1


async def test_a_service_that_cannot_be_reached_was_asked_nothing(queue, services, job, order_of, hooks):
    port = int(services.url.rpartition(":")[2])
    await services.stop()
    host = host_on(queue, services.url)
    with pytest.raises(Away):
        await host.draw(order_of(job.id), hooks)
    assert await queue.purchases.spent_today() == 0
    await services.start(port)
    assert (await host.draw(order_of(job.id), hooks)).clip.read_bytes() == CLIP
    assert len(services.works) == 1
    assert await rows_of(queue, job) == [("failed", 0), ("succeeded", micros("0.1"))]


@pytest.mark.parametrize(
    ("status", "kind", "said"),
    [
        ("401", RenderFailed, "account"),
        ("402", RenderFailed, "account"),
        ("413", UserError, "too large"),
        ("422", RenderFailed, "couldn't use"),
        ("429", Away, "cannot be reached"),
    ],
)
async def test_a_refusal_has_its_words_and_costs_nothing(
    queue, services, job, order_of, hooks, status, kind, said
):
    services.faults.plan["submit"] = [status]
    with pytest.raises(kind) as refusal:
        await host_on(queue, services.url).draw(order_of(job.id), hooks)
    assert said in str(refusal.value)
    assert "127.0.0.1" not in str(refusal.value)
    assert await queue.purchases.spent_today() == 0


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize(
    ("error", "kind", "said"),
    [
        ("The input was flagged as sensitive (E005)", UserError, "refused this picture"),
        ("CUDA out of memory", UserError, "ran out of memory"),
        ("Traceback: C:\\secret.py", RenderFailed, "Something broke"),
    ],
)
async def test_a_failure_there_has_its_words_and_is_not_tried_again(
    queue, services, job, order_of, hooks, service, error, kind, said
):
    services.end, services.error = "failed", error
    host = host_on(queue, services.url)
    for _ in range(2):
        with pytest.raises(kind, match=said) as failure:
            await host.draw(order_of(job.id, service), hooks)
        assert "secret" not in str(failure.value)
    assert services.calls["submit"] == 1
    assert (await rows_of(queue, job))[0][0] == "failed"


@pytest.mark.parametrize("service", SERVICES)
async def test_a_render_that_stops_leaves_the_take_to_be_found_again(
    queue, services, job, order_of, hooks, service
):
    """As at the end of the bot: nobody has cancelled the job."""
    services.hold = True
    task = asyncio.create_task(host_on(queue, services.url).draw(order_of(job.id, service), hooks))
    await until(lambda: services.calls["look"] >= 1)
    task.cancel()
    await asyncio.wait([task])
    assert services.calls["cancel"] == 0
    services.hold = False
    taken = await host_on(queue, services.url).draw(order_of(job.id, service), hooks)
    assert taken.clip.read_bytes() == CLIP
    assert services.calls["submit"] == 1


@pytest.mark.parametrize("service", SERVICES)
async def test_a_job_that_is_cancelled_is_stopped_there(queue, services, job, order_of, hooks, service):
    services.hold = True
    task = asyncio.create_task(host_on(queue, services.url).draw(order_of(job.id, service), hooks))
    await until(lambda: services.calls["look"] >= 1)
    await queue.claims.cancel(job.id)
    task.cancel()
    await asyncio.wait([task])
    assert [work.cancelled for work in services.works] == [True]


async def test_a_stop_in_the_middle_of_asking_waits_for_the_answer(
    queue, services, job, order_of, hooks, monkeypatch
):
    host = host_on(queue, services.url)
    provider = host.providers["fal"]
    asked, go = asyncio.Event(), asyncio.Event()
    submit = provider.submit

    async def slowly(what):
        asked.set()
        await go.wait()
        return await submit(what)

    monkeypatch.setattr(provider, "submit", slowly)
    task = asyncio.create_task(host.draw(order_of(job.id, "fal"), hooks))
    await asked.wait()
    task.cancel()
    await asyncio.sleep(0)
    go.set()
    await asyncio.wait([task])
    taken = await host_on(queue, services.url).draw(order_of(job.id, "fal"), hooks)
    assert taken.clip.read_bytes() == CLIP
    assert services.calls["submit"] == 1


async def test_a_result_that_is_gone_ends_the_take_and_not_the_job(queue, services, job, order_of, hooks):
    services.faults.plan["fetch"] = ["403"]
    host = host_on(queue, services.url)
    with pytest.raises(HopelessTake):
        await host.draw(order_of(job.id), hooks)
    assert (await host.draw(order_of(job.id, take=2), hooks)).clip.read_bytes() == CLIP
    with pytest.raises(HopelessTake, match="no further take"):
        await host.draw(order_of(job.id, take=3), hooks)
    assert len(services.works) == 2


@pytest.mark.parametrize("call", ["look", "fetch"])
async def test_an_answer_that_stays_of_no_use_ends_the_take(queue, services, job, order_of, hooks, call):
    """Without an end, it would keep its service from all others."""
    CLOCK.now = time.time()
    services.faults.plan[call] = ["500"] * 10_000
    host = host_on(queue, services.url)
    with pytest.raises(Away):
        await host.draw(order_of(job.id), hooks)
    CLOCK.now += host.policy.longest
    with pytest.raises(UserError, match="too long"):
        await host.draw(order_of(job.id), hooks)
    assert await queue.purchases.spent_today() == micros("0.1")
    services.faults.plan.clear()


async def test_a_service_that_cannot_be_reached_late_in_a_take_is_waited_for(
    queue, services, job, order_of, hooks
):
    """As after a power cut, when the machine is up before its network."""
    CLOCK.now = time.time()
    services.hold = True
    host = host_on(queue, services.url)
    task = asyncio.create_task(host.draw(order_of(job.id), hooks))
    await until(lambda: services.calls["look"] >= 1)
    task.cancel()
    await asyncio.wait([task])
    port = int(services.url.rpartition(":")[2])
    await services.stop()
    CLOCK.now += host.policy.longest
    with pytest.raises(Away):
        await host.draw(order_of(job.id), hooks)
    services.hold = False
    services.works[0].stage = 1
    await services.start(port)
    assert (await host.draw(order_of(job.id), hooks)).clip.read_bytes() == CLIP


async def test_a_take_that_is_never_done_is_given_up(queue, services, job, order_of, hooks):
    services.hold = True
    with pytest.raises(UserError, match="too long"):
        await host_on(queue, services.url, longest=0.05).draw(order_of(job.id), hooks)
    assert services.works[0].cancelled
    assert await queue.purchases.spent_today() == micros("0.1"), "what it costs is not known"


@pytest.mark.parametrize(("longest", "allowed"), [(1800.0, 100), (60.0, 60)])
async def test_a_service_may_work_no_longer_than_is_set_aside(services, order_of, longest, allowed):
    recipe = order_of("a-job", "runpod").recipe
    files = {Slot.PICTURE: SentFile(data=b"a picture", kind="image/png", name="picture.png")}
    providers = providers_at(services.url, longest=longest)
    for name, model in (("runpod", "test"), ("replicate", "maker/model")):
        slug = SLUGS["runpod/test"].model_copy(update={"name": f"{name}/test", "model": model})
        await providers[name].submit(Asked(slug=slug, recipe=recipe, seed=7, files=files))
    at_runpod, at_replicate = services.works
    assert at_runpod.body["policy"] == {"executionTimeout": allowed * 1000, "ttl": 2000 * longest}
    assert at_replicate.headers["Cancel-After"] == f"{allowed}s"


async def test_a_take_that_works_longer_than_is_set_aside_is_ended(
    queue, services, job, order_of, hooks, monkeypatch
):
    """Whatever its service was told."""
    slug = SLUGS["runpod/test"].model_copy(update={"work_seconds": (0.01, 0.05)})
    monkeypatch.setitem(SLUGS, slug.name, slug)
    services.hold = True
    task = asyncio.create_task(host_on(queue, services.url).draw(order_of(job.id, "runpod"), hooks))
    await until(lambda: services.works)
    services.works[0].stage = 1
    with pytest.raises(UserError, match="too long"):
        await task
    assert services.works[0].cancelled


@pytest.mark.parametrize("worked", [-500.0, float("nan"), float("inf"), 1e300])
async def test_a_time_that_is_none_gives_no_money_back(queue, services, job, order_of, hooks, worked):
    services.work_seconds = worked
    await host_on(queue, services.url).draw(order_of(job.id, "runpod"), hooks)
    assert await rows_of(queue, job) == [("succeeded", None)]
    assert await queue.purchases.spent_today() == micros("0.1"), "as if it had worked as long as it may"


def test_only_amounts_are_taken_for_such():
    assert [amount_in(each) for each in (0, 12, 12.5)] == [0.0, 12.0, 12.5]
    others: list[object] = [None, "12", True, [], -1, 10**400]
    assert {amount_in(each) for each in others} == {None}


async def test_what_is_given_up_costs_what_it_worked(queue, services, job, order_of, hooks):
    services.hold = True
    services.work_seconds = 60.0
    with pytest.raises(UserError, match="too long"):
        await host_on(queue, services.url, longest=0.05).draw(order_of(job.id, "runpod"), hooks)
    assert await rows_of(queue, job) == [("failed", micros("0.06"))]


@pytest.mark.parametrize("call", ["cancel", "look"])
async def test_what_does_not_end_when_it_is_given_up_is_settled_later(
    queue, services, job, order_of, hooks, monkeypatch, call
):
    host = host_on(queue, services.url, longest=0.05)
    services.hold = True
    cancel = host.providers["fal"].cancel

    async def and_fail(remote):
        services.faults.plan[call] = ["503", "503"]
        await cancel(remote)

    monkeypatch.setattr(host.providers["fal"], "cancel", and_fail)
    with pytest.raises(UserError, match="too long"):
        await host.draw(order_of(job.id, "fal"), hooks)
    assert await rows_of(queue, job) == [("queued", None)]
    services.faults.plan.clear()
    await queue.claims.cancel(job.id)
    assert await settle(queue.purchases, providers_at(services.url), under_way=frozenset) == 1
    assert services.works[0].cancelled


async def test_a_take_that_is_done_while_it_is_given_up_is_kept(
    queue, services, job, order_of, hooks, monkeypatch
):
    host = host_on(queue, services.url, longest=0.05)
    services.hold = True

    async def too_late(_):
        services.hold, services.works[0].stage = False, 1

    monkeypatch.setattr(host.providers["fal"], "cancel", too_late)
    assert (await host.draw(order_of(job.id, "fal"), hooks)).clip.read_bytes() == CLIP
    assert await rows_of(queue, job) == [("succeeded", micros("0.1"))]


async def test_a_price_that_has_risen_stops_further_buying(queue, services, job, order_of, hooks, caplog):
    services.work_seconds = 500.0
    host = host_on(queue, services.url)
    await host.draw(order_of(job.id, "runpod"), hooks)
    assert "correct the table" in caplog.text
    other = await enqueued(queue)
    with pytest.raises(RenderFailed, match="raised its price"):
        await host.draw(order_of(other.id, "runpod"), hooks)
    assert len(services.works) == 1


async def test_nothing_is_sent_without_the_consent_of_both(queue, services, order_of, hooks):
    job = await enqueued(queue)
    host = host_on(queue, services.url)
    with pytest.raises(UserError, match="agreed"):
        await host.draw(order_of(job.id), hooks)
    await agreed(queue)
    await queue.purchases.allow(audit_entry("hosted off"), on=False)
    with pytest.raises(UserError, match="agreed"):
        await host.draw(order_of(job.id), hooks)
    assert services.calls["submit"] == 0


async def test_twenty_at_once_never_pass_the_budget(queue, services, order_of, hooks):
    await agreed(queue)
    jobs = [await enqueued(queue) for _ in range(20)]
    host = host_on(queue, services.url, budget=micros("0.75"))
    done = await asyncio.gather(
        *(host.draw(order_of(job.id, SERVICES[n % 2]), hooks) for n, job in enumerate(jobs)),
        return_exceptions=True,
    )
    refused = [each for each in done if isinstance(each, UserError)]
    assert len(services.works) == 7
    assert len(refused) == 13
    assert all("is spent" in str(each) for each in refused)
    assert await queue.purchases.spent_today() == micros("0.7")


async def test_a_message_only_wakes(queue, services, job, order_of, hooks):
    host = host_on(queue, services.url, first_look=60.0, last_look=60.0)
    task = asyncio.create_task(host.draw(order_of(job.id), hooks))
    while not task.done():
        for purchase in host.under_way:
            host.wake(purchase)
        await asyncio.sleep(0.005)
    assert (await task).clip.read_bytes() == CLIP
    host.wake("one that nobody knows")
