"""Options are described once; Discord, the command line and the request agree about them."""

from __future__ import annotations

import click
import discord
import pytest
from discord import app_commands

from bot.cli.main import main
from bot.commands import setup_all
from bot.requests.options import ANIMATE, OPTIONS, RESTYLE, TEXT2VIDEO, Option, files_of, request_of
from engine.core.recipe import Kind, Role
from engine.core.request import AUTO, Request
from tests.bot.fixtures import mocked_app

COMMANDS = (ANIMATE, TEXT2VIDEO, RESTYLE)
RENDER = {
    option.name: option for option in main.commands["render"].params if isinstance(option, click.Option)
}
ON_THE_COMMAND_LINE_BY_OTHER_NAMES = {"length", "smooth"}
"""There a number of seconds, and of frames a second, can be given."""


@pytest.fixture
def tree():
    made = app_commands.CommandTree(discord.Client(intents=discord.Intents(guilds=True)))
    setup_all(made, mocked_app())
    return made


@pytest.mark.parametrize("described", COMMANDS, ids=lambda command: command.name)
def test_discord_has_what_is_described_and_nothing_else(tree, described):
    command = tree.get_command(described.name)
    options = sorted((*described.options, *described.asking), key=lambda option: not option.required)
    assert [parameter.name for parameter in command.parameters] == [option.name for option in options]
    for option in options:
        shown = command.get_parameter(option.name)
        assert (str(shown.description), shown.required) == (option.description, option.required)
        assert {choice.value: choice.name for choice in shown.choices} == dict(option.choices)
        assert (shown.type is discord.AppCommandOptionType.attachment) == (option.role is not None)


@pytest.mark.parametrize("described", COMMANDS, ids=lambda command: command.name)
def test_every_option_fills_the_request_or_is_a_file(described):
    for option in described.options:
        assert (option.role is None) == (option.name in OPTIONS)
        if option.role is None:
            assert option.becomes in Request.__dataclass_fields__


@pytest.mark.parametrize("option", OPTIONS.values(), ids=lambda option: option.name)
def test_the_default_that_is_told_is_the_default_that_holds(option):
    if option.words is not None and option.default in list(option.words):
        assert getattr(Request(kind=Kind.TEXT2VIDEO), option.becomes) == option.default
    assert request_of(Kind.TEXT2VIDEO, **{option.name: None}) == Request(kind=Kind.TEXT2VIDEO)


@pytest.mark.parametrize("name", sorted(OPTIONS.keys() - ON_THE_COMMAND_LINE_BY_OTHER_NAMES))
def test_the_command_line_has_every_option_with_the_same_words_and_ranges(name):
    option, shown = OPTIONS[name], RENDER[name]
    assert shown.help == (option.help or f"{option.about}.")
    if option.words is not None:
        assert shown.metavar == f"[{'|'.join(option.words)}]"
    if option.most is not None:
        assert isinstance(shown.type, click.IntRange | click.FloatRange)
        assert (shown.type.min, shown.type.max) == (option.least, option.most)


def test_files_go_by_what_they_are_for():
    assert files_of(ANIMATE, {"image": "a"}) == {Role.PICTURE: "a"}
    assert files_of(RESTYLE, {"video": "a"}) == {Role.REFERENCE: "a"}
    given = {"image": "a", "like": None, "reference": "c"}
    assert files_of(TEXT2VIDEO, given) == {Role.PICTURE: "a", Role.REFERENCE: "c"}


def test_an_engine_that_was_not_chosen_is_chosen_by_the_plan():
    assert request_of(Kind.ANIMATE).engine == AUTO


def test_a_default_stands_behind_what_the_option_means():
    assert Option(name="a", about="How much").description == "How much"
    assert Option(name="a", about="How much", default="all").description == "How much. Default: all"
