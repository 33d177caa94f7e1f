"""The GPU's benchmark on small models: it runs to its end, and says what it has not measured."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.gpu import BEGIN, END, HEAD, insert

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def printed(tmp_path_factory):
    """What it prints for the two families that are quickest on a CPU."""
    folder = tmp_path_factory.mktemp("models")
    chosen = ["--tiny", "--rounds", "1", "--engine", "animatediff", "--engine", "wan-5b"]
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.gpu", "--models", str(folder), *chosen],
        cwd=ROOT,
        env={"PATH": "", "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def rows(text):
    return [
        [cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line[:1] == "|"
    ]


def test_each_way_has_a_row_beside_its_stock_pipeline(printed):
    head, _, *body = rows(printed)
    assert tuple(head) == HEAD
    ways = [(row[0], re.sub(r", \d+ steps", "", row[1])) for row in body]
    assert {("animatediff", "stock"), ("animatediff", "full"), ("animatediff", "lightning")} <= set(ways)
    assert {("wan-5b", "stock"), ("wan-5b", "fastwan")} <= set(ways)


def test_our_slowest_way_of_wan_draws_the_stock_pipelines_picture(printed):
    body = rows(printed)[2:]
    likeness = [row[HEAD.index("PSNR to stock")] for row in body if row[0] == "wan-5b"][-1]
    assert float(likeness.removesuffix(" dB")) >= 40


def test_a_cpu_gives_no_figure_of_speed_and_no_memory(printed):
    assert "no figure of speed" in printed
    assert all(row[HEAD.index("peak GiB")] == "" for row in rows(printed)[2:])


def test_the_document_has_the_place_for_the_table_and_says_what_is_not_measured():
    document = (ROOT / "docs" / "performance.md").read_text("utf-8")
    written = insert(document, "a table")
    assert f"{BEGIN}\na table\n{END}" in written
    assert written.partition(BEGIN)[0] == document.partition(BEGIN)[0]
    measured = document.partition(BEGIN)[2].partition(END)[0]
    assert "Not measured yet" in measured or "Measured on" in measured
    with pytest.raises(ValueError, match="gpu table"):
        insert("no marks", "a table")
