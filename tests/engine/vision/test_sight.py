from __future__ import annotations

import json

import pytest

from engine.vision.box import Box
from engine.vision.medium import Medium
from engine.vision.sight import Sight, Spot

SPOT = Spot.of(Box(left=-10, top=20, width=60, height=30), 0.87654, 100, 200)


def test_a_spot_is_the_part_inside_the_picture_in_shares_of_its_sides():
    assert Spot(left=0, top=0.1, width=0.5, height=0.15, certainty=0.8765) == SPOT
    assert vars(SPOT.box(1000, 400)) == pytest.approx({"left": 0, "top": 40, "width": 500, "height": 60})
    assert SPOT.area == pytest.approx(0.075)


def test_what_lies_outside_has_no_area():
    assert Spot.of(Box(left=300, top=300, width=9, height=9), 1, 100, 100).area == 0


@pytest.mark.parametrize(
    "sight",
    [
        Sight(),
        Sight(faces=(), text=(), subject=()),
        Sight(medium=Medium.FLAT, medium_certainty=0.7, faces=(SPOT, SPOT), text=(SPOT,), subject=(SPOT,)),
    ],
)
def test_a_sight_comes_back_from_json_as_it_was(sight):
    assert Sight.from_json(sight.to_json()) == sight
    assert "\n" not in sight.to_json()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "null",
        "{}",
        '{"version": 2}',
        '{"version": 1, "faces": [{"left": 1}]}',
        '{"version": 1}',
        "7",
    ],
)
def test_what_is_no_sight_is_refused(text):
    with pytest.raises(ValueError, match=r".*"):
        Sight.from_json(text)


def test_a_sight_holds_places_and_certainties_and_nothing_else():
    """What is kept with a job: nothing that could tell one person from another."""
    told = json.loads(Sight(medium=Medium.SHADED, faces=(SPOT,), text=(SPOT,), subject=(SPOT,)).to_json())
    spots = [*told["faces"], *told["text"], *told["subject"]]
    assert all(set(spot) == {"left", "top", "width", "height", "certainty"} for spot in spots)
    assert set(told) == {
        *("version", "medium", "medium_certainty"),
        *("faces", "text", "subject", "subject_is_whole"),
    }


def test_the_share_of_text_is_the_sum_of_its_lines():
    assert Sight(text=(SPOT, SPOT)).text_share == pytest.approx(0.15)
    assert Sight().text_share == 0
