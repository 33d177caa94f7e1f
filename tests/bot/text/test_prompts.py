import random
import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.text.prompts import clean_prompt, show_prompt


@pytest.mark.parametrize(
    ("typed", "cleaned"),
    [
        ("a cat", "a cat"),
        ("  a \t cat \r\n on a\u2028mat ", "a cat on a mat"),
        ("a\u00a0cat\u3000b", "a cat b"),
        ("null\0byte", "nullbyte"),
        ("esc\x1b[31mred", "esc[31mred"),
        ("right\u202eto left", "rightto left"),
        ("\u2066isolate\u2069", "isolate"),
        ("zero\u200bwidth\ufeff", "zerowidth"),
        ("soft\u00adhyphen", "softhyphen"),
        ("tag\U000e0041\U000e0042", "tag"),
        ("private\ue000", "private"),
        ("surrogate\ud800", "surrogate"),
        ("unassigned\U000e0fff", "unassigned"),
        ("e\u0301", "é"),
        ("Z" + "\u0300\u0316" * 30, "Z\u0316\u0316"),
        ("คุณน้ำ", "คุณน้ำ"),
        ("हिन्दी", "हिन्दी"),
        ("שָׁלוֹם", unicodedata.normalize("NFC", "שָׁלוֹם")),
        ("ﬁne", "ﬁne"),
        ("👩\u200d🚀", "👩\u200d🚀"),
        ("👨\u200d👩\u200d👧\u200d👦 at home", "👨\u200d👩\u200d👧\u200d👦 at home"),
        ("🏳\ufe0f\u200d🌈", "🏳\ufe0f\u200d🌈"),
        ("👩🏽\u200d🚀", "👩🏽\u200d🚀"),
        ("a\u200db 👩\u200d b \u200d🚀", "ab 👩 b 🚀"),
        ("👩" + "\u200d🚀" * 9, "👩" + "\u200d🚀" * 4 + "🚀\u200d🚀\u200d🚀\u200d🚀\u200d🚀"),
        ("❤\ufe0f", "❤\ufe0f"),
        ("👍🏽", "👍🏽"),
        ("🇫🇷", "🇫🇷"),
        ("\u3164\u2800\u115f", ""),
        ("", ""),
        ("\n\n", ""),
        ("{0} %s ${x}", "{0} %s ${x}"),
        ("<lora:../../x:1>", "<lora:../../x:1>"),
        ("\u1fef", "`"),
        ("日本語", "日本語"),
    ],
)
def test_a_prompt_becomes_one_plain_line(typed, cleaned):
    assert clean_prompt(typed, 400) == cleaned


@given(st.text(max_size=600), st.integers(1, 400))
def test_cleaning_twice_is_cleaning_once(text, limit):
    once = clean_prompt(text, limit)
    assert clean_prompt(once, limit) == once
    assert len(once) <= limit


# Dense in what is dangerous: hypothesis alone rarely stacks marks or joins jamo.
ODD = (
    "ae\u0301\u0300\u0316\u0338\u0345\u034f\u1100\u1161\u11a8\u0915\u093c\u094d"
    "\u200d\ufe0f\u2000\u1160 <>@`\n🇫🇷👍🏽"
)


@given(st.text(ODD, max_size=60), st.integers(1, 60))
def test_cleaning_odd_letters_twice_is_cleaning_once(text, limit):
    once = clean_prompt(text, limit)
    assert clean_prompt(once, limit) == once
    assert unicodedata.is_normalized("NFC", once)
    assert not re.search("[\u0300\u0301\u0316]{3}", once)


@pytest.mark.parametrize("cluster", ["e\u0332\u0302", "👍🏽", "🇫🇷", "❤\ufe0f", "👩🏽\u200d🚀"])
def test_a_cut_never_splits_a_letter_from_its_marks(cluster):
    whole = clean_prompt(cluster, 400)
    for length in range(1, 12):
        cut = clean_prompt(cluster * 12, length)
        assert cut == whole * (length // len(whole))


ATTACKS = [
    *(
        "@everyone",
        "@here",
        "<@1>",
        "<@!123456789012345678>",
        "<@&1>",
        "<#1>",
        "</cmd:1>",
        "<t:0:R>",
        "<:a:1>",
    ),
    *(
        "https://a.example/x",
        "http://1.1.1.1",
        "discord.gg/abc",
        "[masked](https://a.example)",
        "<https://a.b>",
    ),
    *(
        "`",
        "``",
        "```",
        "**bold**",
        "||spoiler||",
        "# head",
        "> quote",
        "\\",
        "\\`",
        "\n",
        "\n-# small",
        "\u1fef",
    ),
    *("~~x~~", "__x__", "_x_", "\u202e", "e\u0301\u0301\u0301", "\u02cb", " ", "a cat", "✅ **Done**"),
]
PINGS = re.compile(r"@everyone|@here|<[@#/:t]|://|discord\.gg/\w")


def test_no_prompt_of_a_thousand_leaves_its_code_span():
    chance = random.Random(8)
    for _ in range(1000):
        prompt = "".join(chance.choices(ATTACKS, k=chance.randrange(1, 12)))
        limit = chance.choice((4, 10, 60, 400))
        shown = show_prompt(prompt, limit)
        message = f"🎬 **Animating a picture**: {shown}\nwaiting"
        assert len(shown) <= limit
        if shown:
            assert re.fullmatch(r"🎬 \*\*Animating a picture\*\*: `[^`\n\r]+`\nwaiting", message)
        assert not PINGS.search(shown)


def test_what_is_shown_cleans_back_to_the_prompt():
    prompt = "a cat @home <3 and/or a dog"
    assert clean_prompt(show_prompt(prompt)[1:-1], 400) == prompt


def test_a_long_prompt_is_shown_with_an_ellipsis_and_a_short_one_without():
    assert show_prompt("a" * 50, 10) == "`" + "a" * 7 + "…`"
    assert show_prompt("a" * 8, 10) == "`" + "a" * 8 + "`"


@pytest.mark.parametrize("nothing", ["", " ", "\u200b", "\u3164"])
def test_nothing_is_shown_of_nothing(nothing):
    assert show_prompt(nothing) == ""
