"""What is held, what goes, and in which order."""

from __future__ import annotations

import gc
import weakref

import pytest

from engine.runtime.model_cache import Rack


class Thing:
    """Stands for a model: it has a size, and a place."""

    def __init__(self, size=1):
        self.size = size
        self.place = "card"

    def park(self):
        self.place = "main memory"


def put(rack, name, size=1, **kwargs):
    return rack.get(name, lambda: Thing(size), lambda thing: thing.size, **kwargs)


def test_a_thing_is_loaded_once():
    rack = Rack()
    assert put(rack, "a") is put(rack, "a")
    assert (rack.names(), rack.size) == (("a",), 1)


def test_a_use_makes_it_the_most_recently_used():
    rack = Rack()
    for name in ("a", "b", "a"):
        put(rack, name)
    assert rack.names() == ("b", "a")


def test_the_least_recently_used_goes_when_the_budget_is_used_up():
    rack = Rack(budget=10)
    put(rack, "a", 4)
    put(rack, "b", 4)
    put(rack, "a", 4)
    put(rack, "c", 4)
    assert rack.names() == ("a", "c")
    assert rack.size == 8


def test_what_is_larger_than_the_budget_stays_alone():
    rack = Rack(budget=10)
    put(rack, "a", 4)
    put(rack, "giant", 40)
    assert rack.names() == ("giant",)


def test_what_was_let_go_is_freed():
    rack = Rack()
    gone = weakref.ref(put(rack, "a"))
    rack.drop("a")
    assert gone() is None
    rack.drop("a")


def test_a_ring_of_references_is_freed_too():
    rack = Rack()
    thing = put(rack, "a")
    thing.itself = thing
    gone = weakref.ref(thing)
    del thing
    gc.disable()
    try:
        rack.drop("a")
    finally:
        gc.enable()
    assert gone() is None


def test_all_goes_but_what_is_named():
    rack = Rack()
    for name in "abc":
        put(rack, name)
    rack.clear(keep=frozenset("b"))
    assert rack.names() == ("b",)
    rack.clear()
    assert rack.names() == ()


def test_the_oldest_make_room_for_what_cannot_be_loaded():
    rack = Rack()
    for name in "abc":
        put(rack, name)

    def load():
        if "b" in rack.names():
            raise MemoryError
        return Thing()

    rack.get("d", load, lambda _: 1)
    assert rack.names() == ("c", "d")


def test_what_does_not_even_fit_alone_is_an_error():
    rack = Rack()
    put(rack, "a")

    def load():
        raise MemoryError

    with pytest.raises(MemoryError):
        rack.get("b", load, lambda _: 1)
    assert rack.names() == ()


def test_an_error_that_is_not_about_memory_costs_nobody_the_place():
    rack = Rack()
    put(rack, "a")

    def load():
        raise OSError("a damaged file")

    with pytest.raises(OSError, match="damaged"):
        rack.get("b", load, lambda _: 1)
    assert rack.names() == ("a",)


def test_the_card_is_cleared_by_parking_what_can_be_parked():
    rack = Rack()
    mine = put(rack, "mine", park=Thing.park)
    other = put(rack, "other", park=Thing.park)
    put(rack, "fixed")
    rack.clear_the_card(keep=frozenset({"mine"}))
    assert rack.names() == ("mine", "other")
    assert (mine.place, other.place) == ("card", "main memory")
