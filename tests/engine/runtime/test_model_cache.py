"""What is held, what goes, and in which order."""

from __future__ import annotations

import gc
import os
import sys
import weakref

import pytest

from engine.runtime.main_memory import free_main_memory
from engine.runtime.model_cache import ModelCache
from tests.present import present


class Thing:
    """Stands for a model: it has a size, and a place."""

    def __init__(self, size=1):
        self.size = size
        self.place = "card"

    def park(self):
        self.place = "main memory"


def put(model_cache, name, size=1, **kwargs):
    return model_cache.get(name, lambda: Thing(size), lambda thing: thing.size, **kwargs)


def test_a_thing_is_loaded_once():
    model_cache = ModelCache()
    assert put(model_cache, "a") is put(model_cache, "a")
    assert (model_cache.names(), model_cache.size) == (("a",), 1)


def test_a_thing_whose_files_are_others_by_now_is_loaded_anew_in_its_place(tmp_path):
    model_cache, folder = ModelCache(), tmp_path / "model"
    folder.mkdir()
    file = folder / "weights.safetensors"
    file.write_bytes(b"one")
    given = {"files": [folder]}
    first = put(model_cache, "a", **given)
    assert put(model_cache, "a", **given) is first
    fresh = tmp_path / "fresh"
    fresh.write_bytes(b"two")  # as long as the first
    stat = file.stat()
    os.utime(fresh, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    fresh.replace(file)
    second = put(model_cache, "a", **given)
    assert second is not first
    assert put(model_cache, "a", **given) is second
    assert (model_cache.names(), model_cache.size) == (("a",), 1)
    file.unlink()
    assert put(model_cache, "a", **given) is not second


def test_a_use_makes_it_the_most_recently_used():
    model_cache = ModelCache()
    for name in ("a", "b", "a"):
        put(model_cache, name)
    assert model_cache.names() == ("b", "a")


def test_the_least_recently_used_goes_when_the_budget_is_used_up():
    model_cache = ModelCache(budget=10)
    put(model_cache, "a", 4)
    put(model_cache, "b", 4)
    put(model_cache, "a", 4)
    put(model_cache, "c", 4)
    assert model_cache.names() == ("a", "c")
    assert model_cache.size == 8


def test_what_is_larger_than_the_budget_stays_alone():
    model_cache = ModelCache(budget=10)
    put(model_cache, "a", 4)
    put(model_cache, "giant", 40)
    assert model_cache.names() == ("giant",)


def test_what_was_let_go_is_freed():
    model_cache = ModelCache()
    gone = weakref.ref(put(model_cache, "a"))
    model_cache.drop("a")
    assert gone() is None
    model_cache.drop("a")


def test_a_ring_of_references_is_freed_too():
    model_cache = ModelCache()
    thing = put(model_cache, "a")
    thing.itself = thing
    gone = weakref.ref(thing)
    del thing
    gc.disable()
    try:
        model_cache.drop("a")
    finally:
        gc.enable()
    assert gone() is None


def test_all_goes_but_what_is_named():
    model_cache = ModelCache()
    for name in "abc":
        put(model_cache, name)
    model_cache.clear(keep=frozenset("b"))
    assert model_cache.names() == ("b",)
    model_cache.clear()
    assert model_cache.names() == ()


def test_the_oldest_make_room_for_what_cannot_be_loaded():
    model_cache = ModelCache()
    for name in "abc":
        put(model_cache, name)

    def load():
        if "b" in model_cache.names():
            raise MemoryError
        return Thing()

    model_cache.get("d", load, lambda _: 1)
    assert model_cache.names() == ("c", "d")


def test_what_does_not_even_fit_alone_is_an_error():
    model_cache = ModelCache()
    put(model_cache, "a")

    def load():
        raise MemoryError

    with pytest.raises(MemoryError):
        model_cache.get("b", load, lambda _: 1)
    assert model_cache.names() == ()


def test_an_error_that_is_not_about_memory_costs_nobody_the_place():
    model_cache = ModelCache()
    put(model_cache, "a")

    def load():
        raise OSError("a damaged file")

    with pytest.raises(OSError, match="damaged"):
        model_cache.get("b", load, lambda _: 1)
    assert model_cache.names() == ("a",)


def test_the_card_is_cleared_by_parking_what_can_be_parked():
    model_cache = ModelCache()
    mine = put(model_cache, "mine", park=Thing.park)
    other = put(model_cache, "other", park=Thing.park)
    put(model_cache, "fixed")
    model_cache.clear_gpu(keep=frozenset({"mine"}))
    assert model_cache.names() == ("mine", "other")
    assert (mine.place, other.place) == ("card", "main memory")


def test_the_least_recently_used_goes_when_main_memory_is_short_of_what_comes():
    held = {"a": 4, "b": 4}
    model_cache = ModelCache(
        free=lambda: 10 - sum(held[name] for name in model_cache.names() if name in held)
    )
    for name, size in held.items():
        put(model_cache, name, size, coming=size)
    assert model_cache.names() == ("a", "b")
    put(model_cache, "c", 1, coming=5)
    assert model_cache.names() == ("b", "c")


def test_where_nobody_knows_what_is_free_all_stays():
    model_cache = ModelCache(free=lambda: None)
    for name in ("a", "b"):
        put(model_cache, name, coming=10**15)
    assert model_cache.names() == ("a", "b")


def test_free_main_memory_is_known_on_linux_and_is_less_than_there_is():
    free = free_main_memory()
    if sys.platform == "linux":
        assert 0 < present(free) < os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    else:
        assert free is None
