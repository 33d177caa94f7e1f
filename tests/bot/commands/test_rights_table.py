"""Each command, list, button and form, tried by everybody; docs/moderation.md says what comes of it."""

from __future__ import annotations

from benchmarks.rights_table import PAGE, in_page, tables


async def test_the_tables_of_rights_are_what_happens():
    """In there: who is refused, and who acts from another server, changes and sees nothing of this one."""
    made = await tables()
    assert made.strip() == in_page(PAGE.read_text("utf-8")), "run python -m benchmarks.rights_table"
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in made.splitlines() if line]
    buttons = [row for row in rows if len(row) == 5][2:]
    assert len(buttons) > 20
    assert all(stranger == "✘ not found" for *_, stranger in buttons)
    moderators = [row for row in rows if row[0].startswith("`/queue ")]
    assert len(moderators) > 20
    assert all(member.startswith("✘") and mod.startswith("✔") for _, member, mod, _ in moderators)
