"""Colours that everybody can read, by day and by night, worked out from the style that is served."""

from __future__ import annotations

import re

import pytest

from bot.dashboard.html_pages import CSS as DASHBOARD
from bot.gallery.html_pages import CSS
from bot.web.look import DARK, LIGHT, READ, contrast

READABLE = 4.5
"""WCAG 2.2, 1.4.3, for text of any size."""

VISIBLE = 3.0
"""1.4.11, for lines that mean something."""


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
def test_text_can_be_read_on_whatever_it_stands_on(colours):
    found = {(text, ground): contrast(colours[text], colours[ground]) for text, ground in READ}
    assert {pair: ratio for pair, ratio in found.items() if ratio < READABLE} == {}
    assert contrast(colours["line"], colours["ground"]) >= VISIBLE


def test_contrast_is_as_the_standard_has_it():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)
    assert contrast("#123456", "#123456") == 1


@pytest.mark.parametrize("css", [CSS, DASHBOARD], ids=["gallery", "dashboard"])
def test_a_style_uses_no_other_colours_than_those_that_are_checked(css):
    own = re.sub(r":root \{[^}]*\}", "", css)
    assert re.findall(r"#[0-9a-fA-F]{3,8}\b|rgba?\(|hsla?\(", own) == []
    used = set(re.findall(r"var\(--([a-z-]+)\)", own))
    assert used <= set(LIGHT)
    assert set(LIGHT) == set(DARK)


def test_both_looks_follow_what_the_visitor_has_chosen():
    assert "prefers-color-scheme: dark" in CSS
    assert "url(" not in CSS
    assert "@import" not in CSS
