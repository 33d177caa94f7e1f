"""Who does what, and with what, in any order of words."""

from __future__ import annotations

import pytest

from engine.families.sketch.language.reading import read
from engine.families.sketch.words import Action, Link
from tests.engine.families.sketch.scenes import said


@pytest.mark.parametrize(
    ("prompt", "action"),
    [
        ("a dog running", Action.RUN),
        ("a running dog", Action.RUN),
        ("dos perros corriendo por la playa", Action.RUN),
        ("собака бежит под дождём", Action.RUN),
        ("biegnący pies", Action.RUN),
        ("ein Hund und eine Katze tanzen", Action.DANCE),
        ("un chat qui dort", Action.SLEEP),
        ("a bomb exploding", Action.EXPLODE),
        ("宇宙を飛ぶパンダ", Action.FLY),
        ("üç balon uçuyor", Action.FLY),
        ("two dogs kissing", Action.KISS),
        ("it's raining tacos", Action.FALL),
        ("un loup hurle", Action.SING),
        ("wolves howling", Action.SING),
        ("белая лошадь бежит по полю", Action.RUN),
    ],
)
def test_verbs_are_actions_of_the_things_beside_them(prompt, action):
    assert {subject.action for subject in read(prompt).subjects} == {action}


@pytest.mark.parametrize(
    ("prompt", "link"),
    [
        ("an astronaut riding a horse", Link.RIDE),
        ("a penguin eating pizza", Link.EAT),
        ("deux lapins mangent des carottes", Link.EAT),
        ("a frog with a crown", Link.WEAR),
        ("a dog wearing sunglasses", Link.WEAR),
        ("a red dragon over a castle", Link.OVER),
        ("медведь на велосипеде", Link.ON),
        ("猫がピアノを弾く", Link.HOLD),
        ("a dinosaur chasing a car", Link.CHASE),
        ("a dog catching a frisbee", Link.CHASE),
        ("девочка кормит кролика", Link.WATCH),
        ("ein Junge füttert eine Ente", Link.WATCH),
        ("um cachorro de óculos na praia", Link.WEAR),
        ("un perro con gafas", Link.WEAR),
        ("кот в очках", Link.WEAR),
        ("a ufo abducting a cow", Link.OVER),
        ("um papagaio numa árvore", Link.IN),
        ("une grenouille sur un nénuphar", Link.ON),
    ],
)
def test_a_verb_or_a_preposition_links_two_things(prompt, link):
    subject, thing = read(prompt).subjects
    assert (subject.link, thing.link, thing.to) == (None, link, 0)


def test_what_falls_in_falling_snow_is_the_snow():
    assert [subject.action for subject in read("a house, snow falling").subjects] == [None]
    assert read("a falling star").subjects[0].action is Action.FALL


def test_a_verb_that_is_said_of_a_place_or_the_weather_is_nobody_elses():
    assert read("a polar bear on a melting iceberg").subjects[0].action is None
    assert read("a melting snowman on ice").subjects[0].action is Action.MELT


@pytest.mark.parametrize(
    ("prompt", "found"),
    [
        ("屋根の上で眠る猫", "cat sleep, house on"),
        ("猫が屋根の上で月を見ている", "cat, house on, crescent-moon watch"),
        ("ねこがねずみを追いかけている", "cat, mouse chase"),
        ("眼鏡をかけたフクロウが本を読んでいる", "owl, glasses wear, open-book hold"),
        ("춤추는 고양이", "cat dance"),
        ("파란 드레스를 입은 공주가 말을 타고 있다", "princess, dress wear, horse ride"),
        ("çorba içen bir amca", "man, bowl-with-spoon drink"),
        ("戴着墨镜的狗", "dog, sunglasses wear"),
        ("女孩坐在月亮上", "girl"),
        ("a nagypapa újságot olvas a fotelban", "old-man, newspaper hold, seat"),
        ("eine Katze, die Pizza isst", "cat, pizza eat"),
        ("пожарный тушит горящий дом", "firefighter, house burn"),
        ("Feuerwehrmann löscht brennendes Haus", "man-firefighter, house burn"),
        ("a cat on a roof watching the moon", "cat, house on, crescent-moon watch"),
    ],
)
def test_verbs_and_relations_find_who_they_are_said_of(prompt, found):
    seen = read(prompt).subjects
    said = [" ".join(filter(None, (one.thing, one.action, one.link))) for one in seen]
    assert ", ".join(said) == found
    assert {subject.to for subject in seen[1:]} <= {0, None}


@pytest.mark.parametrize(
    ("prompt", "doer", "link", "done_to"),
    [
        ("kahve içen bir kedi", "cat", Link.DRINK, "hot-beverage"),
        ("elma yiyen bir at", "horse", Link.EAT, "red-apple"),
        ("コーヒーを飲む猫", "cat", Link.DRINK, "hot-beverage"),
        ("犬を追いかける猫", "cat", Link.CHASE, "dog"),
        ("자전거를 타는 곰", "bear", Link.RIDE, "bicycle"),
        ("a cat drinking coffee", "cat", Link.DRINK, "hot-beverage"),
        ("猫がピザを食べる", "cat", Link.EAT, "pizza"),
    ],
)
def test_who_does_it_is_told_from_what_it_is_done_to_in_any_order_of_words(prompt, doer, link, done_to):
    first, second = read(prompt).subjects
    assert (first.thing, second.thing, second.link, second.to) == (doer, done_to, link, 0)


def test_a_broom_belongs_to_the_one_that_rides_on_it():
    wizard, castle, broom = read("a wizard flying over a castle on a broom").subjects
    assert (castle.link, castle.to) == (Link.OVER, 0)
    assert (broom.link, broom.to) == (Link.ON, 0)
    assert wizard.to is None


@pytest.mark.parametrize(
    ("prompt", "found"),
    [
        ("a cat watching a house on fire", ["cat", "house burn watch"]),
        ("um bombeiro salvando um gatinho de uma árvore em chamas",
         ["firefighter", "cat", "deciduous-tree burn"]),
        ("un gato mirando una casa en llamas", ["cat", "house burn watch"]),
        ("un pompier devant une maison en feu", ["firefighter", "house burn"]),
        ("un pompiere e una casa in fiamme", ["firefighter", "house burn"]),
        ("a cat and a dog on fire", ["cat burn", "dog burn"]),
        ("a bear riding a bike on fire", ["bear burn", "bicycle ride"]),
        ("a wizard with a wand on a mountain casting a spell",
         ["person-mage shine", "magic-wand with", "mountain on"]),
    ],
)  # fmt: skip
def test_what_burns_is_the_nearest_and_not_who_stands_by(prompt, found):
    assert said(prompt) == found


@pytest.mark.parametrize(
    ("prompt", "found"),
    [
        ("a man watching birds flying", ["man", "bird fly watch"]),
        ("a boy watching a dog dancing", ["boy", "dog dance watch"]),
        ("a cat chasing a mouse running", ["cat", "mouse run chase"]),
        ("a boy watching falling stars", ["boy", "star fall"]),
        ("a cat watching birds and dancing", ["cat dance", "bird watch"]),
        ("a girl watching the moon crying", ["girl cry", "crescent-moon watch"]),
        ("猫が犬を見て笑う", ["cat laugh", "dog watch"]),
    ],
)
def test_who_is_watched_or_chased_does_what_is_said_next(prompt, found):
    assert said(prompt) == found


@pytest.mark.parametrize(
    ("prompt", "link", "seated"),
    [
        ("a pirate with a parrot on his shoulder on a ship in a storm", Link.ON, 0),
        ("een piraat met een papegaai op zijn schouder op een schip", Link.ON, 0),
        ("a girl with a cat on a bicycle", Link.ON, 0),
        ("ein Junge mit einem Hund in einem Boot", Link.IN, 0),
        ("a girl with a cat in a basket", Link.IN, 1),
    ],
)
def test_who_has_an_animal_with_them_is_seated_and_not_the_animal(prompt, link, seated):
    _, animal, seat = read(prompt).subjects
    assert (animal.link, animal.to) == (Link.WITH, 0)
    assert (seat.link, seat.to) == (link, seated)


@pytest.mark.parametrize(
    "prompt",
    [
        "a robot with headphones and sunglasses",
        "a cat with a hat and sunglasses",
        "un chien avec un chapeau et une écharpe",
    ],
)
def test_a_second_worn_thing_is_worn_too(prompt):
    _, *worn = read(prompt).subjects
    assert [(one.link, one.to, one.count) for one in worn] == [(Link.WEAR, 0, 1)] * 2


@pytest.mark.parametrize(
    ("prompt", "found"),
    [
        ("a strong man lifting a car", ["man", "automobile lift"]),
        ("a hero lifts a huge bus over a city", ["person-superhero", "bus lift"]),
        ("a balloon lifting two pigs", ["balloon", "pig lift"]),
        ("a rocket lifting off", ["rocket rise"]),
        ("a balloon lifting over a house", ["balloon rise", "house over"]),
    ],
)
def test_who_lifts_something_holds_it_and_does_not_rise(prompt, found):
    assert said(prompt) == found


def test_no_mountain_runs_where_a_fox_does():
    mountain, fox = read("snow on a mountain, a fox running").subjects
    assert (mountain.action, fox.action) == (None, Action.RUN)


@pytest.mark.parametrize(
    "prompt",
    [
        *("a cat running away from a dog", "a cat fleeing from a dog", "eine Katze flieht vor einem Hund"),
        *("un gato huyendo de un perro", "un chat fuit un chien", "un gatto scappa da un cane"),
        *("um gato fugindo de um cachorro", "een kat vlucht voor een hond", "kot ucieka przed psem"),
        *(
            "кот убегает от собаки",
            "кіт тікає від собаки",
            "kočka utíká před psem",
            "en katt springer från en hund",
        ),
        *("kucing lari dari anjing", "con mèo chạy trốn con chó"),
    ],
)
def test_who_flees_is_chased(prompt):
    assert said(prompt) == said("a dog chasing a cat")


def test_one_only_runs_from_what_cannot_chase_and_keeps_what_one_has():
    assert said("a boy running away from a fire")[0] == "boy run"
    assert said("a cat fleeing from a zorblax") == ["cat run"]
    assert said("a girl with a balloon running away from a bear") == ["bear", "girl chase", "balloon with"]
    assert said("a man running away from a bull") == ["ox", "man-running chase"]
    assert said("a house away from a tree") == ["house", "deciduous-tree"]


@pytest.mark.parametrize(
    ("prompt", "who", "clothes"),
    [
        ("赤い着物の女の子", "girl", "kimono"),
        ("帽子の猫", "cat", "top-hat"),
        ("红裙子的女孩", "girl", "dress"),
        ("빨간 모자의 고양이", "cat", "top-hat"),
    ],
)
def test_clothes_that_are_named_before_the_person_are_worn(prompt, who, clothes):
    subjects = read(prompt).subjects
    (worn,) = (one for one in subjects if one.thing == clothes)
    assert (worn.link, worn.to) == (Link.WEAR, [one.thing for one in subjects].index(who))


def test_who_wears_what_is_named_first_also_does_what_was_said_before():
    girl, fireworks, kimono = read("花火を見ている浴衣の女の子").subjects
    assert (girl.thing, girl.to) == ("girl", None)
    assert (fireworks.link, fireworks.to) == (Link.WATCH, 0)
    assert (kimono.link, kimono.to) == (Link.WEAR, 0)
    assert [one.link for one in read("女の子の帽子").subjects] == [None, None]


def test_where_weather_behind_a_comma_falls_nothing_else_stands():
    """The bowl stood on what it rained on."""
    assert [one.link for one in read("a bowl of ramen, rain on the car").subjects] == [None, None]
    assert read("a cat in the rain on a horse").subjects[1].link is Link.ON
