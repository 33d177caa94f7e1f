"""What a server wants reviewed: its lists of words."""

from __future__ import annotations

from db.audit.log import Audit
from db.moderation.reviews import WordChange, WordKind
from tests.db.asking import GUILD, audit_entry

OTHER = 200


async def put(queue, word, kind, *, guild=GUILD, most=2) -> WordChange:
    return await queue.reviews.set_word(word, kind, audit_entry("words", word, guild=guild), most=most)


async def test_a_servers_lists_hold_so_many_words_together(queue, db):
    assert await put(queue, "grumpf", WordKind.OWN) is WordChange.DONE
    assert await put(queue, "nude", WordKind.ALLOWED) is WordChange.DONE
    for kind in WordKind:
        assert await put(queue, "heron", kind) is WordChange.FULL
    assert await queue.reviews.words(GUILD) == {
        WordKind.OWN: {"grumpf"},
        WordKind.ALLOWED: {"nude"},
    }
    assert len(await Audit(db).entries(GUILD)) == 2
    assert await put(queue, "heron", WordKind.OWN, guild=OTHER) is WordChange.DONE
    assert await put(queue, "nude", None) is WordChange.DONE
    assert await put(queue, "heron", WordKind.OWN) is WordChange.DONE


async def test_a_word_moves_to_the_other_list_although_they_are_full(queue):
    for word in ("grumpf", "nude"):
        assert await put(queue, word, WordKind.OWN) is WordChange.DONE
    assert await put(queue, "nude", WordKind.OWN) is WordChange.SAME
    assert await put(queue, "nude", WordKind.ALLOWED) is WordChange.DONE
    assert (await queue.reviews.words(GUILD))[WordKind.ALLOWED] == {"nude"}
