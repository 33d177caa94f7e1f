"""What moderators allow, within what the owner allows."""

from __future__ import annotations

import pytest

from db.audit.log import Audit
from db.errors import Limit, LimitReached
from db.jobs.allowances import Allowance, Ceilings, Precedence, Spent, StoredAllowance, Whose
from db.jobs.claims import Requeue
from db.states import State
from tests.clock import CLOCK
from tests.db.asking import ANN, BEN, CAT, GUILD, audit_entry, enqueued, hand_in, new_job, rendered, running
from tests.policies import FAR, enqueue_limits, stumble_limits

T = 1_000_000.0
HELPERS, PATRONS = 11, 12
OWNER = enqueue_limits(per_member_waiting=2, ceilings=Ceilings(waiting=6, hour=50, day=1000.0))


async def allow(queue, kind, whom, guild=GUILD, **values):
    return await queue.allowances.allow(
        kind, whom, Allowance(**values), audit_entry("limit", str(kind), guild=guild)
    )


async def most_waiting(queue, user=ANN, roles=(), limits=OWNER) -> int:
    """How many jobs a member gets in."""
    many = [new_job(user, roles=frozenset(roles)) for _ in range(10)]
    took = [await taken(queue, new, limits) for new in many]
    assert took == sorted(took, reverse=True)
    return sum(took)


async def taken(queue, new, limits) -> bool:
    try:
        await queue.entry.enqueue(new, limits=limits)
    except LimitReached:
        return False
    return True


@pytest.mark.parametrize(
    ("said", "roles", "expected"),
    [
        ({}, (), 2),
        ({Whose.GUILD: 1}, (), 1),
        ({Whose.GUILD: 1, HELPERS: 3}, (), 1),
        ({Whose.GUILD: 1, HELPERS: 3}, (HELPERS,), 3),
        ({Whose.GUILD: 5, HELPERS: 3}, (HELPERS,), 3),
        ({HELPERS: 3, PATRONS: 4}, (HELPERS, PATRONS), 4),
        ({HELPERS: 3, Whose.MEMBER: 1}, (HELPERS,), 1),
        ({Whose.MEMBER: 5}, (), 5),
        ({HELPERS: 400}, (HELPERS,), 6),
        ({Whose.GUILD: 0, HELPERS: 3}, (), 0),
        ({Whose.GUILD: 0, HELPERS: 3}, (HELPERS,), 3),
    ],
)
async def test_the_most_particular_that_says_something_counts_up_to_the_owners_ceiling(
    queue, said, roles, expected
):
    for who, waiting in said.items():
        kind = who if isinstance(who, Whose) else Whose.ROLE
        whom = {Whose.GUILD: GUILD, Whose.MEMBER: ANN}.get(who, who)
        await allow(queue, kind, whom, waiting=waiting)
    assert await most_waiting(queue, roles=roles) == expected


async def test_no_figure_exceeds_the_owners_ceiling(queue):
    await allow(queue, Whose.MEMBER, ANN, waiting=400, hour=400, day=1e6)
    allowed, _ = await queue.entry.left(GUILD, ANN, (), OWNER)
    assert (allowed.waiting, allowed.hour, allowed.day) == (6, 50, 1000.0)


async def test_each_figure_is_looked_for_by_itself(queue):
    await allow(queue, Whose.GUILD, GUILD, hour=1)
    await allow(queue, Whose.ROLE, HELPERS, waiting=5)
    job = (await queue.entry.enqueue(new_job(roles=frozenset({HELPERS})), limits=OWNER)).job
    with pytest.raises(LimitReached) as reached:
        await queue.entry.enqueue(new_job(roles=frozenset({HELPERS})), limits=OWNER)
    assert reached.value.which is Limit.PER_MEMBER_HOUR
    assert job.state is State.QUEUED


async def test_what_one_guild_allows_counts_in_no_other(queue):
    await allow(queue, Whose.MEMBER, ANN, guild=200, waiting=5)
    await allow(queue, Whose.GUILD, 200, guild=200, waiting=0)
    assert await most_waiting(queue) == 2


async def test_what_is_left_out_stays_as_it_was_and_clearing_forgets_it_all(queue, db):
    await allow(queue, Whose.ROLE, HELPERS, waiting=5)
    both = await allow(queue, Whose.ROLE, HELPERS, precedence=Precedence.FIRST)
    assert both == Allowance(waiting=5, precedence=Precedence.FIRST)
    assert await queue.allowances.of_guild(GUILD) == [
        StoredAllowance(kind=Whose.ROLE, whom=HELPERS, allowance=both)
    ]
    assert await queue.allowances.reset(Whose.ROLE, HELPERS, audit_entry("limit clear"))
    assert not await queue.allowances.reset(Whose.ROLE, HELPERS, audit_entry("limit clear"))
    assert await queue.allowances.of_guild(GUILD) == []
    assert [entry.action for entry in await Audit(db).entries(GUILD)] == ["limit clear", "limit", "limit"]


async def clip_of(queue, user=ANN, *, seconds, now, guild=GUILD):
    CLOCK.now = now
    await queue.entry.enqueue(new_job(user, guild), FAR)
    job = await queue.claims.claim()
    assert job.user_id == user
    assert await hand_in(queue, job, seconds=seconds)
    return job


async def test_the_day_counts_the_seconds_of_clips_and_says_when_to_come_back(queue):
    limits = enqueue_limits(per_member_day=100.0)
    for at in (T, T + 3600, T + 7200):
        CLOCK.now = at
        await queue.entry.check_limits(GUILD, ANN, (), limits=limits)
        await clip_of(queue, seconds=40.0, now=at)
    CLOCK.now = T + 9000
    with pytest.raises(LimitReached) as reached:
        await queue.entry.check_limits(GUILD, ANN, (), limits=limits)
    assert (reached.value.which, reached.value.allowed) == (Limit.PER_MEMBER_DAY, 100.0)
    assert reached.value.retry_after == T + 86_400 - (T + 9000)
    CLOCK.now = T + 9000
    await queue.entry.check_limits(GUILD, BEN, (), limits=limits)
    CLOCK.now = T + 9000 + reached.value.retry_after
    await queue.entry.check_limits(GUILD, ANN, (), limits=limits)


async def test_a_job_that_fails_gives_its_seconds_back_to_the_day(queue):
    limits = enqueue_limits(per_member_day=30.0)
    job = await clip_of(queue, seconds=40.0, now=T)
    CLOCK.now = T + 1
    with pytest.raises(LimitReached):
        await queue.entry.check_limits(GUILD, ANN, (), limits=limits)
    await queue.claims.fail(job.id, None, code="E_POST")
    CLOCK.now = T + 1
    await queue.entry.check_limits(GUILD, ANN, (), limits=limits)


async def test_a_job_that_failed_does_not_count_in_the_hour(queue):
    limits = enqueue_limits(per_member_hour=1)
    job = await rendered(queue)
    with pytest.raises(LimitReached):
        await queue.entry.check_limits(GUILD, ANN, (), limits=limits)
    await queue.claims.fail(job.id, None, code="E_POST")
    await queue.entry.check_limits(GUILD, ANN, (), limits=limits)


async def test_a_used_up_day_may_lead_to_the_background_instead(queue):
    await allow(queue, Whose.GUILD, GUILD, day=30.0, spent=Spent.BACKGROUND)
    await clip_of(queue, seconds=40.0, now=T)
    CLOCK.now = T + 1
    late = (await queue.entry.enqueue(new_job(), FAR)).job
    assert late.priority == Precedence.BACKGROUND
    await enqueued(queue, BEN)
    assert [job.user_id for job in await queue.jobs.waiting()] == [BEN, ANN]


@pytest.mark.parametrize(
    ("precedences", "expected"),
    [
        ({}, [BEN, CAT, ANN]),
        ({HELPERS: Precedence.FIRST}, [ANN, BEN, CAT]),
        ({HELPERS: Precedence.BACKGROUND, PATRONS: Precedence.FIRST}, [ANN, BEN, CAT]),
        ({HELPERS: Precedence.BACKGROUND}, [BEN, CAT, ANN]),
    ],
)
async def test_a_role_decides_when_its_members_turn_comes(queue, precedences, expected):
    for role, precedence in precedences.items():
        await allow(queue, Whose.ROLE, role, precedence=precedence)
    await clip_of(queue, seconds=400.0, now=T - 10)  # Ann has used a lot lately
    CLOCK.now = T
    await queue.entry.enqueue(new_job(BEN), FAR)
    CLOCK.now = T + 1
    await queue.entry.enqueue(new_job(ANN, roles=frozenset(precedences)), FAR)
    CLOCK.now = T + 2
    await queue.entry.enqueue(new_job(CAT), FAR)
    assert [job.user_id for job in await queue.jobs.waiting()] == expected


async def test_those_who_go_first_go_in_the_order_in_which_they_came(queue):
    await allow(queue, Whose.ROLE, HELPERS, precedence=Precedence.FIRST)
    for at, user, roles in ((0, BEN, ()), (1, ANN, {HELPERS}), (2, CAT, {HELPERS}), (3, BEN, ())):
        CLOCK.now = T + at
        await queue.entry.enqueue(new_job(user, roles=frozenset(roles)), FAR)
    assert [job.user_id for job in await queue.jobs.waiting()] == [ANN, CAT, BEN, BEN]


async def test_who_goes_first_still_waits_for_what_was_interrupted(queue):
    await allow(queue, Whose.ROLE, HELPERS, precedence=Precedence.FIRST)
    CLOCK.now = T
    interrupted = await running(queue, user=BEN)
    await enqueued(queue, CAT)
    await queue.claims.requeue(
        interrupted.id, interrupted.claim, cause=Requeue.SHUTDOWN, limits=stumble_limits()
    )
    CLOCK.now = T + 1
    await queue.entry.enqueue(new_job(ANN, roles=frozenset({HELPERS})), FAR)
    assert [job.user_id for job in await queue.jobs.waiting()] == [BEN, ANN, CAT]


async def test_who_goes_first_in_one_guild_costs_no_other_guild_a_turn(queue):
    await allow(queue, Whose.ROLE, HELPERS, precedence=Precedence.FIRST)
    for number in range(6):
        CLOCK.now = T + number
        await queue.entry.enqueue(new_job(50 + number, 200 if number % 2 else GUILD), FAR)
    before = [(place, job.id) for place, job in enumerate(await queue.jobs.waiting()) if job.guild_id == 200]
    CLOCK.now = T + 9
    await queue.entry.enqueue(new_job(ANN, roles=frozenset({HELPERS})), FAR)
    waiting = await queue.jobs.waiting()
    assert waiting[0].user_id == ANN
    assert [(place, job.id) for place, job in enumerate(waiting) if job.guild_id == 200] == before


async def test_the_background_lane_waits_for_everybody_in_every_guild(queue):
    await allow(queue, Whose.GUILD, GUILD, precedence=Precedence.BACKGROUND)
    CLOCK.now = T
    await queue.entry.enqueue(new_job(ANN), FAR)
    await clip_of(queue, BEN, guild=200, seconds=4000.0, now=T + 1)
    CLOCK.now = T + 2
    await queue.entry.enqueue(new_job(BEN, 200), FAR)
    assert [job.user_id for job in await queue.jobs.waiting()] == [BEN, ANN]


async def test_the_day_is_read_by_the_members_own_index(db):
    plan = await db.read(
        "EXPLAIN QUERY PLAN SELECT created_at, charged_seconds FROM job "
        "WHERE guild_id = 1 AND user_id = 1 AND created_at > 1 AND charged_seconds > 0 ORDER BY created_at"
    )
    assert [row["detail"] for row in plan] == [
        "SEARCH job USING INDEX job_by_member (guild_id=? AND user_id=? AND created_at>?)"
    ]


@pytest.mark.parametrize("end", ["fail", "cancel"])
async def test_a_clip_that_is_not_shown_gives_its_seconds_back(queue, db, end):
    await clip_of(queue, seconds=7.0, now=T)
    before = await usages(db)
    job = await clip_of(queue, seconds=30.0, now=T + 60)
    assert (await queue.jobs.get(job.id)).charged_seconds == 30.0
    assert await usages(db) != before
    if end == "cancel":
        await queue.claims.cancel(job.id)
    else:
        await queue.claims.fail(job.id, None, code="E")
    assert (await queue.jobs.get(job.id)).charged_seconds == 0
    assert await usages(db) == pytest.approx(before)


async def test_what_was_charged_first_and_given_back_leaves_no_trace(queue, db):
    job = await clip_of(queue, seconds=30.0, now=T)
    await queue.claims.cancel(job.id)
    assert await usages(db) == []


async def usages(db):
    members = await db.read("SELECT usage FROM member ORDER BY guild_id, user_id")
    guilds = await db.read("SELECT usage FROM guild ORDER BY guild_id")
    return [row["usage"] for row in (*members, *guilds)]
