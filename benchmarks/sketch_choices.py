"""What of Fluent Emoji and the CLDR the sketch keeps, and which drawing a word means where several could."""

from __future__ import annotations

import re

LANGUAGES = (
    "ar", "bg", "ca", "cs", "da", "de", "el", "en", "es", "fa", "fi", "fil", "fr", "he", "hi", "hr", "hu",
    "id", "it", "ja", "ko", "lt", "ms", "no", "nl", "pl", "pt", "ro", "ru", "sk", "sr-Latn", "sv", "th", "tr",
    "uk", "vi", "zh", "zh-Hant",
)  # fmt: skip
"""Names of the CLDR's folders."""

LEFT_OUT = re.compile(
    r"-(oclock|thirty|button)$|^keycap|-facing-right$|button-|^(copyright|registered|trade-mark|information)$"
    r"|mahjong|^(bridge-at-night|cityscape.*|sunrise.*|sunset|milky-way|foggy|night-with-stars|desert|national-park|fireworks|sparkler"
    r"|motorway|railway-track|shooting-star|fog|metro|bus-stop|elevator|mountain-railway|white-flower|station|camping)$"
    r"|^face-|-face-with|^(middle-finger|nazar-amulet|index-pointing-at-the-viewer|tear-off-calendar)$"
)
"""Signs and gestures that nobody asks a clip to show."""

NAMED_ONLY = re.compile(
    r"hand|fist|finger|thumb|index-pointing|-gesture$|sign-of-the-horns|flexed-biceps|handshake|^(eye|eyes|ear|nose|mouth|tongue"
    r"|foot|leg|lungs|brain|tooth|bone|footprints)$|-heart$|hearts$|heart-with|heart-exclamation|heart-decoration|-bubble$|anger"
    r"|^(dizzy|zzz|kiss-mark|collision|sweat-droplets|dashing-away|bookmark.*|page-.*|scroll|memo|card-.*|envelope.*|paperclip"
    r"|linked-paperclips|mobile-phone-with-arrow|joker|amphora|jar|curling-stone|empty-nest|nest-with-eggs|hair-pick|revolving-.*"
    r"|hourglass-.*|placard|name-badge|receipt|label)$"
    r"|-(facepalming|tipping-hand|raising-hand|pouting|frowning|shrugging|bowing|with-skullcap|bouncing-ball|gesturing-.*)$"
    r"|^(weary|grinning|smiling|pouting|crying|kissing)-.*|^cat-with-|^(rolling-on-the-floor-laughing|star-struck|exploding-head)$"
    r"|^(?!(cat|dog|cow|pig|mouse|rabbit|monkey|horse|dragon|tiger|clown|cowboy-hat|robot|.*-moon)-face$).*-face$"
)
"""Gestures, moods, parts of a body, signs: their names mean them, their keywords ("sit", "up") do not."""

COMMON = {"pirate-flag", "rainbow-flag", "chequered-flag", "white-flag", "triangular-flag", "zzz"}
"""Flags and symbols that are kept all the same."""

PROTOTYPES = [
    "person", "man", "woman", "boy", "girl", "child", "baby", "old-man", "old-woman", "cat", "dog", "horse",
    "cow", "pig", "rabbit", "mouse", "bear", "lion", "tiger", "wolf", "monkey", "chicken", "rooster", "bird",
    "duck", "fish", "shark", "whale", "dragon", "unicorn", "t-rex", "frog", "snake", "elephant",
    "two-hump-camel", "ewe", "ghost", "robot", "alien", "butterfly", "honeybee", "snail", "octopus",
    "deciduous-tree", "tulip", "rose", "red-heart", "star", "sun", "crescent-moon", "cloud", "fire",
    "rainbow", "automobile", "bus", "locomotive", "bicycle", "motorcycle", "delivery-truck", "ship",
    "sailboat", "airplane", "rocket", "house", "castle", "office-building", "mountain", "umbrella", "crown",
    "sunglasses", "open-book", "pizza", "hamburger", "hot-beverage", "birthday-cake", "bread", "soccer-ball",
    "guitar", "musical-keyboard", "banana", "red-apple", "carrot", "wine-glass", "beer-mug", "balloon",
    "wrapped-gift", "skull", "crossed-swords", "laptop", "mobile-phone", "television", "camera", "light-bulb",
    "candle", "key", "door", "chair", "bed", "couch-and-lamp", "fireworks", "snowman", "mage", "fairy",
    "ninja", "prince", "princess", "astronaut", "police-officer", "cook", "office-worker", "baby-chick",
    "santa-claus", "christmas-tree",
]  # fmt: skip
"""A word that is a keyword of several drawings means the first of these that it is a keyword of."""
