"""Which engine is chosen, by what the machine has: a table."""

from __future__ import annotations

from dataclasses import replace

import pytest

from engine.core.capabilities import Capabilities
from engine.core.device import Device, DeviceKind
from engine.core.errors import UserError
from engine.core.recipe import Camera, Follow, Kind, Quality, Style
from engine.core.request import Request, Subject
from engine.core.sight import Sight, Spot, Thing, ThingKind
from engine.planning.choice import engines_for
from engine.planning.plan import GETS_GARBLED, STAYS_READABLE, plan

GIB = 2**30
PICTURE = Subject(sha256="a" * 64, width=1600, height=900)
LINE = Spot(left=0.1, top=0.1, width=0.5, height=0.1, certainty=0.9)
PAGE = Subject(sha256="a" * 64, width=1600, height=900, sight=Sight(faces=(), letters=(LINE,) * 4))


def shown(kind, *letters):
    thing = Thing(left=0.3, top=0.0, width=0.4, height=0.3, certainty=0.9, kind=ThingKind(kind))
    sight = Sight(faces=(), letters=letters, things=(thing,))
    return Subject(sha256="a" * 64, width=1600, height=900, sight=sight)


EVERYTHING = frozenset(
    [
        "svd-xt",
        "epicrealism",
        "motion-v1-5-3",
        "animatelcm",
        "wan-2.1-1.3b",
        "wan-umt5",
        "sd15-ip-adapter",
        "sparsectrl-rgb",
    ]
)


def card(gib):
    return Device(kind=DeviceKind.CUDA, name="a card", memory=int(gib * GIB))


def capabilities(*weights, device=None, **changes):
    return Capabilities(device=device or card(24), weights=frozenset(weights), **changes)


def request(kind=Kind.TEXT2VIDEO, **changes):
    return Request(**{"kind": kind, "prompt": "a fox", "seed": 1, **changes})


@pytest.mark.parametrize(
    ("asked", "picture", "here", "engine"),
    [
        (request(Kind.ANIMATE), PICTURE, capabilities(), "camera"),
        (request(Kind.ANIMATE), PICTURE, capabilities("svd-xt"), "svd"),
        (request(Kind.ANIMATE), PICTURE, capabilities("svd"), "svd"),
        (request(Kind.ANIMATE), PICTURE, capabilities("svd-xt", device=Device()), "camera"),
        (request(Kind.ANIMATE), PICTURE, capabilities("svd-xt", device=Device(), slow=True), "svd"),
        (request(Kind.ANIMATE, prompt=""), PAGE, capabilities("svd-xt"), "camera"),
        (request(Kind.ANIMATE), PAGE, capabilities("svd-xt"), "svd"),
        (request(Kind.ANIMATE, prompt=""), shown("product", LINE), capabilities("svd-xt"), "camera"),
        (request(Kind.ANIMATE), shown("product", LINE), capabilities("svd-xt"), "svd"),
        (request(Kind.ANIMATE, prompt=""), shown("product"), capabilities("svd-xt"), "svd"),
        (request(Kind.ANIMATE, prompt=""), shown("animal", LINE), capabilities("svd-xt"), "svd"),
        (request(), None, capabilities(), "sketch"),
        (request(), None, capabilities("motion-v1-5-3"), "sketch"),
        (request(), None, capabilities("motion-v1-5-3", "epicrealism"), "animatediff"),
        (request(), None, capabilities("motion-v1-5-3", checkpoints=("mine",)), "animatediff"),
        (request(), None, capabilities(*EVERYTHING), "wan"),
        (request(), None, capabilities(*EVERYTHING, device=card(8)), "animatediff"),
        (
            request(styles=(Style(name="ink"),)),
            None,
            capabilities(*EVERYTHING, styles=("ink",)),
            "animatediff",
        ),
        (request(model="mine"), None, capabilities(*EVERYTHING, checkpoints=("mine",)), "animatediff"),
        (request(prompt="0: a bud | 8: a flower"), None, capabilities(*EVERYTHING), "animatediff"),
    ],
)
def test_the_best_engine_that_is_here_draws(asked, picture, here, engine):
    recipe = plan(asked, picture, capabilities=here)
    assert recipe.engine == engine
    assert recipe.reasons[0].startswith(f"{engine}: ")


@pytest.mark.parametrize(
    ("engine", "kind", "ignored"),
    [
        ("svd", Kind.ANIMATE, True),
        ("camera", Kind.ANIMATE, True),
        ("sketch", Kind.TEXT2VIDEO, True),
        ("wan", Kind.TEXT2VIDEO, False),
    ],
)
def test_an_engine_that_is_steered_away_from_nothing_says_so(engine, kind, ignored):
    picture = PICTURE if kind is Kind.ANIMATE else None
    here = capabilities(*EVERYTHING)
    reasons = plan(request(kind, engine=engine, negative="rain"), picture, capabilities=here).reasons
    assert any("ignores the negative prompt" in reason for reason in reasons) is ignored
    reasons = plan(request(kind, engine=engine), picture, capabilities=here).reasons
    assert not any("ignores the negative prompt" in reason for reason in reasons)


LARGE = (*EVERYTHING, "wan-2.2-ti2v-5b", "fastwan-2.2-ti2v-5b", "lightning")


@pytest.mark.parametrize(
    ("asked", "picture", "quality", "engines"),
    [
        (Kind.TEXT2VIDEO, None, Quality.FAST, ["animatediff"] * 3 + ["wan-5b"] * 3),
        (Kind.TEXT2VIDEO, None, Quality.BALANCED, ["animatediff"] * 2 + ["wan"] + ["wan-5b"] * 3),
        (Kind.TEXT2VIDEO, None, Quality.BEST, ["animatediff"] * 2 + ["wan"] + ["wan-5b"] * 3),
        (Kind.ANIMATE, PICTURE, Quality.FAST, ["svd"] * 6),
        (Kind.ANIMATE, PICTURE, Quality.BALANCED, ["svd"] * 3 + ["wan-5b"] * 3),
        (Kind.ANIMATE, PICTURE, Quality.BEST, ["svd"] * 3 + ["wan-5b"] * 3),
    ],
)
def test_quality_and_card_choose_the_engine(asked, picture, quality, engines):
    """Of 6, 8, 12, 16, 24 and 80 GB, of which the driver tells a little less."""
    cards = [capabilities(*LARGE, device=card(gib * 0.97)) for gib in (6, 8, 12, 16, 24, 80)]
    chosen = [plan(request(asked, quality=quality), picture, capabilities=here).engine for here in cards]
    assert chosen == engines


WITH_VACE = (*LARGE, "wan-vace-1.3b", "controlnet-canny")
SECOND = Subject(sha256="b" * 64, width=900, height=900)
FILM = Subject(sha256="c" * 64, width=640, height=480, seconds=4.0)


@pytest.mark.parametrize(
    ("asked", "files", "engines"),
    [
        # In the order of the presets, on cards of 8, 12 and 24 GB.
        (request(follow=Follow.EDGES), {"reference": FILM}, ["animatediff-control", "wan-vace", "wan-vace"]),
        (request(Kind.RESTYLE), {"reference": FILM}, ["animatediff", "wan-vace", "wan-vace"]),
        (request(), {"like": SECOND}, ["animatediff", "wan-vace", "wan-vace"]),
        (request(), {"subject": PICTURE}, ["animatediff", "wan-vace", "wan-5b"]),
        (request(Kind.ANIMATE), {"subject": PICTURE}, ["svd", "wan-vace", "wan-5b"]),
        (request(Kind.ANIMATE), {"subject": PICTURE, "end": SECOND}, ["wan-vace"] * 3),
        (request(Kind.ANIMATE, prompt=""), {"subject": PICTURE}, ["svd"] * 3),
        (request(), {}, ["animatediff", "wan", "wan-5b"]),
        (request(quality=Quality.FAST), {"like": SECOND}, ["animatediff"] * 3),
        (
            request(quality=Quality.FAST, follow=Follow.EDGES),
            {"reference": FILM},
            ["animatediff-control"] * 3,
        ),
        (request(seconds=8), {"like": SECOND}, ["animatediff"] * 3),
        (request(styles=(Style(name="ink"),)), {"like": SECOND}, ["animatediff"] * 3),
    ],
)
def test_what_is_asked_for_beside_words_goes_to_vace_where_the_card_holds_it(asked, files, engines):
    cards = [capabilities(*WITH_VACE, device=card(gib * 0.97), styles=("ink",)) for gib in (8, 12, 24)]
    assert [plan(asked, capabilities=here, **files).engine for here in cards] == engines


@pytest.mark.parametrize("quality", list(Quality))
@pytest.mark.parametrize("gib", [6, 16, 80])
def test_a_picture_without_words_goes_to_the_engine_that_reads_none(quality, gib):
    here = capabilities(*LARGE, device=card(gib))
    assert (
        plan(request(Kind.ANIMATE, prompt=" ", quality=quality), PICTURE, capabilities=here).engine == "svd"
    )


@pytest.mark.parametrize("missing", ["motion-v1-5-3", "epicrealism"])
def test_an_engine_none_of_whose_ways_can_do_it_is_passed_over(missing):
    """AnimateLCM cannot start with a picture: a card of 8 GB then takes what can, and gives things up."""
    here = capabilities(*(name for name in LARGE if name != missing), device=card(8))
    assert plan(request(), PICTURE, capabilities=here).engine == "wan-5b"


def test_an_engine_that_the_card_cannot_hold_is_named():
    recipe = plan(request(), capabilities=capabilities(*EVERYTHING, device=card(8)))
    assert recipe.reasons[0].endswith("; wan needs more memory than this GPU has")


def test_where_the_card_holds_none_the_one_that_gives_up_least_draws_and_not_a_stand_in():
    assert plan(request(), capabilities=capabilities(*EVERYTHING, device=card(1))).engine == "animatediff"


@pytest.mark.parametrize(
    ("asked", "here", "code", "says"),
    [
        (
            request(engine="svd"),
            capabilities(),
            "E_NO_ENGINE",
            "missing its weights .svd-xt.; framekiln models pull svd-xt",
        ),
        (request(engine="animatediff"), capabilities("motion-v1-5-3"), "E_NO_ENGINE", "missing a checkpoint"),
        (
            request(engine="wan"),
            capabilities("wan-2.1-1.3b", "wan-umt5", device=Device()),
            "E_NO_ENGINE",
            "missing a GPU",
        ),
        (request(follow=Follow.POSE), capabilities(), "E_FEATURE", "following a clip"),
        (
            request(engine="sketch", styles=(Style(name="ink"),)),
            capabilities(styles=("ink",)),
            "E_FEATURE",
            "styles",
        ),
        (
            request(engine="wan", model="mine"),
            capabilities(*EVERYTHING, checkpoints=("mine",)),
            "E_FEATURE",
            "choosing a model",
        ),
    ],
)
def test_what_is_missing_is_named_with_the_way_out(asked, here, code, says):
    with pytest.raises(UserError, match=says) as caught:
        plan(asked, capabilities=here)
    assert caught.value.code == code


def test_where_only_weights_are_missing_they_are_named():
    """AnimateLCM cannot start with a picture, and no other engine is here that can."""
    here = capabilities("epicrealism", "animatelcm", "sparsectrl-rgb")
    with pytest.raises(UserError, match=r"animatediff.*models pull motion-v1-5-3") as caught:
        plan(request(), PICTURE, capabilities=here)
    assert caught.value.code == "E_WEIGHTS"


@pytest.mark.parametrize(
    ("asked", "picture", "says"),
    [
        (
            request(Kind.ANIMATE, engine="sketch"),
            PICTURE,
            r"“sketch” doesn't animate pictures. Choose from: camera\.$",
        ),
        (
            request(Kind.ANIMATE, engine="nosuch"),
            PICTURE,
            r"no engine called “?nosuch”? here\. Choose from: camera\.$",
        ),
        (request(engine="nosuch"), None, r"Choose from: sketch\.$"),
        (request(engine="camera"), None, "“camera” needs a picture to start from"),
    ],
)
def test_a_refused_engine_is_told_why_and_which_draw_this_kind(asked, picture, says):
    with pytest.raises(UserError, match=says):
        plan(asked, picture, capabilities=Capabilities())


def test_the_preferred_engines_come_first():
    assert engines_for(Capabilities()) == ("camera", "sketch")
    assert engines_for(capabilities(*EVERYTHING))[-2:] == ("camera", "sketch")


@pytest.mark.parametrize("raw", [False, True])
@pytest.mark.parametrize("engine", ["svd", "animatediff", "wan", "wan-5b"])
@pytest.mark.parametrize("camera", [camera for camera in Camera if camera is not Camera.AUTO])
def test_a_camera_is_followed_or_it_is_said_that_it_is_not(engine, camera, raw):
    every = capabilities(*EVERYTHING, "wan-2.2-ti2v-5b", slow=True)
    kind, subject = (Kind.ANIMATE, PICTURE) if engine == "svd" else (Kind.TEXT2VIDEO, None)
    recipe = plan(request(kind, engine=engine, camera=camera, raw=raw), subject, capabilities=every)
    told_to_the_model = "camera" in recipe.settings or "the camera" in recipe.words
    assert told_to_the_model or any(f"“{camera}”" in reason for reason in recipe.reasons)


@pytest.mark.parametrize(
    ("words", "picture", "said"),
    [
        ("", PAGE, STAYS_READABLE),
        ("a fox", PAGE, GETS_GARBLED),
        ("", PICTURE, None),
        ("a fox", PICTURE, None),
    ],
)
def test_a_page_of_text_is_told_what_becomes_of_it(words, picture, said):
    made = plan(request(Kind.ANIMATE, prompt=words), picture, capabilities=capabilities("svd-xt"))
    assert [reason for reason in made.reasons if "small text" in reason] == ([said] if said else [])
    asked = request(Kind.ANIMATE, prompt=words, engine="svd")
    assert plan(asked, picture, capabilities=capabilities("svd-xt")).engine == "svd"


def tall(sight=None):
    return Subject(sha256="a" * 64, width=900, height=1600, sight=sight)


HEAD = Spot(left=0.4, top=0.05, width=0.2, height=0.1, certainty=0.9)


@pytest.mark.parametrize(
    ("engine", "size", "sight", "crops"),
    [
        ("svd", (1024, 576), Sight(faces=(HEAD,)), {"picture": (0.5, 0.015)}),
        ("svd", (1024, 576), Sight(faces=()), {}),
        ("svd", (1024, 576), None, {}),
        ("svd", (576, 1024), Sight(faces=(HEAD,)), {}),
        ("camera", (1024, 576), Sight(faces=(HEAD,)), {}),
    ],
    ids=["head", "nobody", "unseen", "its own shape", "aims by itself"],
)
def test_a_model_is_shown_the_part_with_the_head(engine, size, sight, crops):
    made = plan(
        request(Kind.ANIMATE, engine=engine, size=size),
        tall(sight),
        capabilities=capabilities("svd-xt"),
    )
    assert made.crops == crops


def test_an_animal_is_kept_where_there_is_no_face_and_at_the_other_end_as_well():
    dog = Thing(left=0.3, top=0.8, width=0.4, height=0.15, certainty=0.9, kind=ThingKind.ANIMAL)
    end = tall(Sight(faces=(), things=(dog,)))
    here = capabilities(*EVERYTHING, "wan-vace-1.3b")
    made = plan(request(Kind.ANIMATE, size=(832, 480)), tall(), end=end, capabilities=here)
    assert made.engine == "wan-vace"
    assert list(made.crops) == ["end"]
    assert made.crops["end"][1] > 0.9


@pytest.mark.parametrize("engine", ["camera", "wan-vace"])
def test_what_goes_from_one_picture_to_another_keeps_the_heads_of_both(engine):
    made = plan(
        request(Kind.ANIMATE, size=(832, 480), engine=engine),
        tall(Sight(faces=(HEAD,))),
        end=tall(Sight(faces=(HEAD,))),
        capabilities=capabilities(*EVERYTHING, "wan-vace-1.3b"),
    )
    assert made.crops["picture"] == made.crops["end"]
    assert made.crops["end"][1] < 0.1


@pytest.mark.parametrize(
    ("kind", "words"), [("animal", "fur"), ("vehicle", "reflections"), ("product", "studio")]
)
def test_what_a_picture_shows_chooses_the_words(kind, words):
    here = capabilities(*EVERYTHING, "wan-2.2-ti2v-5b")
    asked = request(Kind.ANIMATE, engine="wan-5b", prompt="slowly")
    assert words in plan(asked, shown(kind), capabilities=here).words
    assert words not in plan(asked, PICTURE, capabilities=here).words


def test_all_of_a_long_page_is_in_the_frame():
    """Its camera passed over it like over a panorama, so that its first and last words were cut."""
    long = replace(PAGE, width=2000, height=800)
    recipe = plan(request(Kind.ANIMATE, prompt=""), long, capabilities=capabilities())
    assert recipe.width / recipe.height == pytest.approx(2.5, rel=0.03)
    long = replace(long, sight=None)
    photograph = plan(request(Kind.ANIMATE, prompt=""), long, capabilities=capabilities())
    assert photograph.width / photograph.height == pytest.approx(2.0, rel=0.03)
