"""Which engine is chosen, by what the machine has: a table."""

from __future__ import annotations

import pytest

from engine.core.device import Device, DeviceKind
from engine.core.errors import UserError
from engine.core.recipe import Camera, Follow, Kind, Style
from engine.core.request import Subject, Wish
from engine.planning.choice import engines_for
from engine.planning.plan import plan
from engine.runtime.capabilities import Means

GIB = 2**30
PICTURE = Subject(sha256="a" * 64, width=1600, height=900)
EVERYTHING = frozenset(
    [
        "svd-xt",
        "epicrealism",
        "motion-v1-5-3",
        "animatelcm",
        "wan-2.1-1.3b",
        "sd15-ip-adapter",
        "sparsectrl-rgb",
    ]
)


def card(gib):
    return Device(kind=DeviceKind.CUDA, name="a card", memory=gib * GIB)


def means(*weights, device=None, **changes):
    return Means(device=device or card(24), weights=frozenset(weights), **changes)


def wish(kind=Kind.TEXT2VIDEO, **changes):
    return Wish(**{"kind": kind, "prompt": "a fox", "seed": 1, **changes})


@pytest.mark.parametrize(
    ("asked", "picture", "here", "engine"),
    [
        (wish(Kind.ANIMATE), PICTURE, means(), "camera"),
        (wish(Kind.ANIMATE), PICTURE, means("svd-xt"), "svd"),
        (wish(Kind.ANIMATE), PICTURE, means("svd"), "svd"),
        (wish(Kind.ANIMATE), PICTURE, means("svd-xt", device=Device()), "camera"),
        (wish(Kind.ANIMATE), PICTURE, means("svd-xt", device=Device(), slow=True), "svd"),
        (wish(), None, means(), "sketch"),
        (wish(), None, means("motion-v1-5-3"), "sketch"),
        (wish(), None, means("motion-v1-5-3", "epicrealism"), "animatediff"),
        (wish(), None, means("motion-v1-5-3", checkpoints=("mine",)), "animatediff"),
        (wish(), None, means(*EVERYTHING), "wan"),
        (wish(), None, means(*EVERYTHING, device=card(8)), "animatediff"),
        (wish(styles=(Style(name="ink"),)), None, means(*EVERYTHING, styles=("ink",)), "animatediff"),
        (wish(prompt="0: a bud | 8: a flower"), None, means(*EVERYTHING), "animatediff"),
    ],
)
def test_the_best_engine_that_is_here_draws(asked, picture, here, engine):
    recipe = plan(asked, picture, means=here)
    assert recipe.engine == engine
    assert recipe.reasons[0].startswith(f"{engine}: ")


def test_an_engine_that_the_card_cannot_hold_is_named():
    recipe = plan(wish(), means=means(*EVERYTHING, device=card(8)))
    assert recipe.reasons[0].endswith("; wan wants more memory than this graphics card has")


def test_where_the_card_holds_none_the_one_that_gives_up_least_draws_and_not_a_stand_in():
    assert plan(wish(), means=means(*EVERYTHING, device=card(1))).engine == "animatediff"


@pytest.mark.parametrize(
    ("asked", "here", "code", "says"),
    [
        (wish(engine="svd"), means(), "E_ENGINE", "lacks its weights .svd-xt.; framekiln models pull svd-xt"),
        (wish(engine="animatediff"), means("motion-v1-5-3"), "E_ENGINE", "lacks a checkpoint"),
        (wish(engine="wan"), means("wan-2.1-1.3b", device=Device()), "E_ENGINE", "lacks a GPU"),
        (wish(follow=Follow.POSE), means(), "E_FEATURE", "following a clip"),
        (wish(engine="sketch", styles=(Style(name="ink"),)), means(styles=("ink",)), "E_FEATURE", "styles"),
    ],
)
def test_what_is_missing_is_named_with_the_way_out(asked, here, code, says):
    with pytest.raises(UserError, match=says) as caught:
        plan(asked, means=here)
    assert caught.value.code == code


def test_the_preferred_engines_come_first():
    assert engines_for(Means()) == ("camera", "sketch")
    assert engines_for(means(*EVERYTHING))[-2:] == ("camera", "sketch")


@pytest.mark.parametrize("raw", [False, True])
@pytest.mark.parametrize("engine", ["svd", "animatediff", "wan", "wan-5b"])
@pytest.mark.parametrize("camera", [camera for camera in Camera if camera is not Camera.AUTO])
def test_a_camera_is_followed_or_it_is_said_that_it_is_not(engine, camera, raw):
    every = means(*EVERYTHING, "wan-2.2-ti2v-5b", slow=True)
    kind, subject = (Kind.ANIMATE, PICTURE) if engine == "svd" else (Kind.TEXT2VIDEO, None)
    recipe = plan(wish(kind, engine=engine, camera=camera, raw=raw), subject, means=every)
    told_to_the_model = "camera" in recipe.settings or "the camera" in recipe.words
    assert told_to_the_model or any(f"“{camera}”" in reason for reason in recipe.reasons)
