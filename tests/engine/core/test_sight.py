from __future__ import annotations

import json

import pytest

from engine.core.sight import Sight, Spot

SPOT = Spot(left=0, top=0.1, width=0.5, height=0.15, certainty=0.88)


def test_the_area_of_a_spot_is_a_share_of_the_picture():
    assert SPOT.area == pytest.approx(0.075)


@pytest.mark.parametrize(
    "sight",
    [
        Sight(),
        Sight(faces=()),
        Sight(faces=(SPOT, SPOT)),
        Sight(faces=(), letters=(SPOT,)),
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
        '{"version": 3, "faces": []}',
        '{"version": 2, "faces": [], "letters": [{"left": 1}]}',
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
    told = json.loads(Sight(faces=(SPOT,)).to_json())
    assert [set(spot) for spot in told["faces"]] == [{"left", "top", "width", "height", "certainty"}]
    assert set(told) == {"version", "faces", "letters"}


def test_what_version_1_wrote_is_still_read():
    assert Sight.from_json('{"version": 1, "faces": []}') == Sight(faces=())


@pytest.mark.parametrize(
    ("lines", "height", "is_page"), [(4, 0.1, True), (3, 0.2, False), (9, 0.01, False), (0, 0.1, False)]
)
def test_a_page_has_several_lines_that_cover_much_of_it(lines, height, is_page):
    line = Spot(left=0.1, top=0.1, width=0.5, height=height, certainty=0.9)
    assert Sight(letters=(line,) * lines).is_page is is_page
    assert not Sight().is_page
