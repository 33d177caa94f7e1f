"""What a noun names and how many, in which language."""

from __future__ import annotations

import pytest

from engine.families.sketch.habits import is_person
from engine.families.sketch.language import vocabulary
from engine.families.sketch.language.reading import read
from engine.families.sketch.language.tokens import tokens
from engine.families.sketch.words import Action, Hour, Link, Weather
from tests.engine.families.sketch.scenes import said, things


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


def test_a_word_of_two_meanings_is_what_fits():
    assert things("an orange on a table")[0][0] == "tangerine"
    assert read("a fly on a cake").subjects[0].thing == "fly"
    assert read("a pig that can fly").subjects[0].action is Action.FLY


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


@pytest.mark.parametrize("noun", ["man", "girl", "baby", "car", "fox", "king", "plane", "rose", "hat"])
@pytest.mark.parametrize("said", ["{}", "a {}", "the {}", "a baby {}", "a {} on mars", "cool {}"])
def test_short_english_is_english_whatever_else_its_words_may_be(said, noun):
    """*Man* is a German word, *king*, *girl* and *fox* are read in Hungarian, *plane* in French."""
    prompt = said.format(noun)
    assert tokens(prompt)[0] == "en"
    assert read(prompt).subjects


@pytest.mark.parametrize(
    ("prompt", "language"),
    [("le roi et la reine", "fr"), ("man tanzt im Regen", "de"), ("egy autó", "hu"), ("un robot", "es")],
)
def test_a_short_prompt_of_another_language_is_of_that(prompt, language):
    assert tokens(prompt)[0] == language


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


@pytest.mark.parametrize(
    ("prompt", "found"),
    [
        ("eine Fliege sitzt auf dem Kuchen", ["fly", "birthday-cake on"]),
        ("een vlieg op een taart", ["fly", "birthday-cake on"]),
        ("ein Mann mit einer Fliege", ["man", "necktie wear"]),
        ("un voilier et un vol de mouettes", ["sailboat", "bird fly"]),
        ("ein Kampf zwischen Löwe und Hai", ["lion fight", "shark"]),
        ("een hond die vliegt", ["dog fly"]),
        ("eine Katze, die tanzt", ["cat dance"]),
        ("twee vissen in het water", ["fish"]),
        ("o cão e o gato a dormirem", ["dog sleep", "cat sleep"]),
    ],
)
def test_behind_an_article_a_word_is_a_noun_in_any_language(prompt, found):
    assert said(prompt) == found


@pytest.mark.parametrize(
    ("prompt", "thing"),
    [
        ("mensen vissen", "fishing-pole"),
        ("drie kinderen zeilen", "sailboat"),
        ("kinderen skiën", "skis"),
        ("twee konijnen schaatsen op een bevroren meer", "ice-skate"),
    ],
)
def test_a_dutch_infinitive_behind_somebody_is_a_verb(prompt, thing):
    assert [one.thing for one in read(prompt).subjects][1:] == [thing]


@pytest.mark.parametrize(
    ("prompt", "found"),
    [
        ("a man fishing with a fishing rod", [("man", None, 1), ("fishing-pole", Link.HOLD, 1)]),
        ("a bear taking a bath in a bathtub", [("bear", None, 1), ("bathtub", Link.IN, 1)]),
        ("duas capivaras tomando banho numa banheira amarela",
         [("hamster", None, 2), ("bathtub", Link.IN, 1)]),
        ("un chien prend un bain dans une baignoire", [("dog", None, 1), ("bathtub", Link.IN, 1)]),
        ("Männer angeln mit einer Angel", [("man", None, 3), ("fishing-pole", Link.HOLD, 1)]),
        ("a cat and a bathtub", [("cat", None, 1), ("bathtub", None, 1)]),
        ("boats on the sea", [("sailboat", None, 3)]),
    ],
)  # fmt: skip
def test_an_act_and_what_it_is_done_with_are_one_thing(prompt, found):
    assert [(one.thing, one.link, one.count) for one in read(prompt).subjects] == found


@pytest.mark.parametrize(
    ("prompt", "found"),
    [
        ("two tennis players", [("man", 2), ("tennis hold", 1)]),
        ("a guitar player on the moon", [("man", 1), ("guitar hold", 1)]),
        ("a video game player eating chips", [("man", 1), ("video-game hold", 1), ("french-fries eat", 1)]),
        ("a cat watching a tennis player", [("cat", 1), ("man watch", 1), ("tennis hold", 1)]),
        ("a cricket player with a bat", [("man", 1), ("cricket-game hold", 1)]),
        ("baseball player with a wooden bat", [("man", 1), ("baseball hold", 1), ("cricket-game with", 1)]),
        ("a gamer cat", [("cat", 1)]),
        ("gamer girl with headphones", [("girl", 1), ("headphone wear", 1)]),
        ("a dvd player", [("dvd", 1)]),
        ("a cricket on a leaf", [("cricket", 1), ("maple-leaf on", 1)]),
        ("a bat in a cave", [("bat", 1)]),
    ],
)
def test_a_player_is_one_person_who_has_what_the_game_is_played_with(prompt, found):
    seen = read(prompt).subjects
    assert [(" ".join(filter(None, (one.thing, one.link))), one.count) for one in seen] == found


@pytest.mark.parametrize(
    ("prompt", "found"),
    [
        ("一只熊猫在竹林里骑自行车", ["panda", "bicycle ride"]),
        ("一个女孩骑马", ["girl", "horse ride"]),
        ("猫撑伞", ["cat", "umbrella hold"]),
        ("狗拉雪橇", ["dog", "sled on"]),
        ("勇士打恶龙", ["guard", "dragon"]),
    ],
)
def test_a_chinese_name_that_begins_with_its_verb_is_a_verb_and_a_thing(prompt, found):
    assert said(prompt) == found


@pytest.mark.parametrize(
    ("prompt", "count"), [("kediler", 3), ("kedi", 1), ("uzayda dans eden inekler", 3), ("köpekleri", 3)]
)
def test_a_turkish_plural_is_one(prompt, count):
    assert [subject.count for subject in read(prompt).subjects] == [count]


def test_marks_are_not_taken_for_letters():
    """The marks of data/speech are no letters of a word."""
    english = vocabulary.vocabulary("en")
    assert not [
        word for word in (*english.speech, *english.things, *english.standins) if set(word) & set("*?")
    ]


@pytest.mark.parametrize(
    ("prompt", "thing"),
    [
        ("children playing in snow", "child"),
        ("bambini che corrono", "child"),
        ("uomini che ballano", "man"),
        ("kinderen rennen", "child"),
        ("muizen eten", "mouse"),
        ("Vögel fliegen über das Meer", "bird"),
        ("des chevaux courent", "horse"),
    ],
)
def test_a_plural_that_no_ending_tells_is_one_too(prompt, thing):
    assert [(one.thing, one.count) for one in read(prompt).subjects] == [(thing, 3)]


@pytest.mark.parametrize(
    ("prompt", "found", "said"),
    [
        ("a taco truck", [("delivery-truck", 1)], "I drew a delivery truck for “taco truck”"),
        ("two carrot cakes", [("birthday-cake", 2)], "I drew a birthday cake for “carrot cakes”"),
        ("a boy and a dog house", [("boy", 1), ("house", 1)], "I drew a house for “dog house”"),
        ("a strawberry milkshake", [("cup-with-straw", 1)], "I drew a cup for “strawberry milkshake”"),
        ("a golden retriever puppy", [("dog", 1)], "I drew a dog for “retriever puppy”"),
        ("a red fire truck", [("fire-engine", 1)], None),
        ("a puppy dog", [("dog", 1)], None),
        ("a taco. A truck", [("taco", 1), ("delivery-truck", 1)], None),
        ("an ice cream van", [("delivery-truck", 1)], "I drew a delivery truck for “ice cream van”"),
        ("a taco, truck", [("taco", 1), ("delivery-truck", 1)], None),
        ("a dog - house", [("dog", 1), ("house", 1)], None),
        ("tacos truck", [("taco", 3), ("delivery-truck", 1)], None),
        ("a cat astronaut", [("cat", 1), ("astronaut", 1)], None),
        ("my mom's car", [("woman", 1), ("automobile", 1)], None),
        ("a man fishing", [("man", 1), ("fishing-pole", 1)], None),
        ("🌮🚚", [("taco", 1), ("delivery-truck", 1)], None),
        ("un gato casa", [("cat", 1), ("house", 1)], None),
    ],
)
def test_of_two_things_beside_each_other_english_means_the_second(prompt, found, said):
    vision = read(prompt)
    assert [(one.thing, one.count) for one in vision.subjects] == found
    assert vision.notes == (() if said is None else (said,))


def test_polish_nuts_are_no_coconuts():
    assert things("trzy orzechy") == [("chestnut", 3)]
    assert things("orzech kokosowy") == [("coconut", 1)]


def test_a_cub_right_behind_its_kind_is_a_small_one_of_it():
    (grown,), (young,) = read("a lion").subjects, read("a lion cub").subjects
    assert young.thing == "lion"
    assert young.scale < grown.scale
    assert things("fox cubs playing") == [("fox", 3)]
    assert read("a bear cub").notes == read("a lion and her cub").notes == ()


def test_bros_are_people_and_sundown_is_an_hour():
    assert things("two bros at a bar") == [("person", 2)]
    vision = read("a car driving thru the desert at sundown")
    assert vision.hour is Hour.SUNSET
    assert vision.notes == ()


@pytest.mark.parametrize(
    ("prompt", "found"),
    [
        ("my brother and my sister dancing", [("man", 1), ("woman", 1)]),
        ("two uncles and an aunt", [("man", 2), ("woman", 1)]),
        ("my neighbor walking her dog", [("person", 1), ("dog", 1)]),
        ("my nephew and my niece", [("boy", 1), ("girl", 1)]),
        ("my baby brother sleeping", [("baby", 1)]),
        ("mi tío y mi prima", [("man", 1), ("woman", 1)]),
        ("six jack o lanterns", [("jack-o-lantern", 6)]),
    ],
)
def test_families_and_neighbours_are_people(prompt, found):
    vision = read(prompt)
    assert [(one.thing, one.count) for one in vision.subjects] == found
    assert not vision.notes


@pytest.mark.parametrize(
    "job", ["dentist", "mailman", "waitress", "lawyer", "photographer", "hacker", "tourist"]
)
def test_a_job_without_a_drawing_is_a_person_and_that_is_said(job):
    vision = read(f"a {job} dancing in the snow")
    assert [is_person(one.thing) for one in vision.subjects] == [True]
    assert len(vision.notes) == 1
