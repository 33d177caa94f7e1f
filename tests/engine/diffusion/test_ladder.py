"""Which rung, when, and what is said of it."""

from __future__ import annotations

import weakref

import pytest

from engine.core.cancel import CancelToken
from engine.core.errors import Cancelled
from engine.core.family import Hooks
from engine.diffusion.ladder import Rung, descend, first_rung

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
    assert descend(RUNGS, attempts, first=first, most=most, hooks=hooks) == "drawn"
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
