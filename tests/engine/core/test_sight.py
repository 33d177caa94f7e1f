from __future__ import annotations

import json

import pytest

from engine.core.sight import Sight, Spot, Thing, ThingKind

SPOT = Spot(left=0, top=0.1, width=0.5, height=0.15, certainty=0.88)
THING = Thing(left=0, top=0, width=1, height=1, certainty=0.6, kind=ThingKind.ANIMAL)


def test_the_area_of_a_spot_is_a_share_of_the_picture():
    assert SPOT.area == pytest.approx(0.075)


@pytest.mark.parametrize(
    "sight",
    [
        Sight(),
        Sight(faces=()),
        Sight(faces=(SPOT, SPOT)),
        Sight(faces=(), letters=(SPOT,)),
        Sight(things=(THING,)),
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
        '{"version": 4, "faces": []}',
        '{"version": 3, "faces": [], "things": [{"left": 1}]}',
        Sight(faces=(), things=(THING,)).to_json().replace("animal", "ghost"),
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
    assert set(told) == {"version", "faces", "letters", "things"}


def test_what_older_versions_wrote_is_still_read():
    assert Sight.from_json('{"version": 1, "faces": []}') == Sight(faces=())
    assert Sight.from_json('{"version": 2, "faces": [], "letters": []}') == Sight(faces=(), letters=())


def thing(kind, side=0.4):
    return Thing(left=0.1, top=0.1, width=side, height=side, certainty=0.8, kind=ThingKind(kind))


def face(height):
    return Spot(left=0.1, top=0.1, width=0.1, height=height, certainty=0.9)


LINE = Spot(left=0.1, top=0.1, width=0.8, height=0.1, certainty=0.9)


@pytest.mark.parametrize(
    ("sight", "shows"),
    [
        (Sight(), None),
        (Sight(faces=(), letters=(), things=()), None),
        (Sight(faces=(face(0.3),)), "portrait"),
        (Sight(faces=(face(0.3), face(0.2))), "group"),
        (Sight(faces=(face(0.3), face(0.05))), "portrait"),
        (Sight(faces=(face(0.3),), things=(thing("animal"),)), "portrait"),
        (Sight(faces=(), things=(thing("animal"), thing("product"))), "animal"),
        (Sight(things=(thing("product"),)), "product"),
        (Sight(things=(thing("vehicle"),)), "vehicle"),
        (Sight(things=(thing("animal", 0.1),)), None),
        (Sight(letters=(LINE,) * 4, things=(thing("product"),)), "page"),
    ],
)
def test_what_a_picture_shows_is_told_only_where_it_is_certain(sight, shows):
    assert sight.shows == shows


@pytest.mark.parametrize(
    ("lines", "height", "is_page"), [(4, 0.1, True), (3, 0.2, False), (9, 0.01, False), (0, 0.1, False)]
)
def test_a_page_has_several_lines_that_cover_much_of_it(lines, height, is_page):
    line = Spot(left=0.1, top=0.1, width=0.5, height=height, certainty=0.9)
    assert Sight(letters=(line,) * lines).is_page is is_page
    assert not Sight().is_page
