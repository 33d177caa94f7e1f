"""The caption and the mark."""

from __future__ import annotations

import numpy as np
import pytest

from engine.families.sketch.lettering import Lettering, writable


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a cat", "a cat"),
        ("a\n\tcat\x07!", "a cat !"),
        ("cafe\u0301 Ⅳ", "cafe IV"),
        ("dancing 💖 hearts", "dancing hearts"),
        (
            "kot śpi na łóżku, f\N{LATIN SMALL LETTER DOTLESS I}rt\N{LATIN SMALL LETTER DOTLESS I}na",
            "kot spi na lozku, firtina",
        ),
        ("smørrebrød på øen, weiß", "smorrebrod pa oen, weiss"),
        ("שלום עולם", "(2 words in letters that this sketch cannot write)"),
        ("🚀", "(1 word in letters that this sketch cannot write)"),
        ("", ""),
    ],
)
def test_a_caption_holds_only_letters_that_the_font_has(text, shown):
    assert writable(text) == shown


def test_caption_and_mark_are_written_where_they_belong():
    frame = np.full((216, 384, 3), 120, np.uint8)
    Lettering("a cat", width=384, height=216).lay_over(frame)
    assert frame[:30, 300:].max() > 180, "the mark is at the upper right"
    assert frame[190:, :80].max() > 180, "the caption is at the lower left"
    assert (frame[40:150] == 120).all(), "the picture between them is left alone"


def luminance(colours):
    """By the formula of WCAG 2.2, of uint8 RGB."""
    share = colours / 255.0
    linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    return linear @ np.array([0.2126, 0.7152, 0.0722])


@pytest.mark.parametrize("size", [(96, 64), (384, 216), (768, 432), (216, 384)])
@pytest.mark.parametrize("grey", [0, 120, 230, 255])
def test_captions_and_the_mark_have_the_contrast_that_wcag_asks_for(size, grey):
    width, height = size
    frame = np.full((height, width, 3), grey, np.uint8)
    Lettering("snow on snow on snow on snow on snow", width=width, height=height).lay_over(frame)
    seen, edge = luminance(frame), max(2, round(min(size) * 0.035))
    around = seen[:, -1]  # no letter comes so far to the right
    foot = [row for row in range(height // 2, height) if seen[row].max() > around[row] + 0.2]
    assert len(foot) > 4
    pill = np.flatnonzero((frame[: height // 4, -edge - 2] != grey).any(axis=1))
    behind = (
        [around[foot].max(), seen[pill[len(pill) // 2], -edge - 2]] if pill.size else [around[foot].max()]
    )
    letters = 1.0  # they are white; a thin one is mixed with what is behind it
    assert all((letters + 0.05) / (dark + 0.05) >= 4.5 for dark in behind)
    if min(size) > 100:
        assert pill.size
        assert seen[foot].max() > 0.9
