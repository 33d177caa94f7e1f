"""Which rung, when, and what is said of it."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Any

import pytest

from engine.core.cancel import CancelToken
from engine.core.errors import Cancelled
from engine.core.family import Hooks
from engine.core.recipe import Kind, Recipe
from engine.diffusion.ladder import Phase, Rung, Start, descend, first_rung, start
from engine.runtime.rung_memory import RungMemory

RUNGS = tuple(Rung(name=name, about=f"{name} was given up") for name in ("a", "b", "c"))


class OutOfMemoryError(RuntimeError):
    """Named as torch's is."""


class Attempts:
    """Fails as often as it is told to, and remembers the rungs."""

    def __init__(self, failures, error=OutOfMemoryError):
        self.failures = failures
        self.error = error
        self.seen = []
        self.tensors = []

    def __call__(self, rungs):
        self.seen.append("".join(rungs))
        tensor = {"large"}
        self.tensors.append(weakref.ref(tensor))
        if len(self.seen) <= self.failures:
            error = self.error(tensor)  # held by its own traceback's frame: a ring
            raise error
        assert all(gone() is None for gone in self.tensors[:-1]), "a failed attempt still holds its memory"
        return "drawn"


def run(attempts, *, first=0, most=3, cancel=None):
    said: list[str] = []
    hooks = Hooks(gave_up=said.append, cancel=cancel or CancelToken())
    begin = Start(rungs=frozenset(rung.name for rung in RUNGS[:first]))
    assert descend(RUNGS, attempts, start=begin, most=most, hooks=hooks) == "drawn"
    return attempts.seen, [text.split()[0] for text in said]


@pytest.mark.parametrize(
    ("failures", "first", "seen", "said"),
    [
        (0, 0, ["" ], []),
        (1, 0, ["", "a"], ["a"]),
        (3, 0, ["", "a", "ab", "abc"], ["a", "b", "c"]),
        (0, 2, ["ab"], ["a", "b"]),
        (1, 2, ["ab", "abc"], ["a", "b", "c"]),
        (0, 9, ["abc"], ["a", "b", "c"]),
    ],
)  # fmt: skip
def test_each_failure_goes_one_rung_down_and_each_rung_is_said_once(failures, first, seen, said):
    assert run(Attempts(failures), first=first) == (seen, said)


def test_it_goes_down_no_more_often_than_allowed():
    attempts = Attempts(9)
    with pytest.raises(OutOfMemoryError):
        run(attempts, most=1)
    assert attempts.seen == ["", "a"]


def test_below_the_last_rung_the_error_is_the_callers():
    attempts = Attempts(9)
    with pytest.raises(OutOfMemoryError):
        run(attempts, first=2, most=9)
    assert attempts.seen == ["ab", "abc"]


def test_another_error_goes_straight_up():
    attempts = Attempts(9, error=ZeroDivisionError)
    with pytest.raises(ZeroDivisionError):
        run(attempts)
    assert attempts.seen == [""]


def test_nothing_is_tried_again_after_a_stop():
    token = CancelToken()

    def attempt(_):
        token.cancel()
        raise OutOfMemoryError

    with pytest.raises(Cancelled):
        run(attempt, cancel=token)


@pytest.mark.parametrize(("free", "rung"), [(100, 0), (99, 1), (50, 1), (49, 2), (1, 2)])
def test_the_first_rung_is_the_first_that_fits_or_the_last(free, rung):
    assert first_rung((100, 50, 20), free) == rung


def test_what_does_not_help_is_not_given_up():
    step, both, decode = (
        Rung(name="step", about="step", helps=frozenset({Phase.DENOISE})),
        Rung(name="both", about="both"),
        Rung(name="decode", about="decode", helps=frozenset({Phase.DECODE})),
    )
    for phase, seen in (
        (Phase.DENOISE, ["", "step", "stepboth"]),
        (Phase.DECODE, ["", "both", "bothdecode"]),
    ):
        attempts = Attempts(9)
        with pytest.raises(OutOfMemoryError):
            descend(
                (step, both, decode),
                attempts,
                start=Start(),
                most=9,
                hooks=Hooks(),
                phase=_always(phase),
            )
        assert attempts.seen == seen


def _always(phase: Phase) -> Callable[[], Phase]:
    return lambda: phase


def recipe(**changes: Any) -> Recipe:
    given: dict[str, Any] = {"kind": Kind.TEXT2VIDEO, "engine": "wan", "seed": 1, "width": 64, "height": 64}
    counts = {"frames": 5, "native_fps": 8.0, "fps": 8.0, "length": 5}
    return Recipe(**(given | counts | changes))


def test_what_worked_is_where_the_next_clip_of_the_shape_begins():
    memory, asked = RungMemory(), recipe()

    def begin(free=100, **changes):
        return start(recipe(**changes), RUNGS, (90, 80, 20, 10), free, memory)

    attempts = Attempts(2)
    descend(RUNGS, attempts, start=begin(), most=9, hooks=Hooks())
    assert attempts.seen == ["", "a", "ab"]
    assert begin(seed=2).rungs == {"a", "b"}, "the estimate alone begins at the top"
    assert begin(width=128).rungs == frozenset(), "another shape"
    assert begin(free=106).rungs == frozenset(), "more is free than then"
    assert begin(free=15).rungs == {"a", "b", "c"}, "less is free than then"
    assert asked == recipe()


def test_a_clip_that_went_well_at_once_is_not_remembered():
    told: list[frozenset[str]] = []
    begin = Start(rungs=frozenset({"a"}), worked=told.append)
    descend(RUNGS, Attempts(0), start=begin, most=9, hooks=Hooks())
    assert told == []
