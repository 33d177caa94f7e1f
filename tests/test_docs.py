"""The documents say what the code does: nothing left out, nothing that is gone."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

import click
import discord
import pytest
from discord import AppCommandType
from discord.app_commands import Command, CommandTree, ContextMenu
from PIL import Image
from PIL.PngImagePlugin import PngImageFile

from bot.cli.main import main
from bot.commands import setup_all
from bot.config.settings import PREFIX, Settings, variable
from bot.config.worker_machine import Helping
from engine.families.sketch.creatures import CREATURES
from engine.families.sketch.things import THINGS
from examples import draw_discord
from tests.bot.fixtures import mocked_app

ROOT = Path(__file__).parent.parent
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
TEXTS = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]


def all_commands():
    """What the bot registers, name → command, group or menu."""
    tree = CommandTree(discord.Client(intents=discord.Intents.none()))
    setup_all(tree, mocked_app())
    kinds = AppCommandType.chat_input, AppCommandType.message, AppCommandType.user
    return {command.name: command for kind in kinds for command in tree.get_commands(type=kind)}


def commands_of(group, path=()):
    """Each command of the program, "models pull" → command."""
    found: dict[str, click.Command] = {}
    for name, command in group.commands.items():
        words = (*path, name)
        found |= (
            commands_of(command, words) if isinstance(command, click.Group) else {" ".join(words): command}
        )
    return found


TREE = all_commands()
TOP = [name if isinstance(command, ContextMenu) else f"/{name}" for name, command in TREE.items()]
QUEUE = [
    command.qualified_name.removeprefix("queue ")
    for command in TREE["queue"].walk_commands()
    if isinstance(command, Command)
]
COMMANDS = {
    command.qualified_name: command
    for top in TREE.values()
    if not isinstance(top, ContextMenu)
    for command in ([top] if isinstance(top, Command) else top.walk_commands())
    if isinstance(command, Command)
}
MEMBERS = {name: command for name, command in COMMANDS.items() if not name.startswith("queue ")}


def readme():
    return (ROOT / "README.md").read_text("utf-8")


def all_texts():
    return "\n".join(path.read_text("utf-8") for path in TEXTS)


def packages(requirements):
    return {re.split(r"[<>=!~\[; ]", line)[0] for line in requirements}


@pytest.mark.parametrize("name", sorted(commands_of(main)))
def test_the_command_line_page_names_every_command_and_option(name):
    page = (ROOT / "docs/command-line.md").read_text("utf-8")
    assert re.search(rf"`framekiln {name}\b", page)
    own = [page, *re.findall(rf"^## {name}\n(.*?)(?=^## |\Z)", page, re.MULTILINE | re.DOTALL)][-1]
    for parameter in commands_of(main)[name].params:
        for option in parameter.opts if isinstance(parameter, click.Option) else ():
            assert f"`{option}" in own, option


@pytest.mark.pages
@pytest.mark.parametrize("name", TOP)
def test_the_readme_names_every_command_of_discord(name):
    assert name in readme()


@pytest.mark.pages
@pytest.mark.parametrize("name", MEMBERS)
def test_the_members_page_names_every_command_and_option_of_members(name):
    page = (ROOT / "docs/members.md").read_text("utf-8")
    assert f"/{name}" in page
    for parameter in MEMBERS[name].parameters:
        assert re.search(rf"`{parameter.name}`|{parameter.name}:", page), parameter.name


@pytest.mark.pages
@pytest.mark.parametrize("name", QUEUE)
def test_the_moderators_page_names_every_command_of_moderators(name):
    assert f"| `/queue {name}` |" in (ROOT / "docs/moderation.md").read_text("utf-8").partition("<!--")[0]


@pytest.mark.parametrize("page", ["README.md", "docs/members.md", "docs/moderation.md", "docs/privacy.md"])
def test_no_page_names_a_command_of_discord_that_does_not_exist(page):
    named = re.findall(r"`/([a-z0-9]+)\b", (ROOT / page).read_text("utf-8"))
    assert named
    assert set(named) <= set(TREE)


def test_a_value_that_a_text_gives_an_option_can_be_chosen():
    """``/command option: value``: where the option is a choice, the value begins one of its names."""
    for named in re.findall(r"`/([^`]+)`", all_texts().replace("\n", " ")):
        command = max((name for name in COMMANDS if named.startswith(name)), key=len, default=None)
        options = COMMANDS[command].parameters if command else ()
        for option in (one for one in options if one.choices):
            chosen = re.search(rf"\b{option.name}: ?(\w[\w-]*)(?!\w*:)", named)
            names = [str(choice.name) for choice in option.choices]
            assert not chosen or any(re.match(rf"{chosen[1]}\b", name, re.IGNORECASE) for name in names), (
                named
            )


def test_the_sketch_s_page_counts_the_figures_of_its_own():
    page = (ROOT / "docs/sketch.md").read_text("utf-8")
    assert ("fifteen figures of its own" in page) == (len({**CREATURES, **THINGS}) == 15)


def test_a_worker_s_page_names_every_setting_that_only_a_worker_reads():
    page = (ROOT / "docs/workers.md").read_text("utf-8")
    assert [name for name in Helping.model_fields if f"`{variable(name)}`" not in page] == []


FOLDERS = "benchmarks", "bot", "db", "docs", "engine", "examples", "requirements", "system", "tests"


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_file_that_a_text_names_exists(path):
    text = path.read_text("utf-8")
    made = set(re.findall(r'^```python title="([^"]+)"', text, re.MULTILINE))
    named = set(re.findall(rf"(?<![\w/.-])(?:{'|'.join(FOLDERS)})/[\w/-]+\.[a-z]+\b", text))
    assert [name for name in sorted(named - made) if not (ROOT / name).exists()] == []


def test_the_readme_leads_to_the_pages_for_each_reader():
    for name in ("command-line", "members", "moderation", "settings", "models", "glossary"):
        assert f"(docs/{name}.md)" in readme()


def test_the_readme_leads_to_the_settings_and_names_the_one_that_is_needed():
    assert "docs/settings.md" in readme()
    assert "DISCORD_TOKEN" in readme()


def test_no_text_names_a_setting_that_does_not_exist():
    known = {variable(name) for name in Settings.model_fields}
    known |= {
        parameter.envvar
        for command in commands_of(main).values()
        for parameter in command.params
        if isinstance(parameter.envvar, str)
    }
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
    core, *extras, tests = re.split(r"^## ", page, flags=re.MULTILINE)[1:]
    optional = PYPROJECT["project"]["optional-dependencies"]
    described = {re.findall("^The extra `(.+)`", extra)[0]: extra for extra in extras}
    assert set(described) == set(optional)
    for section, requirements in (
        (core, PYPROJECT["project"]["dependencies"]),
        *((described[name], needed) for name, needed in optional.items()),
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


def test_the_moving_picture_moves_and_stays_small():
    path = ROOT / "docs/hero.webp"
    assert "docs/hero.webp" in readme()
    assert path.stat().st_size < 3_000_000
    with Image.open(path) as picture:
        assert getattr(picture, "is_animated", False)


def test_every_example_names_its_source():
    """A photograph may only be shipped with its author and licence beside it."""
    sources = (ROOT / "examples/README.md").read_text("utf-8")
    pictures = {path.name for path in (ROOT / "examples").iterdir() if path.suffix in {".png", ".jpg"}}
    assert set(re.findall(r"^\| `(\w+\.(?:png|jpg))`", sources, re.MULTILINE)) == pictures


@pytest.mark.pages
def test_the_picture_of_discord_shows_the_texts_and_buttons_of_today():
    """If this fails, `make discord` draws it anew."""
    assert "docs/discord.png" in readme()
    with PngImageFile(ROOT / "docs/discord.png") as picture:
        assert json.loads(picture.text[draw_discord.TEXTS]) == draw_discord.texts()


@pytest.mark.pages
def test_the_picture_of_discord_can_draw_every_letter_of_its_texts():
    """A sign that the font lacks would be an empty box."""
    font = draw_discord.font(15)
    unknown = bytes(font.getmask("\U0010ffff"))
    plain = draw_discord.EMOJI.sub("", "".join(draw_discord.texts())).replace("×", "x").replace("\n", "")
    assert [letter for letter in plain if bytes(font.getmask(letter)) == unknown] == []
    drawn = draw_discord.draw(Image.new("RGB", (56, 37), "white"))
    assert drawn.width == draw_discord.WIDTH * draw_discord.SCALE


def test_each_fault_of_real_weights_has_a_test_that_exists():
    page = (ROOT / "docs/measurements.md").read_text("utf-8")
    section = page.partition("## What trained weights would have met\n")[2].partition("\n## ")[0]
    rows = [line for line in section.splitlines() if re.match(r"\| \d+ \|", line)]
    assert [int(row.split("|")[1]) for row in rows] == list(range(1, 25))
    code = "\n".join(path.read_text("utf-8") for path in (ROOT / "tests").rglob("test_*.py"))
    for row in rows:
        names = re.findall(r"`(test_\w+)`", row)
        assert names
        assert all(f"def {name}(" in code for name in names), row
