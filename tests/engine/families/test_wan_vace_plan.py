"""What VACE plans: its pace, what it can follow, and what it keeps of a clip."""

import pytest

from engine.core.capabilities import Capabilities
from engine.core.device import Device, DeviceKind
from engine.core.errors import UserError
from engine.core.recipe import Follow, Kind, Quality
from engine.core.request import Request, Subject
from engine.families import CATALOGUE
from engine.following.needs import BODY_POINTS
from engine.planning.plan import plan
from engine.weights.model_spec import HubSource

GIB = 2**30
CARD = Device(kind=DeviceKind.CUDA, name="a GPU", memory=12 * GIB)
PICTURE = Subject(sha256="a" * 64, width=1600, height=900, faces=0)
FOLLOWED = Subject(sha256="b" * 64, width=640, height=480, seconds=3)


def planned(*weights, kind=Kind.TEXT2VIDEO, prompt="a fox", device=CARD, files=None, subject=None, **changes):
    here = Capabilities(device=device, weights=frozenset({"wan-vace-1.3b", "wan-umt5", *weights}))
    asked = Request(kind=kind, prompt=prompt, seed=1, **changes)
    return plan(asked, subject, capabilities=here, **(files or {}))


def test_a_clip_moves_at_the_models_natural_pace_and_is_no_longer_than_it_knows():
    made = planned(seconds=8)
    assert (made.frames, made.native_fps, made.settings["flow_shift"]) == (81, 16, 3.0)
    assert (made.width, made.height, made.guidance, made.steps) == (832, 480, 5.0, 30)
    assert "5 s, the longest that wan-vace can draw" in made.reasons
    assert {"guided", "cached_every"} <= set(made.settings)
    assert not {"guided", "cached_every"} & set(planned(quality=Quality.BEST).settings)


def test_what_follows_a_clip_needs_only_what_finds_it():
    def followed(*weights, what):
        return planned(*weights, follow=what, files={"reference": FOLLOWED})

    assert "follows the edges of the clip (Canny (OpenCV))" in followed(what=Follow.EDGES).reasons
    assert followed("annotators", what=Follow.DEPTH).follow is Follow.DEPTH
    assert any("do not sell" in reason for reason in followed("openpose", what=Follow.POSE).reasons)
    free = followed(*BODY_POINTS, what=Follow.POSE)
    assert not any("do not sell" in reason for reason in free.reasons)
    assert free.settings["extractor"] == "body-points"
    with pytest.raises(UserError, match=r"models pull depth-anything.*Here you can follow edges\.") as caught:
        followed(what=Follow.DEPTH)
    assert caught.value.code == "E_WEIGHTS"
    with pytest.raises(UserError, match=r"cannot follow soft edges.*depth or edges\.") as caught:
        followed("annotators", what=Follow.SOFT_EDGES)
    assert caught.value.code == "E_FOLLOW"


def test_what_it_cannot_follow_is_another_engines():
    control = ("sd15", "animatelcm", "controlnet-softedge", "controlnet-canny", "annotators")
    made = planned(*control, follow=Follow.SOFT_EDGES, files={"reference": FOLLOWED})
    assert made.engine == "animatediff-control"
    assert planned(*control, follow=Follow.EDGES, files={"reference": FOLLOWED}).engine == "wan-vace"


@pytest.mark.parametrize(
    ("strength", "weights", "keeps", "extractor", "recorded"),
    [
        (0.3, ("annotators",), "grey", None, 0.3),
        (None, ("annotators",), "depth", "midas", 0.6),
        (0.5, ("annotators", "depth-anything"), "depth", "depth-anything", 0.5),
        (0.9, (), "edges", "canny", 0.9),
    ],
)
def test_a_new_look_keeps_less_of_the_clip_the_stronger_it_is(strength, weights, keeps, extractor, recorded):
    made = planned(*weights, kind=Kind.RESTYLE, strength=strength, files={"reference": FOLLOWED})
    assert (made.engine, made.settings["keeps"], made.strength) == ("wan-vace", keeps, recorded)
    assert made.settings.get("extractor") == extractor
    assert any(f"a strength of {recorded:g} keeps" in reason for reason in made.reasons)


def test_the_weights_are_pinned_and_may_be_used_to_sell_clips():
    entry = CATALOGUE["wan-vace-1.3b"]
    assert isinstance(entry.source, HubSource)
    assert len(entry.source.revision) == 40
    assert entry.licence.free
