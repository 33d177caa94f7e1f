"""What each sort of outsider gets for each sort of thing. `make outsiders` tries many more."""

from __future__ import annotations

from benchmarks import outsiders

MOST = 120


async def test_outsiders_get_nothing_and_change_nothing():
    made = await outsiders.table(MOST, seed=1)
    assert f"{MOST} interactions" in made
    rows = [line.split("|") for line in made.splitlines() if line.startswith("| ")]
    assert [row[1].strip() for row in rows[1:]] == [*outsiders.SORTS, "malformed ids"]
    assert all(cell.strip() for row in rows for cell in row[1:-1])
