"""What kind of thing each drawing is: where it lives, how it gets about, how large it is."""

from __future__ import annotations

from collections.abc import Mapping

from engine.families.sketch.words import Place


def _set(names: str) -> frozenset[str]:
    return frozenset(names.split())


HEADS = _set(
    "bear panda polar-bear koala fox wolf lion frog hamster raccoon moose boar tiger-face robot alien"
    " cat-face dog-face cow-face pig-face mouse-face rabbit-face monkey-face horse-face dragon-face"
    " unicorn hear-no-evil-monkey see-no-evil-monkey speak-no-evil-monkey"
)
"""Animals of which only the head is drawn; the sketch adds the body."""

UPRIGHT = _set(
    "robot alien bear panda polar-bear koala frog hamster mouse-face rabbit-face monkey-face pig-face"
    " cat-face dog-face hear-no-evil-monkey see-no-evil-monkey speak-no-evil-monkey"
)
"""Heads whose body stands on two legs even when it does nothing."""

FLYERS = _set(
    "fireworks bird eagle dove bat butterfly honeybee fly mosquito lady-beetle dragon owl parrot"
    " phoenix-bird blackbird airplane small-airplane helicopter flying-saucer hot-air-balloon balloon"
    " kite parachute rocket satellite woman-fairy man-fairy person-fairy baby-angel superhero"
    " flying-disc comet star cloud person-superhero red-paper-lantern red-heart wing feather"
    " airplane-departure musical-note musical-notes money-with-wings person-in-suit-levitating"
    " ringed-planet crescent-moon sun rainbow shooting-star glowing-star bubbles snowflake"
)
"""What is in the air unless a word says otherwise."""

WINGED = _set(
    "bird eagle dove bat owl parrot phoenix-bird butterfly honeybee fly mosquito lady-beetle blackbird"
    " duck swan goose"
)
"""Their wings beat when they fly."""

FACING_FRONT = _set("butterfly lady-beetle fly beetle spider bat owl octopus squid")
"""Both halves are alike: wings open and close about the middle."""

SWIMMERS = _set(
    "fish tropical-fish blowfish shark whale spouting-whale dolphin octopus squid jellyfish seal crab"
    " lobster shrimp woman-merpeople man-merpeople person-merpeople turtle sea-turtle seahorse"
)

FISHLIKE = _set("fish tropical-fish blowfish shark whale spouting-whale dolphin seal snake worm")
"""Their rear half waves."""

FLOATERS = _set(
    "sailboat ship ferry passenger-ship motor-boat speedboat canoe duck swan ring-buoy lotus submarine"
)
"""What lies on water where there is any."""

ROLLERS = _set(
    "automobile racing-car taxi police-car ambulance fire-engine bus minibus trolleybus"
    " delivery-truck articulated-lorry pickup-truck sport-utility-vehicle tractor motorcycle"
    " motor-scooter bicycle kick-scooter skateboard roller-skate locomotive train bullet-train"
    " high-speed-train light-rail railway-car tram tram-car auto-rickshaw shopping-cart army-tank"
)
"""What rolls on wheels."""

FOUR_LEGGED = _set(
    "cat black-cat dog poodle service-dog guide-dog horse cow ox water-buffalo bison pig ewe ram goat"
    " deer camel two-hump-camel llama giraffe elephant mammoth rhinoceros hippopotamus tiger leopard"
    " zebra donkey badger skunk kangaroo mouse rat rabbit chipmunk hedgehog crocodile lizard turtle"
    " sauropod t-rex dodo rooster turkey baby-chick chicken ant cricket spider scorpion cockroach"
    " gorilla monkey flamingo goose ostrich penguin duck"
)
"""What walks on the legs of its drawing."""

ROOTED = _set(
    "deciduous-tree evergreen-tree palm-tree cactus tulip rose sunflower hibiscus cherry-blossom"
    " blossom hyacinth potted-plant seedling herb house house-with-garden houses castle"
    " japanese-castle church mosque hut hotel hospital school bank factory office-building"
    " department-store convenience-store classical-building tokyo-tower statue-of-liberty lighthouse"
    " tent circus-tent ferris-wheel roller-coaster fountain mountain volcano mount-fuji"
    " snow-capped-mountain christmas-tree pine-decoration stadium mushroom coral desert-island"
    " couch-and-lamp bed door window chair headstone rock wood moai synagogue hindu-temple"
    " shinto-shrine kaaba derelict-house building-construction playground-slide four-leaf-clover"
    " shamrock sheaf-of-rice wilted-flower bathtub fence barn windmill scarecrow gas-station puddle"
)
"""What stays where it is."""

SWAYING = _set(
    "evergreen-tree palm-tree tulip rose sunflower hibiscus hyacinth potted-plant seedling herb"
    " cactus blossom coral cherry-blossom bouquet sheaf-of-rice wilted-flower balloon kite"
)

FLICKERING = _set("candle diya-lamp heart-on-fire volcano phoenix-bird fondue")

PEOPLE = _set(
    "person man woman boy girl child baby old-man old-woman older-person santa-claus mrs-claus"
    " mx-claus prince princess ninja astronaut cook farmer teacher student judge scientist artist"
    " singer pilot firefighter police-officer guard detective office-worker technologist mechanic"
    " factory-worker health-worker construction-worker ogre goblin bust-in-silhouette troll"
    " disguised-face clown-face cowboy-hat-face"
)
"""Heads and busts of people. More are known by how their names begin."""

WHOLE_PEOPLE = (
    "walking", "running", "standing", "dancing", "swimming", "surfing", "biking", "mountain-biking",
    "rowing-boat", "golfing", "kneeling", "lotus", "cartwheeling", "climbing", "lifting-weights",
    "playing-handball", "bouncing-ball", "playing-water-polo", "wheelchair", "white-cane", "fairy",
    "merpeople", "bunny-ears", "wrestling", "in-bed", "taking-bath", "levitating", "fencing", "genie",
)  # fmt: skip
"""Parts of the names of people who are drawn from head to foot."""

TOPS = _set("running-shirt t-shirt womans-clothes safety-vest")
COATS = _set("coat lab-coat martial-arts-uniform")
DRESSES = _set("dress")
ROBES = _set("kimono sari")
SWIMWEAR = _set("bikini one-piece-swimsuit")
TROUSERS = _set("jeans shorts briefs")
SHOES = _set(
    "ballet-shoes flat-shoe high-heeled-shoe hiking-boot mans-shoe running-shoe thong-sandal womans-boot"
    " womans-sandal socks"
)
GLOVES = _set("gloves boxing-glove")
CLOTHES = TOPS | COATS | DRESSES | ROBES | SWIMWEAR | TROUSERS | SHOES | GLOVES
"""What covers a part of a body."""

WORN = (
    _set(
        "sunglasses glasses goggles crown top-hat womans-hat billed-cap graduation-cap military-helmet"
        " rescue-workers-helmet headphone scarf necktie pirate-flag"
    )
    | CLOTHES
)
"""What is put on a head, round a neck or on a body."""

CROWNED = _set("person-with-crown prince princess")
"""Who has a crown as it is."""

EYEWEAR = _set("sunglasses glasses goggles")
NECKWEAR = _set("scarf necktie")

INSTRUMENTS = _set(
    "musical-keyboard guitar violin trumpet saxophone drum long-drum banjo accordion flute maracas microphone"
)

HOT = _set("hot-beverage teacup-without-handle steaming-bowl pot-of-food teapot")
"""What steams."""

UMBRELLAS = _set("umbrella umbrella-with-rain-drops")

AIRCRAFT = _set("airplane small-airplane airplane-departure helicopter flying-saucer hot-air-balloon rocket")
"""What flies with somebody in it."""

BOARDS = _set("skateboard broom sled skis magic-carpet")

OF_ONE = BOARDS | _set("water-wave ice-skate roller-skate bicycle motorcycle kick-scooter")
"""What carries one alone."""

OPEN = _set("racing-car automobile taxi police-car bathtub bucket basket package bus tractor")
"""What one looks out of: who is on it is in it."""

ENTERED = _set("bed chair seat tent hole water-wave puddle")
"""What somebody in it is drawn with, and not beside."""

COOKWARE = _set(
    "teapot honey-pot bowl-with-spoon steaming-bowl pot-of-food shallow-pan-of-food hot-beverage"
    " teacup-without-handle cup-with-straw wine-glass tumbler-glass beer-mug"
)

VESSELS = COOKWARE | _set(
    "coffin luggage jack-o-lantern basket bucket package wrapped-gift bathtub wastebasket toolbox takeout-box"
    " beverage-box oil-drum handbag clutch-bag backpack shopping-bags funeral-urn amphora nest-with-eggs"
    " shopping-cart"
)
"""What hides the lower half of who is in it."""

SEE_THROUGH = _set("jar alembic test-tube")
"""Whoever is in it is seen in the middle of it."""

WHEELCHAIRS = _set("manual-wheelchair motorized-wheelchair")

FOR_LYING = _set("couch-and-lamp bed")

SITTING = _set("owl parrot blackbird")
"""Birds that sit, unless a word says that they fly."""

ALIGHTING = _set(
    "bird eagle dove bat phoenix-bird butterfly honeybee fly mosquito lady-beetle woman-fairy man-fairy"
    " person-fairy superhero person-superhero man-superhero woman-superhero"
)
"""What flies, but sits on what it is said to be on."""

INSECTS = _set(
    "butterfly honeybee fly mosquito lady-beetle beetle ant spider cricket cockroach snail worm bug"
)
"""What is small beside a leaf or a flower."""

CLIMBING = _set(
    "cat black-cat monkey chipmunk koala panda bear sloth orangutan gorilla leopard raccoon lizard snake"
    " beaver owl parrot blackbird bird eagle dove bat phoenix-bird rooster chicken turkey peacock"
)
"""What sits in trees."""

SHOULDERED = _set("parrot owl blackbird bird dove chipmunk")
"""What sits on the shoulder of whom it is with."""

PERCHES = _set("deciduous-tree evergreen-tree palm-tree house barn fence scarecrow")
"""What has a top that small animals sit on."""

HOLDS_SMALL = COOKWARE | SEE_THROUGH | _set("basket bucket package handbag backpack")
"""What an animal that goes with somebody is in, rather than both: "a girl with a cat in a basket"."""

SHADING = _set("deciduous-tree evergreen-tree palm-tree christmas-tree tanabata-tree beach-with-umbrella")
"""What one is under when one is before its foot."""

DWELLINGS = _set(
    "house house-with-garden derelict-house hut castle japanese-castle church school hospital hotel tent barn"
)
"""What one is in when one stands before its door."""

CARRIED = _set(
    "baby baby-angel child cat black-cat cat-face dog poodle dog-face rabbit rabbit-face hamster mouse"
    " mouse-face rat chipmunk hedgehog fish tropical-fish blowfish duck goose swan chicken rooster turkey"
    " baby-chick penguin koala panda monkey monkey-face frog turtle lizard otter beaver raccoon skunk badger"
    " fox sloth owl parrot dove bat pig pig-face ewe goat teddy-bear snake octopus squid jellyfish lobster"
    " crab seal dodo eagle"
)
"""Who can be held in the arms."""

CUDDLED = _set("teddy-bear baby")
"""What somebody has in the arms whom it is with."""

CARRIED_HOUSES = _set("turtle snail")
"""Who has a house on the back."""

ANIMALS = (HEADS | FOUR_LEGGED | WINGED | SWIMMERS | FISHLIKE) | _set(
    "dragon bug beetle snail otter beaver sloth orangutan peacock oyster hatching-chick"
    " front-facing-baby-chick"
)
"""All drawings of Unicode's groups of animals; what is human in part or a machine is among them too."""

_LIKE_THE_LIVING = _set("ghost snowman snowman-without-snow skull skeleton teddy-bear baby-angel")

HANGING = _set("sloth")
"""What hangs from a branch, which its drawing has."""

LARGE = _set(
    "fireworks elephant mammoth giraffe whale spouting-whale t-rex sauropod castle japanese-castle"
    " church mosque stadium ship passenger-ship ferry volcano mountain mount-fuji snow-capped-mountain"
    " office-building factory hotel hospital ferris-wheel roller-coaster statue-of-liberty tokyo-tower"
    " circus-tent rainbow dragon lighthouse house deciduous-tree evergreen-tree palm-tree"
    " hot-air-balloon locomotive bus classical-building barn windmill gas-station army-tank submarine"
)
SMALL = CLOTHES | _set(
    "honeybee butterfly fly mosquito ant lady-beetle beetle spider snail worm bug mouse rat hamster"
    " cricket cockroach baby-chick hatching-chick front-facing-baby-chick carrot banana red-apple"
    " strawberry cherries hot-beverage beer-mug wine-glass key ring coin candle egg cookie doughnut"
    " pizza taco hamburger sushi crown sunglasses glasses top-hat soccer-ball basketball tennis star"
    " red-paper-lantern red-heart open-book mobile-phone balloon bird microphone"
    " leaf-fluttering-in-wind fallen-leaf maple-leaf snowflake mushroom tulip rose wrapped-gift lotus"
    " baseball softball volleyball american-football rugby-football pool-8-ball yo-yo scarf necktie"
    " goggles billed-cap womans-hat tangerine lemon peach pear grapes candy lollipop bone gem-stone"
    " crab lobster shrimp seahorse signpost"
)

HOME: Mapping[Place, frozenset[str]] = {
    Place.UNDERWATER: _set(
        "fish tropical-fish blowfish shark octopus squid jellyfish coral crab lobster shrimp"
        " woman-merpeople man-merpeople person-merpeople diving-mask dolphin whale seahorse submarine"
    ),
    Place.SEA: _set(
        "sailboat ship ferry passenger-ship motor-boat speedboat canoe lighthouse spouting-whale seal"
        " water-wave anchor desert-island"
    ),
    Place.LAKE: _set("duck swan lotus otter beaver flamingo"),
    Place.SPACE: _set(
        "rocket satellite ringed-planet alien flying-saucer comet milky-way star shooting-star"
    ),
    Place.ROOM: _set(
        "couch-and-lamp bed bathtub toilet television desktop-computer laptop musical-keyboard chair door"
        " window shower office-worker technologist video-game printer keyboard telephone microphone singer"
        " scientist teacher cook birthday-cake mirror-ball candle"
    ),
    Place.CITY: _set(
        "automobile racing-car taxi police-car ambulance fire-engine bus minibus trolleybus"
        " delivery-truck motorcycle motor-scooter tram tram-car pickup-truck office-building"
        " police-officer department-store skateboard statue-of-liberty tokyo-tower"
    ),
    Place.SKY: _set(
        "airplane small-airplane helicopter parachute kite cloud balloon hot-air-balloon eagle"
    ),
    Place.MOUNTAIN: _set(
        "dragon goat mountain volcano mount-fuji snow-capped-mountain skier snowboarder castle"
    ),
    Place.DESERT: _set("camel two-hump-camel cactus scorpion"),
    Place.FOREST: _set(
        "gorilla monkey tiger wolf fox moose owl boar deer bear bat parrot sloth orangutan woman-fairy"
    ),
}  # fmt: skip
"""Where a thing is, when no word says so."""


INDOORS = VESSELS - {"basket", "bucket", "package", "coffin", "nest-with-eggs", "jack-o-lantern"} | _set(
    "manual-wheelchair motorized-wheelchair jar telephone-receiver radio alarm-clock mantelpiece-clock"
    " fax-machine trackball computer-mouse file-cabinet clipboard test-tube alembic microscope petri-dish"
    " stethoscope syringe toothbrush soap sponge plunger roll-of-paper mirror razor teddy-bear nesting-dolls"
    " fork-and-knife fork-and-knife-with-plate spoon chopsticks cooking bento-box slot-machine joystick"
    " sewing-needle thread yarn abacus game-die mouse-trap wastebasket light-bulb electric-plug"
    " desktop-computer framed-picture"
)
"""What stands, or is used, in rooms."""

JOBS: Mapping[Place, frozenset[str]] = {
    Place.ROOM: _set("health-worker judge student teacher cook scientist technologist office-worker singer"),
    Place.CITY: _set("police-officer firefighter construction-worker mechanic factory-worker detective"),
}
"""Where people work who are known by their job, with or without ``man-`` or ``woman-`` before it."""


def works_at(name: str) -> Place | None:
    """Where somebody works; None for whom no drawing knows by a job."""
    job = name.removeprefix("man-").removeprefix("woman-")
    return next((place for place, jobs in JOBS.items() if job in jobs), None)


def is_person(name: str) -> bool:
    """Whether a drawing shows a person, whole or in part."""
    return name in PEOPLE or name.startswith(("person-", "man-", "woman-"))


def is_bust(name: str) -> bool:
    """Whether a drawing shows a person's head and shoulders, or less."""
    return is_person(name) and not any(part in name for part in WHOLE_PEOPLE)


def is_alive(name: str) -> bool:
    """Whether a thing can do something by itself."""
    return is_person(name) or name in ANIMALS | _LIKE_THE_LIVING
