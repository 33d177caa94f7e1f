"""What is alive, and how it is drawn that has no body or stands on nothing."""

from __future__ import annotations

import numpy as np
import pytest

from engine.core.recipe import Camera
from engine.families.sketch.draw import seen_at
from engine.families.sketch.drawings import drawing, names
from engine.families.sketch.groups.group import Zone
from engine.families.sketch.habits import is_alive
from engine.families.sketch.language.reading import read
from engine.families.sketch.scene import Scene
from engine.families.sketch.verbs import moment
from tests.engine.families.sketch.scenes import actors

_ANIMALS = """
    monkey-face monkey gorilla orangutan dog-face dog guide-dog service-dog poodle wolf fox raccoon cat-face
    cat black-cat lion tiger-face tiger leopard horse-face moose donkey horse unicorn zebra deer bison
    cow-face ox water-buffalo cow pig-face pig boar ram ewe goat camel two-hump-camel llama giraffe elephant
    mammoth rhinoceros hippopotamus mouse-face mouse rat hamster rabbit-face rabbit chipmunk beaver hedgehog
    bat bear polar-bear koala panda sloth otter skunk kangaroo badger turkey chicken rooster hatching-chick
    baby-chick front-facing-baby-chick bird penguin dove eagle duck swan owl dodo flamingo peacock parrot
    blackbird goose phoenix-bird frog crocodile turtle lizard snake dragon-face dragon sauropod t-rex
    spouting-whale whale dolphin seal fish tropical-fish blowfish shark octopus jellyfish crab lobster shrimp
    squid oyster snail butterfly bug ant honeybee beetle lady-beetle cricket cockroach spider scorpion
    mosquito fly worm see-no-evil-monkey hear-no-evil-monkey speak-no-evil-monkey
"""
"""Unicode's groups from animal-mammal to animal-bug, without parts of animals and what they build."""


@pytest.mark.parametrize("name", _ANIMALS.split())
def test_every_animal_that_unicode_lists_is_alive(name):
    assert name in names()
    assert is_alive(name)


def test_a_sloth_hangs_from_a_branch_above_the_ground_unless_something_bears_it():
    sloth, *pigs = sorted(actors("a sloth and two pigs"), key=lambda actor: actor.y)
    assert (sloth.group.zone, sloth.group.figure.thing) == (Zone.AIR, "sloth")
    assert all(pig.group.zone is Zone.GROUND for pig in pigs)
    (hanging,) = actors("a sloth")
    high = hanging.group.figure.high * hanging.group.size
    hands = [
        (now.x + high * np.sin(now.angle), now.y - high * np.cos(now.angle))
        for now in (moment(hanging, second, 4.0) for second in (0.0, 1.0, 2.0, 3.0))
    ]
    assert np.ptp(hands, axis=0).max() < 0.01  # it swings, but does not let go
    (rider,) = actors("a sloth riding a motorcycle")
    assert rider.group.zone is Zone.GROUND


def test_the_branch_of_a_sloth_is_as_wide_as_the_frame():
    size = (300, 200)
    scene = Scene(read("a sloth on a clear day"), width=size[0], height=size[1], seed=1, length=4.0)
    view, drift = seen_at(2.0, 4.0, scene, size=size, camera=Camera.STILL, pace=1.0)
    with_it = scene.draw(view, drift).astype(int)
    scene.actors = []
    changed = np.abs(with_it - scene.draw(view, drift).astype(int)).sum(axis=2) > 30
    assert changed.any(axis=0).mean() > 0.95


def test_a_hen_has_a_body_and_is_no_rooster():
    assert len(drawing("chicken").points) == len(drawing("rooster").points)
    feathers = {part.colour for part in drawing("chicken").parts}
    assert feathers != {part.colour for part in drawing("rooster").parts}
