"""Who may have a clip made at a service, and when moderators hear of the money."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from types import SimpleNamespace

import pytest

from bot.hosted.alarm import BudgetAlarm
from bot.hosted.hosting import Hosting
from bot.hosted.policy import HostingPolicy, Overflow
from db.moderation.reviews import ReviewRules
from db.purchases import Consent
from engine.core.errors import UserError
from engine.core.recipe import Kind, Recipe
from engine.core.request import Request
from engine.elsewhere.hosted.money import micros
from engine.elsewhere.hosted.purchase import Wanted
from tests.clock import CLOCK
from tests.db.asking import ANN, BEN, GUILD, audit_entry, enqueued

POLICY = HostingPolicy(
    replicate="",
    fal="key",
    runpod="",
    endpoint="",
    replicate_url="",
    fal_url="",
    runpod_url="",
    jwks_url="",
    public_url="",
    webhook_secret="",
    tables=None,
)


def hosting(queue, *, budget: str = "5", minutes: float = 0.0, policy: HostingPolicy = POLICY) -> Hosting:
    overflow = Overflow(minutes=minutes, engine="fal/ltx-2-fast" if minutes else "")
    return Hosting(policy, overflow, budget=micros(budget), purchases=queue.purchases)


def recipe_for(engine: str, **changes) -> Recipe:
    values = {
        "kind": Kind.ANIMATE,
        "engine": engine,
        "seed": 1,
        "width": 64,
        "height": 64,
        "frames": 150,
        "native_fps": 25.0,
        "fps": 25.0,
        "length": 150,
    }
    return Recipe(**{**values, **changes})


THERE, HERE = recipe_for("fal/ltx-2"), recipe_for("camera")


async def bought(queue, amount: str) -> None:
    job = await enqueued(queue)
    wanted = Wanted(
        job=job.id, take=1, seed=1, engine="fal/ltx-2", provider="fal", sent="", reserved=micros(amount)
    )
    assert not isinstance(await queue.purchases.reserve(wanted, budget=micros(1000), takes=1), str)


async def refusal(host: Hosting, recipe: Recipe = THERE) -> str:
    try:
        await host.check(GUILD, ANN, recipe)
    except UserError as error:
        return str(error)
    return ""


async def test_a_service_needs_the_server_then_the_member_then_money(queue):
    host = hosting(queue)
    assert "/queue services" in await refusal(host)
    await queue.purchases.allow(audit_entry("services", "on"), on=True)
    told = await refusal(host)
    assert "made at fal: your picture and words leave this machine" in told
    assert "$0.36" in told
    assert "/mydata services" in told
    await queue.purchases.set_consent(ANN, Consent(sends=True))
    assert await refusal(host) == ""
    await bought(queue, "4.65")
    assert "is spent" in await refusal(host)
    await queue.purchases.allow(audit_entry("services", "off"), on=False)
    assert "/queue services" in await refusal(host)


async def test_what_is_made_here_needs_nothing(queue):
    assert await refusal(hosting(queue), HERE) == ""
    assert await refusal(hosting(queue), dataclasses.replace(THERE, loop=True)) == "", "a loop draws nothing"


@pytest.mark.parametrize(
    ("budget", "changes"), [("0", {}), ("5", {"fal": ""}), ("5", {"fal": "", "runpod": "key"})]
)
async def test_without_a_key_or_a_budget_there_is_no_engine(queue, budget, changes):
    host = hosting(queue, budget=budget, policy=dataclasses.replace(POLICY, **changes))
    assert not host.on
    assert host.slugs() == {}


async def test_a_wrong_table_is_said_once(queue, tmp_path, caplog):
    (tmp_path / "mine.toml").write_text("[[engine")
    host = hosting(queue, policy=dataclasses.replace(POLICY, tables=Path(tmp_path)))
    assert "fal/ltx-2" in host.slugs()
    host.slugs()
    assert caplog.text.count("mine.toml") == 1


async def test_a_long_wait_goes_to_a_service_only_for_those_who_said_so(queue):
    host = hosting(queue, minutes=10.0)
    request = Request(kind=Kind.ANIMATE)
    assert await host.instead(GUILD, ANN, request, 601.0) is None, "nobody has agreed"
    await queue.purchases.allow(audit_entry("services", "on"), on=True)
    await queue.purchases.set_consent(ANN, Consent(sends=True))
    assert await host.instead(GUILD, ANN, request, 601.0) is None, "only where they choose it"
    await queue.purchases.set_consent(ANN, Consent(sends=True, overflow=True))
    there = await host.instead(GUILD, ANN, request, 601.0)
    assert there == dataclasses.replace(request, engine="fal/ltx-2-fast")
    assert await host.instead(GUILD, BEN, request, 601.0) is None
    assert await host.instead(GUILD, ANN, request, 600.0) is None
    chosen = dataclasses.replace(request, engine="camera")
    assert await host.instead(GUILD, ANN, chosen, 601.0) is None, "they chose what draws it"
    assert await hosting(queue).instead(GUILD, ANN, request, 1e9) is None, "it is off until the owner sets it"


class Long:
    """Every wait here is an hour."""

    async def for_new(self, profile, guild, user):
        return SimpleNamespace(middle=3600.0)


@pytest.mark.parametrize(("spent", "engine"), [("4.5", "fal/ltx-2-fast"), ("4.9", "auto")])
async def test_a_request_that_could_be_made_here_is_made_here_once_the_budget_is_spent(queue, spent, engine):
    host = hosting(queue, minutes=10.0)
    await queue.purchases.allow(audit_entry("services", "on"), on=True)
    await queue.purchases.set_consent(ANN, Consent(sends=True, overflow=True))
    await bought(queue, spent)

    def plan(request):
        return recipe_for("camera" if request.engine == "auto" else request.engine)

    taken = await host.settled(GUILD, ANN, Request(kind=Kind.ANIMATE), plan=plan, waits=Long())
    assert taken.engine == engine


class Outlet:
    def __init__(self) -> None:
        self.sent: list[tuple[int, str]] = []

    def language_in(self, guild_id):
        return "en"

    async def send(self, channel, post):
        self.sent.append((channel, post.content))


async def test_moderators_hear_of_it_once_a_day(queue):
    CLOCK.now = 1_790_000_000.0
    outlet = Outlet()
    alarm = BudgetAlarm(
        budget=micros("5"),
        purchases=queue.purchases,
        reviews=queue.reviews,
        meta=queue.meta,
        messenger=outlet,  # type: ignore[arg-type]
        clock=CLOCK,
    )
    for guild, channel in ((GUILD, 11), (GUILD + 1, 12)):
        rules = ReviewRules(channel_id=channel)
        await queue.reviews.set_review_rules(rules, audit_entry("review", guild=guild))
    await queue.purchases.allow(audit_entry("services", "on"), on=True)
    await bought(queue, "3.99")
    await alarm._one_look()
    assert outlet.sent == []
    await bought(queue, "0.01")
    for _ in range(3):
        await alarm._one_look()
    assert [channel for channel, _ in outlet.sent] == [11], "the other server has not allowed services"
    assert "80 %" in outlet.sent[0][1]
    CLOCK.now += 86_400.0
    await alarm._one_look()
    assert len(outlet.sent) == 1
    await bought(queue, "5")
    await alarm._one_look()
    assert len(outlet.sent) == 2
