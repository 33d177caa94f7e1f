"""The templates of contrib/ name settings, commands, folders and images that there are."""

from __future__ import annotations

import json
import re
from pathlib import Path
from xml.etree import ElementTree as ET

import click
import pytest
import yaml

from bot.cli.main import main
from bot.config.settings import Settings, variable
from bot.web.look import ICON

ROOT = Path(__file__).parent.parent
UNRAID = ET.parse(ROOT / "contrib/unraid/framekiln.xml").getroot()  # noqa: S314 - our own file
PINOKIO = ROOT / "contrib/pinokio"
SCRIPTS = sorted(PINOKIO.glob("*.json"))

FIELDS = {
    *("Name", "Repository", "Registry", "Network", "Shell", "Privileged", "Support", "Project", "Overview"),
    *("Category", "WebUI", "TemplateURL", "Icon", "ExtraParams", "Requires", "Config"),
}
"""Of version 2 of a template, as far as it is used here."""

ATTRIBUTES = {"Name", "Target", "Default", "Mode", "Description", "Type", "Display", "Required", "Mask"}
METHODS = {"shell.run": "message", "fs.write": "text", "fs.rm": "path", "input": "form"}
"""Pinokio's, with a parameter that each needs."""

OF_NVIDIA = {"NVIDIA_VISIBLE_DEVICES", "NVIDIA_DRIVER_CAPABILITIES"}


def configs(kind):
    return [each.attrib for each in UNRAID.findall("Config") if each.attrib["Type"] == kind]


def test_the_unraid_template_has_known_fields_only():
    assert (UNRAID.tag, UNRAID.attrib) == ("Container", {"version": "2"})
    assert {each.tag for each in UNRAID} == FIELDS
    for each in UNRAID.findall("Config"):
        assert set(each.attrib) == ATTRIBUTES
        assert each.attrib["Type"] in {"Variable", "Path", "Port"}
        assert each.attrib["Display"] in {"always", "always-hide", "advanced", "advanced-hide"}
        assert {each.attrib["Required"], each.attrib["Mask"]} <= {"true", "false"}
    assert UNRAID.findtext("Privileged") == "false"


def test_the_unraid_template_names_settings_and_folders_that_exist():
    known = {variable(name) for name in Settings.model_fields}
    given = {each["Target"] for each in configs("Variable")}
    assert given - known == OF_NVIDIA
    [token] = [each for each in configs("Variable") if each["Target"] == "DISCORD_TOKEN"]
    assert (token["Mask"], token["Required"], token["Default"]) == ("true", "true", "")
    dockerfile = (ROOT / "Dockerfile").read_text("utf-8")
    for each in configs("Path"):
        assert re.search(rf"=?{each['Target']}\b", dockerfile)
    assert (ROOT / "contrib/unraid/icon.svg").read_text("utf-8").strip() == ICON


def test_images_are_made_for_both_architectures_when_a_tag_is_pushed():
    workflow = yaml.safe_load((ROOT / ".github/workflows/release.yml").read_text("utf-8"))
    assert workflow[True] == {"push": {"tags": ["v*"]}}, "YAML reads `on` as true"
    steps = workflow["jobs"]["image"]["steps"]
    [build] = [each["with"] for each in steps if "build-push" in each.get("uses", "")]
    assert build["platforms"] == "linux/amd64,linux/arm64"
    assert build["push"] is True
    names = {each["suffix"] for each in workflow["jobs"]["image"]["strategy"]["matrix"]["include"]}
    image = UNRAID.findtext("Repository") or ""
    assert image.startswith("ghcr.io/framekiln/framekiln:latest")
    assert image.removeprefix("ghcr.io/framekiln/framekiln:latest") in names


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_a_pinokio_script_has_known_steps_and_commands_that_exist(path):
    script = json.loads(path.read_text("utf-8"))
    assert set(script) <= {"run", "daemon"}
    for step in script["run"]:
        assert set(step) <= {"method", "params", "when"}
        assert METHODS[step["method"]] in step["params"]
        message = step["params"].get("message", "")
        for line in [message] if isinstance(message, str) else message:
            if line.startswith("framekiln "):
                _, name, *words = line.split()
                command = main.commands[name]
                options = {option for each in command.params for option in (*each.opts, *each.secondary_opts)}
                assert {word for word in words if word.startswith("--")} <= options
                assert isinstance(command, click.Command)


def test_the_menu_of_pinokio_leads_to_scripts_that_are_there():
    text = (PINOKIO / "pinokio.js").read_text("utf-8")
    named = set(re.findall(r'"(\w+\.json)"', text))
    assert named == {path.name for path in SCRIPTS}


def test_the_token_is_in_no_command_line():
    for path in SCRIPTS:
        for step in json.loads(path.read_text("utf-8"))["run"]:
            assert "input.token" not in json.dumps(step["params"].get("message", ""))
