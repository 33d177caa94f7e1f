"""Which of several things a verb, a colour or a number is said of."""

from __future__ import annotations

import pytest

from engine.families.sketch.language.colouring import COLOURS
from engine.families.sketch.language.reading import read
from engine.families.sketch.words import Link


def said(prompt):
    """The things of a prompt, each with what it does and what it is to another."""
    return [" ".join(filter(None, (one.thing, one.action, one.link))) for one in read(prompt).subjects]


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
    ("prompt", "found"),
    [
        ("un singe qui mange une orange", ["monkey", "tangerine eat"]),
        ("un singe qui jongle avec trois oranges", ["monkey", "tangerine hold"]),
        ("un mono comiendo naranjas", ["monkey", "tangerine eat"]),
        ("um urso com laranjas", ["bear", "tangerine with"]),
        ("una chica con una naranja en la mano", ["girl", "tangerine with"]),
        ("un chat orange dans le jardin", ["cat"]),
        ("un perro con un sombrero naranja", ["dog", "top-hat wear"]),
        ("une orange bleue", ["tangerine"]),
    ],
)
def test_an_orange_is_a_fruit_where_a_noun_stands_and_else_a_colour(prompt, found):
    assert said(prompt) == found


@pytest.mark.parametrize(
    ("prompt", "found"),
    [
        ("un chien à côté d'une clôture rouge", [("dog", None)]),
        ("un perro junto a una valla roja", [("dog", None)]),
        ("un oso con un delantal rosa", [("bear", None)]),
        ("un chat mignon noir", [("cat", "black")]),
        ("un perro en un campo verde", [("dog", None)]),
        ("un chien sur un canapé vert", [("dog", None), ("couch-and-lamp", "green")]),
        ("a cat next to a red fence near a house", [("cat", None), ("house", None)]),
        ("a girl with red hair on a horse", [("girl", None), ("horse", None)]),
        ("eine Katze neben einem roten Zaun und ein Hund", [("cat", None), ("dog", None)]),
        ("a dog in a green field with a ball", [("dog", None), ("soccer-ball", None)]),
        ("a red fuzzlike dragon over a castle", [("dragon", "red"), ("castle", None)]),
        ("a woman in black and a man in white", [("woman", "black"), ("man", "white")]),
    ],
)
def test_a_colour_of_what_is_not_drawn_paints_nothing_else(prompt, found):
    seen = [(one.thing, one.colour) for one in read(prompt).subjects]
    assert seen == [(thing, COLOURS[colour] if colour else None) for thing, colour in found]


@pytest.mark.parametrize(
    ("prompt", "found"),
    [
        ("a red cat and a blue cat", [("cat", 1, "red"), ("cat", 1, "blue")]),
        ("ein schwarzer Hund und ein weißer Hund", [("dog", 1, "black"), ("dog", 1, "white")]),
        ("un perro blanco y un perro negro", [("dog", 1, "white"), ("dog", 1, "black")]),
        ("perros blancos y perros negros", [("dog", 3, "white"), ("dog", 3, "black")]),
        ("three red birds and two blue birds", [("bird", 3, "red"), ("bird", 2, "blue")]),
        ("白い犬と黒い犬", [("dog", 1, "white"), ("dog", 1, "black")]),
        ("a wolf and a grey wolf", [("wolf", 1, None), ("wolf", 1, "grey")]),
        ("a cat and a kitten", [("cat", 1, None), ("cat", 1, None)]),
        ("a red cat in the snow, the red cat is sleeping", [("cat", 1, "red")]),
        ("un perro, un gato, el perro negro", [("dog", 1, "black"), ("cat", 1, None)]),
        ("a corgi and a husky", [("dog", 2, None)]),
    ],
)
def test_a_second_one_of_another_colour_or_number_is_a_second_one(prompt, found):
    seen = [(one.thing, one.count, one.colour) for one in read(prompt).subjects]
    assert seen == [(thing, count, COLOURS[colour] if colour else None) for thing, count, colour in found]


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
