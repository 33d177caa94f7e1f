"""A few chains of deeds; ``make erase`` runs many (:mod:`tests.chains.machine` says what must hold)."""

from __future__ import annotations

import pytest

from bot.clips.clip_actions import Extend, Loop, Star
from bot.clips.remakes import Reroll
from tests.chains.machine import ANN, BEN, CAT, Chain, chains


@pytest.fixture
def chain():
    made = Chain()
    made.begin()
    return made


def test_after_chains_of_deeds_no_byte_knows_whoever_was_erased():
    counts = chains(runs=2, steps=14, same=True)
    assert counts["chains"] >= 2


def test_what_three_members_made_of_a_picture_goes_with_its_member_across_kills(chain):
    chain.make(user=ANN, picture=True)
    chain.back_up()
    for user, kind in ((BEN, Extend), (CAT, Loop), (BEN, Reroll), (CAT, Star)):
        chain.press(user=user, number=0, kind=kind, wait=True)
    chain.replay(user=CAT, number=1)
    chain.remix(user=BEN, number=0, keep=True)
    chain.remix(user=CAT, number=0, keep=False)
    chain.work_on()
    chain.report(user=BEN, number=0)
    chain.ask(user=ANN, picture=True, slow=True)
    chain.read(on=True)
    chain.ask_to_be_erased(user=ANN, messages=False)
    chain.kill(at=3)
    chain.read(on=True)
    chain.erase()
    chain.kill(at=5)
    chain.draw(held=True)
    chain.teardown()
    assert chain.counts["searches"] > 0


def test_a_takedown_reaches_the_same_chain(chain):
    chain.make(user=ANN, picture=True)
    chain.press(user=BEN, number=0, kind=Extend, wait=True)
    chain.replay(user=BEN, number=1)
    chain.work_on()
    chain.report(user=CAT, number=0)
    chain.take_down(number=0)
    assert chain.down
    chain.teardown()
