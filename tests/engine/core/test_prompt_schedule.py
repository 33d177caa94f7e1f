from __future__ import annotations

import pytest

from engine.core.prompt_schedule import is_scheduled, mistyped, parse

PLAIN = [
    "16:9 cinematic shot of a red boat",
    "1984: a man in a grey room",
    "10:30 pm, a rainy street",
    "3:00 AM diner",
    "2:1 wide view",
    "24: 2 cats",
    "0:30 in the morning",
    "16:9 | 4:3",
    "10:30 | 11:45",
    "a cat | a dog",
    "chapter 1: the boat",
    "a cat: 3 of them",
    "",
]
SCHEDULES = [
    "0: a bud",
    "0: a bud | 8: a flower",
    "0:a bud|8:a flower",
    "1: a | 2: b",
    "0: 2 cats",
    " 0 : a | 8 : 2 b",
]
MISTYPED = [
    "0: a bud | 8 a flower",
    "0: a bud, 8: a flower",
    "0: a bud; 8: a flower",
    "0: a bud 8: a flower",
    "0: a bud |",
    "| 0: a bud",
    '"0": "a bud", "8": "a flower"',
    "0: a cat | dog",
    "0:",
]


@pytest.mark.parametrize("prompt", PLAIN)
def test_ordinary_text_is_neither_a_schedule_nor_meant_as_one(prompt):
    assert not is_scheduled(prompt)
    assert not mistyped(prompt)


@pytest.mark.parametrize("prompt", SCHEDULES)
def test_a_bar_or_a_first_step_at_0_makes_a_schedule(prompt):
    assert is_scheduled(prompt)
    assert not mistyped(prompt)
    assert min(parse(prompt, 16)) == 0


@pytest.mark.parametrize("prompt", MISTYPED)
def test_a_schedule_that_is_mistyped_is_noticed(prompt):
    assert not is_scheduled(prompt)
    assert mistyped(prompt)


def test_what_is_no_schedule_is_not_parsed():
    with pytest.raises(ValueError, match="8 a flower"):
        parse("0: a bud | 8 a flower", 16)
