"""When this engine is planned, and what it follows a clip by."""

from __future__ import annotations

import pytest

from engine.core.capabilities import Capabilities
from engine.core.errors import UserError
from engine.core.recipe import Follow
from engine.families import FAMILIES
from engine.families.animatediff_control.weights import CONTROLNETS
from engine.following.needs import BODY_POINTS, NEEDS, way_named
from engine.weights.store import Store
from tests.present import present

from engine.following import control_clip as follow  # isort: skip
from tests.engine.families.control.bench import ALL, CONTROL, planned


@pytest.mark.parametrize("what", Follow)
def test_to_follow_a_clip_the_plan_chooses_this_engine_and_says_by_what(what):
    recipe = planned(what)
    assert recipe.engine == "animatediff-control"
    assert recipe.follow is what
    assert any(CONTROLNETS[what] in reason for reason in recipe.reasons)
    assert recipe.settings["extractor"] == NEEDS[what][0].name
    assert any("do not sell" in reason for reason in recipe.reasons) == (what is Follow.POSE)


def test_what_is_not_installed_is_named_with_what_could_be_followed_instead():
    with pytest.raises(UserError, match="models pull controlnet-openpose centerface body-points") as caught:
        planned(Follow.POSE, frozenset({"sd15", "motion-v1-5-3", "controlnet-canny"}))
    assert caught.value.code == "E_WEIGHTS"
    assert str(caught.value).endswith("Here you can follow edges.")


def test_this_engine_is_never_chosen_without_a_clip():
    assert planned(None).engine == "animatediff"
    with pytest.raises(UserError, match="attach one"):
        planned(None, engine="animatediff-control")
    without = Capabilities(weights=frozenset({"sd15", "motion-v1-5-3"}), slow=True)
    assert "controlnet-openpose" in present(FAMILIES["animatediff-control"].lacks(without))


def test_each_kind_of_following_says_what_its_licence_allows():
    assert set(NEEDS) == set(CONTROL.follows) == set(Follow)
    ways = [way for ways in NEEDS.values() for way in ways]
    assert [way.name for way in ways if not way.sold] == ["openpose"]
    assert all(way.url.startswith("https://") and way.licence for way in ways)
    assert {what: {way.follow for way in ways} for what, ways in NEEDS.items()} == {
        what: {what} for what in Follow
    }
    assert len({way.name for way in ways}) == len(ways)
    assert CONTROL.follows[Follow.EDGES] == (("controlnet-canny",),)


def test_poses_are_followed_by_the_eyes_unless_the_owner_pulled_openpose():
    """Who sells clips leaves OpenPose alone: nothing of it is used that was not asked for by name."""
    eyes = (ALL - {"openpose"}) | set(BODY_POINTS)
    free = planned(Follow.POSE, eyes)
    assert free.settings["extractor"] == "body-points"
    assert not any("do not sell" in reason for reason in free.reasons)
    assert any("MediaPipe's body points" in reason for reason in free.reasons)
    assert planned(Follow.POSE, eyes | {"openpose"}).settings["extractor"] == "openpose"


def test_a_recipe_that_names_no_extractor_is_drawn_with_what_is_here(tmp_path):
    store = Store(tmp_path)
    assert follow.way_of(Follow.POSE, {}, store).name == "body-points", (
        "so that this is what is said to be missing"
    )
    (tmp_path / "openpose").mkdir()
    assert follow.way_of(Follow.POSE, {}, store).name == "openpose"
    assert way_named(Follow.POSE, "midas") is None
