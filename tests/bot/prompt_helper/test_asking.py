"""Questions to a language model over real sockets; an answer is words or none, and never breaks anything."""

from __future__ import annotations

import asyncio
import gzip
import json

import pytest

from bot.prompt_helper.asking import INSTRUCTIONS, MOST_BYTES, PromptHelper
from bot.prompt_helper.policy import PromptHelperPolicy
from bot.prompt_helper.reply import NoHelp
from tests.bot.prompt_helper.fake_model import body, never, served, words


@pytest.fixture
async def model():
    async with served() as made:
        yield made


def asking(url, **changes):
    values = {
        "url": url,
        "model": "tiny",
        "bearer": "",
        "seconds": 5.0,
        "tokens": 99,
        "per_day": 20,
        "at_once": 2,
        "private": True,
        **changes,
    }
    return PromptHelper(PromptHelperPolicy(**values))


async def test_the_words_are_all_that_is_sent(model):
    helper = asking(model.url, bearer="s3cret")
    assert await helper.other_words("a cat", longest=600) == "A ginger cat walks along a red wall."
    [(headers, question)] = model.asked
    assert headers["Authorization"] == "Bearer s3cret"
    assert question == {
        "model": "tiny",
        "max_tokens": 99,
        "stream": False,
        "messages": [
            {"role": "system", "content": INSTRUCTIONS},
            {"role": "user", "content": "a cat"},
        ],
    }


async def test_without_a_key_none_is_sent_and_without_an_address_it_is_off(model):
    await asking(model.url).other_words("a cat", longest=600)
    assert "Authorization" not in model.asked[0][0]
    assert asking(model.url).on
    assert not asking("").on


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("  A cat.\n\nIt walks.\t", "A cat. It walks."),
        ("<think>They want a cat.\n<b>!</b></think>\nA cat.", "A cat."),
        ('"A cat."', "A cat."),
        ("“A cat.”", "A cat."),
        ("a\u202ecat\u200b", "acat"),
        ("cat " * 400, ("cat " * 150).strip()),
    ],
)
async def test_an_answer_becomes_one_clean_line(model, said, kept):
    model.answers = [words(said)]
    assert await asking(model.url).other_words("a cat", longest=600) == kept


DEEP = b"[" * 100_000
RUBBISH = {
    "a fault": body(b"{}", status=500),
    "too many": body(b"{}", 429, **{"Retry-After": "60"}),
    "another place": body(b"", status=307, Location="/v1/elsewhere"),
    "HTML": body(b"<!doctype html><title>Log in</title>"),
    "HTML as words": words("<html><body>Log in</body></html>"),
    "a thought without an end": words("<think>They want a cat"),
    "10 MB": body(json.dumps({"choices": [{"message": {"content": "cat " * 2_500_000}}]}).encode()),
    "a bomb": body(gzip.compress(b"a" * 10_000_000), 200, **{"Content-Encoding": "gzip"}),
    "JSON without end": body(DEEP),
    "no UTF-8": body(b'{"choices": "\xff"}'),
    "nothing": body(b""),
    "no choices": body(b'{"choices": []}'),
    "a list": body(b"[]"),
    "a number": words(7),
    "no text": words(None),
    "no letters": words(" … \u200b\n--- "),
}


@pytest.mark.parametrize("answer", RUBBISH.values(), ids=RUBBISH)
async def test_whatever_is_no_answer_is_no_help(model, answer):
    model.answers = [answer]
    with pytest.raises(NoHelp):
        await asking(model.url).other_words("a cat", longest=600)
    assert len(model.asked) == 1, "nothing is followed or tried again"


async def test_an_answer_is_read_no_further_than_it_may_be_long(model):
    model.answers = [words("a cat", padding="x" * (MOST_BYTES - 200))]
    assert await asking(model.url).other_words("a cat", longest=600) == "a cat"
    model.answers = [words("a cat", padding="x" * MOST_BYTES)]
    with pytest.raises(NoHelp, match="too long"):
        await asking(model.url).other_words("a cat", longest=600)


async def test_a_slow_model_is_given_up_and_so_is_one_that_is_not_there(model):
    model.answers = [never()]
    with pytest.raises(NoHelp, match="in time"):
        await asking(model.url, seconds=0.1).other_words("a cat", longest=600)
    with pytest.raises(NoHelp):
        await asking("http://127.0.0.1:1/v1").other_words("a cat", longest=600)


async def test_who_waits_for_a_turn_waits_no_longer_than_for_an_answer(model):
    model.answers = [never()]
    helper = asking(model.url, seconds=0.2, at_once=1)
    asked = [helper.other_words("a cat", longest=600) for _ in range(30)]
    told = await asyncio.gather(*asked, return_exceptions=True)
    assert all(isinstance(one, NoHelp) for one in told)
    assert len(model.asked) == 1


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]"])
async def test_an_address_of_this_machine_is_asked_only_where_the_owner_says_so(model, host):
    url = model.url.replace("127.0.0.1", host)
    with pytest.raises(NoHelp):
        await asking(url, private=False).other_words("a cat", longest=600)
    assert model.asked == []
