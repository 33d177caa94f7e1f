"""The owner's names of styles and models, as members write them; and what is followed where nobody said."""

from __future__ import annotations

import pytest

from bot.requests.style_names import models_here, settled, styles_here, styles_of
from engine.core.capabilities import Capabilities
from engine.core.errors import UserError
from engine.core.recipe import Follow, Kind, Role, Style
from engine.core.request import Request
from engine.families.animatediff_control import FOLLOWS

WEIGHTS = frozenset({"epicrealism", "animatelcm", "svd-xt"})
HERE = Capabilities(
    weights=WEIGHTS,
    checkpoints=("Toonish", "photo-v2", "photo-v3"),
    styles=("Ink wash", "neon", "neon:night"),
    slow=True,
)


@pytest.mark.parametrize(
    ("written", "styles"),
    [
        (None, ()),
        (" , ", ()),
        ("ink", (Style(name="ink"),)),
        ("ink:0.8, neon: 1.25", (Style(name="ink", weight=0.8), Style(name="neon", weight=1.25))),
        ("neon:night", (Style(name="neon:night"),)),
        ("neon:night:0.5", (Style(name="neon:night", weight=0.5),)),
    ],
)
def test_styles_are_names_with_their_weights(written, styles):
    assert styles_of(written) == styles


@pytest.mark.parametrize("written", ["ink:0", "ink:-1", "ink:2.1", "ink:nan", "ink:inf", "a,b,c,d,e,f"])
def test_a_weight_out_of_its_range_and_too_many_styles_are_refused(written):
    with pytest.raises(UserError) as caught:
        styles_of(written)
    assert caught.value.code == "E_STYLE"


def request(**changes):
    return Request(**{"kind": Kind.TEXT2VIDEO, "prompt": "a lake", **changes})


@pytest.mark.parametrize(
    ("written", "name"),
    [("neon", "neon"), ("INK WASH", "Ink wash"), ("ink", "Ink wash"), ("neon:n", "neon:night")],
)
def test_a_style_is_found_by_its_name_or_by_a_beginning_that_only_it_has(written, name):
    known = settled(request(styles=(Style(name=written, weight=0.5),)), (), HERE)
    assert known.styles == (Style(name=name, weight=0.5),)


def test_a_name_that_fits_none_or_several_is_refused_with_the_names_there_are():
    with pytest.raises(UserError, match=r"no style “oil” here. Choose from: Ink wash, neon, neon:night\."):
        settled(request(styles=(Style(name="oil"),)), (), HERE)
    with pytest.raises(UserError, match=r"no model “photo” here.*photo-v2, photo-v3, epicrealism"):
        settled(request(model="photo"), (), HERE)
    with pytest.raises(UserError, match="no styles here to choose from"):
        settled(request(styles=(Style(name="ink"),)), (), Capabilities())


def test_a_long_list_is_not_read_out_whole():
    many = Capabilities(
        weights=WEIGHTS, styles=tuple(f"style-{number:02}" for number in range(40)), slow=True
    )
    with pytest.raises(UserError, match=r"style-09 and 30 more\.$"):
        settled(request(styles=(Style(name="oil"),)), (), many)


def test_only_what_something_here_draws_with_can_be_chosen():
    assert models_here(HERE, Kind.TEXT2VIDEO) == ("Toonish", "photo-v2", "photo-v3", "epicrealism")
    assert models_here(HERE, Kind.ANIMATE) == ()
    assert styles_here(HERE) == HERE.styles
    alone = Capabilities(styles=HERE.styles, checkpoints=HERE.checkpoints)
    assert (styles_here(alone), models_here(alone, Kind.TEXT2VIDEO)) == ((), ())


@pytest.mark.parametrize(
    ("there", "follows"),
    [
        ((), Follow.DEPTH),
        ((Follow.POSE,), Follow.POSE),
        ((Follow.POSE, Follow.EDGES), Follow.EDGES),
        (tuple(Follow), Follow.DEPTH),
    ],
)
def test_a_reference_of_which_nothing_is_said_is_followed_in_what_can_be_here(there, follows):
    capabilities = Capabilities(weights=frozenset(name for follow in there for name in FOLLOWS[follow]))
    assert settled(request(), {Role.REFERENCE}, capabilities).follow is follows
    assert settled(request(follow=Follow.POSE), {Role.REFERENCE}, capabilities).follow is Follow.POSE
    assert settled(request(), {Role.LIKE}, capabilities).follow is None
    assert settled(request(kind=Kind.RESTYLE), {Role.REFERENCE}, capabilities).follow is None
