"""What the doctor says of services that draw for money."""

from __future__ import annotations

import os

import pytest

from bot.cli.doctor import examine

NAMES = ("service", "overflow", "engines")


@pytest.fixture(autouse=True)
def alone(tmp_path, monkeypatch):
    for name in os.environ:
        if name.startswith(("FRAMEKILN_", "DISCORD_")):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def found(monkeypatch, **settings):
    """Mark and text of each finding that is about services."""
    for name, value in settings.items():
        monkeypatch.setenv(f"FRAMEKILN_{name}", str(value))
    return [
        finding.lines()[0]
        for finding in examine()
        if finding.name.split()[0] in NAMES and not finding.name.startswith("engine ")
    ]


def test_without_services_nothing_is_said_of_them(monkeypatch):
    assert found(monkeypatch) == []


def test_a_service_that_can_be_used_is_named(monkeypatch):
    told = found(
        monkeypatch, FAL_KEY="k", HOSTED_BUDGET=5, OVERFLOW_MINUTES=30, OVERFLOW_ENGINE="fal/ltx-2-fast"
    )
    assert [(line[:14], line[-19:]) for line in told] == [("✓ service fal:", "engines may be used")]


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"FAL_KEY": "k"}, "✗ service fal: has a key, and nothing may be spent there"),
        (
            {"REPLICATE_TOKEN": "k", "HOSTED_BUDGET": 5},
            "✗ service replicate: has a key, and no engine of it has a price",
        ),
        (
            {"FAL_KEY": "k", "HOSTED_BUDGET": 5, "OVERFLOW_MINUTES": 30, "OVERFLOW_ENGINE": "fal/ltx-2-fsat"},
            (
                "✗ overflow: fal/ltx-2-fsat is no engine of a service that may be used, so clips wait here "
                "however long"
            ),
        ),
        (
            {"FAL_KEY": "k", "HOSTED_BUDGET": 5, "OVERFLOW_MINUTES": 30},
            "✗ overflow: no engine is named, so clips wait here however long",
        ),
    ],
)
def test_a_setting_that_does_nothing_is_told(monkeypatch, settings, said):
    assert said in found(monkeypatch, **settings)


def test_a_folder_of_tables_that_is_not_there_is_told(monkeypatch, tmp_path):
    told = found(monkeypatch, FAL_KEY="k", HOSTED_BUDGET=5, HOSTED_ENGINES_DIR=tmp_path / "servcies")
    folder = tmp_path / "servcies"
    assert f"✗ engines: The folder of tables of hosted engines, {folder}, is not there." in told
