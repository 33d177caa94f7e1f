from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from engine.families.sketch import drawings
from engine.families.sketch.drawings import names
from engine.families.sketch.language import forms, packaged, vocabulary
from engine.families.sketch.language.colouring import COLOURS
from engine.families.sketch.language.reading import read
from engine.families.sketch.language.tokens import tokens
from engine.families.sketch.language.vocabulary import LANGUAGES, speech
from engine.families.sketch.puppet import colours
from engine.families.sketch.words import SHAPES, Action, Hour, Link, Place, Weather


def things(prompt):
    return [(subject.thing, subject.count) for subject in read(prompt).subjects]


def test_the_words_decide_place_hour_weather_colour_and_number():
    vision = read("Two RED hot air balloons rising slowly over a foggy harbour at dawn")
    assert (vision.place, vision.hour) == (Place.SEA, Hour.DAWN)
    assert vision.weather == {Weather.FOG}
    (balloon,) = vision.subjects
    assert (balloon.thing, balloon.count, balloon.colour) == ("hot-air-balloon", 2, COLOURS["red"])
    assert balloon.action is Action.RISE
    assert vision.pace < 1
    assert vision.tint is None
    assert not vision.notes


@pytest.mark.parametrize(
    ("prompt", "thing"),
    [
        ("a cat", "cat"),
        ("un gato", "cat"),
        ("un chien", "dog"),
        ("um macaco", "monkey"),
        ("ein Schmetterling", "butterfly"),
        ("медведь", "bear"),
        ("słoń", "elephant"),
        ("bir köpek", "dog"),
        ("una farfalla", "butterfly"),
        ("een olifant", "elephant"),
        ("слон у лісі", "elephant"),  # noqa: RUF001 - Ukrainian
        ("kočka", "cat"),
        ("en räv i skogen", "fox"),
        ("egy kutya", "dog"),
        ("un câine", "dog"),
        ("kissa metsässä", "cat"),
        ("en hund på stranden", "dog"),
        ("μια γάτα", "cat"),
        ("猫がいる", "cat"),
        ("고양이가 잔다", "cat"),
        ("一只猫在跳舞", "cat"),
        ("一隻貓在跳舞", "cat"),
        ("con mèo", "cat"),
        ("แมวกำลังนอน", "cat"),
        ("seekor kucing", "cat"),
        ("قطة تنام", "cat"),
        ("कुत्ता दौड़ रहा है", "dog"),
    ],
)
def test_a_noun_is_known_in_the_languages_of_discord(prompt, thing):
    assert thing in [name for name, _ in things(prompt)]


@pytest.mark.parametrize(
    ("prompt", "thing", "count"),
    [
        ("butterflies", "butterfly", 3),
        ("two wolves", "wolf", 2),
        ("7 foxes", "fox", 7),
        ("many penguins", "penguin", 7),
        ("sunglasses", "sunglasses", 1),
        ("tres gatos", "cat", 3),
        ("2 Hunde", "dog", 2),
        ("пять собак", "dog", 5),
        ("dwa psy", "dog", 2),
        ("猫三匹", "cat", 1),
        ("三匹の猫", "cat", 3),
        ("두 고양이", "cat", 2),
        ("0 cats", "cat", 3),
        ("100 cats", "cat", 12),
        ("🚀", "rocket", 1),
    ],
)
def test_forms_numbers_and_emoji(prompt, thing, count):
    assert things(prompt)[0] == (thing, count)


def test_the_plural_of_a_thing_is_never_a_small_word():
    """“Bees” were read as a form of “be”, and nothing was drawn."""
    english = vocabulary.vocabulary("en")
    singular = [
        word for word in english.names if word.isalpha() and not word.endswith(("s", "x", "z", "h", "y"))
    ]
    taken = {word: tokens(f"two {word}s")[1][-1].meaning for word in singular if english.said(word) is None}
    assert [word for word, meaning in taken.items() if meaning is None or meaning.kind == "small"] == []
    assert len(taken) > 1300


def test_what_steams_or_blooms_is_no_other_thing():
    assert things("a cup of coffee steaming on a table") == [("hot-beverage", 1)]
    assert things("roses blooming in a garden, bees") == [("rose", 3), ("honeybee", 3)]
    vision = read("눈 속을 달리는 늑대")
    assert [subject.thing for subject in vision.subjects] == ["wolf"]
    assert vision.weather == {Weather.SNOW}


@pytest.mark.parametrize(
    ("prompt", "colours"),
    [
        ("a red dragon and a blue bird", ["red", "blue"]),
        ("un gato verde y un perro rojo", ["green", "red"]),
        ("ein roter Drache", ["red"]),
        ("зелёная собака", ["green"]),
        ("赤い犬", ["red"]),
        ("an orange cat", ["orange"]),
        ("a cat", [None]),
    ],
)
def test_a_colour_belongs_to_the_thing_beside_it(prompt, colours):
    assert [subject.colour for subject in read(prompt).subjects] == [COLOURS.get(name) for name in colours]


def test_a_word_of_two_meanings_is_what_fits():
    assert things("an orange on a table")[0][0] == "tangerine"
    assert read("a fly on a cake").subjects[0].thing == "fly"
    assert read("a pig that can fly").subjects[0].action is Action.FLY


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


@pytest.mark.parametrize(
    ("prompt", "thing", "said"),
    [
        ("a zebroid", "horse", "I drew a horse for “zebroid”"),
        ("a corgi", "dog", "I drew a dog for “corgi”"),
        ("tetto", "house", "I drew a house for “tetto”"),
        ("an elefphant", "elephant", "I drew an elephant for “elefphant”"),
        ("ein Schäferhund", "dog", "I drew a dog for “schäferhund”"),
    ],
)
def test_a_stand_in_is_said(prompt, thing, said):
    vision = read(prompt)
    assert vision.subjects[0].thing == thing
    assert vision.notes == (said,)


def test_what_is_not_known_is_said_and_nothing_is_made_up():
    vision = read("a quxblorf and a cat")
    assert things("a quxblorf and a cat") == [("cat", 1)]
    assert vision.notes == ("the sketch does not know “quxblorf”",)
    nothing = read("melancholy algorithms")
    assert nothing.subjects == ()
    assert "“melancholy”, “algorithms”" in nothing.notes[0]
    assert nothing.salt != read("forgotten theorems").salt
    assert read("").notes


@pytest.mark.parametrize(
    ("prompt", "missing"),
    [
        ("a purple elephant with wings", "wings"),
        ("a dinosaur destroying buildings", "destroying"),
        ("une automobile rouge et un boulot", "boulot"),
    ],
)
def test_what_was_asked_for_and_draws_nothing_is_said(prompt, missing):
    """Words whose drawing would be a wrong one were passed over without a word."""
    vision = read(prompt)
    assert len(vision.subjects) == 1
    assert vision.notes == (f"the sketch does not know “{missing}”",)
    assert read("a small purple elephant sitting in a field").notes == ()


def test_a_note_holds_few_and_short_words():
    (note,) = read(" ".join(f"{letter * 60}q" for letter in "bcdfghj")).notes
    assert note.endswith("and 4 more")
    assert len(note) < 160


def test_a_thing_of_no_known_place_is_where_its_kind_lives():
    assert read("a shark").place is Place.UNDERWATER
    assert read("a camel").place is Place.DESERT
    assert read("a sailboat").place is Place.SEA
    assert read("a dog swimming").place is Place.SEA
    assert read("a cat eating a fish").place is not Place.UNDERWATER


@pytest.mark.parametrize(
    ("prompt", "language"),
    [
        ("the cat", "en"),
        ("la casa", "es"),
        ("кіт їсть", "uk"),
        ("кот ест рыбу", "ru"),
        ("猫と犬", "ja"),
        ("", "en"),
    ],
)
def test_the_language_is_the_one_that_knows_most_of_the_words(prompt, language):
    assert tokens(prompt)[0] == language


def test_every_word_names_what_can_be_drawn():
    known = {*names(), *SHAPES}
    for language in LANGUAGES:
        said = speech(language)
        assert {*said["thing"], *said["like"]} - {"pirate-ship", "cherry-tree"} <= known
    for language in ("en", "de", "ja"):
        assert set(vocabulary.vocabulary(language).names.values()) - {"pirate-ship", "cherry-tree"} <= known
    assert set(vocabulary.emoji().values()) <= known
    assert sum(bool(speech(language)["verb"]) for language in LANGUAGES) >= 28


def test_keywords_of_gestures_moods_and_signs_name_nothing_but_their_names_do():
    """A cat that looked, sat or was up stood beside an eye, a fist and a pointing hand."""
    english, chinese, korean = (vocabulary.vocabulary(language).names for language in ("en", "zh", "ko"))
    assert [english.get(word) for word in ("eye", "thumbs up", "collision")] == [
        "eye",
        "thumbs-up",
        "collision",
    ]
    assert [word for word in ("seriously", "branch", "page", "reject") if word in english] == []
    assert [word for word in ("看", "打", "好") if word in chinese] == []
    assert chinese["猫"] == "cat"
    assert "위쪽" not in korean


@pytest.mark.parametrize(
    "prompt",
    [
        "a cat on a bridge in a forest",
        "in Paris a bus drives over a bridge",
        "un gato en el puente",
        "橋の上の猫",
    ],
)
def test_a_bridge_is_a_place_wherever_it_is(prompt):
    assert read(prompt).place is Place.BRIDGE
    assert len(read(prompt).subjects) == 1


def test_a_red_bus_has_a_red_body_and_clear_windows():
    bus = drawings.drawing("bus")
    changed = [
        before.colour for before, after in zip(bus.parts, colours(bus, COLOURS["red"]), strict=True)
        if before.colour != after
    ]  # fmt: skip
    assert changed
    assert (38, 201, 252) not in changed


def test_a_ship_that_sails_is_one_ship_and_coral_grows_under_water():
    assert things("a viking ship sailing through fog") == [("ship", 1)]
    assert things("sailing at sunset") == [("sailboat", 1)]
    assert read("a turtle between corals in the sea").place is Place.UNDERWATER


@pytest.mark.parametrize(
    ("prompt", "found"),
    [
        ("a couple watching the sunset on the beach", [("person", 2)]),
        ("a couple of dogs in the park", [("dog", 2)]),
        ("two couples dancing", [("person", 2)]),
        ("a surfer riding a giant wave", [("person-surfing", 1), ("water-wave", 1)]),
        ("a red dragon sleeping on a pile of gold", [("dragon", 1), ("coin", 1)]),
        ("three little pigs building a house", [("pig", 3), ("house", 1)]),
    ],
)
def test_what_a_word_is_said_of_decides_what_it_means(prompt, found):
    assert things(prompt) == found


def test_a_verb_that_is_said_of_a_place_or_the_weather_is_nobody_elses():
    assert read("a polar bear on a melting iceberg").subjects[0].action is None
    assert read("a melting snowman on ice").subjects[0].action is Action.MELT


@pytest.mark.parametrize(
    "prompt", ["northern lights over a cabin", "ein Fuchs unter dem Nordlicht", "オーロラの下の狼"]
)
def test_the_northern_lights_glow_at_night(prompt):
    vision = read(prompt)
    assert (vision.weather, vision.hour) == (frozenset({Weather.AURORA}), Hour.NIGHT)
    assert len(vision.subjects) == 1
    assert read("a boy watching the stars").hour is Hour.NIGHT


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
    ("prompt", "found"),
    [
        ("Hunde spielen im Park", [("dog", 3)]),
        ("einen Bären im Wald", [("bear", 1)]),
        ("katten slapen", [("cat", 3)]),
        ("blommor", [("tulip", 3)]),
        ("påskharen dansar", [("rabbit", 1)]),
        ("un ours et deux lapins", [("bear", 1), ("rabbit", 2)]),
        ("dei gatti giocano", [("cat", 3)]),
        ("il cane dorme", [("dog", 1)]),
        ("İki kedi", [("cat", 2)]),
        ("el rey y la reina", [("person-with-crown", 2)]),
        ("кот-космонавт", [("cat", 1), ("astronaut", 1)]),
        ("un camión de bomberos rojo", [("fire-engine", 1)]),
        ("cad\u0131 uçuyor", [("woman-mage", 1)]),
        ("ein Glas Wein", [("wine-glass", 1)]),
        ("dua anak kecil", [("child", 2)]),
        ("niedźwiedź w lesie", [("bear", 1)]),
        ("แมวดำ", [("black-cat", 1)]),
        ("แมวสองตัวเล่นบอลในสวน", [("cat", 2), ("soccer-ball", 1)]),
        ("오리 세 마리가 헤엄친다", [("duck", 3)]),
        ("두 고양이와 강아지", [("cat", 2), ("dog", 1)]),
        ("犬と三匹の猫", [("dog", 1), ("cat", 3)]),
        ("三个外星人坐在篝火旁", [("alien", 3), ("fire", 1)]),
    ],
)
def test_numbers_plurals_and_names_in_many_languages(prompt, found):
    assert things(prompt) == found


@pytest.fixture
def fresh():
    """The caches of the data files, emptied before and after."""
    caches = (
        vocabulary.vocabulary, vocabulary.speech, vocabulary.emoji, drawings._arrays, drawings.names,
        forms._cut_off, forms._endings, forms._letters, forms.folded, forms.stem,
    )  # fmt: skip
    for cached in (*caches, tokens):
        cached.cache_clear()
    yield
    for cached in (*caches, tokens):
        cached.cache_clear()


@pytest.mark.parametrize("damage", ["missing", "empty", "cut"])
@pytest.mark.parametrize("name", ["words.zip", "drawings.npz", "speech/de.toml", "endings.toml"])
def test_a_damaged_data_file_is_named_in_a_clear_error(tmp_path, monkeypatch, fresh, name, damage):
    copy = tmp_path / "data"
    shutil.copytree(packaged.DATA, copy)
    if damage == "missing":
        (copy / name).unlink()
    else:
        whole = (copy / name).read_bytes()
        (copy / name).write_bytes(b"" if damage == "empty" else whole[: len(whole) // 2])
    monkeypatch.setattr(packaged, "DATA", copy)
    with pytest.raises(RuntimeError, match=rf"cannot read {Path(name).name}.*Install Framekiln again"):
        names() if name == "drawings.npz" else read("ein Käfer")


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


@pytest.mark.parametrize(
    "prompt",
    [
        "a ship under a full moon",
        "a wolf howling at the full moon",
        "un lobo bajo la luna llena",
        "ein Wolf unter dem Vollmond",
        "月の下の狼",
    ],
)
def test_under_a_moon_it_is_night(prompt):
    assert read(prompt).hour is Hour.NIGHT


@pytest.mark.parametrize(
    "prompt",
    [
        "um tubarão no fundo do mar",
        "an octopus at the bottom of the sea",
        "un pulpo en el fondo del mar",
        "ein Krake am Meeresgrund",
        "une pieuvre au fond de la mer",
    ],
)
def test_the_bottom_of_the_sea_is_under_water(prompt):
    vision = read(prompt)
    assert vision.place is Place.UNDERWATER
    assert len(vision.subjects) == 1


def test_what_sits_on_a_leaf_has_one_and_what_is_among_leaves_has_wind():
    for prompt in ("a snail on a leaf", "ein Frosch auf einem Blatt", "un escargot sur une feuille"):
        vision = read(prompt)
        assert len(vision.subjects) == 2
        assert vision.subjects[1].link is Link.ON
    assert read("a fox in autumn leaves").weather == {Weather.WIND}
    assert [subject.thing for subject in read("leaves in the wind").subjects] == []


def test_a_broom_belongs_to_the_one_that_rides_on_it():
    wizard, castle, broom = read("a wizard flying over a castle on a broom").subjects
    assert (castle.link, castle.to) == (Link.OVER, 0)
    assert (broom.link, broom.to) == (Link.ON, 0)
    assert wizard.to is None
