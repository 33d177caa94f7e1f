"""Buttons and forms are found by their class: their names, where they stand, and that none is missed."""

from __future__ import annotations

import sys
import textwrap
from typing import Any

import discord
import pytest

import bot
from bot.buttons import rows
from bot.buttons.button import Button
from bot.buttons.form import Form
from bot.buttons.job_button import JobButton, Place
from bot.clips.choose_effect import UseEffect
from bot.clips.choosing import ChooseTake
from bot.clips.remakes import Remix
from bot.discovery import modules_in
from bot.guide.page import ShowTopic, TryTopic
from bot.moderation.case_buttons import CaseButton, case_buttons
from bot.requests.choose_words import WordsButton
from db.codes import BotCode
from db.states import JobId, State
from engine.core.capabilities import Capabilities
from engine.core.recipe import Kind
from engine.families.upscale import SPAN
from tests.bot.fixtures import queued

JOB = JobId("0123456789abcdef")

OF_OLD = {
    *("cancel", "why", "reroll", "remix", "recipe", "delete", "lighter", "keep", "redraw"),
    *("extend", "loop", "star", "discarded", "report", "stop", "upscale"),
}
"""Actions of buttons that hang on messages in servers. They must work for ever."""

OVATION = '''
from bot.buttons.button import Look
from bot.buttons.job_button import JobButton, Place
from bot.discord_io.interactions import say


class Ovation(JobButton):
    """Applaud a clip."""

    action = "ovation"
    look = Look("Ovation", "🎉")
    place = Place.CLIP
    order = 60

    async def do(self, interaction, job):
        await say(interaction, "Bravo!")
'''


def test_buttons_are_found_without_packages_that_a_bot_may_do_without(monkeypatch):
    for name in ("mcp", "mcp_types", "uvicorn"):
        monkeypatch.setitem(sys.modules, name, None)
    for name in [name for name in sys.modules if name.startswith("bot.remote")]:
        monkeypatch.delitem(sys.modules, name)
    assert set(rows._found(Button)) >= set(rows.buttons())  # type: ignore[type-abstract]  # to look for


def below(base):
    """Every class of the bot that can be made and has this base, however it came to be imported."""
    found = set()
    for kind in base.__subclasses__():
        found |= below(kind)
        if not kind.__abstractmethods__ and kind.__module__.startswith("bot."):
            found.add(kind)
    return found


def labels(view):
    """The buttons of a message, row by row."""
    lines = [[item for item in view.children if item.row == row] for row in (None, *range(5))]
    return [[item.item.label or item.item.emoji.name for item in line] for line in lines if line]


def of_old(view):
    """What members have long seen under a message, in the order in which it stands there now."""
    return [item.item.label or item.item.emoji.name for item in view.children if item.action in OF_OLD]


@pytest.fixture
def ovation(tmp_path, monkeypatch):
    """A file with one button, as somebody adds it to a feature's room."""
    (tmp_path / "applauding.py").write_text(textwrap.dedent(OVATION), "utf-8")
    monkeypatch.setattr(bot.clips, "__path__", [*bot.clips.__path__, str(tmp_path)])
    rows.buttons.cache_clear()
    [kind] = [kind for kind in rows.buttons() if kind.action == "ovation"]
    yield kind
    rows.buttons.cache_clear()
    sys.modules.pop("bot.clips.applauding", None)


def test_every_button_and_form_is_found():
    assert {kind.__qualname__ for kind in rows.buttons()} == {kind.__qualname__ for kind in below(Button)}
    assert {kind.__qualname__ for kind in rows.forms()} == {kind.__qualname__ for kind in below(Form)}


def test_old_messages_find_their_buttons_and_forms():
    kinds = {kind.action: kind for kind in rows.job_buttons()}
    assert kinds.keys() >= OF_OLD
    for action in OF_OLD:
        assert kinds[action].id_for(JOB) == kinds[action](JOB).custom_id == f"fk:{action}:{JOB}"
    cases = {kind.action: kind.id_for(2, JOB) for kind in case_buttons()}
    for action in ("approve", "reject", "takedown", "dismiss"):
        assert cases[action] == f"fkc:{action}:2:{JOB}"
    about_something = JobButton | CaseButton | UseEffect | ShowTopic | TryTopic | WordsButton
    lone: list[Any] = [kind for kind in rows.buttons() if not issubclass(kind, about_something)]
    assert ChooseTake(JOB, 2).custom_id == f"fk:choose:{JOB}:2"
    others = {kind().custom_id for kind in lone}
    assert others >= {"fk:mydata:erase", "fk:mydata:erase-messages", "fk:mydata:keep"}
    forms = {form.prefix: form.id_for(job=JOB, round=2) for form in rows.forms()}
    assert forms["fk:remix:"] == f"fk:remix:{JOB}"
    assert forms["fkm:report:"] == f"fkm:report:{JOB}"
    assert forms["fkm:reject:"] == f"fkm:reject:2:{JOB}"


def test_a_click_is_meant_for_one_kind_of_button_and_a_form_for_one_kind_of_form():
    ids = [kind.id_for(JOB) for kind in rows.job_buttons()]
    ids += [kind.id_for(1, JOB) for kind in case_buttons()]
    for custom_id in ids:
        matching = [
            kind for kind in rows.buttons() if kind.__discord_ui_compiled_template__.fullmatch(custom_id)
        ]
        assert len(matching) == 1, custom_id
    for form in rows.forms():
        assert [other for other in rows.forms() if form.prefix.startswith(other.prefix)] == [form]


@pytest.mark.parametrize("place", Place)
def test_no_two_buttons_want_the_same_place(place):
    orders = [kind.order for kind in rows.job_buttons(place)]
    assert len(orders) == len(set(orders))


async def test_the_buttons_stand_in_the_order_that_members_know(queue):
    job = await queued(queue)
    assert labels(rows.for_clip(job)) == [["Reroll", "Remix", "⭐", "Delete", "More…"]]
    slow = ["Slow motion", "Sticker, emoji", "Recipe", "Report"]
    none = Capabilities()
    assert labels(rows.behind_more(job, none)) == [["Extend", "Loop", *slow[:3]], ["Tree", "Report"]]
    looped = await queued(queue, recipe={"loop": True})
    assert labels(rows.for_clip(looped)) == [["⭐", "Delete", "More…"]]
    assert labels(rows.behind_more(looped, none)) == [["Extend", *slow[:3], "Tree"], ["Report"]]
    enlarging = Capabilities(weights=frozenset({SPAN}), slow=True)
    assert "Upscale" in labels(rows.behind_more(job, enlarging))[0]
    enlarged = await queued(queue, recipe={"kind": Kind.UPSCALE, "engine": "upscale"})
    assert of_old(rows.behind_more(enlarged, enlarging)) == ["Upscale", "Recipe", "Report"]
    assert of_old(rows.for_status(job)) == ["Cancel", "Why?"]
    running = await queue.claims.claim()
    assert of_old(rows.for_status(running)) == ["Cancel"]
    assert of_old(rows.for_status(running, draft=True)) == ["Keep", "Reroll", "Stop"]
    await queue.claims.fail(running.id, running.claim, code="E_MEMORY", error_id="1")
    failed = await queue.jobs.get(running.id)
    assert of_old(rows.for_status(failed)) == ["Try lighter"]
    worn_out = await queued(queue)
    await queue.claims.fail(worn_out.id, None, code=BotCode.MACHINES)
    assert labels(rows.for_status(await queue.jobs.get(worn_out.id))) == [["Try again"]]


def test_a_message_has_no_more_buttons_than_discord_shows():
    for place in (Place.CLIP, Place.MORE, Place.DRAFT):
        assert len(rows.job_buttons(place)) <= 25


async def test_a_view_does_not_listen(queue):
    """discord.py would keep it in memory for as long as the process lives."""
    assert rows.for_clip(await queued(queue)).is_finished()


async def test_a_new_button_is_one_class_in_one_file(queue, ovation):
    lines = labels(rows.for_clip(await queued(queue)))
    assert max(map(len, lines)) <= rows.ROW
    shown = [label for line in lines for label in line]
    assert shown.index("⭐") < shown.index("Ovation") < shown.index("Delete")
    assert ovation.id_for(JOB) == f"fk:ovation:{JOB}"


def test_a_button_of_a_button_is_a_button_of_its_own():
    class Again(Remix):
        action = "again"

    assert Again(JOB).custom_id == f"fk:again:{JOB}"
    assert Again.states == (State.DELIVERED,)
    assert issubclass(Again, discord.ui.DynamicItem)


def test_the_search_for_buttons_leaves_alone_what_needs_optional_packages():
    """Without the package for MCP, the bot could put no button under a clip."""
    assert "bot.remote" not in {module.__name__ for module in modules_in(bot, rows.NOT_DISCORD)}
