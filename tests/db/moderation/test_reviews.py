"""What a server wants reviewed: its lists of words."""

from __future__ import annotations

from db.audit.log import Audit
from db.moderation.reviews import WordKind
from tests.db.asking import GUILD, audit_entry

OTHER = 200


async def put(queue, word, kind, *, guild=GUILD, most=2) -> bool:
    return await queue.reviews.set_word(word, kind, audit_entry("words", word, guild=guild), most=most)


async def test_a_servers_lists_hold_so_many_words_together(queue, db):
    assert await put(queue, "grumpf", WordKind.OWN)
    assert await put(queue, "nude", WordKind.ALLOWED)
    for kind in WordKind:
        assert not await put(queue, "heron", kind)
    assert await queue.reviews.words(GUILD) == {
        WordKind.OWN: {"grumpf"},
        WordKind.ALLOWED: {"nude"},
    }
    assert len(await Audit(db).entries(GUILD)) == 2
    assert await put(queue, "heron", WordKind.OWN, guild=OTHER)
    assert await put(queue, "nude", None)
    assert await put(queue, "heron", WordKind.OWN)


async def test_a_word_moves_to_the_other_list_although_they_are_full(queue):
    for word in ("grumpf", "nude"):
        assert await put(queue, word, WordKind.OWN)
    assert not await put(queue, "nude", WordKind.OWN)
    assert await put(queue, "nude", WordKind.ALLOWED)
    assert (await queue.reviews.words(GUILD))[WordKind.ALLOWED] == {"nude"}
