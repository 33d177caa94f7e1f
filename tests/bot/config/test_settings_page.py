"""The page of settings is made from the settings."""

from __future__ import annotations

from bot.cli.tables.settings_table import page, table
from bot.config.settings import Settings, variable
from tests import ROOT


def test_the_page_of_settings_is_the_one_that_the_class_makes():
    assert (ROOT / "docs/settings.md").read_text("utf-8") == page(), (
        "run: python -m bot.cli.tables.settings_table"
    )


def test_every_setting_has_a_meaning_and_a_row():
    rows = table().splitlines()[2:]
    assert len(rows) == len(Settings.model_fields)
    by_name = {row.split("`")[1]: row for row in rows}
    for name, field in Settings.model_fields.items():
        row = by_name[variable(name)]
        assert field.description
        assert field.description.endswith(".")
        assert row.count("|") == 4
