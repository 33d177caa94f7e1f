"""The documents say what the code does: nothing left out, nothing that is gone."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import discord
import pytest
from discord import app_commands

from bot.cli.main import main
from bot.commands import setup_all
from bot.config.settings import PREFIX, Settings, variable
from tests.bot.fixtures import mocked_services

ROOT = Path(__file__).parent.parent
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
TEXTS = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]
MODERATION = (ROOT / "docs" / "moderation.md").read_text("utf-8")
COMMANDS = re.findall(r"^\| (?:`/([^`:]+)`|\*([^*]+)\*) \|", MODERATION, re.MULTILINE)
SLASH = sorted({f"/{slash.split()[0]}" if slash else menu for slash, menu in COMMANDS})
QUEUE = [slash.removeprefix("queue ") for slash, _ in COMMANDS if slash.startswith("queue ")]
"""What docs/moderation.md lists. It is made from the bot, and a test of its own holds it against that."""


def readme():
    return (ROOT / "README.md").read_text("utf-8")


def all_texts():
    return "\n".join(path.read_text("utf-8") for path in TEXTS)


def packages(requirements):
    return {re.split(r"[<>=!~\[; ]", line)[0] for line in requirements}


@pytest.mark.parametrize("name", sorted(main.commands))
def test_the_readme_names_every_command_of_the_program(name):
    assert f"framekiln {name}" in readme()


@pytest.mark.parametrize("name", SLASH)
def test_the_readme_names_every_command_of_discord(name):
    assert name in readme()


@pytest.mark.parametrize("name", QUEUE)
def test_the_readme_names_every_command_of_moderators(name):
    assert re.search(rf"`(/queue )?{name}`", readme())


def test_the_readme_names_no_command_of_discord_that_does_not_exist():
    there_are = {command.name for command in tree_of_commands().get_commands()}
    assert set(re.findall(r"`/([a-z0-9]+)\b", readme())) <= there_are
    assert {name.removeprefix("/") for name in SLASH} <= there_are


def tree_of_commands():
    tree = app_commands.CommandTree(discord.Client(intents=discord.Intents.none()))
    setup_all(tree, mocked_services())
    return tree


def test_the_readme_leads_to_the_settings_and_names_the_one_that_is_needed():
    assert "docs/settings.md" in readme()
    assert "DISCORD_TOKEN" in readme()


def test_no_text_names_a_setting_that_does_not_exist():
    known = {variable(name) for name in Settings.model_fields}
    named = set(re.findall(rf"\b{PREFIX}[A-Z_]+\b", all_texts() + (ROOT / ".env.example").read_text("utf-8")))
    assert named - {PREFIX} <= known


def test_no_text_names_a_command_of_the_program_that_does_not_exist():
    named = set(re.findall(r"framekiln ([a-z]+)\b", "\n".join(re.findall(r"`[^`\n]+`", all_texts()))))
    assert named <= set(main.commands)


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_inside_the_project_leads_somewhere(path):
    for target in re.findall(r"\]\((?!https?://|#|mailto:)([^)#\s]+)", path.read_text("utf-8")):
        assert (path.parent / target).exists(), target


def test_every_target_of_make_that_a_text_names_exists():
    makefile = (ROOT / "Makefile").read_text("utf-8")
    targets = set(re.findall(r"^([a-z-]+(?: [a-z-]+)*):", makefile, re.MULTILINE))
    names = {name for target in targets for name in target.split()}
    assert set(re.findall(r"`make ([a-z-]+)", all_texts())) <= names


def test_every_dependency_earns_its_line_and_none_is_left_over():
    page = (ROOT / "docs/dependencies.md").read_text("utf-8")
    core, models, tests = re.split(r"^## ", page, flags=re.MULTILINE)[1:]
    for section, requirements in (
        (core, PYPROJECT["project"]["dependencies"]),
        (models, PYPROJECT["project"]["optional-dependencies"]["models"]),
        (tests, PYPROJECT["dependency-groups"]["test"]),
    ):
        assert set(re.findall(r"^\| `([^`]+)`", section, re.MULTILINE)) == packages(requirements)


def test_the_changelog_knows_this_version():
    text = (ROOT / "CHANGELOG.md").read_text("utf-8")
    assert "## [Unreleased]" in text
    assert PYPROJECT["project"]["version"] in text


def promises():
    """The rows of what is promised: threat, what stands against it, and the tests."""
    promised = (ROOT / "docs/security.md").read_text("utf-8").partition("## Not promised")[0]
    rows = [line.strip("| ").split(" | ") for line in promised.splitlines() if line.startswith("| ")]
    return {threat: tests for threat, _, tests in rows[1:]}


@pytest.mark.parametrize("threat", promises())
def test_every_promise_names_a_test_that_exists(threat):
    named = re.findall(r"((?:`test_\w+`(?:, | |; )*)+)in `(tests/[\w/]+\.py)`", promises()[threat])
    assert named
    for tests, path in named:
        text = (ROOT / path).read_text("utf-8")
        for test in re.findall(r"`(test_\w+)`", tests):
            assert f"def {test}(" in text, f"{test} is not in {path}"
    everywhere = re.findall(r"`(test_\w+)`", promises()[threat])
    assert len(everywhere) == sum(len(re.findall("`test_", tests)) for tests, _ in named)
