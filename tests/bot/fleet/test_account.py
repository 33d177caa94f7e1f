"""A beat goes in, and what follows comes out, however the beats come."""

from __future__ import annotations

import random

import pytest

from bot.fleet.account import AGAIN_AFTER, Account
from bot.link.messages import DropReason, Held, HeldState, Look
from tests.bot.fleet.accounts import BOOT, OTHER_BOOT, claim, held, hello, job, order
from tests.present import present


@pytest.fixture
def account():
    made = Account()
    made.begin(hello(), 0.0)
    return made


def given(account, number=1, claimed=1, at=0.0):
    return account.give(claim(number, claimed), job(number, claimed), order(number, claimed), at)


def verdicts(news):
    return {(drop.job, drop.claim): drop.verdict for drop in news.forget}


def test_a_beat_that_comes_late_or_twice_is_passed_over(account):
    assert account.hear(3, [], 0.0) is not None
    assert account.hear(3, [], 0.0) is None
    assert account.hear(2, [], 0.0) is None
    assert account.hear(4, [], 0.0) is not None


def test_an_order_that_no_beat_names_is_sent_again_until_one_does(account):
    holding = given(account)
    assert present(account.hear(1, [], AGAIN_AFTER)).again == ()
    assert present(account.hear(2, [], AGAIN_AFTER + 0.1)).again == (holding.order,)
    assert present(account.hear(3, [], AGAIN_AFTER + 0.2)).again == ()
    assert present(account.hear(4, [held(state=HeldState.FETCH)], 9.0)).again == ()
    assert present(account.hear(5, [], 99.0)).again == ()  # it had it; the lease tells the rest


def test_what_is_named_and_not_known_is_for_the_rows_to_tell(account):
    news = present(account.hear(1, [held(7)], 0.0))
    assert news.unknown == (held(7),)
    assert (news.named, news.forget) == ((), ())


def test_a_verdict_is_repeated_for_as_long_as_its_claim_is_named(account):
    holding = given(account)
    account.decide(holding.key, DropReason.CANCELLED)
    for seq in (1, 2):
        news = present(account.hear(seq, [held()], 0.0))
        assert verdicts(news) == {holding.key: DropReason.CANCELLED}
        assert news.unknown == ()
    assert verdicts(present(account.hear(3, [], 0.0))) == {}
    assert present(account.hear(4, [held()], 0.0)).unknown == (held(),)


def test_a_clip_is_dealt_with_once_and_again_if_that_failed(account):
    holding = given(account)
    assert present(account.hear(1, [held(state=HeldState.DONE)], 0.0)).ended == (holding,)
    holding.settling = True
    assert present(account.hear(2, [held(state=HeldState.DONE)], 0.0)).ended == ()
    holding.settling = False
    assert present(account.hear(3, [held(state=HeldState.DONE)], 0.0)).ended == (holding,)
    assert account.to_draw == 0


def test_only_what_has_moved_is_told_on(account):
    holding = given(account)
    beats = [held(stage="drawing"), held(stage="drawing"), held(stage="drawing", fraction=0.5)]
    moved = [present(account.hear(seq, [beat], 0.0)).moved for seq, beat in enumerate(beats, 1)]
    assert moved == [(holding,), (), (holding,)]


def test_a_first_look_is_offered_until_it_was_dealt_with(account):
    holding = given(account)
    look = Look(what="draft.1", take=1, size=9, sha256="d" * 64)
    assert present(account.hear(1, [held(looks=(look,))], 0.0)).looks == ((holding, look),)
    holding.looks.add(look.what)
    assert present(account.hear(2, [held(looks=(look,))], 0.0)).looks == ()


@pytest.mark.parametrize(
    ("boot", "age", "may"),
    [(BOOT, 900.0, True), (OTHER_BOOT, 0.0, True), (OTHER_BOOT, 50.0, True), (OTHER_BOOT, 51.0, False)],
)
def test_of_two_processes_with_one_key_the_younger_is_the_worker(account, boot, age, may):
    assert account.greets(hello(boot=boot, age=age), 50.0) is may


def test_a_process_that_another_has_replaced_does_not_come_back_however_young_it_says_it_is(account):
    account.begin(hello(boot=OTHER_BOOT, age=1.0), 50.0)
    assert not account.greets(hello(boot=BOOT, age=0.0), 51.0)
    account.begin(hello(boot=BOOT), 90.0)  # the other was silent for too long
    assert account.greets(hello(boot=BOOT, age=99.0), 91.0)
    assert not account.greets(hello(boot=OTHER_BOOT, age=0.0), 91.0)


def test_a_process_that_begins_anew_has_lost_what_it_does_not_name(account):
    lost, kept = given(account, 1), given(account, 2)
    account.hear(50, [held(1), held(2)], 0.0)
    news = hello(held(2, state=HeldState.DONE), boot=OTHER_BOOT)
    assert account.begin(news, 9.0) == [lost]
    assert list(account.holdings.values()) == [kept]
    assert present(account.hear(0, news.hold, 0.0)).named == (kept,)  # its numbers begin anew, too
    assert account.begin(news, 9.0) == []


def test_a_process_that_comes_back_has_lost_nothing(account):
    given(account)
    assert account.begin(hello(), 9.0) == []
    assert len(account.holdings) == 1


def test_after_a_start_of_the_bot_nothing_is_known_to_be_lost():
    account = Account()
    given(account)
    assert account.begin(hello(), 9.0) == []
    assert len(account.holdings) == 1


class Walk:
    """A worker that draws, and a line that loses, doubles, delays and reorders what it says."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.account, self.now, self.seq = Account(), 0.0, 0
        self.account.begin(hello(), 0.0)
        self.to_give = list(range(1, 13))
        self.holds: dict[tuple[str, int], HeldState] = {}
        self.line: list[tuple[int, list[Held]]] = []
        self.settled: list[tuple[str, int]] = []

    def give(self) -> None:
        if self.to_give and self.account.to_draw < 2 and self.chance.random() < 0.3:
            holding = given(self.account, self.to_give.pop(), at=self.now)
            if self.chance.random() < 0.7:  # else the order is lost, and comes again
                self.holds.setdefault(holding.key, HeldState.FETCH)

    def draw(self) -> None:
        after = {HeldState.FETCH: HeldState.RUN, HeldState.RUN: HeldState.DONE}
        for key, state in self.holds.items():
            if self.chance.random() < 0.2:
                self.holds[key] = after.get(state, state)

    def beat(self) -> None:
        self.seq += 1
        told = [held(int(job, 16), number, state) for (job, number), state in self.holds.items()]
        self.line += [(self.seq, told)] * self.chance.choice([0, 1, 1, 2])
        self.chance.shuffle(self.line)

    def hear(self) -> None:
        news = self.account.hear(*self.line.pop(), self.now)
        if news is None:
            return
        for each in news.unknown:
            assert (each.job, each.claim) in self.settled
            self.account.decide((each.job, each.claim), DropReason.KEPT)
        for holding in news.ended:
            assert holding.key not in self.settled
            self.settled.append(holding.key)
            self.account.decide(holding.key, DropReason.KEPT)
        if self.chance.random() < 0.7:  # the answer arrives
            for drop in self.account.forget():
                self.holds.pop((drop.job, drop.claim), None)
            for again in news.again:
                if (again.job, again.claim) not in self.settled:
                    self.holds.setdefault((again.job, again.claim), HeldState.FETCH)

    @property
    def over(self) -> bool:
        return not (self.to_give or self.account.holdings or self.holds)


@pytest.mark.parametrize("seed", range(20))
def test_whatever_the_line_does_each_claim_is_settled_once_and_the_worker_forgets_all(seed):
    walk = Walk(seed)
    for _ in range(3000):
        walk.now += 0.5
        walk.give()
        walk.draw()
        walk.beat()
        while walk.line and walk.chance.random() < 0.7:
            walk.hear()
        if walk.over:
            break
    assert sorted(walk.settled) == sorted((job(number).id, 1) for number in range(1, 13))
    assert walk.over
