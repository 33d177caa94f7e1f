from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.receipt import Outcome, Receipt, TakeRecord

text = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
finite = st.floats(0, 1e9)
takes = st.builds(
    TakeRecord,
    number=st.integers(1, 20),
    seed=st.integers(0, 2**32 - 1),
    outcome=st.sampled_from(Outcome),
    score=st.floats(0, 100),
    reasons=st.lists(text, max_size=3).map(tuple),
    seconds=finite,
)
receipts = st.builds(
    Receipt,
    engine=text,
    takes=st.lists(takes, max_size=3).map(tuple),
    kept=st.integers(1, 20),
    forced=st.booleans(),
    width=st.integers(16, 1920),
    height=st.integers(16, 1920),
    frames=st.integers(2, 600),
    fps=st.floats(1, 60),
    sha256=text,
    size=st.integers(0, 10**9),
    seconds=st.dictionaries(text, finite, max_size=5),
    ladder=st.lists(text, max_size=3).map(tuple),
)


@given(receipts)
def test_a_receipt_comes_back_from_its_json(receipt):
    again = Receipt.from_json(receipt.to_json())
    assert again == receipt
    assert all(type(take.outcome) is Outcome for take in again.takes)


@pytest.mark.parametrize("words", ["", "null", "[]", "{}", '{"takes": 1}', '{"takes": [], "ladder": []}'])
def test_what_is_no_receipt_is_refused_by_a_value_error(words):
    with pytest.raises(ValueError):
        Receipt.from_json(words)


def receipt_of(*seconds, kept, **stages):
    drawn = tuple(
        TakeRecord(number=n, seed=n, outcome=Outcome.REJECTED, score=0.0, seconds=each)
        for n, each in enumerate(seconds, start=1)
    )
    return Receipt(
        engine="camera", takes=drawn, kept=kept, forced=False, width=64, height=48, frames=24, fps=24.0,
        sha256="", size=0, seconds=stages,
    )  # fmt: skip


def test_a_member_is_not_charged_for_takes_that_were_thrown_away():
    receipt = receipt_of(2.0, 3.0, 4.0, kept=2, drawing=8.0, checking=1.0, encoding=5.0)
    assert receipt.busy_seconds == 14.0
    assert receipt.charged_seconds == 8.0


def test_a_charge_is_never_negative():
    assert receipt_of(9.0, 1.0, kept=2, drawing=1.0).charged_seconds == 0.0
