"""Each command, list, button and form, tried by everybody; docs/moderation.md says what comes of it."""

from __future__ import annotations

import pytest

from benchmarks.rights_table import PAGE, cells, in_page, names, tables
from bot.buttons import rows


async def test_the_tables_of_rights_are_what_happens():
    """In there: who is refused, and who acts from another server, changes and sees nothing of this one.

    What is new is tried like all the rest, and need not stand in the page before ``make pages`` writes it.
    """
    made = cells(await tables())
    assert set(made) == await names()
    page = cells(in_page(PAGE.read_text("utf-8")))
    wrong = {name: row for name, row in page.items() if made.get(name) != row}
    assert wrong == {}, "run make pages"
    assert len(page) > 70
    buttons = {name: row for name, row in made.items() if name.startswith("Button or form: ")}
    assert len(buttons) > 20
    assert all(stranger == "✘ not found" for *_, stranger in buttons.values())
    assert {shut_out for _, _, shut_out, _, _ in buttons.values()} == {"✘ not found", "✘ for moderators"}
    moderators = {name: row for name, row in made.items() if name.startswith("Command: `/queue ")}
    assert len(moderators) > 20
    assert all(member.startswith("✘") and mod.startswith("✔") for member, mod, _ in moderators.values())
    broken = {name for name, row in made.items() if any("broke on my side" in cell for cell in row)}
    assert broken == set(), "what is tried has to work"


@pytest.mark.pages
async def test_the_page_has_a_row_for_everything_that_can_be_tried():
    assert set(cells(in_page(PAGE.read_text("utf-8")))) == await names(), "run make pages"


def test_every_kind_of_button_stands_in_the_tables():
    """A family of buttons of its own needs a way to be tried in benchmarks/rights_table.py."""
    from bot.buttons.job_button import JobButton
    from bot.clips.choose_effect import UseEffect
    from bot.clips.choosing import ChooseTake
    from bot.clips.contest import ContestButton
    from bot.guide.page import ShowTopic, TryTopic
    from bot.moderation.case_buttons import CaseButton
    from bot.privacy.rights import ErasureButton
    from bot.requests.choose_words import WordsButton

    # Those of private menus and of the help know of no server and no job; tests of their own try them.
    alone = UseEffect | ShowTopic | TryTopic | WordsButton
    known = JobButton | CaseButton | ErasureButton | ContestButton | ChooseTake | alone
    assert all(issubclass(kind, known) for kind in rows.buttons())
