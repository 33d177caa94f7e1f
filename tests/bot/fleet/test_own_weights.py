"""The owner's checkpoints and styles: known by digests, and passed on to whom the owner lets have them."""

from __future__ import annotations

import hashlib

import pytest

from bot import elsewhere_policies
from bot.config.choices import ShareWith
from bot.fleet.capability import Ability
from bot.fleet.own_weights import SharePolicy
from bot.link import messages, subjects
from bot.link.messages import AskWeights
from db.fleet.workers import Trust
from engine.weights.own_files import OwnKind
from tests.bot.fleet.conftest import ALICE, BOB, wanted
from tests.db.asking import audit_entry
from tests.engine.weights import kinds
from tests.policies import DEFAULTS
from tests.until import until
from tests.workers import invite_worker

EVERYBODY = SharePolicy(trusts=frozenset(Trust), most_bytes=1_000_000)


@pytest.fixture
def style(own_files, tmp_path):
    """A style of the owner's; the bot has looked at it."""
    path = kinds.write(tmp_path / "models" / "styles" / "ink.safetensors", kinds.LORA_SD15)
    own_files.look()
    return path


@pytest.fixture
def sha256(style):
    return hashlib.sha256(style.read_bytes()).hexdigest()


@pytest.fixture
def helped(a_bot, queue, broker):
    """A bot that has invited Alice, with so much trust."""

    async def invite(trust):
        for name, worker in (("alice", ALICE), ("bob", BOB)):
            await invite_worker(queue.workers, worker, key=broker.workers[worker][1], name=name, trust=trust)

    return invite


async def offers(bot, worker):
    """What a worker is offered once the bot has looked at the jobs that wait now."""
    await bot.service.own_weights._look()
    return [offer.sha256 for offer in (await worker.beat()).offers]


def needing(sha256, **changes):
    return Ability(engine="sketch", files=(sha256,), **changes).to_json()


async def piece(worker, sha256, offset=0, length=100_000):
    asked = AskWeights(sha256=sha256, offset=offset, length=length)
    return await worker.request(subjects.WEIGHTS, asked)


async def test_a_worker_that_lacks_only_a_file_is_offered_it_and_fetches_it(
    helped, a_bot, a_worker, queue, style, sha256
):
    await helped(Trust.OWN)
    async with a_bot() as bot, a_worker() as alice:
        job = await wanted(queue, ability=needing(sha256))
        bot.service.own_weights.loop.wake()
        await until(lambda: bot.service.own_weights._needed.get(Trust.OWN))
        offer = (await alice.beat()).offers[0]
        assert (offer.kind, offer.sha256, offer.size) == (OwnKind.STYLE, sha256, style.stat().st_size)
        assert b"ink" not in messages.encode(await alice.beat()), "its name stays here"
        assert (await piece(alice, sha256)).data == style.read_bytes()
        alice.caps = alice.caps.model_copy(update={"files": (sha256,)})
        await alice.hello()
        assert (await alice.order()).job == job.id
        assert not (await alice.beat()).offers


@pytest.mark.parametrize(
    ("trust", "sharing", "has_it"),
    [
        (Trust.FRIEND, None, True),
        (Trust.PUBLIC, None, False),
        (Trust.PUBLIC, EVERYBODY, True),
        (Trust.OWN, SharePolicy(trusts=frozenset(), most_bytes=1_000_000), False),
        (Trust.OWN, SharePolicy(trusts=frozenset({Trust.OWN}), most_bytes=100), False),
    ],
)
async def test_a_file_goes_to_whom_the_owner_lets_have_it(
    helped, a_bot, a_worker, queue, sha256, trust, sharing, has_it
):
    await helped(trust)
    await queue.remote_guilds.set_trust(Trust.PUBLIC, audit_entry("remote"))
    given = {} if sharing is None else {"sharing": sharing}
    async with a_bot(**given) as bot, a_worker() as alice:
        await wanted(queue, ability=needing(sha256))
        assert bool(await offers(bot, alice)) is has_it
        answer = await piece(alice, sha256)
        assert (answer.headers.get("ok") == "1") is has_it


async def test_a_file_is_not_offered_for_jobs_that_the_worker_may_not_draw(
    helped, a_bot, a_worker, queue, sha256
):
    await helped(Trust.FRIEND)
    async with a_bot() as bot, a_worker() as alice:
        await queue.remote_guilds.set_trust(Trust.FRIEND, audit_entry("remote"))
        await wanted(queue, guild=2, ability=needing(sha256))  # of a server that lets no friend draw
        await wanted(queue, ability=needing(sha256, memory=10**12))
        assert not await offers(bot, alice)
        assert bot.service.own_weights._needed[Trust.FRIEND], "the second job was looked at"


async def test_nothing_is_read_before_there_are_workers(a_bot, own_files, tmp_path):
    kinds.write(tmp_path / "models" / "styles" / "ink.safetensors", kinds.LORA_SD15)
    async with a_bot(wants=lambda: False) as bot:
        await until(lambda: bot.service.own_weights._looking)
        await bot.service.own_weights._looking
        assert not own_files.digests
    async with a_bot() as bot:
        await until(lambda: own_files.digests)


async def test_a_file_is_not_served_over_and_over(helped, a_bot, a_worker, sha256, style):
    await helped(Trust.OWN)
    async with a_bot(), a_worker() as alice:
        size = style.stat().st_size
        answers = [(await piece(alice, sha256, length=size)).headers.get("ok") for _ in range(8)]
    assert answers == ["1"] * 6 + [None] * 2


@pytest.mark.parametrize(
    ("choice", "trusts"),
    [
        (ShareWith.NOBODY, ()),
        (ShareWith.OWN, (Trust.OWN,)),
        (ShareWith.FRIEND, (Trust.OWN, Trust.FRIEND)),
        (ShareWith.PUBLIC, tuple(Trust)),
    ],
)
def test_each_choice_of_the_owners_includes_those_before_it(choice, trusts):
    settings = DEFAULTS.model_copy(update={"share_weights": choice})
    assert elsewhere_policies.for_sharing(settings).trusts == set(trusts)
