"""The GPU's benchmark on small models: it runs to its end, and says what it has not measured."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
import torch

from benchmarks.gpu import BEGIN, END, HEAD, Budget, insert, main, measure
from benchmarks.gpu_bench import Row
from benchmarks.gpu_cap import capped
from benchmarks.gpu_units import CAPS, Unit
from benchmarks.random_models import BUILDERS
from benchmarks.unbuilt_levers import as_matrices, channels_last, is_temporal, temporal_as_matrices
from engine.core.device import Device, DeviceKind
from engine.diffusion.ladder import free_bytes
from engine.families import CATALOGUE, FAMILIES
from engine.planning.recommended import sold_as
from engine.runtime.capabilities import capabilities_of
from engine.weights.store import Store

ROOT = Path(__file__).parent.parent
GIB = 2**30


@pytest.fixture(scope="module")
def printed(tmp_path_factory):
    """What it prints, and writes, for the family that is quickest on a CPU."""
    folder = tmp_path_factory.mktemp("gpu")
    document = folder / "page.md"
    document.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n", "utf-8")
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # more would wait for each other: the models are small
    main(["--tiny", "--models", str(folder / "models"), "--engine", "wan-5b", "--write", str(document)])
    torch.set_num_threads(threads)
    return document.read_text("utf-8")


def rows(text):
    return [
        [cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line[:1] == "|"
    ]


def column(text, name):
    return [row[HEAD.index(name)] for row in rows(text)[2:]]


def test_everything_is_measured_in_order_of_value(printed):
    assert tuple(rows(printed)[0]) == HEAD
    under = column(printed, "under")
    assert under == [
        "balanced, the default",
        "fast, the default",
        *(f"{gigabytes} GB" for gigabytes in CAPS[:2]),
        *("stock", "as by default", "no lever", "guided alone", "cached_every alone"),
        "decode in bfloat16 alone",
        *(f"{gigabytes} GB" for gigabytes in CAPS[2:]),
        "reading a new prompt",
        "best, the default",
    ]
    assert all(seconds.endswith(" s") for seconds in column(printed, "seconds"))
    assert printed.startswith("before\n")
    assert printed.endswith("after\n")


def test_without_a_lever_wan_draws_the_stock_pipelines_picture(printed):
    likeness = dict(zip(column(printed, "under"), column(printed, "PSNR to stock"), strict=True))
    assert float(likeness["no lever"].removesuffix(" dB")) >= 40
    assert 30 <= float(likeness["decode in bfloat16 alone"].removesuffix(" dB")) < 60
    assert likeness["12 GB"] == ""


def test_the_small_weights_are_all_that_their_engines_ask_for(tmp_path):
    for build in BUILDERS.values():
        build(tmp_path, tiny=True)
    here = capabilities_of(Store(tmp_path), CATALOGUE, Device(), slow=True)
    assert {engine: FAMILIES[engine].lacks(here) for engine in BUILDERS} == dict.fromkeys(BUILDERS)


def test_a_cpu_gives_no_figure_of_speed_and_no_memory(printed):
    assert "no figure of speed" in printed
    assert set(column(printed, "peak GiB")) == {""}


def test_levers_that_are_not_built_change_nothing_but_rounding():
    torch.manual_seed(1)
    over_time, other = (
        torch.nn.Conv3d(4, 6, (3, 1, 1), padding=(1, 0, 0)),
        torch.nn.Conv3d(4, 6, 3, padding=1),
    )
    flat = torch.nn.Conv2d(4, 6, 3)
    clip, pictures = torch.randn(2, 4, 5, 6, 7), torch.randn(2, 4, 6, 7)
    plain = [over_time(clip), other(clip), flat(pictures)]
    assert (is_temporal(over_time), is_temporal(other)) == (True, False)
    assert torch.allclose(as_matrices(over_time, clip), plain[0], atol=1e-6)
    with temporal_as_matrices(Device()), channels_last(Device()):
        drawn = [over_time(clip), other(clip), flat(pictures)]
    assert all(torch.allclose(one, another, atol=1e-6) for one, another in zip(drawn, plain, strict=True))
    assert not drawn[0].is_contiguous(), "it took the other way"
    assert torch.equal(drawn[1], plain[1])
    assert flat.weight.is_contiguous(memory_format=torch.channels_last)
    assert torch.equal(over_time(clip), plain[0]), "and is gone afterwards"


def unit(name, guess, seconds, clock):
    row = Row(engine="svd", way="full", under=name)

    def work():
        clock[0] += seconds
        return dataclasses.replace(row, seconds=seconds)

    return Unit(row=row, guess=guess, measure=work)


def test_what_does_not_fit_into_the_time_is_left_out_and_what_does_is_still_measured():
    clock = [0.0]
    every = [unit("first", 20, 20, clock), unit("long", 600, 600, clock), unit("short", 30, 30, clock)]
    first, long, short = measure(every, Budget(2, lambda: clock[0]))
    assert (first.left_out, short.left_out, short.seconds) == ("", "", 30)
    assert long.left_out == "left out: needs about 600 s, and 100 s are left"


def test_a_guess_that_was_wrong_corrects_the_later_ones():
    budget = Budget(1)
    assert budget.needed(10) == 10
    budget.took(10, 40)
    assert budget.needed(10) == 40


def test_one_that_fails_is_a_row_and_the_others_go_on():
    def fail():
        raise torch.OutOfMemoryError("CUDA\nout of memory")

    clock = [0.0]
    bad = dataclasses.replace(unit("bad", 1, 1, clock), measure=fail)
    failed, fine = measure([bad, unit("fine", 1, 1, clock)], Budget(9))
    assert failed.left_out == "failed: OutOfMemoryError: CUDA out of memory"
    assert fine.left_out == ""


def test_a_large_gpu_tells_no_more_than_a_small_one_would(monkeypatch):
    """What the memory ladder begins by, and what torch itself may take."""
    large = Device(kind=DeviceKind.CUDA, name="a GPU", memory=80 * GIB)
    shares: list[float] = []
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda: (78 * GIB, 80 * GIB))
    monkeypatch.setattr(torch.cuda, "memory_reserved", lambda: 3 * GIB)
    monkeypatch.setattr(torch.cuda, "memory_allocated", lambda: 2 * GIB)
    monkeypatch.setattr(torch.cuda, "set_per_process_memory_fraction", shares.append)
    for gigabytes in CAPS[:2]:
        with capped(gigabytes, large):
            limit = sold_as(gigabytes).memory
            assert free_bytes() == limit - 2 * GIB
            assert shares[-1] == limit / large.memory
        assert shares[-1] == 1.0
        assert free_bytes() == 79 * GIB
    with pytest.raises(ValueError, match="less than 96 GB"), capped(96, large):
        pass
    with capped(8, Device()):
        assert free_bytes() == 79 * GIB, "only CUDA can be capped"


def test_the_document_has_the_place_for_the_table_and_says_what_is_not_measured():
    document = (ROOT / "docs" / "performance.md").read_text("utf-8")
    written = insert(document, "a table")
    assert f"{BEGIN}\na table\n{END}" in written
    assert written.partition(BEGIN)[0] == document.partition(BEGIN)[0]
    measured = document.partition(BEGIN)[2].partition(END)[0]
    assert "Not measured yet" in measured or "Measured on" in measured
    with pytest.raises(ValueError, match="gpu table"):
        insert("no marks", "a table")
