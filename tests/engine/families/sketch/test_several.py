"""That as many things are drawn as were asked for, however they are held."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import pytest

from tests.engine.families.sketch.scenes import actors


def drawn(prompt):
    """How many of each thing are seen."""
    found: Counter[str] = Counter()
    for actor in actors(prompt):
        found[actor.group.figure.thing] += 1
        found.update(prop.figure.thing for prop in actor.group.props)
    return found


@pytest.mark.parametrize(
    ("prompt", "thing", "count"),
    [
        ("a boy holding three balloons", "balloon", 3),
        ("a clown with five balloons", "balloon", 5),
        ("a girl with ten balloons", "balloon", 10),
        ("a chef holding two pizzas", "pizza", 2),
        ("a cow eating three apples", "red-apple", 3),
        ("two boys with two balloons", "balloon", 2),
        ("a blue squid typing on two keyboards", "keyboard", 2),
        ("a man on two horses", "horse", 2),
        ("three men on three horses", "horse", 3),
        ("two boys holding three balloons", "balloon", 3),
        ("deux lapins mangent des carottes", "carrot", 3),
        ("a strong man lifting two cars", "automobile", 2),
        ("a bear playing the drums", "drum", 1),
        ("twee konijnen schaatsen op een bevroren meer", "ice-skate", 2),
    ],
)
def test_as_many_are_drawn_as_are_held_or_sat_on(prompt, thing, count):
    assert drawn(prompt)[thing] == count


def test_what_is_held_fans_out():
    (boy,) = actors("a boy holding three balloons")
    places = sorted(prop.x for prop in boy.group.props)
    size = boy.group.props[0].size * boy.group.props[0].figure.wide
    assert min(right - left for left, right in pairwise(places)) > 0.2 * size
    assert len({prop.angle for prop in boy.group.props}) == 3
    left, right = sorted(prop.x for prop in actors("a chef holding two pizzas")[0].group.props)
    assert left < 0 < right, "one in each hand"


@pytest.mark.parametrize("prompt", ["a girl holding a rose", "a girl with a tulip"])
def test_a_flower_is_in_the_hand(prompt):
    (girl,) = actors(prompt)
    assert len(girl.group.props) == 1


@pytest.mark.parametrize(
    ("prompt", "rider", "count", "thing"),
    [
        ("dwa bociany na dachu domu", "bird", 2, "house"),
        ("two cats on a car", "cat", 2, "automobile"),
        ("two koalas in a tree", "koala", 2, "deciduous-tree"),
        ("three cats on a couch", "cat", 3, "couch-and-lamp"),
        ("two men in a boat", "man", 2, "sailboat"),
        ("two parrots on a pirate", "parrot", 2, "man-beard"),
    ],
)
def test_several_who_are_on_one_thing_are_side_by_side_on_it(prompt, rider, count, thing):
    assert drawn(prompt) == {rider: count, thing: 1}
    (actor,) = actors(prompt)
    others = [prop for prop in actor.group.props if prop.figure.thing == rider]
    assert all(other.y == -actor.group.raised for other in others)
    places = sorted([0.0, *(other.x for other in others)])
    assert min(right - left for left, right in pairwise(places)) > 0.5 * actor.group.figure.wide
    (below,) = (prop for prop in actor.group.props if prop.figure.thing == thing)
    reach = below.x + below.size * below.figure.wide / 2
    assert reach > places[-1]
